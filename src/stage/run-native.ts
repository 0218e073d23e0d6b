// This project's own runner: unpack the seed · mount · copy the script in · enter · run · check the root, which is done then ·
// archive it, perhaps beside the next stage. The record comes last.

import { SdkError } from '../errors.js'
import { together } from '../process/together.js'
import { TRAITS } from '../sdk/stages.js'
import { requireHeld } from '../store/disk/held-root.js'
import { complete, type Parts } from './finish/complete.js'
import {
  archiveRoot,
  type CheckedRoot,
  checkRoot,
  type Finished,
  type RootToFinish,
} from './finish/finish.js'
import { reportCarried, reportIsolation, warnOfUnowned, whatToLookFor } from './finish/isolation.js'
import { type Reported, readReported } from './finish/reported.js'
import { givePackages } from './packages/shared-packages.js'
import type { Archived, SeededPlan, SeedRoot, StagePlan } from './plan/plan.js'
import { type Prepared, prepare } from './run/prepare.js'
import { noteSandbox, runPass } from './run/run-script.js'
import type { Finishing, RootDone, Runner, StageServices } from './runner.js'
import type { Stopwatch } from './stopwatch.js'

/** The runner. */
export const nativeRunner: Runner = { name: 'native', run: runNatively }

async function runNatively(planned: StagePlan, services: StageServices, watch: Stopwatch): Promise<RootDone> {
  const prepared = await prepare(planned, services, watch)
  await watch.step('run', () => runPass(prepared.plan, 'run', prepared.context))
  const { plan, layers } = await seeded(prepared, watch)
  const { work, context } = prepared
  // What was built is where the sandbox has it; what is looked at now, where the path leads.
  requireHeld(services.heldRoot)
  const reported = await readReported(work)
  const { emit, signal, trees } = services
  const lookFor = await whatToLookFor(plan, { work, layers, context, reported, trees }, emit)
  const root = { plan, work, top: work.root, layers, lookFor, emit, signal }
  const checked = await watch.step('check', () => checkRoot(root))
  // Where its seed's archive was in the store already, the tree of that has other layers than those that the stage ran upon.
  await requireSameSeed(plan, [...new Set([...prepared.tree.layers, ...layers])], services)
  warnOfUnowned(plan, checked, emit)
  await reportIsolation(plan, checked, emit)
  reportCarried(plan, checked, emit)
  const top = await placeRoot(root, services)
  const below = TRAITS[plan.stage].root === 'empty' ? [] : layers
  const parts = { prepared, root: { ...root, top }, below, checked, reported, watch, services }
  const { placed } = prepared.input
  return {
    root: asSeed({ plan, checked, placed, layers: [top, ...below] }),
    finish: (how) => finish(parts, how),
  }
}

/** The plan with its seed's archive, which may still have been made beside the run; and where the seed's tree is in the store. */
async function seeded(
  { plan, tree }: Prepared,
  watch: Stopwatch,
): Promise<{ plan: SeededPlan; layers: readonly string[] }> {
  const { seed } = plan
  if (seed.sha256 !== undefined) return { plan: { ...plan, seed }, layers: tree.layers }
  // What looks at the root asks for the records of all stages before.
  const archived = await watch.step('wait', () => seed.archived)
  return { plan: { ...plan, seed: archived.seed }, layers: archived.layers }
}

/** A stage may take hours, and its seed's tree is a folder of the machine. @throws SdkError SDK_CHAIN when it was changed meanwhile */
async function requireSameSeed(
  { stage, seed }: StagePlan,
  layers: readonly string[],
  { trees }: StageServices,
): Promise<void> {
  const damage = await trees.damageOf(layers)
  if (damage === undefined) return
  throw new SdkError(
    'SDK_CHAIN',
    `the unpacked tree of ${seed.path} was changed while ${stage} was built upon it: ${damage}`,
    {
      hint: 'nobody may write into the store of a catalyst root; run the same command again, which unpacks the seed anew',
    },
  )
}

/** Moves a root that is done to its place in the store, where the attempt has it from then on. */
async function placeRoot(
  { plan, work, layers }: RootToFinish,
  { trees }: Pick<StageServices, 'trees'>,
): Promise<string> {
  const top = await trees.place(work.root)
  await noteSandbox(plan, { ...work, root: top }, layers)
  return top
}

/** The root as the next stage's seed; undefined for one without a key, as the next stage's key then needs the archive's digest. */
function asSeed({ plan, layers, checked, placed }: AsSeed): RootDone['root'] {
  const { key, layout, stage, compression } = plan
  if (key === undefined) return undefined
  return { path: layout.archive(stage, compression), key, keptBy: checked.scan.digest, layers, placed }
}

interface AsSeed extends Pick<SeedRoot, 'layers' | 'placed'> {
  readonly plan: StagePlan
  readonly checked: CheckedRoot
}

/** A root that is done, and what is known of it. */
interface Done {
  readonly prepared: Prepared
  readonly root: RootToFinish & { readonly plan: SeededPlan }
  /** The layers that its top lies upon. */
  readonly below: readonly string[]
  readonly checked: CheckedRoot
  readonly reported: Reported
  readonly watch: Stopwatch
  readonly services: StageServices
}

async function finish(done: Done, how: Finishing): Promise<Archived> {
  const { prepared, root, below, checked, watch, services } = done
  if (how.isBeside) watch.beside()
  const archived = await watch.step('archive', () => archive(done, how))
  const keep: Parts['keep'] = (named) =>
    services.trees.name({ ...named, layer: root.top, below: { layers: [...below] } })
  const finished = { ...checked, ...archived }
  const parts = { ...prepared, finished, keep, reported: done.reported, watch, services }
  const completed = await complete(root.plan, parts)
  services.later(() => givePackages(root.plan, services))
  return completed
}

/** Archives the root while its members are listed; where one of both fails, the other ends. */
async function archive(
  { root, checked, services }: Done,
  { signal, isBeside: idle }: Finishing,
): Promise<Pick<Finished, 'archive' | 'pack'>> {
  const [archived] = await together(signal, [
    (both) => archiveRoot({ ...root, bytes: checked.scan.bytes, signal: both }, idle),
    (both) => services.trees.list(root.top, { idle, signal: both }),
  ])
  return archived
}
