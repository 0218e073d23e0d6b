// CHOST tuples of Linux, and the architecture that each is for. Pure.

import { SdkError } from '../errors.js'
import {
  ARCHITECTURES,
  type Architecture,
  type Architectures,
  architectureOfTuple,
  CHOST_EXAMPLE,
  LINUX_TUPLE,
} from '../sdk/architecture.js'

/** A CHOST tuple, such as `aarch64-cros-linux-gnu`, and the architecture that it is for. */
export interface Tuple {
  text: string
  architecture: Architecture
}

/** Reads a tuple, or returns undefined when `text` is none of an architecture of `table`. */
export function readTuple(text: string, table: Architectures = ARCHITECTURES): Tuple | undefined {
  const architecture = architectureOfTuple(text, table)
  return architecture === undefined ? undefined : { text, architecture }
}

/** Reads a tuple. @throws SdkError SDK_DEFINITION when it is none, or of an unknown architecture */
export function parseTuple(text: string): Tuple {
  const tuple = readTuple(text)
  if (tuple !== undefined) return tuple
  throw new SdkError('SDK_DEFINITION', `"${text}" is not a CHOST: expected ${LINUX_TUPLE}`, {
    hint: `a CHOST looks like ${CHOST_EXAMPLE}`,
  })
}
