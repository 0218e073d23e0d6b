// All that is looked at in a finished root, in one pass over its files: how it is linked, and what of it is the seed's.

import { type CarriedFiles, type CarriedRequest, carriedFiles } from './carried-files.js'
import { checkElf, type ElfReport } from './elf-check.js'
import { rowText } from './elf-table.js'

/** What {@link surveyRoot} finds; JSON. */
export interface RootSurvey {
  elf: ElfReport
  /** A line for each file that has something to say, by path: what `elf.tsv` has below its heading. */
  rows: string[]
  /** Undefined when nobody asked. */
  carried?: CarriedFiles
}

/** @param root an absolute directory; for an assembled overlay, inside the mount namespace that holds it */
export async function surveyRoot(root: string, request?: CarriedRequest): Promise<RootSurvey> {
  const checked = await checkElf(root)
  return {
    elf: checked.report,
    rows: checked.rows.map(rowText),
    ...(request === undefined ? {} : { carried: carriedFiles(root, request, checked) }),
  }
}
