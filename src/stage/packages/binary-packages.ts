// A stage's own binary packages, kept for its next attempt; those whose ebuild has changed since are dropped first, with
// what was built with them.

import { mkdir, readdir } from 'node:fs/promises'
import path from 'node:path'
import * as v from 'valibot'
import { readText } from '../../files/read.js'
import { builtWith } from '../../portage/built-with.js'
import { splitCpv } from '../../portage/cpv.js'
import type { GitInput } from '../../portage/live/live-package.js'
import { parsePackageIndex } from '../../portage/package-index.js'
import { ebuildSources, packageSources } from '../../repos/sources.js'
import { writeFileAtomic } from '../../store/disk/atomic.js'
import { isAtOrBelow } from '../../store/disk/mounts.js'
import { removeTree } from '../../store/disk/remove.js'
import { disarm } from '../../store/hostile/disarm.js'
import { readBelow } from '../../store/hostile/held-folder.js'
import { PRIVATE } from '../../store/layout.js'
import { sealed, unsealed } from '../../store/sealed.js'
import { crossCategory } from '../../toolchain/cross-overlay.js'
import { sharedFolders } from '../plan/mounts.js'
import type { StagePlan } from '../plan/plan.js'

/** What the packages of a folder were built from, as far as repos have it. */
const SOURCES = v.object({
  /** Not there in notes of older programs, which have no seal. */
  format: v.exactOptional(v.literal(2)),
  /** Digests of the repos' trees, in their order: where these are the same, all is. */
  trees: v.array(v.string()),
  /** As `PackageSources` has them; of a folder of the user's those of ebuilds. */
  shared: v.string(),
  packages: v.record(v.string(), v.string()),
})

/** What the packages of a folder were built from. */
export type Sources = v.InferOutput<typeof SOURCES>

/**
 * Makes the folders that a stage shares with its later attempts, and removes binary packages built from what has been edited
 * since (Portage itself compares versions and USE only), and those that were built with such a package. Where nothing tells
 * what a package was built from, none is taken; a folder that the definition names may have been filled by others, and there
 * those stay.
 */
export async function openSharedFolders(plan: StagePlan): Promise<void> {
  const folders = sharedFolders(plan)
  await mkdir(path.dirname(folders.carried), { recursive: true, mode: PRIVATE })
  for (const each of [...Object.values(folders), plan.layout.distfiles])
    await mkdir(each, { recursive: true })
  disarmShared(plan)
  const trees = plan.stageRepos.map(({ tree }) => tree?.digest ?? '')
  const before = readSources(folders.packages)
  if (before !== undefined && JSON.stringify(before.trees) === JSON.stringify(trees)) return
  const repos = plan.stageRepos.flatMap(({ location, tree }) =>
    tree === undefined ? [] : { location, path: tree.path },
  )
  const isUsers = plan.definition.places.packages !== undefined
  const now = isUsers ? await ebuildSources(repos) : await packageSources(repos)
  const edited = Object.entries(before?.packages ?? {})
    .filter(([name, digest]) => now.packages.has(name) && now.packages.get(name) !== digest)
    .map(([name]) => name)
  if (isUsers) await dropVersions(folders.packages, edited)
  else if (before?.shared === now.shared) await dropEdited(plan, folders.packages, edited)
  else await dropAll(folders.packages)
  // An ebuild that is away for one run may come back edited.
  const packages = { ...before?.packages, ...Object.fromEntries(now.packages) }
  await writeSources(folders.packages, { trees, shared: now.shared, packages })
}

/** Takes from the shared folders of `plan` what a stage could have put there itself, of an older program or by catalyst. */
export function disarmShared(plan: StagePlan): void {
  // A folder of the user's own is the user's business.
  const { packages, carried, answers, log } = sharedFolders(plan)
  for (const folder of [packages, carried, answers, log])
    if (isAtOrBelow(folder, plan.layout.root)) disarm(folder)
}

/** In a folder of binary packages: what they were built from. */
export const SOURCES_NOTE = '.sources.json'

/** Most of that, and of an index: thousands of packages have a megabyte or two, and some twenty lines each. */
export const MOST_OF_AN_INDEX = { bytes: 48 * 1024 * 1024, lines: 600_000 }

/** What those of `folder` were built from; nothing where the note is missing, or is not what was written. */
export function readSources(folder: string, note = SOURCES_NOTE): Sources | undefined {
  const text = readBelow(folder, note, MOST_OF_AN_INDEX) ?? ''
  return unsealed(text, SOURCES, { of: ownerOf(folder, note), since: 2 })
}

/** Says what those of `folder` were built from. */
export const writeSources = (folder: string, sources: Sources, note = SOURCES_NOTE): Promise<void> =>
  writeFileAtomic(path.join(folder, note), sealed({ ...sources, format: 2 }, { of: ownerOf(folder, note) }))

/** A note lies in the folder that it is of; one for others has no folder of its own. */
const ownerOf = (folder: string, note: string): string =>
  note === SOURCES_NOTE ? path.basename(folder) : note

/** Empties a folder of binary packages. */
export async function dropAll(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await removeTree(path.join(folder, name), folder)
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

/** Removes from `folder` the packages of `edited` (category/name), by all their names, and what was built with them. */
export async function dropEdited(plan: StagePlan, folder: string, edited: readonly string[]): Promise<void> {
  const names = new Set(edited.flatMap((cp) => [cp, ...crossNames(plan, cp)]))
  // Crossdev's packages have a folder, and an index, of their own.
  for (const each of [folder, path.join(folder, CROSSDEV_FOLDER)]) await dropPackages(each, names)
}

async function dropPackages(folder: string, edited: ReadonlySet<string>): Promise<void> {
  // Without an index Portage finds no package either, until it has made one.
  const index = readBelow(folder, 'Packages', MOST_OF_AN_INDEX) ?? ''
  for (const entry of builtWith(parsePackageIndex(index).entries, edited))
    await removeTree(path.join(folder, entry.path), folder)
  for (const cp of edited) await removeTree(path.join(folder, cp), folder)
}

/** Under which categories of cross toolchains packages of the same ebuild are. */
const crossNames = ({ definition }: StagePlan, cp: string): string[] =>
  definition.cross.map(({ chost }) => `${crossCategory(chost)}/${path.basename(cp)}`)

/** Below the folder of binary packages; stages/lib/crossdev.sh. */
export const CROSSDEV_FOLDER = 'crossdev'

/** Beside a stage's binary packages: the commits that they are built from, by package. */
const COMMITS = '.commits.json'

/**
 * Removes binary packages of live packages that were built from other commits than `git` says, with what was built with them, and
 * notes those that are built from now on. Returns whether something was removed.
 */
export async function dropOlderCommits(plan: StagePlan, git: readonly GitInput[]): Promise<boolean> {
  if (git.length === 0) return false
  const { packages: folder } = sharedFolders(plan)
  const before = await readCommits(folder)
  const now: Record<string, string> = {}
  for (const { package: cpv, commit } of git)
    now[cpv] = now[cpv] === undefined ? commit : `${now[cpv]} ${commit}`
  const moving = new Set(git.flatMap(({ package: cpv, pinned }) => (pinned ? [] : [cpv])))
  // Of what is pinned and was never noted, the ebuild itself says what it was built from.
  const older = Object.keys(now).filter(
    (cpv) => before[cpv] !== now[cpv] && (cpv in before || moving.has(cpv)),
  )
  const index = parsePackageIndex(readBelow(folder, 'Packages', MOST_OF_AN_INDEX) ?? '')
  const isThere = index.entries.some(({ cpv }) => older.includes(cpv))
  if (isThere)
    await dropEdited(
      plan,
      folder,
      older.map((cpv) => splitCpv(cpv).cp),
    )
  await writeFileAtomic(path.join(folder, COMMITS), JSON.stringify({ ...before, ...now }))
  return isThere
}

/** Commits that packages of `folder` were built from, by package. */
export async function readCommits(folder: string): Promise<Readonly<Record<string, string>>> {
  const text = await readText(path.join(folder, COMMITS)).catch(() => '')
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.string())), text)
  return parsed.success ? parsed.output : {}
}
