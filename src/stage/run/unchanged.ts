// Whether what a stage is given of this machine is still what the run began with: a key, a record and a shared store say that it is,
// and a stage may begin hours after. Repos are no matter of this: a run has copies of them.

import { SdkError } from '../../errors.js'
import { outsideFiles } from '../plan/named-files.js'
import { filesOf, type StagePlan } from '../plan/plan.js'

/**
 * Looks at what has just been copied for the stage of `plan`.
 *
 * @param script digests of the stage scripts, as they were copied
 * @throws SdkError SDK_CHAIN that names what is another one now; SDK_DEFINITION for what is gone
 */
export async function requireUnchanged(
  plan: StagePlan,
  script: Readonly<Record<string, string>> = plan.makers.scripts,
): Promise<void> {
  const { definition, makers, stage } = plan
  const began = filesOf(plan, stage)
  const files = plan.files === undefined ? [] : await outsideFiles(definition, stage)
  const keys = files.filter(({ key, sha256 }) => began[key] !== sha256).map(({ key }) => key)
  const isScript = JSON.stringify(script) === JSON.stringify(makers.scripts)
  const changed = [...keys, ...(isScript ? [] : ['the stage scripts of this program'])]
  if (changed.length === 0) return
  throw new SdkError('SDK_CHAIN', `${stage}: changed since this run began: ${changed.join(', ')}`, {
    hint: 'run the same command again: it goes on with this stage, with what is there now',
    facts: { changed },
  })
}
