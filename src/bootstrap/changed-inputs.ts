// What has changed since a finished stage was built: the repos it took from the checkout, the scripts, the settings.

import { stageProfile } from '../sdk/definition.js'
import { type RunSettings, type StageRepo, stageRepos } from '../stage/plan/plan.js'
import { settingsDigest } from '../stage/plan/settings-digest.js'
import type { StageRecord } from '../store/record.js'

/** Names of the inputs that are other ones now than `record` says. */
export function changedInputs(run: RunSettings, record: StageRecord): string[] {
  const repos = stageRepos(run, record.stage)
    .filter((repo) => isOther(repo, record))
    .map(({ name }) => `the repo ${name}`)
  const scripts = JSON.stringify(run.makers.scripts) === JSON.stringify(record.inputs.script)
  const profile = record.inputs.profile === stageProfile(run.definition, run.profile, record.stage)
  const settings = record.inputs.config.settings === settingsDigest(run, record.stage)
  return [
    ...repos,
    ...(scripts ? [] : ['the stage scripts']),
    ...(profile ? [] : [`the profile (${record.inputs.profile})`]),
    // A digest over the profile as well: another profile alone is one change, not two.
    ...(settings || !profile ? [] : ['the settings of the definition']),
  ]
}

/** Whether a stage would now get another tree. What hooks have edited is compared by the hooks, which are settings. */
function isOther({ name, source, tree }: StageRepo, { inputs }: StageRecord): boolean {
  const before = inputs.repos.find((repo) => repo.name === name)
  if (before === undefined) return false
  if (before.from !== source.from) return true
  return !before.edited && tree !== undefined && before.digest !== tree.digest
}
