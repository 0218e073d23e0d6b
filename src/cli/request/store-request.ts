// What the command line and the environment say about the shared store, as a request. What cannot be used is refused here.

import path from 'node:path'
import { SdkError } from '../../errors.js'
import type { StoreRequest } from '../../registry/shared-store.js'
import { MODES } from '../arguments/options/store.js'
import type { Options } from '../arguments/options/table.js'
import { oneOf, toStore } from '../arguments/values.js'
import type { Environment } from '../environment.js'

/** The variable that stands in for `--store`. */
const VARIABLE = 'BOOTSTRAP_SDK_STORE'

/**
 * @returns undefined where there is no store, or none is wanted
 * @throws SdkError SDK_USAGE for a store that is none, one that is to be written to without a key, and keys without a store
 */
export function storeRequest(options: Options, environment: Environment): StoreRequest | undefined {
  const { sharedStore: said, publishing } = environment
  const reference =
    options.store ?? (said.store === undefined ? undefined : named(() => toStore(said.store ?? '', '')))
  if (reference === undefined) {
    refuseAlone(options)
    return undefined
  }
  // What goes with a store may stand elsewhere, or have been said before: it has no store to go with then.
  if (reference === 'none') return undefined
  const mode =
    options.storeMode ?? (said.mode === undefined ? 'read' : named(() => oneOf(MODES)(said.mode ?? '', '')))
  const [keys, signingKey] = [options.storeKeys ?? said.keys, options.storeSign ?? said.sign].map((file) =>
    file === undefined ? undefined : path.resolve(file),
  )
  if (mode === 'write' && signingKey === undefined)
    throw new SdkError('SDK_USAGE', '--store_mode write: there is no key to sign with', {
      hint: 'give --store_sign FILE; a run without a key takes from the store, and puts nothing there',
    })
  return {
    reference,
    writes: mode === 'write',
    takes: options.storeTake ?? 'all',
    keys,
    signingKey,
    environment: publishing,
  }
}

/** An error of a variable names the variable. */
function named<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof SdkError)) throw error
    throw new SdkError(error.code, error.message.replace(/^--/, VARIABLE), { hint: error.hint })
  }
}

function refuseAlone({ storeMode, storeKeys, storeSign }: Options): void {
  const alone = { store_mode: storeMode, store_keys: storeKeys, store_sign: storeSign }
  const [name] = Object.entries(alone).find(([, value]) => value !== undefined) ?? []
  if (name !== undefined)
    throw new SdkError('SDK_USAGE', `--${name} needs --store, found none`, {
      hint: `give --store oci://HOST/NAME, or set ${VARIABLE}`,
    })
}
