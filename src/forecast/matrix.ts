// The jobs of a chain of stages: each with its key, what it waits for, and how long it usually takes. Nothing that is finished here
// has a say: an engine and its store know what need not be built again.

import { memoryOf, runSettings } from '../bootstrap/session.js'
import { listVersions } from '../inspect/versions.js'
import type { SharedStore } from '../registry/shared-store.js'
import { type RepoSnapshot, repoDigest } from '../repos/snapshot.js'
import type { Request } from '../request/request.js'
import type { StageName } from '../sdk/stages.js'
import { stageKey } from '../stage/key.js'
import type { KnownSeed } from '../stage/plan/plan.js'
import type { Layout } from '../store/layout.js'
import { forecastSeed } from './seed.js'

/** One stage of a chain, as a job. */
export interface ChainStage {
  readonly stage: StageName
  /** Undefined where nobody can know it yet, or ever. */
  readonly key: string | undefined
  /** As long as the newest finished one below this catalyst root took, in whole minutes; undefined where there is none. */
  readonly minutes: number | undefined
}

/** What the chains of a fleet have in common. */
export interface Known {
  /** What others have: of a distribution seed that is yet to be made here, its digest. */
  readonly seeds?: SharedStore['seeds']
  /** Digests of repos by place and junk, of the chains before: a thousand chains may have the same trees, which take their time. */
  readonly trees?: Map<string, string>
}

/**
 * The stages of `request`, in order.
 *
 * @throws SdkError SDK_SEED, SDK_HOST, SDK_REPO, SDK_DEFINITION
 */
export async function forecastChain(
  request: Request,
  layout: Layout,
  { seeds, trees = new Map() }: Known = {},
): Promise<ChainStage[]> {
  const memory = memoryOf(request, layout)
  const run = await runSettings(request, layout, async (repo): Promise<RepoSnapshot> => {
    const at = JSON.stringify([repo.path, repo.junk])
    const digest = trees.get(at) ?? (await repoDigest(repo, memory))
    trees.set(at, digest)
    return { ...repo, source: repo.path, digest, shared: '' }
  })
  const find = seeds === undefined ? undefined : (key: string) => seeds.find(key)
  const { path, sha256 } = await forecastSeed(request, layout, { memory, find })
  const minutes = await usualMinutes(layout)
  const jobs: ChainStage[] = []
  let seed: KnownSeed = { path, sha256 }
  for (const stage of stagesFromSeed(request)) {
    const key = await stageKey(run, stage, { seed, firstSeed: sha256 })
    jobs.push({ stage, key, minutes: minutes.get(stage) })
    seed = { key }
  }
  return jobs.filter(({ stage }) => request.stages.includes(stage))
}

/** The stages of a chain that goes back to its first seed: one that was given is for the first stage that is asked for. */
function stagesFromSeed({ seed, definition, stages }: Request): readonly StageName[] {
  const [first] = stages
  const isGiven = seed.kind === 'given' || seed.kind === 'by digest'
  return isGiven && first !== undefined
    ? definition.stages.slice(definition.stages.indexOf(first))
    : definition.stages
}

async function usualMinutes({ root, type, arch }: Layout): Promise<Map<StageName, number>> {
  const known = new Map<StageName, number>()
  for (const { stages } of (await listVersions({ root, type, arch })).reverse())
    for (const [stage, state] of Object.entries(stages) as [StageName, (typeof stages)[StageName]][])
      if (state.state === 'finished') known.set(stage, Math.ceil(state.durationMs / 60_000))
  return known
}
