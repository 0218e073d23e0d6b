// The bundle of a run (--bundle), however the run ends: of one that could not begin as much as there is.

import path from 'node:path'
import { findLayout } from '../../request/catalyst-root.js'
import type { Request } from '../../request/request.js'
import { makeFolder } from '../../store/disk/make-folder.js'
import type { Caller } from '../caller.js'
import { failureFact } from '../report-error.js'
import type { VerbCall } from '../request/asked.js'
import { warn } from '../run-events.js'
import { type BundleOf, writeBundle } from './look/collect-logs.js'

/** What a bundle is about, as far as a run has come. */
export interface Bundled {
  readonly call?: VerbCall
  readonly request?: Request
  /** Why it failed. */
  readonly error?: unknown
}

/**
 * Writes the bundle of a run that has ended; how it ended counts, whatever becomes of the bundle.
 *
 * @param call undefined where the command line could not be read, which is the error then
 */
export async function bundleLogs(
  file: string,
  { call, caller }: { call: VerbCall | undefined; caller: Caller },
  about: Bundled,
): Promise<void> {
  try {
    const target = path.resolve(file)
    makeFolder(path.dirname(target))
    const { environment } = caller
    await writeBundle(about.call ?? call, { of: await bundleOf(about, caller), environment, target })
  } catch (error) {
    warn(`--bundle ${file} was not written: ${(error as Error).message}`)
  }
}

async function bundleOf({ request, error }: Bundled, caller: Caller): Promise<BundleOf> {
  const failed = error === undefined ? {} : { failure: failureOf(error, caller) }
  if (request === undefined) return { kind: 'not begun', ...failed }
  return { kind: 'version', layout: await findLayout(request), request, ...failed }
}

/** How a run has failed, as its bundle says it, whatever is in its journal. */
function failureOf(error: unknown, { interrupt }: Caller): object {
  const { type: _, durationMs: __, ...failure } = failureFact(error, interrupt, 0)
  return { format: 1, ...failure }
}
