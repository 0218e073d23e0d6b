// The root that the first planned stage begins with: its layers, its package database, and the repos of stage 1.

import type { ChainLink } from '../../bootstrap/chain.js'
import type { RepoSnapshot } from '../../repos/snapshot.js'
import { FIRST_STAGE } from '../../sdk/stages.js'
import { planStage, type RunSettings, type Seed, type StagePlan, updatesSeed } from '../../stage/plan/plan.js'
import { inspectSeed } from '../../stage/run/inspect-seed.js'
import { requireSeedRepos } from '../../stage/run/seed-repos.js'
import { unpackedTree } from '../../stage/run/unpacked.js'
import { withMetadata } from './metadata.js'
import type { PlannedRoot, Planning } from './planning.js'
import { openPretendSandbox, type PretendSandbox, type RepoOverlay, type RepoOverlays } from './pretend.js'
import { copyDatabase, countPackages, osReleaseId, synthesize, systemShare } from './seed-database.js'

/** Share of a profile's system set below which a seed that does not say what it is counts as another SDK's. */
const OWN_SHARE = 0.9

/**
 * The root of a link's seed. A seed that is not an SDK of this definition only lends its Portage: its package database is a
 * synthetic one, and stage 1 uses the checkout's repos, or those of --stage1_portage_path and --stage1_overlay_path.
 *
 * @param isOwn it is known to be an SDK of this definition: a finished stage, or made for it
 * @throws SdkError SDK_SEED, SDK_ARCHIVE, SDK_CHAIN, SDK_REPO
 */
export async function openPlannedRoot(
  planning: Planning,
  { seed, firstSeed }: ChainLink,
  isOwn: boolean,
): Promise<PlannedRoot> {
  const { run, services } = planning.session
  const { signal, emit } = services
  const known = { archive: seed.path, sha256: seed.sha256 }
  const warn = (message: string): void => emit({ type: 'warning', message })
  const tree = await unpackedTree(services.trees, known, { inside: run.layout.store, signal, emit, warn })
  if (tree.layers.length === 1)
    await inspectSeed({
      ...{ root: tree.layers[0] as string, archive: seed.path },
      ...{ definition: run.definition, repos: [] },
    })
  const layers = [planning.layer, ...tree.layers]
  const plan = besidePlan(planning, seed, { name: 'own', trees: run.repos })
  const own = await openPretendSandbox({ plan, layers, database: 'own', emit, signal })
  const isSynthetic = !isOwn && (await isOther(planning, tree.layers, own))
  const base = { seed, firstSeed, layers, isSynthetic }
  if (planning.session.request.stages.includes(FIRST_STAGE))
    requireSeedRepos(stagePlan(planning, FIRST_STAGE, base), tree.layers)
  const repos = await metadataOf(planning, base)
  const database = isSynthetic
    ? await syntheticDatabase(planning, { ...base, repos })
    : await copyDatabase(own)
  return { ...base, repos, database, packages: await countPackages(database) }
}

/** Whether the seed is another SDK's: by its os-release, or else by how much of the profile's system it has. */
async function isOther(
  { session }: Planning,
  layers: readonly string[],
  pretend: PretendSandbox,
): Promise<boolean> {
  const id = osReleaseId(layers)
  if (id !== undefined) return id !== session.run.definition.seed.osReleaseId
  return (await systemShare(pretend)) < OWN_SHARE
}

/** The plan of `stage` upon a base, in a place of its own. */
export function stagePlan(
  planning: Planning,
  stage: StagePlan['stage'],
  { seed, firstSeed, isSynthetic }: Pick<PlannedRoot, 'seed' | 'firstSeed' | 'isSynthetic'>,
): StagePlan {
  const { run } = planning.session
  const settings = { ...run, layout: planning.place('stages'), firstSeed }
  if (!isSynthetic) return planStage(stage, seed, settings)
  const plan = planStage(stage, seed, { ...settings, stage1Trees: stage1Trees(run) })
  // The checkout's repos stand for the seed's own: they do not ask for an update of what was never older.
  return { ...plan, updateSeed: updatesSeed(run, stage) }
}

/** Stage 1's repos where the seed has none of this SDK: those that are given for it, else the checkout's. */
const stage1Trees = ({ repos, stage1Trees: given = [] }: RunSettings): RepoSnapshot[] =>
  repos.map((repo) => given.find(({ name }) => name === repo.name) ?? repo)

/** A stage 1 upon `trees`, without hooks: for what is asked beside the stages. */
function besidePlan(
  { session: { run }, place }: Planning,
  seed: Seed,
  { name, trees }: { name: string; trees: readonly RepoSnapshot[] },
): StagePlan {
  const { hooks: _none, ...stage1 } = run.definition.stage.stage1
  const definition = { ...run.definition, stage: { ...run.definition.stage, stage1 } }
  const settings = { ...run, definition, layout: place(name), firstSeed: seed.sha256, stage1Trees: trees }
  const plan = planStage(FIRST_STAGE, seed, settings)
  return { ...plan, updateSeed: false, carry: [], carryLater: [] }
}

async function metadataOf(
  planning: Planning,
  { seed, layers, isSynthetic }: Pick<PlannedRoot, 'seed' | 'layers' | 'isSynthetic'>,
): Promise<RepoOverlays> {
  const { run, services } = planning.session
  const sets: [string, readonly RepoSnapshot[]][] = [['metadata', run.repos]]
  const given = run.stage1Trees ?? []
  if (given.length > 0 || isSynthetic) sets.push(['metadata-stage1', stage1Trees(run)])
  const found: [string, RepoOverlay][] = []
  for (const [name, trees] of sets) {
    const plan = besidePlan(planning, seed, { name, trees })
    const { emit, signal } = services
    found.push(...(await withMetadata({ plan, layers, store: run.layout.store, emit, signal })))
  }
  return new Map(found)
}

async function syntheticDatabase(
  planning: Planning,
  { seed, layers, repos }: Pick<PlannedRoot, 'seed' | 'layers' | 'repos'>,
): Promise<PlannedRoot['database']> {
  const { run, services } = planning.session
  const { emit, signal } = services
  const { definition, layout } = run
  emit({
    type: 'info',
    message: `${seed.path} is not an SDK of ${definition.name}: only its Portage is used, and the package database is a synthetic one`,
  })
  const plan = besidePlan(planning, seed, { name: 'synthetic', trees: stage1Trees(run) })
  const pretend = await openPretendSandbox({ plan, layers, database: 'empty', repos, emit, signal })
  return await synthesize(pretend, { definition, store: layout.store })
}
