// Where a stage that catalyst runs has its files: a catalyst root of its own inside the stage's work folder. Nothing
// unfinished ever has a final name, and all of it goes with that folder.
//
// work/TYPE/stageN-ARCH-VERSION/catalyst/
//   files/       catalyst.conf, catalystrc, stageN.spec, portage/, overlay/ (what stage 4 copies over its root)
//   builds/      seed/: a link to the seed; TYPE/: what catalyst makes
//   snapshots/   the repos, as squashfs
//   tmp/TYPE/stageN-ARCH-VERSION/   the chroot

import { mkdir, readdir, symlink } from 'node:fs/promises'
import path from 'node:path'
import { EXTENSIONS } from '../../archive/stream/compression.js'
import { openArchive } from '../../archive/stream/decompress.js'
import type { StagePlan } from '../../stage/plan/plan.js'
import type { Work } from '../../stage/run/work.js'
import { inRoot } from '../../store/layout.js'

/** Paths of one stage under catalyst. */
export interface OwnRoot {
  /** Catalyst's `storedir`. */
  readonly root: string
  readonly files: string
  readonly snapshots: string
  readonly chroot: string
  /** Folder of what catalyst makes. */
  readonly builds: string
}

/** The paths of `plan`'s attempt in `work`; pure. */
export function ownRoot(plan: StagePlan, work: Work): OwnRoot {
  const root = path.join(work.folder, 'catalyst')
  const { type } = plan.definition
  return {
    root,
    files: path.join(root, 'files'),
    snapshots: path.join(root, 'snapshots'),
    chroot: path.join(root, 'tmp', type, stageName(plan)),
    builds: path.join(root, 'builds', type),
  }
}

/** Catalyst's name of the stage, its archive without the suffix; pure. */
const stageName = (plan: StagePlan): string => `${plan.stage}-${plan.definition.arch}-${plan.version.text}`

/**
 * Makes the folders, and a link to the seed whose name says the seed's real format: catalyst goes by names.
 *
 * @returns the path of that link
 */
export async function openOwnRoot(plan: StagePlan, own: OwnRoot): Promise<string> {
  const seeds = path.join(own.root, 'builds', 'seed')
  for (const folder of [own.files, own.snapshots, own.builds, seeds]) await mkdir(folder, { recursive: true })
  const source = await openArchive(plan.seed.path)
  await source.handle.close()
  const link = path.join(seeds, `seed${EXTENSIONS[source.format]}`)
  await symlink(plan.seed.path, link)
  // Catalyst has these two below its root; the run's own are elsewhere.
  await symlink(plan.layout.distfiles, path.join(own.root, 'distfiles'))
  await symlink(inRoot(plan.layout.root, 'log'), path.join(own.root, 'log'))
  return link
}

/** The archive that catalyst left, if it did: it names zstd `.tar.zstd`. */
export async function findArchive(plan: StagePlan, own: OwnRoot): Promise<string | undefined> {
  const pattern = /^\.tar\.(zst|zstd|bz2|xz|gz)$/
  const names = await readdir(own.builds).catch(() => [])
  const name = names.find(
    (each) => each.startsWith(stageName(plan)) && pattern.test(each.slice(stageName(plan).length)),
  )
  return name === undefined ? undefined : path.join(own.builds, name)
}
