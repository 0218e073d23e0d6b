// Which records there are, beside archives or of a stage of a version.

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
