// What a stage puts into its root beside packages: of these files nobody has to be the owner.

import path from 'node:path'
import { INSIDE } from '../../sandbox/inside.js'
import { TRAITS } from '../../sdk/stages.js'
import type { PlacedFiles } from '../../toolchain/root/stray-files.js'
import type { StagePlan } from '../plan/plan.js'
import { rootOverlay } from '../run/input.js'
import { workPaths } from '../run/work.js'

/** What makes a root an SDK: root overlay with release files, archived repos, cross overlay with what crossdev configures; pure. */
export function placedFiles({ definition, layout, repos, stage }: StagePlan): PlacedFiles {
  if (!TRAITS[stage].tailorsRoot) return { over: [], at: [] }
  const { archiveRepos, crossdev } = definition.stage.stage4
  const configured = crossdev ? definition.cross : []
  return {
    over: [rootOverlay(workPaths(layout.work(stage)))],
    at: [
      INSIDE.crossOverlay,
      ...configured.map(({ chost }) => path.posix.join('/usr', chost, 'etc/portage')),
      ...(archiveRepos ? repos.map(({ archive }) => archive) : []),
    ],
  }
}
