// The place of a file that an option names to be written: looked at before anything is done.

import { accessSync, constants, realpathSync } from 'node:fs'
import path from 'node:path'
import { SdkError } from '../errors.js'
import { kindAtSync } from '../files/look.js'
import { nearestThere } from '../files/place.js'

/**
 * Where `file` is written, an absolute path: hours later it would be too late to say that it cannot be.
 *
 * @throws SdkError SDK_USAGE
 */
export function placeFor(option: string, file: string): string {
  const found = kindAtSync(file)
  if (found !== undefined && found !== 'a file')
    throw unfit(option, file, `expected a file, or a free name for one, found ${found}`)
  const folder = nearestThere(path.dirname(file))
  const kind = kindAtSync(folder)
  if (kind !== 'a folder') throw unfit(option, folder, `expected a folder, found ${kind ?? 'none'}`)
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch {
    throw unfit(option, folder, 'expected a folder that may be written to, found one that may not')
  }
  return found === undefined ? file : realpathSync(file)
}

const unfit = (option: string, file: string, what: string): SdkError =>
  new SdkError('SDK_USAGE', `--${option}: ${file}: ${what}`, { hint: 'name another file' })
