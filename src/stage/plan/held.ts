// Packages that a stage leaves as the stage before it has carried them.

import { carryGlobs } from '../../sdk/carry.js'
import { STAGES, TRAITS } from '../../sdk/stages.js'
import type { StagePlan } from './plan.js'

/**
 * Globs of the installed packages that stay at their versions in the last stage, where catalyst runs it: it begins with
 * `emerge --update @system` (catalyst, targets/stage4/chroot.sh), which would build newer versions of what the stage before
 * has carried. The native runner updates nothing there that its packages do not ask for.
 */
export function heldGlobs({
  definition,
  profile,
  runner,
  stage,
}: Pick<StagePlan, 'definition' | 'profile' | 'runner' | 'stage'>): readonly string[] {
  const before = STAGES[STAGES.indexOf(stage) - 1]
  if (runner === 'native' || before === undefined || !TRAITS[stage].tailorsRoot) return []
  return carryGlobs(definition, profile, before)
}

/** Whether a `package.mask` of the engine's keeps packages of the stage at their versions. */
export const masksVersions = (plan: StagePlan): boolean => plan.carry.length > 0 || heldGlobs(plan).length > 0
