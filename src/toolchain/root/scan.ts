// All that is looked at in a finished root: how it is linked, what of it is the seed's, and what came from nowhere.

import { checkElf, type ElfReport } from '../elf/check.js'
import { rowText, type TableRow } from '../elf/table.js'
import { firstOf, OF_ROWS } from './bounds.js'
import { type CarriedFiles, type CarriedRequest, carriedFiles } from './carried-files.js'
import { type PlacedFiles, type StrayFiles, strayFiles } from './stray-files.js'

/** What is known of a root, and so can be asked about it; JSON. */
export interface ScanRequest {
  /** Undefined when nothing is known of its seed. */
  carried?: CarriedRequest | undefined
  placed: PlacedFiles
}

/** What {@link scanRoot} finds; JSON. */
export interface RootScan {
  elf: ElfReport
  /** What the root is, but for attributes and folders: {@link checkElf}. */
  digest: string
  /** About how many bytes a tar of it has. */
  bytes: number
  /** A line for each file that has something to say, by path: what `elf.tsv` has below its heading. */
  rows: string[]
  /** Undefined when nobody asked. */
  carried?: CarriedFiles
  /** Files without an owner; undefined when nobody asked. */
  unowned?: StrayFiles
}

function rowsOf(all: readonly TableRow[]): string[] {
  const rows = firstOf(all.map(rowText), OF_ROWS)
  return rows.length === all.length ? rows : [...rows, `… and ${all.length - rows.length} more`]
}

/** @param root an absolute directory; for an assembled overlay, inside the mount namespace that holds it */
export async function scanRoot(root: string, request?: ScanRequest): Promise<RootScan> {
  const checked = await checkElf(root)
  const scan = {
    elf: checked.report,
    digest: checked.digest,
    bytes: checked.bytes,
    rows: rowsOf(checked.rows),
  }
  if (request === undefined) return scan
  const { carried, placed } = request
  return {
    ...scan,
    ...(carried === undefined ? {} : { carried: await carriedFiles(root, carried, checked) }),
    unowned: strayFiles(root, { placed, owners: checked.owners }),
  }
}
