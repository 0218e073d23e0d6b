// What comes before a stage's run, whoever runs it: the seed unpacked, the script copied in, packages carried, sources fetched.

import path from 'node:path'
import { fetchDistfiles } from '../../portage/distfiles/distfiles.js'
import { fetchLive } from '../../portage/live/fetch-live.js'
import type { GitInput, LivePackage } from '../../portage/live/live-package.js'
import { refuseLive } from '../../portage/live/refuse.js'
import { writeView } from '../../portage/live/stage-view.js'
import { INSIDE } from '../../sandbox/inside.js'
import { removeTree } from '../../store/disk/remove.js'
import type { Tree } from '../../store/trees/trees.js'
import { CACHE_FOLDER, placeCache } from '../cache/place.js'
import { dropOlderCommits, openSharedFolders } from '../packages/binary-packages.js'
import { withPackages } from '../packages/packages-lock.js'
import { proveKeptPackages, proveSharedPackages } from '../packages/proved-packages.js'
import { takePackages } from '../packages/shared-packages.js'
import { noteShared, takeLeftovers } from '../packages/take-shared.js'
import { sharedFolders } from '../plan/mounts.js'
import type { StagePlan } from '../plan/plan.js'
import type { StageServices } from '../runner.js'
import { createStopwatch, type Stopwatch } from '../stopwatch.js'
import { readDistfileList } from './distfiles.js'
import { runHooks } from './hooks.js'
import { type StageInput, writeInput } from './input.js'
import { inspectSeed } from './inspect-seed.js'
import { readLiveList } from './live.js'
import { type PassContext, runPass } from './run-script.js'
import { requireSeedRepos, seedRepos, warnOfGivenTrees } from './seed-repos.js'
import { unpackedTree } from './unpacked.js'
import { openWork, type Work } from './work.js'

/**
 * Does all of a stage that comes before its run: carries packages over and fetches its sources.
 *
 * @throws SdkError SDK_STAGE when the script failed; SDK_SEED, SDK_ARCHIVE on a bad seed, SDK_CHAIN when
 *   it is another file now; SDK_REPO for a bad list of sources; SDK_DISTFILE; SDK_HOST; SDK_SPACE
 */
export async function prepareStage(plan: StagePlan, services: StageServices): Promise<void> {
  const watch = createStopwatch(plan.stage, services.emit)
  await withPackages(plan, services, () => prepare(plan, services, watch))
  await removeTree(plan.layout.work(plan.stage), plan.layout.root)
}

/** A stage that is ready to run. */
export interface Prepared {
  /** With the repos as the hooks of stage 1 have left them: what comes after goes by this plan. */
  plan: StagePlan
  work: Work
  /** Of the seed. */
  tree: Pick<Tree, 'layers'>
  input: StageInput
  context: PassContext
  /** What its live packages are built from. */
  git: readonly GitInput[]
}

/** Unpacks, mounts, copies, enters for the first time, fetches. @throws as {@link prepareStage} */
export async function prepare(
  planned: StagePlan,
  services: StageServices,
  watch: Stopwatch,
): Promise<Prepared> {
  const tree = await watch.step('unpack', () => unpackSeed(planned, services))
  requireSeedRepos(planned, tree.layers)
  warnOfGivenTrees(planned, services.emit)
  const { work, plan } = await watch.step('mount', async () => {
    await takeLeftovers(planned, services.emit)
    const opened = await openWork(planned)
    return { work: opened, plan: await runHooks(planned, { ...services, work: opened, layers: tree.layers }) }
  })
  await openSharedFolders(plan)
  await takePackages(plan, services)
  await proveSharedPackages(plan, services)
  await noteShared(plan, work)
  const input = await watch.step('copy', () => writeInput(plan, work))
  const ccache =
    plan.compilerCache === undefined
      ? undefined
      : await placeCache(plan.definition, path.join(work.input, CACHE_FOLDER))
  const context = {
    work,
    layers: tree.layers,
    emit: services.emit,
    signal: services.signal,
    merged: new Map<string, boolean>(),
    ccache,
  }
  const git = await enterAndFetch(plan, context, { services, watch })
  return { plan, work, tree, input, context, git }
}

/** The prepare pass, and what it asks for; once more where a binary package turned out to be of an older commit. */
async function enterAndFetch(
  plan: StagePlan,
  context: PassContext,
  { services, watch }: { services: StageServices; watch: Stopwatch },
): Promise<readonly GitInput[]> {
  const enter = async (): Promise<readonly LivePackage[]> => {
    await runPass(plan, 'prepare', context)
    await proveKeptPackages(plan)
    const live = await readLiveList(context.work.output)
    refuseLive(plan.stage, live, services.emit)
    return live
  }
  const first = await watch.step('enter', enter)
  return await watch.step('fetch', async () => {
    let git = await fetchGit(plan, context.work, { live: first, services })
    if (await dropOlderCommits(plan, git))
      git = await fetchGit(plan, context.work, { live: await enter(), services })
    await fetchSources(plan, context.work, services)
    return git
  })
}

async function fetchGit(
  plan: StagePlan,
  work: Work,
  { live: packages, services }: { live: readonly LivePackage[]; services: StageServices },
): Promise<readonly GitInput[]> {
  if (packages.length === 0) return []
  const { emit, signal, gitSsh: bySsh = false } = services
  const { git: folder } = sharedFolders(plan)
  const { inputs, names } = await fetchLive({ packages, folder, stage: plan.stage, emit, signal, bySsh })
  await writeView({ folder, inside: INSIDE.gitObjects, names, target: work.git, signal })
  return inputs
}

/** The tree of the seed: in the store already after any stage of this machine, else unpacked once per digest. */
async function unpackSeed(
  plan: StagePlan,
  { trees, emit, signal }: StageServices,
): Promise<Pick<Tree, 'layers'>> {
  const { path: archive, sha256 } = plan.seed
  if (sha256 === undefined) return { layers: [...plan.seed.layers] }
  return await unpackedTree(
    trees,
    { archive, sha256 },
    {
      inside: plan.layout.store,
      signal,
      emit,
      warn: (message) => emit({ type: 'warning', message }),
      inspect: (root) => inspectSeed({ root, archive, definition: plan.definition, repos: seedRepos(plan) }),
    },
  )
}

async function fetchSources(plan: StagePlan, work: Work, services: StageServices): Promise<void> {
  await fetchDistfiles({
    files: await readDistfileList(work.output, plan.stageRepos),
    directory: plan.layout.distfiles,
    mirrors: services.mirrors,
    emit: services.emit,
    stage: plan.stage,
    signal: services.signal,
  })
}
