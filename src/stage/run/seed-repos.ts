// The ebuild repos that stage 1 takes from inside its seed: that they are there, and what is said when others are given.

import { existsSync } from 'node:fs'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import type { Emit } from '../../events/event.js'
import { givenTrees, type StagePlan, type StageRepo } from '../plan/plan.js'

/** Repos of `plan` that have to be inside its seed. */
export const seedRepos = (plan: StagePlan): StageRepo[] =>
  plan.stageRepos.filter(({ tree }) => tree === undefined)

/** @throws SdkError SDK_SEED when one of them is not there: the checkout's is no substitute */
export function requireSeedRepos(plan: StagePlan, layers: readonly string[]): void {
  const lacking = seedRepos(plan).filter(
    ({ location }) => !layers.some((layer) => existsSync(path.join(layer, location, 'profiles/repo_name'))),
  )
  if (lacking.length === 0) return
  const names = lacking.map(({ name, location }) => `${location} (the ebuild repo ${name})`)
  throw new SdkError('SDK_SEED', `seed ${plan.seed.path} lacks ${names.join(', ')}`, {
    hint: 'stage 1 builds with the repos that its seed was built from: take a finished SDK as seed, or give trees with --stage1_portage_path and --stage1_overlay_path',
  })
}

/** Stage 1 links with the libraries of its seed: newer ebuilds may ask for others than its root will have. */
export function warnOfGivenTrees(plan: StagePlan, emit: Emit): void {
  const given = givenTrees(plan, plan.stage)
  for (const { name, tree, source } of plan.stageRepos) {
    if (source.from === 'seed' || !given.some((each) => each.path === tree?.path)) continue
    const what = `${plan.stage} uses ${source.path} as ${name}, in place of the repo inside its seed`
    emit({
      type: 'warning',
      message: `${what}: what it builds may not run in the next stage. The packages of the seed are updated first`,
    })
  }
}
