// Makes the first seed on a machine that is not an SDK: the host distribution's own packages, put into a root by mmdebstrap,
// are made into a full-fledged SDK (package database, two ebuild repos) by Portage itself. Cached by its inputs.

import { mkdir, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { finalizeArchive, packStream } from '../../archive/pack.js'
import { tailOf } from '../../archive/stream/pump.js'
import { tarCommand } from '../../archive/tar/command.js'
import { SdkError } from '../../errors.js'
import type { Emit } from '../../events/event.js'
import { levelRoot } from '../../portage/level/root.js'
import { ended, failure, start } from '../../process/run.js'
import { together } from '../../process/together.js'
import { architectureOfKernel } from '../../sdk/architecture.js'
import type { SdkDefinition } from '../../sdk/definition.js'
import type { DigestMemory } from '../../store/digest/known-digest.js'
import { makeBareFolder } from '../../store/disk/bare-folder.js'
import { removeTree } from '../../store/disk/remove.js'
import { temporaryFolder } from '../../store/disk/temporary.js'
import { type Layout, PRIVATE, SUFFIXES } from '../../store/layout.js'
import { acquireLock } from '../../store/lock.js'
import type { TreeStore } from '../../store/trees/trees.js'
import { type CachedSeed, cachedSeed, rememberSeed, requireSameKey, seedKey } from '../seed-cache.js'
import { readDpkg } from './dpkg.js'
import { generateRepos } from './generate-repos.js'
import { assignGroups, type GroupFile, portagePatches, prepareScript, readGroups } from './groups.js'
import { type HostDistribution, hostDistribution } from './host.js'
import { debootstrap } from './mmdebstrap.js'
import { fetchWheel, installWheel } from './portage-wheel.js'
import { mergeSeed, prepareRoot } from './seed-root.js'
import {
  type FoundSeed,
  giveSeed,
  type OfferedSeed,
  offer,
  offeredSeed,
  type SeedExchange,
  sharedSeed,
} from './shared-seed.js'

/** What making a seed needs. */
export interface DistributionOptions {
  /** The seed takes over profiles and copied ebuilds of its repos. */
  definition: SdkDefinition
  layout: Layout
  trees: TreeStore
  /** Full profile name, `repo:path`. */
  profile: string
  jobs: number
  /** Where digests that were taken before are looked for. */
  memory?: DigestMemory
  emit: Emit
  signal: AbortSignal | undefined
  /** Where other machines have seeds from, and theirs are had from. */
  shared?: SeedExchange | undefined
  /** Whether one that other machines have may stay there until it is needed. */
  isLazy?: boolean | undefined
  /** Does what need not be waited for. */
  later: (act: () => Promise<void>) => void | Promise<void>
}

/** mtimes of a distribution seed are not newer than this, so that equal inputs give equal bytes: 2020-01-01. */
const SEED_EPOCH = 1_577_836_800

/**
 * The distribution seed: from the cache, from other machines, or made now (about 150 CPU seconds).
 *
 * @throws SdkError SDK_HOST when the host is no Debian or Ubuntu, of another architecture, or lacks a program; SDK_DEFINITION
 *   when the groups file is missing or wrong; SDK_LOCKED when another run makes the same seed for more than an hour;
 *   SDK_SEED when a step fails; SDK_ARCHIVE when the root cannot be archived; SDK_SPACE
 */
export async function distributionSeed(options: DistributionOptions): Promise<OfferedSeed> {
  const plan = await planDistributionSeed(options)
  const { file, key } = plan
  const making = { ...options, ...plan }
  const cached = await cachedSeed(file, key, options)
  if (cached !== undefined) {
    await options.later(() => offer(making, cached))
    return { ...cached, cached: true }
  }
  const get = (): Promise<FoundSeed> => takeOrMake(making)
  return (options.isLazy === true ? await offeredSeed(making, get) : undefined) ?? (await get())
}

async function takeOrMake(making: Making): Promise<FoundSeed> {
  const { file, key } = making
  await mkdir(path.dirname(file), { recursive: true, mode: PRIVATE })
  // Another run may be making the very same seed; then this one waits and takes it.
  const lock = await acquireLock(`${file}.lock`, { purpose: 'make a seed' }, { waitSeconds: 3600 })
  try {
    const made = await cachedSeed(file, key, making)
    if (made !== undefined) return { ...made, cached: true }
    return (await sharedSeed(making)) ?? (await ownSeed(making))
  } finally {
    lock.release()
  }
}

/** What a distribution seed is made of, and where it is kept. */
export interface SeedPlan {
  readonly groups: GroupFile
  readonly host: HostDistribution
  readonly key: string
  readonly file: string
}

/** @throws SdkError SDK_HOST, SDK_DEFINITION, SDK_SEED as {@link distributionSeed}, before it makes anything */
export async function planDistributionSeed({
  definition,
  layout,
  profile,
}: Pick<DistributionOptions, 'definition' | 'layout' | 'profile'>): Promise<SeedPlan> {
  const groupsFile = definition.seed.distribution?.groups
  if (groupsFile === undefined)
    throw new SdkError('SDK_SEED', `${definition.file} names no distribution seed`)
  requireOwnArch(definition)
  const groups = await readGroups(groupsFile)
  const host = await hostDistribution()
  const key = await seedKey({ definition, groups, host, profile })
  const name = `${definition.name}-${host.codename}-${key.slice(0, 16)}${SUFFIXES.zstd}`
  return { groups, host, key, file: path.join(layout.seeds, name) }
}

/** A distribution's packages run on the machine that they are for. */
function requireOwnArch({ arch, name }: SdkDefinition): void {
  const own = architectureOfKernel(os.machine())?.keyword
  if (own !== arch)
    throw new SdkError(
      'SDK_HOST',
      `a distribution seed of ${name} needs a machine of ${arch}; this one is ${own ?? os.machine()}`,
      {
        hint: 'give a seed with --seed_tarball FILE',
      },
    )
}

/** Seed that is to be found or made, and with what. */
type Making = DistributionOptions & SeedPlan

/** Makes it; where another machine has done so meanwhile, that one's is taken: nobody has built upon this one yet. */
async function ownSeed(making: Making): Promise<FoundSeed> {
  const made = await makeSeed(making)
  const isSecond = (await giveSeed(making, made)) === 'second'
  const first = isSecond ? await sharedSeed(making) : undefined
  return first ?? { ...made, cached: false }
}

async function makeSeed(making: Making): Promise<CachedSeed> {
  const { definition, layout, trees, emit, groups, signal } = making
  // By the key: what a killed attempt left is found again, and no other run works there.
  const work = temporaryFolder(layout.root, 'seed', making.key.slice(0, 16))
  await removeTree(work, layout.root)
  await makeBareFolder(work, 0o755)
  const root = path.join(work, 'distribution')
  const wheels = path.join(layout.seeds, 'wheels')
  const step = timedStep(emit)
  const [wheel] = await step('install the distribution', () =>
    Promise.all([
      fetchWheel(groups.portage, wheels),
      debootstrap({ root, host: making.host, groups, work, signal }),
    ]),
  )
  await step('prepare the root', async () => {
    await installWheel({ file: wheel, root, scratch: work, patches: portagePatches(groups) })
    await prepareRoot({ root, work, script: prepareScript(groups), signal })
    const packages = assignGroups(groups, await readDpkg(root))
    await generateRepos({
      root,
      packages,
      copy: groups.copy,
      excluded: groups.exclude_files,
      repos: definition.repos.map((repo) => ({ ...repo, source: repo.path })),
    })
  })
  const merged = await step('merge its packages', () => mergeSeed({ ...making, root, work }))
  // All that it is made of has been read by now.
  await requireSameKey(making, making.key)
  const archive = await step('archive the seed', async () => {
    // The tree in the store has to be what the archive would be unpacked to.
    levelRoot(merged, SEED_EPOCH)
    const layer = await trees.place(merged)
    const [packed] = await together(signal, [
      (both) => archiveSeed(layer, { ...making, signal: both }),
      (both) => trees.list(layer, { signal: both }),
    ])
    await trees.name({ sha256: packed.sha256, layer, entries: packed.entries })
    return packed
  })
  await rememberSeed(making.file, { key: making.key, sha256: archive.sha256, bytes: archive.bytes })
  await removeTree(work, layout.root)
  return { path: making.file, sha256: archive.sha256 }
}

function timedStep(emit: Emit): <T>(name: string, act: () => Promise<T>) => Promise<T> {
  return async (name, act) => {
    const begin = performance.now()
    emit({ type: 'step-started', stage: 'seed', step: name })
    const result = await act()
    emit({
      type: 'step-finished',
      stage: 'seed',
      step: name,
      durationMs: Math.round(performance.now() - begin),
    })
    return result
  }
}

async function archiveSeed(
  directory: string,
  making: Making,
): Promise<{ sha256: string; entries: number; bytes: number }> {
  const argv = tarCommand(directory, { mtime: SEED_EPOCH })
  const tar = start({ argv, signal: making.signal })
  if (tar.stdout === null) throw new SdkError('SDK_INTERNAL', 'tar was started without a pipe')
  const tarDone = Promise.all([ended(tar), tailOf(tar.stderr)]).then(([outcome, stderr]) => {
    if (outcome.exitCode !== 0) throw failure(argv, outcome, { code: 'SDK_SEED', stderr })
  })
  const { file: target, emit, signal } = making
  const told = { emit, stage: 'seed' }
  const pack = await packStream({ tar: tar.stdout, tarDone, target, format: 'zstd', signal, told })
  await finalizeArchive(pack)
  await rm(`${making.file}.CONTENTS.gz`, { force: true })
  return { sha256: pack.digests.sha256, entries: pack.entries, bytes: pack.bytes }
}
