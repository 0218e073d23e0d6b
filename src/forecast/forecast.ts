// What a run would do and why, without doing any of it: it takes the steps of bootstrap/next-step.ts, as the run does, but
// an archive counts as what its record says if it has that size.

import {
  mayStay,
  mayTake,
  nextStep,
  orTake,
  passedOver,
  type SeedSource,
  type StageFacts,
  type Step,
} from '../bootstrap/next-step.js'
import { memoryOf, runSettings } from '../bootstrap/session.js'
import { givenSeed, stageFacts } from '../bootstrap/stage-facts.js'
import { requireCatalystCanBuild } from '../catalyst/run/files.js'
import type { Fact } from '../events/event.js'
import type { Believed } from '../registry/artefact.js'
import { subjectOf } from '../registry/push.js'
import { openSharedStore } from '../registry/shared-store.js'
import { checkRepoName } from '../repos/check-name.js'
import { type RepoSnapshot, repoDigest } from '../repos/snapshot.js'
import type { Request } from '../request/request.js'
import { carryGlobs } from '../sdk/carry.js'
import type { RepoDefinition } from '../sdk/definition.js'
import type { StageName } from '../sdk/stages.js'
import { seedSha256 } from '../seed/oci-layout.js'
import { firstSeedOf } from '../stage/finished.js'
import { stageKey } from '../stage/key.js'
import {
  completesSeed,
  givenTrees,
  type KnownSeed,
  type ReposFrom,
  type RunSettings,
  reposFrom,
  updatesSeed,
} from '../stage/plan/plan.js'
import type { DigestMemory } from '../store/digest/known-digest.js'
import type { Layout } from '../store/layout.js'
import { checkSize } from '../store/recorded-archive.js'
import { touchedTrees } from '../store/trees/trees.js'
import { forecastSeed, type SeedForecast } from './seed.js'

/** What would happen to one stage. */
export interface StageForecast {
  readonly stage: StageName
  readonly action: 'run' | 'skip' | 'take'
  readonly reason: string
  /** Of a finished stage what its record says; undefined where nobody can know it yet, or ever. */
  readonly key: string | undefined
  /** Of a stage that runs; no digest where it is not known before. */
  readonly seed?: {
    readonly from: string
    readonly path?: string | undefined
    readonly sha256?: string | undefined
  }
  readonly repos: ReposFrom
  /** Trees that this stage alone is given, in place of repos of `repos`. */
  readonly given: readonly RepoSnapshot[]
  /** The seed's own packages are updated first, whether a hook asks for it or not. */
  readonly updatesSeed: boolean
  /** What its packages need for their build and the seed lacks is merged into a copy of it. */
  readonly completesSeed: boolean
  readonly carry: readonly string[]
  /** The archive that is there, or that is made. */
  readonly archive: string
}

/** What a run would do. */
export interface Forecast {
  readonly stages: readonly StageForecast[]
  /** By stage that runs: the seed, as the run would be told. */
  readonly sources: ReadonlyMap<StageName, SeedSource>
  /** Where the run begins; undefined when nothing has to be built from it. */
  readonly seed: SeedForecast | undefined
  readonly repos: readonly RepoSnapshot[]
  /** The release, if the run makes it or finds it made. */
  readonly release: string | undefined
  /** What of the catalyst root is not as it was left, in words. */
  readonly warnings: readonly string[]
}

/** @throws SdkError as the run itself would: SDK_USAGE for what its runner cannot build, SDK_REPO, SDK_SEED, SDK_CHAIN */
export async function forecastRun(request: Request, layout: Layout): Promise<Forecast> {
  if (request.runner === 'catalyst') requireCatalystCanBuild(request.definition, request.profile)
  const memory = memoryOf(request, layout)
  const run = await runSettings(request, layout, (repo) => look(repo, memory))
  const troubles: string[] = []
  const emit = (fact: Fact): void => void (fact.type === 'warning' && troubles.push(fact.message))
  const shared = await openSharedStore(request.store, { emit, signal: undefined })
  let seed: Promise<SeedForecast> | undefined
  const first = (): Promise<SeedForecast> => {
    seed ??= forecastSeed(request, layout, { memory, find: async (key) => await shared.seeds?.find(key) })
    return seed
  }
  // Its digest decides whether finished stages serve, so it is read as the run reads it.
  const read = async (file: string) => ({ path: file, sha256: await seedSha256(memory, file) })
  const stages: StageForecast[] = []
  const sources = new Map<StageName, SeedSource>()
  const outputs: KnownSeed[] = []
  let last: StageFacts['last']
  let firstSeed: string | undefined
  for (const stage of request.stages) {
    const given = last === undefined ? givenSeed(request, read) : undefined
    const facts = await stageFacts({ request, run }, stage, { last, given })
    const step = nextStep(facts)
    if (step.action === 'run') sources.set(stage, step.seed)
    const find = async (key: string) => (mayTake(facts) ? await shared.find(key) : undefined)
    const way = { stage, run, last, first, firstSeed, find }
    const taken = step.action === 'skip' ? await skipped(step, way) : await built(step, way)
    firstSeed = taken.firstSeed
    const passed = step.action === 'run' ? passedOver(facts, step, taken.words.seed?.sha256) : undefined
    if (passed !== undefined) troubles.push(passed.message)
    stages.push({ ...standing(run, stage), ...taken.words })
    outputs.push(taken.output, taken.words.seed ?? {})
    const isLeft = taken.words.action === 'take' && mayStay(request, stage)
    last = { stage, isNew: step.action !== 'skip', isLeft, seed: taken.output }
  }
  const { definition } = request
  const makesRelease = definition.release && stages.at(-1)?.stage === definition.stages.at(-1)
  return {
    ...{ stages, sources, seed: await seed },
    repos: run.repos,
    release: makesRelease ? layout.release(request.compression) : undefined,
    warnings: [...troubles, ...(await touched(layout, outputs))],
  }
}

/** Of the archives that a run has to do with, those whose trees in the store were touched: the run looks at them closer. */
async function touched(layout: Layout, archives: readonly KnownSeed[]): Promise<string[]> {
  const paths = new Map(
    archives.flatMap(({ path, sha256 }) => (sha256 && path ? [[sha256, path] as const] : [])),
  )
  return (await touchedTrees(layout, [...paths.keys()])).map(
    (sha256) =>
      `the unpacked tree of ${paths.get(sha256)} in the store was touched after it was made: before anything is built upon it, it is compared, and unpacked again if it is another one`,
  )
}

/** A repo as its snapshot would be. @throws SdkError SDK_REPO */
async function look(repo: RepoDefinition, memory: DigestMemory): Promise<RepoSnapshot> {
  await checkRepoName(repo)
  const digest = await repoDigest(repo, memory)
  return { ...repo, source: repo.path, digest, shared: '' }
}

/** What a stage has from the definition, whether it runs or not. */
const standing = (run: RunSettings, stage: StageName) => ({
  stage,
  repos: reposFrom(run, stage),
  given: givenTrees(run, stage),
  updatesSeed: updatesSeed(run, stage),
  completesSeed: completesSeed({
    ...{ stage, updateSeed: updatesSeed(run, stage), reposFrom: reposFrom(run, stage) },
  }),
  carry: carryGlobs(run.definition, run.profile, stage),
})

/** What a step leads to: how it is said, the stage's output as far as that is known, and the digest of the chain's first seed. */
interface Taken {
  readonly words: Pick<StageForecast, 'action' | 'reason' | 'archive' | 'seed' | 'key'>
  readonly output: KnownSeed
  readonly firstSeed: string | undefined
}

interface Way {
  readonly stage: StageName
  readonly run: RunSettings
  readonly last: StageFacts['last']
  readonly first: () => Promise<SeedForecast>
  /** What the shared store has for a key. */
  readonly find: (key: string) => Promise<Believed | undefined>
  /** Of the chain that the stage before belongs to. */
  readonly firstSeed: string | undefined
}

/** @throws SdkError SDK_CHAIN when the archive is not there, has another size, or follows a record that cannot be used */
async function skipped(
  { reason, finished }: Extract<Step, { action: 'skip' }>,
  { run, firstSeed }: Way,
): Promise<Taken> {
  const { record, output } = finished
  await checkSize(record, output.path)
  return {
    words: { action: 'skip', reason, archive: output.path, key: output.key },
    output,
    firstSeed: firstSeed ?? (await firstSeedOf(run, finished)),
  }
}

async function built(step: Extract<Step, { action: 'run' }>, way: Way): Promise<Taken> {
  const { stage, run } = way
  const archive = run.layout.archive(stage, run.compression)
  const { firstSeed, ...seed } = await seedOf(step.seed, way)
  const key = await stageKey(run, stage, { seed, firstSeed })
  const { from, path, sha256 } = seed
  const { action, reason, ...more } = orTake(step, key === undefined ? undefined : await way.find(key))
  const output = { path: archive, key, sha256: 'offer' in more ? subjectOf(more.offer) : undefined }
  return { words: { action, reason, archive, key, seed: { from, path, sha256 } }, output, firstSeed }
}

type Upon = KnownSeed & { readonly from: string; readonly firstSeed: string | undefined }

/** The seed that a step names, and the words for where it is from. @throws SdkError SDK_CHAIN when a record before it cannot be used */
async function seedOf(source: SeedSource, { run, last, first, firstSeed }: Way): Promise<Upon> {
  if (source.from === 'last') return { from: last?.stage ?? '', ...last?.seed, firstSeed }
  if (source.from === 'finished') {
    const { finished } = source
    return { from: finished.record.stage, ...finished.output, firstSeed: await firstSeedOf(run, finished) }
  }
  const { kind, path, sha256 } = await first()
  return { from: kind, path, sha256, firstSeed: sha256 }
}
