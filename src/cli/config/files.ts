// The configuration files: where they are, whose they have to be, and their text. What they say is read.ts's business.

import { lstatSync, type Stats, statSync } from 'node:fs'
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
  try {
    const info = lstatSync(file, { throwIfNoEntry: false })
    if (info === undefined) return undefined
    // Who makes a link in a folder chooses where the paths in the file begin.
    if (info.isSymbolicLink()) requireOwner(file, info, world)
    // Who made it means to have one.
    if (statSync(file, { throwIfNoEntry: false }) === undefined)
      throw new SdkError('SDK_USAGE', `${file}: expected a file, found a link that leads nowhere`, {
        hint: 'it is a configuration file',
      })
  } catch (error) {
    if (error instanceof SdkError) throw error
    // A file where a folder would have to be, or the folder of another user, as HOME is after setpriv: there is none.
    if (['ENOTDIR', 'ENOENT', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined
    throw await unread(file, error)
  }
  try {
    return await readText(file, (info) => requireOwn(file, info, world))
  } catch (error) {
    if (error instanceof SdkError) throw error
    throw await unread(file, error)
  }
}

async function unread(file: string, cause: unknown): Promise<SdkError> {
  const why = await whyUnread(cause as NodeJS.ErrnoException, file)
  return new SdkError('SDK_USAGE', `${file}: ${why}`, { hint: 'it is a configuration file', cause })
}

function requireOwn(file: string, info: Stats, world: ConfigWorld): void {
  requireOwner(file, info, world)
  if ((info.mode & 0o002) !== 0) throw foreign(file, 'one that everybody may write')
}

function requireOwner(file: string, info: Stats, { uid, environment: { called } }: ConfigWorld): void {
  const own = [0, uid, Number(called.sudoUser ?? 0)]
  if (own.includes(info.uid)) return
  throw foreign(file, `${info.isSymbolicLink() ? 'a link' : 'one'} of user ${info.uid}`)
}

const foreign = (file: string, found: string): SdkError =>
  new SdkError(
    'SDK_USAGE',
    `${file}: expected a configuration file of root or of the caller that others may not write, found ${found}`,
    { hint: 'call the command in another folder, or make the file your own (chown, chmod o-w)' },
  )
