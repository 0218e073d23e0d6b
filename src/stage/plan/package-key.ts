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

/**
 * What of a plan does not count for its packages by itself, each with the reason. What is not here counts, a new member too.
 */
const NOT_COUNTED: Readonly<Partial<Record<keyof StagePlan, string>>> = {
  ...{
    definition: 'by its settings',
    definitionSha256: 'as `definition`',
    profile: 'as `definition`',
    files: 'as `definition`',
  },
  ...{ epoch: 'as `definition`', carry: 'as `definition`', carryLater: 'as `definition`' },
  ...{ stage: 'by the folder that the packages are in, and by its settings', stageRoot: 'as `stage`' },
  ...{ updateSeed: 'in what decides how they are built', runner: 'as `updateSeed`' },
  seed: 'by what packages are kept by',
  firstSeed: 'the pool is kept by it, and what is taken from that is not built',
  key: 'it is made of more than concerns packages',
  stageRepos: 'what all ebuilds of one share; the rest is compared with what each package was built from',
  ...{ repos: 'as `stageRepos`', stage1Trees: 'as `stageRepos`', reposFrom: 'as `stageRepos`' },
  makers: 'by the processor that compilers are told to build for; scripts say what is merged, and not how',
  version: 'the files that name it are in no package',
  compression: 'how archives are written',
  ...{ jobs: 'how fast, not what', memoryBytes: 'as `jobs`', compilerCache: 'as `jobs`' },
  ...{ layout: 'places of this machine', memory: 'as `layout`', again: 'words for messages' },
}

/** Key of a stage's binary packages: whatever, beside the ebuild itself, makes a package built earlier a wrong one. */
export function packageKey(plan: StagePlan): string {
  const shared = plan.stageRepos.map((repo) => repo.tree?.shared ?? '')
  const { processor } = plan.makers
  const others = Object.entries(plan).filter(([name]) => NOT_COUNTED[name as keyof StagePlan] === undefined)
  const more = [...(processor === undefined ? [] : [['processor', processor]]), ...others]
  const facts = [keptBy(plan.seed), shared, buildFacts(plan), ...more]
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32)
}
