// Proves the DIGESTS and CONTENTS beside a finished archive before others are given them: they were written by another run, maybe,
// and what they say is believed wherever they go.

import path from 'node:path'
import { SdkError } from '../errors.js'
import { readText } from '../files/read.js'
import { sideFiles } from '../store/layout.js'
import { RECORD_HINT, type StageRecord } from '../store/record.js'
import { DIGEST_ORDER, type Digests, parseDigests, selectDigests, verifyDigests } from './stream/digests.js'

/**
 * The DIGESTS beside `archive`, which are those of its record, and of the CONTENTS beside it. The archive itself is not read.
 *
 * @throws SdkError SDK_CHAIN when something there is another, or missing
 */
export async function provenDigests(archive: string, { output }: StageRecord): Promise<Digests> {
  const { digests: source, contents } = sideFiles(archive)
  try {
    const text = await readText(source)
    const known = parseDigests(text, source)
    const said = selectDigests(known, path.basename(archive), source)
    const wrong = DIGEST_ORDER.find((name) => said[name] !== output.digests[name])
    if (wrong !== undefined)
      throw new Error(
        `expected ${wrong} ${output.digests[wrong]} of ${path.basename(archive)}, found ${said[wrong]}`,
      )
    const lacking = DIGEST_ORDER.find((name) => known.get(path.basename(contents))?.[name] === undefined)
    if (lacking !== undefined)
      throw new Error(`expected a ${lacking} of ${path.basename(contents)}, found none`)
    await verifyDigests({ file: contents, text, source }).catch((error: Error) => {
      throw error.message.includes(contents) ? error : new Error(`${contents}: ${error.message}`)
    })
    return known
  } catch (cause) {
    throw new SdkError(
      'SDK_CHAIN',
      `${source} is not what the archive's record says: ${(cause as Error).message}`,
      {
        hint: RECORD_HINT,
        cause,
      },
    )
  }
}
