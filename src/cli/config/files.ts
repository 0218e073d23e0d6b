// The configuration files: where they are, whose they have to be, and their text. What they say is read.ts's business.

import { type Stats, statSync } from 'node:fs'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import { whyUnread } from '../../files/look.js'
import { readText } from '../../files/read.js'
import type { Environment } from '../environment.js'

/** Kinds of files, those that count most first. */
export type FileKind = 'project' | 'user' | 'system'

/** A place for a file; there may be none. */
export interface ConfigPlace {
  readonly kind: FileKind
  readonly file: string
}

/** Where the program looks, and who called it. */
export interface ConfigWorld {
  /** Where projects are: the current folder. */
  readonly folder: string
  /** `/etc`. */
  readonly system: string
  readonly environment: Pick<Environment, 'configHome' | 'called'>
  /** The user that this program runs as. */
  readonly uid: number | undefined
}

/** All places, those that count most first. */
export function configPlaces({ folder, system, environment: { configHome } }: ConfigWorld): ConfigPlace[] {
  return [
    { kind: 'project', file: path.join(folder, 'bootstrap_sdk.toml') },
    ...(configHome === undefined
      ? []
      : [{ kind: 'user' as const, file: path.join(configHome, 'bootstrap_sdk/config.toml') }]),
    { kind: 'system', file: path.join(system, 'bootstrap_sdk/config.toml') },
  ]
}

/**
 * The text of a configuration file; undefined when there is none.
 *
 * @throws SdkError SDK_USAGE when it cannot be read, or when somebody else could have written it: what is built as root would be
 *   theirs to choose, for whoever calls this program in a folder of theirs
 */
export async function readConfigFile({ file }: ConfigPlace, world: ConfigWorld): Promise<string | undefined> {
  let info: Stats | undefined
  try {
    info = statSync(file, { throwIfNoEntry: false })
    if (info === undefined) return undefined
  } catch (error) {
    // A file where a folder would have to be, or the folder of another user, as HOME is after setpriv: there is none.
    if (['ENOTDIR', 'ENOENT', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined
    throw await unread(file, error)
  }
  requireOwn(file, info, world)
  try {
    return await readText(file)
  } catch (error) {
    throw await unread(file, error)
  }
}

async function unread(file: string, cause: unknown): Promise<SdkError> {
  const why = await whyUnread(cause as NodeJS.ErrnoException, file)
  return new SdkError('SDK_USAGE', `${file}: ${why}`, { hint: 'it is a configuration file', cause })
}

function requireOwn(file: string, { uid, mode }: Stats, world: ConfigWorld): void {
  const own = [0, world.uid, Number(world.environment.called.sudoUser ?? 0)]
  const found = !own.includes(uid)
    ? `one of user ${uid}`
    : (mode & 0o002) !== 0
      ? 'one that everybody may write'
      : undefined
  if (found === undefined) return
  throw new SdkError(
    'SDK_USAGE',
    `${file}: expected a configuration file of root or of the caller that others may not write, found ${found}`,
    { hint: 'call the command in another folder, or make the file your own (chown, chmod o-w)' },
  )
}
