// A run whose command line or configuration files cannot be read, in the files that it would have been told in: an engine that waits for
// them gets them all the same.

import { withAccounts } from '../account.js'
import { valueIn, verbIn } from '../arguments/lenient.js'
import type { OptionName } from '../arguments/options/table.js'
import { type GivenOptions, toOptions } from '../arguments/typed-options.js'
import type { Caller } from '../caller.js'
import { warn } from '../run-events.js'
import { bundleLogs } from './bundle-logs.js'

/** Tells of `error` in the files that `argv`, the arguments after the program, names for a run; for other verbs there are none. */
export async function tellUnread(
  error: unknown,
  { argv, caller }: { argv: readonly string[]; caller: Caller },
): Promise<void> {
  const verb = verbIn(argv)
  if (verb !== 'build' && verb !== 'fetch') return
  const given = (names: readonly OptionName[]): GivenOptions =>
    Object.fromEntries(
      names.flatMap((name) => {
        const value = valueIn(argv, name)
        return value === undefined ? [] : [[name, [value]]]
      }),
    )
  try {
    const options = toOptions(given(['trace', 'junit', 'tap']))
    await withAccounts({ options, warn }, caller, () => Promise.reject(error))
  } catch (thrown) {
    if (thrown !== error) warn((thrown as Error).message)
  }
  const bundle = verb === 'build' ? valueIn(argv, 'bundle') : undefined
  if (bundle !== undefined) await bundleLogs(bundle, { call: undefined, caller }, { error })
}
