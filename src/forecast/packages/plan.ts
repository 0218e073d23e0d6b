// `plan --packages`: what Portage would merge in each stage. The stages' own scripts run their first pass, with emerge
// replaced by a resolver that enters what it resolved into a package database; that database stands for the stage's
// root when the next stage is planned. Nothing is built, fetched or merged.

import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { type ChainLink, type FirstLink, firstLinkOf, linkFor } from '../../bootstrap/chain.js'
import type { SeedSource } from '../../bootstrap/next-step.js'
import type { Session } from '../../bootstrap/session.js'
import type { SdkError } from '../../errors.js'
import { must } from '../../process/run.js'
import { isFolder } from '../../request/catalyst-root.js'
import { stageBefore } from '../../sdk/definition.js'
import type { StageName } from '../../sdk/stages.js'
import { removeTree } from '../../store/disk/remove.js'
import { makeTemporary } from '../../store/disk/temporary.js'
import { createLayout, type Layout, PRIVATE } from '../../store/layout.js'
import type { Forecast } from '../forecast.js'
import { openPlannedRoot } from './planned-root.js'
import type { PlannedRoot, Planning, StagePackages } from './planning.js'
import { pretendLayer } from './pretend.js'
import { resolveStage } from './stage.js'

/** What a run would merge. */
export interface PackagePlan {
  /** What the package database of the first root is: its own, or a synthetic one, of that many packages. */
  readonly database: { readonly kind: 'own' | 'synthetic'; readonly packages: number }
  /** Stages that run; up to the one that cannot be resolved. */
  readonly stages: readonly StagePackages[]
  readonly durationMs: number
  /** Why the last of `stages` cannot be resolved. */
  readonly failure: SdkError | undefined
}

/**
 * Plans the packages of every stage that would run, as `forecast` says.
 *
 * @throws SdkError SDK_SEED, SDK_REPO, SDK_HOST, SDK_CHAIN; what Portage cannot resolve in a stage is in the result
 */
export async function planPackages(session: Session, forecast: Forecast): Promise<PackagePlan> {
  const { root, type, arch, version } = session.run.layout
  const folder = await makeTemporary(root, 'packages')
  try {
    const layer = await pretendLayer(path.join(folder, 'layer'))
    const place = (name: string): Layout =>
      createLayout({ root: path.join(folder, name), type, arch, version })
    return await planStages({ session, layer, place }, forecast)
  } finally {
    await removeTree(folder, root)
  }
}

async function planStages(planning: Planning, forecast: Forecast): Promise<PackagePlan> {
  const begin = performance.now()
  const { run } = planning.session
  const stages: StagePackages[] = []
  let failure: SdkError | undefined
  let database: PackagePlan['database'] | undefined
  let last: { stage: StageName; base: PlannedRoot } | undefined
  const findFirst = firstLinkOf(planning.session)
  for (const { stage, action } of forecast.stages) {
    if (action === 'skip' || failure !== undefined) continue
    const follows = last !== undefined && last.stage === stageBefore(run.definition, stage)
    const base =
      last !== undefined && follows
        ? last.base
        : await baseOf(planning, forecast.sources.get(stage), findFirst)
    database ??= { kind: base.isSynthetic ? 'synthetic' : 'own', packages: base.packages }
    const resolved = await resolveStage(planning, stage, base)
    stages.push(resolved.packages)
    failure = resolved.failure
    last = { stage, base: { ...base, database: resolved.database } }
  }
  const durationMs = Math.round(performance.now() - begin)
  return { database: database ?? { kind: 'own', packages: 0 }, stages, durationMs, failure }
}

/** What a stage begins with that does not follow a planned one: the seed's root, or a finished stage's. */
async function baseOf(
  planning: Planning,
  source: SeedSource | undefined,
  findFirst: FirstLink,
): Promise<PlannedRoot> {
  if (source === undefined || source.from === 'last') throw new Error('this stage follows a planned one')
  const link = await linkFor(planning.session, source, findFirst)
  await lendPool(planning, link)
  return await openPlannedRoot(planning, link, link.seed.origin?.kind !== 'given')
}

/** What stage 1 of this chain has kept for stage 4, if it is finished. */
async function lendPool({ session, place }: Planning, { firstSeed }: ChainLink): Promise<void> {
  const kept = session.run.layout.carried(firstSeed)
  const lent = place('stages').carried(firstSeed)
  if (!(await isFolder(kept))) return
  await mkdir(path.dirname(lent), { recursive: true, mode: PRIVATE })
  await must({ argv: ['cp', '-a', '--reflink=auto', '--', kept, lent] })
}
