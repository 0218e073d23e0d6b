// What comes before a stage's run, whoever runs it: the seed unpacked, the script copied in, packages carried, sources fetched.

import { unpackArchive } from '../archive/unpack.js'
import { SdkError } from '../errors.js'
import { fetchDistfiles } from '../portage/distfiles.js'
import { inspectSeed } from '../seed/inspect.js'
import { removeTree } from '../store/remove.js'
import type { Tree } from '../store/trees.js'
import { openSharedFolders } from './binary-packages.js'
import { readDistfileList } from './distfiles.js'
import { runHooks } from './hooks.js'
import { type StageInput, writeInput } from './input.js'
import { withPackages } from './packages-lock.js'
import type { StagePlan } from './plan.js'
import { type PassContext, runPass } from './run-script.js'
import type { Workshop } from './runner.js'
import { requireSeedRepos, seedRepos, warnOfGivenTrees } from './seed-repos.js'
import { createStopwatch, type Stopwatch } from './stopwatch.js'
import { openWork, type Work } from './work.js'

/**
 * Does all of a stage that comes before its run: carries packages over and fetches its sources.
 *
 * @throws SdkError SDK_STAGE when the script failed; SDK_SEED, SDK_ARCHIVE on a bad seed; SDK_DISTFILE; SDK_SPACE
 */
export async function prepareStage(plan: StagePlan, shop: Workshop): Promise<void> {
  const watch = createStopwatch(plan.stage, shop.emit)
  await withPackages(plan, shop, () => prepare(plan, shop, watch))
  await removeTree(plan.layout.work(plan.stage), plan.layout.root)
}

/** A stage that is ready to run. */
export interface Prepared {
  /** With the repos as the hooks of stage 1 have left them: what comes after goes by this plan. */
  plan: StagePlan
  work: Work
  tree: Tree
  input: StageInput
  context: PassContext
}

/** Unpacks, mounts, copies, enters for the first time, fetches. @throws as {@link prepareStage} */
export async function prepare(planned: StagePlan, shop: Workshop, watch: Stopwatch): Promise<Prepared> {
  const tree = await watch.step('unpack', () => unpackSeed(planned, shop))
  requireSeedRepos(planned, tree.layers)
  warnOfGivenTrees(planned, shop.emit)
  const work = await watch.step('mount', () => openWork(planned))
  const plan = await runHooks(planned, { ...shop, work, layers: tree.layers })
  await openSharedFolders(plan)
  const input = await watch.step('copy', () => writeInput(plan, work))
  const context = {
    work,
    layers: tree.layers,
    emit: shop.emit,
    signal: shop.signal,
    merged: new Map<string, boolean>(),
  }
  await watch.step('enter', () => runPass(plan, 'prepare', context))
  await watch.step('fetch', () => fetchSources(plan, work, shop))
  return { plan, work, tree, input, context }
}

/** The tree of the seed: in the store already after any stage of this machine, else unpacked once per digest. */
async function unpackSeed(plan: StagePlan, shop: Workshop): Promise<Tree> {
  const known = await shop.trees.find(plan.seed.sha256)
  if (known !== undefined) return known
  const directory = await shop.trees.scratch()
  const signal = shop.signal === undefined ? {} : { signal: shop.signal }
  const unpacked = await unpackArchive({ file: plan.seed.path, target: directory, ...signal })
  for (const message of unpacked.warnings) shop.emit({ type: 'warning', message })
  if (unpacked.sha256 !== plan.seed.sha256)
    throw new SdkError('SDK_CHAIN', `${plan.seed.path} changed while it was used`, {
      hint: `expected sha256 ${plan.seed.sha256}, unpacked ${unpacked.sha256}`,
    })
  const { definition, seed } = plan
  const names = seedRepos(plan).map((repo) => repo.name)
  const repos = definition.repos.filter(({ name }) => names.includes(name))
  await inspectSeed({
    root: directory,
    archive: seed.path,
    definition: { ...definition, repos },
    needsRepos: repos.length > 0,
  })
  return await shop.trees.adopt({ sha256: unpacked.sha256, directory, entries: unpacked.entries })
}

async function fetchSources(plan: StagePlan, work: Work, shop: Workshop): Promise<void> {
  await fetchDistfiles({
    files: await readDistfileList(work.output),
    directory: plan.layout.distfiles,
    mirrors: shop.mirrors,
    emit: shop.emit,
    stage: plan.stage,
    ...(shop.signal === undefined ? {} : { signal: shop.signal }),
  })
}
