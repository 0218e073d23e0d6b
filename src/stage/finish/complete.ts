// The end of a stage whose root was found good: its tree goes into the store, the record is written last.

import { rm } from 'node:fs/promises'
import path from 'node:path'
import { removeTemporaries, replaceLink } from '../../store/disk/atomic.js'
import { removeTree } from '../../store/disk/remove.js'
import { sideFiles } from '../../store/layout.js'
import { writeLineage } from '../../store/lineage-file.js'
import { writeRecord } from '../../store/record.js'
import type { Adoption } from '../../store/trees/trees.js'
import type { Seed, StagePlan } from '../plan/plan.js'
import type { Prepared } from '../run/prepare.js'
import type { StageServices } from '../runner.js'
import type { Stopwatch } from '../stopwatch.js'
import type { Finished } from './finish.js'
import { makeRecord } from './record.js'
import type { Reported } from './reported.js'

/** What {@link complete} gathers. */
export interface Parts extends Prepared {
  finished: Finished
  /** The stage's tree, to be moved into the store. */
  root: Pick<Adoption, 'directory' | 'below'>
  reported: Reported
  watch: Stopwatch
  services: StageServices
  /** Versions of other programs that made the root. */
  tools?: Readonly<Record<string, string>>
}

/** Finishes a stage whose archive is published. */
export async function complete(plan: StagePlan, parts: Parts): Promise<Seed> {
  const { work, finished, watch, services, root } = parts
  const { sha256 } = finished.pack.digests
  await services.trees.adopt({ sha256, entries: finished.pack.entries, ...root })
  await keepLineage(finished)
  await removeTemporaries(sideFiles(finished.archive).record)
  await writeRecord(sideFiles(finished.archive).record, makeRecord(plan, parts))
  await replaceLink(plan.layout.latestLink(plan.stage, plan.compression), path.basename(finished.archive))
  await removeTree(work.folder, plan.layout.root)
  services.emit(watch.finished({ archive: finished.archive, digest: sha256, bytes: finished.pack.bytes }))
  return { path: finished.archive, sha256, key: plan.key }
}

/** Which files are still stage 1's, for whoever builds upon the archive without the layers of this store. */
async function keepLineage({ archive, traces }: Finished): Promise<void> {
  const file = sideFiles(archive).lineage
  await removeTemporaries(file)
  if (traces?.stage1 === undefined) await rm(file, { force: true })
  else await writeLineage(file, traces.stage1)
}
