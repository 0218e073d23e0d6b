// A stage's own binary packages, kept for its next attempt; those whose ebuild has changed since are dropped first, with
// what was built with them.

import { mkdir, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { builtWith } from '../../portage/built-with.js'
import { splitCpv } from '../../portage/cpv.js'
import { parsePackageIndex } from '../../portage/package-index.js'
import { ebuildDigests, packageDigests } from '../../repos/digest.js'
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
  const isUsers = plan.definition.places.packages !== undefined
  const now = await ebuilds(plan, isUsers ? ebuildDigests : packageDigests)
  const before = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as Record<string, string>,
    () => ({}) as Record<string, string>,
  )
  const edited = Object.entries(before)
    .filter(([name, digest]) => now[name] !== undefined && now[name] !== digest)
    .map(([name]) => name)
  if (isUsers) await dropVersions(folders.packages, edited)
  else await dropEdited(plan, folders.packages, edited)
  // An ebuild that is away for one run may come back edited.
  await writeFileAtomic(file, JSON.stringify({ ...before, ...now }))
}

/**
 * A folder of the user's is of any trees and versions: what of it fits the run, Portage says. It does not see that an ebuild was
 * edited, so what was built from that one goes, and nothing else.
 */
async function dropVersions(folder: string, edited: readonly string[]): Promise<void> {
  for (const cpv of edited) {
    const { cp } = splitCpv(cpv)
    const version = path.basename(cpv)
    // Without instances (FEATURES of who filled it) they are in the folder of the category.
    for (const place of [cp, path.dirname(cp)])
      for (const name of await readdir(path.join(folder, place)).catch(() => []))
        if (name.startsWith(version) && PACKAGE_ENDING.test(name.slice(version.length)))
          await removeTree(path.join(folder, place, name), folder)
  }
}

/** What follows the version in the name of a binary package, of either format: the number of its instance, and the suffix. */
const PACKAGE_ENDING = /^(?:-\d+)?\.(?:gpkg\.tar|xpak|tbz2)$/

async function dropEdited(plan: StagePlan, folder: string, edited: readonly string[]): Promise<void> {
  const names = new Set(edited.flatMap((cp) => [cp, ...crossNames(plan, cp)]))
  // Crossdev's packages have a folder, and an index, of their own.
  for (const each of [folder, path.join(folder, CROSSDEV_FOLDER)]) await dropPackages(each, names)
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

/** Digests of what packages are built from, by name, over all repos of the stage. */
async function ebuilds(plan: StagePlan, digestsOf: typeof packageDigests): Promise<Record<string, string>> {
  const all: Record<string, string> = {}
  for (const { tree } of plan.stageRepos)
    for (const [name, digest] of tree === undefined ? [] : await digestsOf(tree.path))
      all[name] = `${all[name] ?? ''}${digest}`
  return all
}
