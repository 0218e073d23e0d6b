// The arguments of a stage script, as the read-only file that it gets (docs/stage-contract.md); pure.

import { INSIDE } from '../../sandbox/inside.js'
import { type StageName, TRAITS } from '../../sdk/stages.js'
import { heldGlobs } from './held.js'
import type { StagePlan } from './plan.js'

type Line = readonly [name: string, value: string]

/** `name=value` lines; a name may repeat. No value holds a line break: the definition's grammar sees to that. */
export function renderArguments(plan: StagePlan): string {
  const lines: Line[] = [
    ['stage', plan.stage],
    ['stage_root', plan.stageRoot],
    ['main_repo', plan.stageRepos.find((repo) => repo.main)?.location ?? ''],
    ['jobs', String(plan.jobs)],
    ['load', String(2 * plan.jobs)],
    // Only a stage of a spec makes no release.
    ...(plan.definition.release ? [] : [['as_catalyst', 'yes'] as const]),
    ...plan.carry.map((glob): Line => ['carry', glob]),
    ...plan.carryLater.map((glob): Line => ['carry_later', glob]),
    ...heldGlobs(plan).map((glob): Line => ['hold', glob]),
    ...(TRAITS[plan.stage].pool === 'takes' ? [['use_pool', 'yes'] as const] : []),
    ...STAGE_LINES[plan.stage](plan),
  ]
  return lines.map(([name, value]) => `${name}=${value}\n`).join('')
}

function stage4Lines({ definition }: StagePlan): Line[] {
  const { packages, rcadd, rcdel, unmerge, groups, users, sshPublicKeys, crossdev } = definition.stage.stage4
  const keyed = sshPublicKeys.map((key) => key.user)
  return [
    ...(crossdev ? [['crossdev', 'yes'] as const] : []),
    ...packages.map((atom): Line => ['packages', atom]),
    ...rcadd.map((service): Line => ['rcadd', service]),
    ...rcdel.map((service): Line => ['rcdel', service]),
    ...unmerge.map((atom): Line => ['unmerge', atom]),
    ...groups.map((group): Line => ['groups', group]),
    ...users.map((user): Line => ['users', user]),
    ...[...new Set(keyed)].map((user): Line => ['ssh_keys', user]),
  ]
}

/** What only the script of one stage is told. */
const STAGE_LINES: Readonly<Record<StageName, (plan: StagePlan) => Line[]>> = {
  stage1: ({ definition, updateSeed }) => {
    const { use, updateSeedOptions } = definition.stage.stage1
    return [
      ...use.map((flag): Line => ['use', flag]),
      ...(updateSeed ? updateSeedOptions.map((word): Line => ['update_seed', word]) : []),
    ]
  },
  stage2: ({ definition }) => [['bootstrap', definition.stage.stage2.bootstrap]],
  stage3: ({ definition }) => [
    ...definition.stage.stage3.first.map((name): Line => ['first', name]),
    ...definition.stage.stage3.packages.map((atom): Line => ['packages', atom]),
  ],
  stage4: (plan) => [
    ['cross_overlay', INSIDE.crossOverlay],
    ...stage4Lines(plan),
    ...plan.definition.cross.flatMap(({ chost, packages }): Line[] => [
      ['cross', chost],
      ...packages.map((name): Line => [`cross.${chost}`, `cross-${chost}/${name}`]),
    ]),
  ],
}
