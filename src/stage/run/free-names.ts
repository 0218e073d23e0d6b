// Whether the names that a stage's files will get can be given to them: hours later is too late to say that one is a folder's.

import { lstatSync } from 'node:fs'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import { sideFiles } from '../../store/layout.js'
import type { StagePlan } from '../plan/plan.js'

/** @throws SdkError SDK_HOST when a folder has the name of the archive, or of a file beside it */
export function requireFreeNames({
  layout,
  stage,
  compression,
}: Pick<StagePlan, 'layout' | 'stage' | 'compression'>): void {
  const archive = layout.archive(stage, compression)
  for (const file of [archive, ...Object.values(sideFiles(archive))])
    if (lstatSync(file, { throwIfNoEntry: false })?.isDirectory() === true)
      throw new SdkError('SDK_HOST', `${file}: expected a file, or a place for one, found a folder`, {
        hint: `move it away: ${path.basename(file)} is what ${stage} makes`,
      })
}
