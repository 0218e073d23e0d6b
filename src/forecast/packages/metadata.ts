// The md5-cache of repos that ship none: Portage makes it once per state of the trees, beside them in the store. Without
// it every ebuild is sourced by bash again whenever a package is looked at.

import { createHash } from 'node:crypto'
import { access, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import type { Emit } from '../../events/event.js'
import { describeOutcome } from '../../process/run.js'
import type { RepoTree, StagePlan } from '../../stage/plan/plan.js'
import { findKept, keepFolder } from '../../store/kept-folder.js'
import { forecastPaths } from '../../store/layout.js'
import { removeTree } from '../../store/remove.js'
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
  const portage = (await installedVersion(making.layers, 'sys-apps/portage')) ?? making.plan.seed.sha256
  const key = cacheKey(repos, portage)
  const kept = await findKept(forecastPaths(making.store).metadata, key)
  const folder = kept ?? (await make(making, bare, key))
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

/** @returns the folder in which each repo has its cache */
async function make(making: CacheMaking, bare: readonly RepoTree[], key: string): Promise<string> {
  const { plan, layers, emit, signal } = making
  const begin = performance.now()
  const names = bare.map((repo) => repo.name)
  emit({ type: 'info', message: `making the md5-cache of ${names.join(' and ')}, once: some minutes` })
  const fresh = path.join(plan.layout.root, 'md5-cache')
  const part = (kind: string, { name }: RepoTree): string => path.join(fresh, kind, name)
  for (const repo of bare)
    for (const kind of ['upper', 'work']) await mkdir(part(kind, repo), { recursive: true })
  const over = new Map(
    bare.map((repo) => [repo.path, { upper: part('upper', repo), work: part('work', repo) }]),
  )
  const pretend = await openPretendSandbox({ plan, layers, database: 'own', repos: over, emit, signal })
  for (const name of names) {
    const done = await pretend.run(['egencache', `--repo=${name}`, '--update', `--jobs=${plan.jobs}`])
    if (done.outcome.exitCode !== 0)
      throw new SdkError(
        'SDK_REPO',
        `Portage cannot make the md5-cache of ${name}: egencache ${describeOutcome(done.outcome)}:\n${done.stderr.trimEnd().split('\n').slice(-10).join('\n')}`,
        {
          hint: 'the ebuild that it names cannot be read by the Portage of this seed: fix it, or take a newer seed',
        },
      )
  }
  const directory = forecastPaths(making.store).metadata
  await mkdir(directory, { recursive: true })
  const folder = await keepFolder(directory, key, path.join(fresh, 'upper'))
  await removeTree(pretend.work.folder, plan.layout.root)
  const seconds = ((performance.now() - begin) / 1000).toFixed(1)
  emit({ type: 'info', message: `the md5-cache of ${names.join(' and ')} took ${seconds} s` })
  return folder
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )
