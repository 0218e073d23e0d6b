// The end of a stage whose root was found good and is archived: its layer becomes a tree, the record is written last.

import { rm } from 'node:fs/promises'
import path from 'node:path'
import { moveLink, removeTemporaries } from '../../store/disk/atomic.js'
import { requireHeld } from '../../store/disk/held-root.js'
import { removeTree } from '../../store/disk/remove.js'
import { nextInOrder } from '../../store/finish-order.js'
import { sideFiles } from '../../store/layout.js'
import { writeLineage } from '../../store/lineage-file.js'
import { writeRecord } from '../../store/record.js'
import type { Tree } from '../../store/trees/trees.js'
import { outputOf } from '../finished.js'
import type { Archived, SeededPlan } from '../plan/plan.js'
import type { Prepared } from '../run/prepare.js'
import type { StageServices } from '../runner.js'
import type { Stopwatch } from '../stopwatch.js'
import type { Finished } from './finish.js'
import { makeRecord } from './record.js'
import type { Reported } from './reported.js'

/** What {@link complete} gathers. */
export interface Parts extends Omit<Prepared, 'plan'> {
  finished: Finished
  /** Makes the tree of the archive. */
  keep: (archive: { sha256: string; entries: number }) => Promise<Tree>
  reported: Reported
  watch: Stopwatch
  services: Pick<StageServices, 'emit' | 'heldRoot'>
  /** Versions of other programs that made the root. */
  tools?: Readonly<Record<string, string>>
}

/** Finishes a stage whose archive is published. */
export async function complete(plan: SeededPlan, parts: Parts): Promise<Archived> {
  const { work, finished, watch, services } = parts
  const { sha256 } = finished.pack.digests
  const { layers } = await parts.keep({ sha256, entries: finished.pack.entries })
  await keepLineage(finished)
  requireHeld(services.heldRoot)
  await removeTemporaries(sideFiles(finished.archive).record)
  const order = await nextInOrder(plan.layout, plan.stage)
  const record = makeRecord(plan, { ...parts, order })
  await writeRecord(sideFiles(finished.archive).record, record)
  await leadToNewest(plan, finished.archive, services)
  await removeTree(work.folder, plan.layout.root)
  services.emit(watch.finished({ archive: finished.archive, digest: sha256, bytes: finished.pack.bytes }))
  return { seed: outputOf(record, finished.archive), layers }
}

/** Points the `latest` link at `archive`. */
async function leadToNewest(
  { layout, stage, compression }: SeededPlan,
  archive: string,
  { emit }: Pick<StageServices, 'emit'>,
): Promise<void> {
  const link = layout.latestLink(stage, compression)
  const other = await moveLink(link, path.basename(archive))
  if (other !== undefined)
    emit({ type: 'warning', message: `${link}: expected a link, found ${other}, which stays as it is` })
}

/** Which files are still stage 1's, for whoever builds upon the archive without the layers of this store. */
async function keepLineage({ archive, traces }: Finished): Promise<void> {
  const file = sideFiles(archive).lineage
  await removeTemporaries(file)
  if (traces?.stage1 === undefined) await rm(file, { force: true })
  else await writeLineage(file, traces.stage1)
}
