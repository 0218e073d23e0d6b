// CHOST tuples of Linux, and the architecture that each is for. Pure.

import { SdkError } from '../errors.js'
import {
  ARCHITECTURES,
  type Architecture,
  type Architectures,
  architectureOf,
  CHOST_EXAMPLE,
} from '../sdk/architecture.js'

/** A CHOST tuple, such as `aarch64-cros-linux-gnu`, and the architecture that it is for. */
export interface Tuple {
  text: string
  architecture: Architecture
}

const FIELD = /^[a-z0-9_]+$/

/** Reads a tuple, or returns undefined when `text` is none of an architecture of `table`. */
export function readTuple(text: string, table: Architectures = ARCHITECTURES): Tuple | undefined {
  const fields = text.split('-')
  if (fields.length < 3 || fields.length > 4 || !fields.every((field) => FIELD.test(field))) return undefined
  const architecture = architectureOf(text, table)
  return architecture === undefined || fields.at(-2) !== 'linux' ? undefined : { text, architecture }
}

/** Reads a tuple. @throws SdkError SDK_DEFINITION when it is none, or of an unknown architecture */
export function parseTuple(text: string): Tuple {
  const tuple = readTuple(text)
  if (tuple !== undefined) return tuple
  const cpus = Object.values(ARCHITECTURES).map(({ cpu }) => cpu)
  throw new SdkError(
    'SDK_DEFINITION',
    `"${text}" is not a CHOST: expected CPU-VENDOR-linux-ABI with a CPU among ${cpus.join(', ')}`,
    { hint: `a CHOST looks like ${CHOST_EXAMPLE}` },
  )
}
