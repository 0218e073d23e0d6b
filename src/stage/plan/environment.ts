// The environment of a stage script.

import { PORTAGE_ENVIRONMENT } from '../../portage/environment.js'
import { environmentFeatures, leavesDocumentsOut, noDocuments } from '../../portage/features.js'
import { TRAITS } from '../../sdk/stages.js'
import type { StagePlan } from './plan.js'

/** The environment of a stage script, whole: nothing of the caller's gets in. */
export function stageEnvironment(plan: StagePlan): Record<string, string> {
  const { features } = plan.definition
  const noDocs = TRAITS[plan.stage].documents ? [] : noDocuments(features)
  return {
    ...PORTAGE_ENVIRONMENT,
    // Not in make.conf, which stays in the SDK: how many cores this machine has is nobody else's business.
    MAKEOPTS: `-j${plan.jobs} --load-average=${2 * plan.jobs}`,
    // Documents that are left out need not be compressed before. Portage counts the compressors by `wait -n` of bash, which
    // loses one now and then on a busy machine: the package then fails.
    ...(leavesDocumentsOut([...noDocs, ...features]) ? { PORTAGE_COMPRESS: '' } : {}),
    ...plan.definition.environment,
    FEATURES: environmentFeatures(noDocs).join(' '),
    SOURCE_DATE_EPOCH: String(plan.epoch),
  }
}
