// A stage's own binary packages, kept for its next attempt; those whose ebuild has changed since are dropped first, with
// what was built with them.

import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { builtWith } from '../../portage/built-with.js'
import { parsePackageIndex } from '../../portage/package-index.js'
import { packageDigests } from '../../repos/digest.js'
import { writeFileAtomic } from '../../store/atomic.js'
import { removeTree } from '../../store/remove.js'
import { crossCategory } from '../../toolchain/cross-overlay.js'
import { sharedFolders } from '../plan/mounts.js'
import type { StagePlan } from '../plan/plan.js'

/**
 * Makes the folders that a stage shares with its later attempts, and removes binary packages built from an ebuild that has
 * been edited, as told by the digest of its folder (Portage itself compares versions and USE only), and those that were built
 * with such a package.
 */
export async function openSharedFolders(plan: StagePlan): Promise<void> {
  const folders = sharedFolders(plan)
  // Stages may write into them, set-user-ID programs too: nobody else gets in.
  for (const each of [...Object.values(folders), plan.layout.distfiles])
    await mkdir(each, { recursive: true, mode: each === folders.answers ? 0o700 : 0o777 })
  const file = path.join(folders.packages, '.ebuilds.json')
  const now = await ebuilds(plan)
  const before = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as Record<string, string>,
    () => ({}) as Record<string, string>,
  )
  const edited = Object.entries(before)
    .filter(([cp, digest]) => now[cp] !== undefined && now[cp] !== digest)
    .flatMap(([cp]) => [cp, ...crossNames(plan, cp)])
  // Crossdev's packages have a folder, and an index, of their own.
  for (const folder of [folders.packages, path.join(folders.packages, CROSSDEV_FOLDER)])
    await dropPackages(folder, new Set(edited))
  // An ebuild that is away for one run may come back edited.
  await writeFileAtomic(file, JSON.stringify({ ...before, ...now }))
}

async function dropPackages(folder: string, edited: ReadonlySet<string>): Promise<void> {
  // Without an index Portage finds no package either, until it has made one.
  const index = await readFile(path.join(folder, 'Packages'), 'utf8').catch(() => '')
  for (const entry of builtWith(parsePackageIndex(index).entries, edited))
    await removeTree(path.join(folder, entry.path), folder)
  for (const cp of edited) await removeTree(path.join(folder, cp), folder)
}

/** Under which categories of cross toolchains packages of the same ebuild are. */
const crossNames = ({ definition }: StagePlan, cp: string): string[] =>
  definition.cross.map(({ chost }) => `${crossCategory(chost)}/${path.basename(cp)}`)

/** Below the folder of binary packages; stages/lib/crossdev.sh. */
const CROSSDEV_FOLDER = 'crossdev'

async function ebuilds(plan: StagePlan): Promise<Record<string, string>> {
  const all: Record<string, string> = {}
  for (const { tree } of plan.stageRepos)
    for (const [cp, digest] of tree === undefined ? [] : await packageDigests(tree.path))
      all[cp] = `${all[cp] ?? ''}${digest}`
  return all
}
