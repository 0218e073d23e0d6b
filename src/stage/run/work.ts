// The folder of one attempt at a stage. It is made anew for every attempt and kept after a failed one, for `enter`.
//
// work/TYPE/stageN-ARCH-VERSION/
//   mnt/       empty: where the new root is mounted, inside the stage's namespace only
//   root/      stage 1: its root; stages 2–4: the upper layer of the clone
//   ovl/       overlayfs's own folder
//   tmp/       /var/tmp of the stage
//   db/, db-work/   stage 1: what Portage writes beside the seed's package database (locks)
//   conf/, conf-work/   stage 1: what its script changes in the Portage configuration (USE)
//   seed/, seed-work/   stage 1: what is merged into the copy of the seed
//   repos/     stage 1: copies of repos that hooks have edited
//   git/       /var/cache/distfiles/git3-src of the stage: the repositories of live ebuilds (portage/live/stage-view.ts)
//   input/     the script, its arguments, the Portage configuration; read-only in the stage
//   output/    what the script reports
//   log/       what is logged inside the stage
//   over/NAME/ what it adds to a shared folder, and overlayfs's own: distfiles, packages, carried, answers (take-shared.ts)
//   shared.json    which shared folder its packages belong to
//   sandbox.json   how to enter it again

import { chmod, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { GIT_FOLDER } from '../../portage/live/place.js'
import { makeBareFolder } from '../../store/disk/bare-folder.js'
import { makeFolder } from '../../store/disk/make-folder.js'
import { removeTree } from '../../store/disk/remove.js'
import { PRIVATE } from '../../store/layout.js'
import type { StagePlan } from '../plan/plan.js'

/** Shared folders over which a stage has a layer of its own. */
const OVER = ['distfiles', 'packages', 'carried', 'answers'] as const

/** An overlay's upper folder, and the one that overlayfs works in. */
export interface Over {
  readonly upper: string
  readonly work: string
}

/** Paths of an attempt. */
export interface Work {
  readonly folder: string
  readonly mnt: string
  readonly root: string
  readonly ovl: string
  readonly tmp: string
  readonly db: string
  readonly dbWork: string
  readonly conf: string
  readonly confWork: string
  readonly seed: string
  readonly seedWork: string
  readonly repos: string
  readonly git: string
  readonly input: string
  readonly output: string
  readonly log: string
  readonly over: Readonly<Record<(typeof OVER)[number], Over>>
  readonly shared: string
  readonly sandbox: string
}

/** Of a list that the script leaves in `output`: thousands of packages have a megabyte, and ten thousand values. */
export const MOST_OF_A_LIST = { bytes: 12 * 1024 * 1024, lines: 100_000, values: 250_000 }

/** The paths of an attempt in `folder`. */
export function workPaths(folder: string): Work {
  const part = (name: string): string => path.join(folder, name)
  const over = (name: (typeof OVER)[number]): Over => ({
    ...{ upper: part(`over/${name}/upper`), work: part(`over/${name}/work`) },
  })
  return {
    folder,
    mnt: part('mnt'),
    root: part('root'),
    ovl: part('ovl'),
    tmp: part('tmp'),
    db: part('db'),
    dbWork: part('db-work'),
    conf: part('conf'),
    confWork: part('conf-work'),
    seed: part('seed'),
    seedWork: part('seed-work'),
    repos: part('repos'),
    git: part('git'),
    input: part('input'),
    output: part('output'),
    log: part('log'),
    over: {
      distfiles: over('distfiles'),
      packages: over('packages'),
      carried: over('carried'),
      answers: over('answers'),
    },
    shared: part('shared.json'),
    sandbox: part('sandbox.json'),
  }
}

/** Removes an earlier attempt and makes a fresh folder. @throws SdkError SDK_HOST when something is mounted below it */
export async function openWork(plan: StagePlan): Promise<Work> {
  const work = workPaths(plan.layout.work(plan.stage))
  await removeTree(work.folder, plan.layout.root)
  await makeBareFolder(work.folder, PRIVATE)
  const { folder: _, sandbox: __, shared: ___, over, ...folders } = work
  for (const each of Object.values(folders)) await mkdir(each)
  // One by one: Node's recursive mkdir says ENOENT where no inode is left.
  for (const { upper, work: own } of Object.values(over)) [upper, own].forEach(makeFolder)
  // Mount points inside the read-only input.
  for (const name of ['output', GIT_FOLDER]) await mkdir(path.join(work.input, name))
  // Overlayfs shows the mode of the upper folder.
  for (const each of [
    ...[work.root, work.conf, work.seed, work.log],
    ...Object.values(over).map(({ upper }) => upper),
  ])
    await chmod(each, 0o755)
  await chmod(work.tmp, 0o1777)
  return work
}
