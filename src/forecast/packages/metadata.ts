// The md5-cache of repos that ship none: Portage makes it once per state of the trees, beside them in the store. Without
// it every ebuild is sourced by bash again whenever a package is looked at. A cache begins with the one before: each entry
// has the MD5 of its ebuild and eclasses, so that Portage itself makes anew those that have changed, and only those.

import { createHash } from 'node:crypto'
import { access, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import type { Emit } from '../../events/event.js'
import { describeOutcome, must } from '../../process/run.js'
import { keptBy, type RepoTree, type StagePlan } from '../../stage/plan/plan.js'
import { removeTree } from '../../store/disk/remove.js'
import { forecastPaths, PRIVATE } from '../../store/layout.js'
import { findKeptFolder, keepFolder } from '../../store/trees/kept-folder.js'
import { openPretendSandbox, type RepoOverlays } from './pretend.js'
import { installedVersion } from './seed-database.js'

/** What making a cache needs. */
export interface CacheMaking {
  /** A plan of stage 1 upon trees of its own; its layout is for temporary files, on the store's file system. */
  readonly plan: StagePlan
  /** Layers of a root with Portage, top first. */
  readonly layers: readonly string[]
  /** The store's folder. */
  readonly store: string
  readonly emit: Emit
  readonly signal: AbortSignal | undefined
}

/**
 * Overlays by which the plan's repos have their md5-cache, made now if it is not there.
 *
 * @throws SdkError SDK_REPO when Portage cannot read the repos
 */
export async function withMetadata(making: CacheMaking): Promise<RepoOverlays> {
  const repos = making.plan.stageRepos.flatMap(({ tree }) => (tree === undefined ? [] : [tree]))
  const bare: RepoTree[] = []
  for (const repo of repos) if (!(await exists(path.join(repo.path, 'metadata/md5-cache')))) bare.push(repo)
  if (bare.length === 0) return new Map()
  const portage = (await installedVersion(making.layers, 'sys-apps/portage')) ?? keptBy(making.plan.seed)
  const key = cacheKey(repos, portage)
  const kept = await findKeptFolder(forecastPaths(making.store).metadata, key)
  const folder = kept ?? (await make(making, { bare, key, portage }))
  return new Map(bare.map((repo) => [repo.path, { cache: path.join(folder, repo.name) }]))
}

/**
 * What a cache is kept by: an overlay's metadata depends on its master's eclasses, so all trees are in it, and Portage
 * decides what is written down about an ebuild.
 *
 * @param portage version of the Portage that makes it, or whatever else tells it from others
 */
export function cacheKey(repos: readonly Pick<RepoTree, 'name' | 'digest'>[], portage: string): string {
  const facts = [portage, ...repos.map(({ name, digest }) => [name, digest])]
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex')
}

interface Making {
  readonly bare: readonly RepoTree[]
  readonly key: string
  readonly portage: string
}

/** @returns the folder in which each repo has its cache */
async function make(making: CacheMaking, { bare, key, portage }: Making): Promise<string> {
  const { plan, layers, emit, signal } = making
  const begin = performance.now()
  const names = bare.map((repo) => repo.name)
  const directory = forecastPaths(making.store).metadata
  const before = await latestCache(directory, portage)
  const often = before === undefined ? 'once: some minutes' : 'as far as ebuilds have changed'
  emit({ type: 'info', message: `making the md5-cache of ${names.join(' and ')}, ${often}` })
  const fresh = path.join(plan.layout.root, 'md5-cache')
  const part = (kind: string, { name }: RepoTree): string => path.join(fresh, kind, name)
  for (const repo of bare)
    for (const kind of ['upper', 'work']) await mkdir(part(kind, repo), { recursive: true })
  if (before !== undefined) for (const repo of bare) await beginWith(before, part('upper', repo), repo.name)
  const over = new Map(
    bare.map((repo) => [repo.path, { upper: part('upper', repo), work: part('work', repo) }]),
  )
  const pretend = await openPretendSandbox({ plan, layers, database: 'own', repos: over, emit, signal })
  for (const repo of bare) {
    const { name } = repo
    const done = await told(making, { name, tree: repo.path, upper: part('upper', repo) }, () =>
      pretend.run(['egencache', `--repo=${name}`, '--update', `--jobs=${plan.jobs}`]),
    )
    if (done.outcome.exitCode !== 0)
      throw new SdkError(
        'SDK_REPO',
        `Portage cannot make the md5-cache of ${name}: egencache ${describeOutcome(done.outcome)}:\n${done.stderr.trimEnd().split('\n').slice(-10).join('\n')}`,
        {
          hint: 'the ebuild that it names cannot be read by the Portage of this seed: fix it, or take a newer seed',
        },
      )
  }
  await mkdir(directory, { recursive: true, mode: PRIVATE })
  await writeFile(path.join(fresh, 'upper', MADE_BY), portage)
  const folder = await keepFolder(directory, key, path.join(fresh, 'upper'))
  await removeTree(pretend.work.folder, plan.layout.root)
  const seconds = ((performance.now() - begin) / 1000).toFixed(1)
  emit({ type: 'info', message: `the md5-cache of ${names.join(' and ')} took ${seconds} s` })
  return folder
}

/** Names the Portage that has made a cache, beside the caches of the repos; no repo's name begins with a point. */
const MADE_BY = '.made-by'

/** The newest cache that this Portage has made and nobody has touched since. */
async function latestCache(directory: string, portage: string): Promise<string | undefined> {
  const notes = (await readdir(directory).catch(() => [])).filter((name) => name.endsWith('.json'))
  const times = await Promise.all(
    notes.map(async (name) => [(await stat(path.join(directory, name))).mtimeMs, name] as const),
  )
  for (const [, name] of times.sort(([a], [b]) => b - a)) {
    const folder = await findKeptFolder(directory, path.basename(name, '.json'))
    if (folder === undefined) continue
    const madeBy = await readFile(path.join(folder, MADE_BY), 'utf8').catch(() => '')
    if (madeBy === portage) return folder
  }
  return undefined
}

/** Copies the cache of a repo, without what overlayfs knows of its files, to where the new one is made. */
async function beginWith(before: string, upper: string, name: string): Promise<void> {
  const from = path.join(before, name, CACHE)
  if (!(await exists(from))) return
  const to = path.join(upper, 'metadata')
  await mkdir(to, { recursive: true })
  await must({
    argv: ['cp', '-R', '--reflink=auto', '--preserve=mode,ownership,timestamps', '--', from, `${to}/`],
  })
}

const CACHE = 'metadata/md5-cache'

/** Seconds between two words about a cache that is being made. */
const TELL_SECONDS = 15

/** Says from time to time how far `act` is, which makes the cache of one repo. */
async function told<T>(
  { emit }: CacheMaking,
  { name, tree, upper }: { name: string; tree: string; upper: string },
  act: () => Promise<T>,
): Promise<T> {
  const all = await countFiles(tree, (file) => file.endsWith('.ebuild'))
  const timer = setInterval(async () => {
    const done = await countFiles(path.join(upper, CACHE), (file) => !file.endsWith('Manifest.gz')).catch(
      () => 0,
    )
    emit({ type: 'info', message: `the md5-cache of ${name}: ${Math.min(done, all)} of ${all} ebuilds` })
  }, TELL_SECONDS * 1000)
  try {
    return await act()
  } finally {
    clearInterval(timer)
  }
}

async function countFiles(folder: string, counts: (name: string) => boolean): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile() && counts(entry.name)).length
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )
