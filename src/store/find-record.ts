// Which records there are, beside archives or of a stage of a version, and whether one lies where it belongs.

import path from 'node:path'
import { COMPRESSIONS, type Compression } from '../sdk/definition.js'
import { type Layout, sideFiles } from './layout.js'
import { readRecord, type StageRecord } from './record.js'

/**
 * The first record beside `archives` that is wanted, and its archive; undefined when there is none.
 *
 * @throws SdkError SDK_CHAIN as {@link readRecord}
 */
export async function findRecord(
  archives: Iterable<string>,
  isWanted: (record: StageRecord) => boolean = () => true,
): Promise<{ record: StageRecord; archive: string } | undefined> {
  for (const archive of archives) {
    const record = await readRecord(sideFiles(archive).record)
    if (record !== undefined && isWanted(record)) return { record, archive }
  }
  return undefined
}

/** As {@link findRecord}: the record of a stage of the version of `layout`, in any compression. */
export const findStageRecord = (
  layout: Layout,
  stage: string,
  compressions: Iterable<Compression> = COMPRESSIONS,
): ReturnType<typeof findRecord> => findRecord([...compressions].map((each) => layout.archive(stage, each)))

/**
 * What `record` says of itself that is not so in the place where it lies: `stage` of `layout`; undefined when all fits.
 * A file can be renamed, and what was made of another version or stage would be taken for this one.
 */
export function foreignRecord(record: StageRecord, layout: Layout, stage: string): string | undefined {
  const { type, arch, version } = layout
  const expected = { stage, type, arch, version }
  const keys = Object.keys(expected) as (keyof typeof expected)[]
  const wrong = keys.find((key) => record[key] !== expected[key])
  return wrong && `its record is of ${wrong} ${record[wrong]}, expected ${expected[wrong]}`
}

/** The record of a stage that stayed in the shared store: a proof for what is built upon it, and no finished stage. */
export const leftRecord = ({ stageLog }: Pick<Layout, 'stageLog'>, stage: string): string =>
  path.join(stageLog(stage), 'left.record.json')
