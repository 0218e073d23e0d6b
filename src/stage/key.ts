// The key of a stage: the digest of all that decides what it puts out, known before it runs. Two runs with one key make the
// same archive, whoever calls them, wherever, and under whatever version, which only the files that name a release tell.

import { createHash } from 'node:crypto'
import { type StageName, TRAITS } from '../sdk/stages.js'
import { renderArguments } from './plan/arguments.js'
import { buildFacts } from './plan/package-key.js'
import { type KnownSeed, planStage, type RunSettings, type StagePlan, type StageRepo } from './plan/plan.js'
import { placedBefore } from './run/placed.js'

/** Raise it when stages of the same inputs come out otherwise, within one version of this program. */
const RECIPE = 1

/**
 * What of a run does not count by itself, each with the reason. What is not here counts, a new member too; keys of a definition
 * have a list of their own (`plan/settings-digest.ts`).
 */
const NOT_COUNTED: Readonly<Partial<Record<keyof RunSettings, string>>> = {
  definition: 'it counts by its settings, as each stage has them',
  definitionSha256: 'as `definition`: comments are no settings',
  profile: 'as `definition`',
  files: 'as `definition`: those that concern the stage',
  repos: 'they count as the stage has them, by content',
  stage1Trees: 'as `repos`',
  version: 'it counts for the stage that writes the files which name the release',
  jobs: 'how fast, not what',
  memoryBytes: 'as `jobs`',
  compilerCache: 'as `jobs`: the same objects, sooner',
  layout: 'places of this machine',
  again: 'words for messages',
  memory: 'where digests are looked up',
}

/** What a stage is built upon: its seed, and the digest of the chain's first one. */
export interface Upon {
  readonly seed: KnownSeed
  readonly firstSeed: string | undefined
}

/** Why `stage` of `run` has no key whatever its seed is; undefined where it can have one. */
export function whyWithoutKey(
  { runner, definition }: Pick<RunSettings, 'runner' | 'definition'>,
  stage: StageName,
): string | undefined {
  if (runner !== 'native') return `nobody knows all that ${runner} takes from its machine`
  if (definition.places.packages !== undefined)
    return `nobody knows what the binary packages of ${definition.places.packages} were built from`
  if (
    TRAITS[stage].tailorsRoot &&
    definition.stage.stage4.rootOverlays.some(({ owners }) => owners === 'kept')
  )
    return 'the files of its root overlays keep the owners and times that they have on this machine'
  return undefined
}

/**
 * The key of `stage`, as 64 hex digits. A seed that a stage with a key made counts by that key, so that the keys of a whole chain
 * are known before any of it has run; another one by its digest.
 *
 * @returns undefined where the seed is not known yet, and where {@link whyWithoutKey} says why
 */
export async function stageKey(run: RunSettings, stage: StageName, upon: Upon): Promise<string | undefined> {
  const seed = await identity(upon.seed, stage)
  if (seed === undefined || whyWithoutKey(run, stage) !== undefined) return undefined
  const firstSeed = TRAITS[stage].pool === 'takes' ? upon.firstSeed : ''
  if (firstSeed === undefined) return undefined
  const plan = planStage(stage, { path: '', sha256: '' }, { ...run, jobs: 1, firstSeed })
  const facts = {
    ...{ recipe: RECIPE, stage, seed, firstSeed },
    run: counted(run),
    repos: plan.stageRepos.map(repoFacts),
    ...(namesRelease(plan) ? { version: run.version.text } : {}),
    arguments: renderArguments(plan),
    build: buildFacts(plan),
  }
  return sha256(JSON.stringify(facts, inOrder))
}

/** Of a seed of no known key also what was placed in it counts, which its record says: the stage takes away what it has not. */
async function identity(
  { key, sha256: digest, path }: KnownSeed,
  stage: StageName,
): Promise<string | undefined> {
  if (key !== undefined || digest === undefined) return key
  if (TRAITS[stage].root === 'empty' || path === undefined) return digest
  const { configuration, overlay } = await placedBefore({ seed: { path, sha256: digest } })
  const isBare = Object.keys(configuration).length + Object.keys(overlay).length === 0
  return isBare ? digest : sha256(JSON.stringify({ digest, configuration, overlay }, inOrder))
}

const counted = (run: RunSettings): object =>
  Object.fromEntries(
    Object.entries(run).filter(([name]) => NOT_COUNTED[name as keyof RunSettings] === undefined),
  )

/** A repo without where it lies on this machine. */
function repoFacts({ tree, source, ...facts }: StageRepo): object {
  return { ...facts, from: source.from, ...(tree === undefined ? {} : { digest: tree.digest }) }
}

/** Whether the root has the files that name the SDK and its version. */
const namesRelease = ({ stage, definition }: StagePlan): boolean =>
  TRAITS[stage].tailorsRoot && definition.release

/** For JSON.stringify: tables by their names, since the order of a table says nothing. */
const inOrder = (_: string, value: unknown): unknown =>
  typeof value !== 'object' || value === null || Array.isArray(value)
    ? value
    : Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
