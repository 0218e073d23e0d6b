// clean: removes what can be rebuilt, and says how much that freed.

import { formatBytes } from '../../events/measures.js'
import { type Removed, removeGarbage } from '../../inspect/clean.js'
import { findLayout } from '../../request/catalyst-root.js'
import type { Caller } from '../caller.js'
import { asCalled, type VerbCall } from '../request/asked.js'
import { makeLook } from '../request/request.js'
import { requireRoot } from '../root.js'
import { columns, writeJson, writeLines } from '../write.js'

/** @returns the exit code. @throws SdkError SDK_LOCKED while a run works below the catalyst root, SDK_HOST */
export async function clean(call: VerbCall, { environment }: Caller): Promise<number> {
  const layout = await findLayout(await makeLook(asCalled(call), environment))
  requireRoot()
  const removed = await removeGarbage(layout)
  const folders = removed.map(({ part, before, after }) => ({ part, freed: freedBytes({ before, after }) }))
  if (call.options.json) writeJson({ format: 1, root: layout.root, folders })
  else writeLines(cleanLines(layout.root, folders))
  return 0
}

const freedBytes = ({ before, after }: Omit<Removed, 'part'>): number | null =>
  before === undefined || after === undefined ? null : Math.max(0, before - after)

/** The text; pure. */
export function cleanLines(
  root: string,
  folders: readonly { part: string; freed: number | null }[],
): string[] {
  if (folders.length === 0) return [`${root} is not there: nothing to clean`]
  const rows = folders.map(({ part, freed }) => [part, freed === null ? 'unknown' : formatBytes(freed)])
  const all = folders.reduce((sum, { freed }) => sum + (freed ?? 0), 0)
  return [
    `freed ${formatBytes(all)} below ${root}`,
    ...columns(rows, '  '),
    'builds, seeds, distfiles and logs are kept',
  ]
}
