// What a run that was killed right after it had written a record left undone: the link for people, and the folder of its
// attempt, for whose sake no trees are collected. No later run builds that stage again, so skipping it has to see to them.

import { readlink } from 'node:fs/promises'
import path from 'node:path'
import type { FinishedStage } from '../stage/finished.js'
import { replaceLink } from '../store/disk/atomic.js'
import { removeTree } from '../store/disk/remove.js'
import { wasFinishedBefore } from '../store/finish-order.js'
import { compressionOfArchive, type Layout, sideFiles } from '../store/layout.js'
import { readRecord, type StageRecord } from '../store/record.js'

/** Ends what was not ended of a stage that is skipped. The caller holds the lock of its version. @throws SdkError SDK_HOST */
export async function endLeftovers(layout: Layout, { record, output }: FinishedStage): Promise<void> {
  await leadForward(layout, record, output.path)
  await removeTree(layout.work(record.stage), layout.root)
}

/** Points the `latest` link at `archive`, unless it leads to a stage that was finished later, as far as anybody knows. */
async function leadForward(layout: Layout, record: StageRecord, archive: string): Promise<void> {
  const link = layout.latestLink(record.stage, compressionOfArchive(archive))
  const target = await readlink(link).catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? '' : undefined,
  )
  // What is not a link is somebody's file.
  if (target === undefined || target === path.basename(archive)) return
  if (target === '' || (await isOlder(path.resolve(layout.builds, target), record)))
    await replaceLink(link, path.basename(archive))
}

/** Whether `archive` is not finished, or was so before the stage of `record`. A record that cannot be read says neither. */
async function isOlder(archive: string, record: StageRecord): Promise<boolean> {
  const other = await readRecord(sideFiles(archive).record).catch(() => 'unreadable' as const)
  if (other === 'unreadable') return false
  return other === undefined || wasFinishedBefore(other, record)
}
