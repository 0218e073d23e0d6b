// What the binary packages of a stage are kept by.

import { createHash } from 'node:crypto'
import { renderMakeConf } from '../../portage/make-conf.js'
import { programVersion } from '../../sdk/program-version.js'
import { stageEnvironment } from './environment.js'
import type { StagePlan } from './plan.js'
import { settingsDigest } from './settings-digest.js'

/**
 * Key of a stage's binary packages: whatever, beside the ebuild itself, makes a package built earlier a wrong one. Of the
 * environment all but the number of jobs; of the program its version, which stands for how it puts a stage together.
 */
export function packageKey(plan: StagePlan): string {
  const shared = plan.stageRepos.map((repo) => repo.tree?.shared ?? '')
  // Another runner's environment is not ours: what Portage writes into a package differs.
  const runner = plan.runner === 'native' ? [] : [plan.runner]
  const { MAKEOPTS: _, ...environment } = stageEnvironment(plan)
  const facts = [
    plan.seed.sha256,
    settingsDigest(plan, plan.stage),
    shared,
    plan.updateSeed,
    environment,
    renderMakeConf(plan.definition),
    programVersion(),
    ...runner,
  ]
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32)
}
