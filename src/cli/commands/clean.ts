// clean: removes what can be rebuilt, and old versions if asked to, and says how much that freed, or would free.

import { SdkError } from '../../errors.js'
import { formatBytes } from '../../events/measures.js'
import { type Removed, rehearseClean, removeGarbage } from '../../inspect/clean.js'
import type { Retention } from '../../inspect/old-versions.js'
import { findLayout } from '../../request/catalyst-root.js'
import type { CleanedPlace } from '../answers/act.js'
import { toCount } from '../arguments/values.js'
import type { Caller } from '../caller.js'
import { requireRoot } from '../host/root.js'
import { asCalled, type VerbCall } from '../request/asked.js'
import { makeLook } from '../request/request.js'
import { withProgress } from '../run-events.js'
import { columns, writeJson, writeLines } from '../write.js'

/** @returns the exit code. @throws SdkError SDK_LOCKED while a run works below the catalyst root, SDK_HOST, SDK_USAGE */
export async function clean(call: VerbCall, caller: Caller): Promise<number> {
  const { environment } = caller
  const { options } = call
  const days = options.olderThan
  const limits: Retention = {
    keep: versionsToKeep(options.keep),
    since: days === undefined ? undefined : Date.now() - days * 86_400_000,
    mostBytes: options.maxSize,
  }
  const layout = await findLayout(await makeLook(asCalled(call), environment))
  if (!options.dryRun) requireRoot()
  const doing = options.dryRun ? 'looking at what can go' : 'cleaning'
  const { removed, versions } = await withProgress({ options, caller, doing }, () =>
    (options.dryRun ? rehearseClean : removeGarbage)(layout, limits),
  )
  const folders = removed.map(({ part, before, after }) => ({ part, freed: freedBytes({ before, after }) }))
  const old = versions.map(({ version, bytes }) => ({ version, freed: bytes ?? null }))
  const cleaned = { root: layout.root, dryRun: options.dryRun, folders, versions: old }
  if (options.json) writeJson('clean', { format: 1, ...cleaned })
  else writeLines(cleanLines(cleaned))
  return 0
}

/** @throws SdkError SDK_USAGE when it is no number */
function versionsToKeep(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const count = toCount(text)
  if (count !== undefined) return count
  throw new SdkError(
    'SDK_USAGE',
    `clean: --keep: expected how many versions stay, from 1 on, found ${JSON.stringify(text)}`,
    {
      hint: '`clean --keep 3` removes all but the newest three',
    },
  )
}

const freedBytes = ({ before, after }: Omit<Removed, 'part'>): number | null =>
  before === undefined || after === undefined ? null : Math.max(0, before - after)

/** The text; pure. */
export function cleanLines({ root, dryRun, folders, versions }: CleanedPlace): string[] {
  if (folders.length === 0) return [`${root} is not there: nothing to clean`]
  const size = (freed: number | null): string => (freed === null ? 'unknown' : formatBytes(freed))
  const all = [...folders, ...versions].reduce((sum, { freed }) => sum + (freed ?? 0), 0)
  const kept = versions.length === 0 ? 'builds, seeds' : 'other builds, seeds'
  return [
    `${dryRun ? 'would free' : 'freed'} ${formatBytes(all)} below ${root}`,
    ...columns(
      folders.map(({ part, freed }) => [part, size(freed)]),
      '  ',
    ),
    ...(versions.length === 0 ? [] : ['versions']),
    ...columns(
      versions.map(({ version, freed }) => [version, size(freed)]),
      '  ',
    ),
    `${kept}, distfiles and logs ${dryRun ? 'would stay' : 'are kept'}`,
  ]
}
