// In which order the stages of one name were finished below a catalyst root: a number in each record, since a clock can be set.
// It is for the `latest` link only.

import { readdir } from 'node:fs/promises'
import path from 'node:path'
import type { Layout } from './layout.js'
import { readRecord, type StageRecord } from './record.js'

/**
 * The number of a stage that is finished now: above that of each that is there. Two that end in the same moment may get the same one,
 * and neither is the newer then.
 */
export async function nextInOrder({ builds, arch }: Layout, stage: string): Promise<number> {
  const prefix = `${stage}-${arch}-`
  const names = await readdir(builds).catch(() => [])
  let last = 0
  for (const name of names.filter((each) => each.startsWith(prefix) && each.endsWith('.record.json'))) {
    const record = await readRecord(path.join(builds, name)).catch(() => undefined)
    last = Math.max(last, record?.timing.order ?? 0)
  }
  return last + 1
}

/** Whether `other` was finished before `record`. Those of programs that gave no number were before all others, and among them their times say it. */
export function wasFinishedBefore({ timing: other }: StageRecord, { timing }: StageRecord): boolean {
  if (other.order === undefined && timing.order === undefined)
    return Date.parse(other.finished) < Date.parse(timing.finished)
  return (other.order ?? 0) < (timing.order ?? 0)
}
