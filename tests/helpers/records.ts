// Records as a program of another kind would write them: edits by hand are no records, and say nothing of what a true one can say.

import { readFileSync, writeFileSync } from 'node:fs'
import type { StageRecord } from '../../src/store/record.js'
import { sealed } from '../../src/store/sealed.js'

/** Writes the record in `file` anew with what `change` makes of its parts, sealed as if it had come out so. */
export function rewriteRecord(file: string, change: (record: StageRecord) => Partial<StageRecord>): void {
  const record = JSON.parse(readFileSync(file, 'utf8')) as StageRecord
  writeFileSync(file, sealed({ ...record, ...change(record) }))
}
