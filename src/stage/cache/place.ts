// What a stage gets of a compiler cache: this machine's ccache with the libraries and the loader that it needs, since no seed has to
// have one, and the names under which compilers go by way of it.

import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import { findProgram } from '../../process/find-program.js'
import { capture, must } from '../../process/run.js'
import type { SdkDefinition } from '../../sdk/definition.js'

/** Below the stage's input (stages/lib/ccache.sh). */
export const CACHE_FOLDER = 'ccache'
/** In it, where the door is bound. */
export const DOOR = 'socket'

const COMPILERS = ['gcc', 'g++', 'cc', 'c++']

/** What a record says of the cache. */
export interface CacheReport {
  readonly version: string
  found: number
  missed: number
  stored: number
}

/** What ccache says of itself where it can be used. */
const KNOWS_REDIS = /^Features:.*\bredis\+unix-storage\b/m

/** The version of this machine's ccache. @throws SdkError SDK_HOST when it is too old, or cannot talk to Redis */
export async function cacheVersion(): Promise<string> {
  const said = await must({ argv: ['ccache', '--version'] })
  const version = /^ccache version (\S+)/m.exec(said)?.[1]
  if (version !== undefined && KNOWS_REDIS.test(said)) return version
  throw new SdkError(
    'SDK_HOST',
    `--ccache: expected a ccache that has redis+unix-storage among its features, found ${said.split('\n').slice(0, 2).join(', ')}`,
    { hint: 'ccache 4.7 to 4.12 as Debian builds it has; without --ccache nothing of it is needed' },
  )
}

/** Fills `folder`, which is not there yet. @throws SdkError SDK_HOST */
export async function placeCache(definition: SdkDefinition, folder: string): Promise<CacheReport> {
  const version = await cacheVersion()
  const program = findProgram('ccache')
  if (program === undefined) throw new SdkError('SDK_HOST', 'this host lacks ccache')
  await mkdir(path.join(folder, 'lib'), { recursive: true })
  await copyFile(program, path.join(folder, 'ccache'))
  const { stdout } = await capture({ argv: ['ldd', program] })
  for (const [, arrow, file] of stdout.matchAll(/(=> )?(\/\S+) \(0x/g))
    if (file !== undefined)
      await copyFile(file, path.join(folder, arrow === undefined ? 'loader' : `lib/${path.basename(file)}`))
  await writeFile(
    path.join(folder, 'compilers'),
    compilerNames(definition)
      .map((name) => `${name}\n`)
      .join(''),
  )
  await writeFile(path.join(folder, DOOR), '')
  return { version, found: 0, missed: 0, stored: 0 }
}

/** The names of compilers for the machine that a stage is for, and for its cross targets. */
const compilerNames = ({ chost, cross }: Pick<SdkDefinition, 'chost' | 'cross'>): string[] =>
  ['', chost, ...cross.map((target) => target.chost)].flatMap((tuple) =>
    COMPILERS.map((name) => (tuple === '' ? name : `${tuple}-${name}`)),
  )
