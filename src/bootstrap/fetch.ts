// The fetch verb: makes or checks the seed and downloads the sources of all stages, so that a build runs offline.

import { FIRST_STAGE } from '../sdk/stages.js'
import { sharedFolders } from '../stage/plan/mounts.js'
import { planStage } from '../stage/plan/plan.js'
import { prepareStage } from '../stage/run/prepare.js'
import { removeTree } from '../store/disk/remove.js'
import { inRoot } from '../store/layout.js'
import { firstLinkOf } from './chain.js'
import type { Session } from './session.js'

/**
 * Fetches for every requested stage. The roots of the later stages do not exist yet; the first seed, which has the same
 * packages in older versions, stands in for them: Portage then lists at least what the stages will build.
 *
 * @throws SdkError SDK_SEED, SDK_ARCHIVE, SDK_CHAIN, SDK_REPO, SDK_STAGE, SDK_DISTFILE, SDK_HOST, SDK_SPACE
 */
export async function fetchSources(session: Session): Promise<void> {
  const { request, run, services } = session
  const { seed, firstSeed } = await firstLinkOf(session)()
  for (const stage of request.stages) {
    const plan = planStage(stage, seed, { ...run, firstSeed })
    services.emit({ type: 'info', message: `${stage}: asking Portage what it builds` })
    await prepareStage(plan, services)
    // Stage 1's are the ones its build will use; the others belong to stand-ins.
    const isOurs = run.definition.places.packages === undefined
    if (stage !== FIRST_STAGE && isOurs)
      await removeTree(sharedFolders(plan).packages, inRoot(plan.layout.root, 'packages'))
  }
}
