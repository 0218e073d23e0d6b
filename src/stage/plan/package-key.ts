// What the binary packages of a stage are kept by.

import { createHash } from 'node:crypto'
import { renderMakeConf } from '../../portage/make-conf.js'
import { programVersion } from '../../sdk/program-version.js'
import { stageEnvironment } from './environment.js'
import { keptBy, type StagePlan } from './plan.js'
import { settingsDigest } from './settings-digest.js'

/**
 * What decides how the packages of a stage are built, beside its seed and its repos. Of the environment all but the number of jobs;
 * of the program its version, which stands for how it puts a stage together.
 */
export function buildFacts(plan: StagePlan): object {
  const { MAKEOPTS: _, ...environment } = stageEnvironment(plan)
  return {
    settings: settingsDigest(plan, plan.stage),
    updateSeed: plan.updateSeed,
    environment,
    makeConf: renderMakeConf(plan.definition),
    program: programVersion(),
    // Another runner's environment is not ours: what Portage writes into a package differs.
    runner: plan.runner,
  }
}

/** Key of a stage's binary packages: whatever, beside the ebuild itself, makes a package built earlier a wrong one. */
export function packageKey(plan: StagePlan): string {
  const shared = plan.stageRepos.map((repo) => repo.tree?.shared ?? '')
  const facts = [keptBy(plan.seed), shared, buildFacts(plan)]
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32)
}
