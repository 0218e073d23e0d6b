// Finds the definition that a user names, and reads it with the files it refers to.

import { readdir, readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { SdkError } from '../errors.js'
import type { SdkDefinition, VersionSource } from './definition.js'
import { isSdkName } from './grammar.js'
import { createLocator } from './locate.js'
import { didYouMean } from './nearest.js'
import { parseSdkToml, type Source, toDefinition } from './parse.js'
import { definitionError } from './problems.js'
import type { SdkToml } from './schema.js'
import { parseVersionFile } from './version-file.js'

/** Name of the definition in its folder. */
const FILE = 'sdk.toml'

/**
 * Loads the definition of an SDK.
 *
 * @param nameOrDir a folder of `sdksDir`, or (with a slash, or if there is no such folder) any folder with an sdk.toml
 * @throws SdkError SDK_USAGE when there is none, with the names that there are; SDK_DEFINITION with all that is wrong in it
 */
export async function loadDefinition(nameOrDir: string, sdksDir: string): Promise<SdkDefinition> {
  const { file, name } = await findDefinition(nameOrDir, sdksDir)
  const source = { file, text: await read(file) }
  const toml = parseSdkToml(source, name)
  return toDefinition(toml, file, await loadVersion(toml, source))
}

async function findDefinition(nameOrDir: string, sdksDir: string): Promise<{ file: string; name?: string }> {
  if (isSdkName(nameOrDir)) {
    const named = join(resolve(sdksDir), nameOrDir, FILE)
    if (await isFile(named)) return { file: named, name: nameOrDir }
  }
  const given = join(resolve(nameOrDir), FILE)
  if (nameOrDir !== '' && (await isFile(given))) return { file: given }
  const names = await definitionNames(sdksDir)
  const known = names.length === 0 ? `none in ${resolve(sdksDir)}` : names.join(', ')
  throw new SdkError(
    'SDK_USAGE',
    `there is no SDK ${JSON.stringify(nameOrDir)}${didYouMean(nameOrDir, names)} (known: ${known})`,
    { hint: `give one of these names, or a folder with an ${FILE}; there is no ${given}` },
  )
}

/** Names of the folders of `sdksDir` with a definition, sorted. A missing folder has none. */
export async function definitionNames(sdksDir: string): Promise<string[]> {
  const entries = await readdir(sdksDir).catch(() => [])
  const found = await Promise.all(
    entries.map(async (name) => ((await isFile(join(sdksDir, name, FILE))) ? [name] : [])),
  )
  return found.flat().sort()
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  )

async function read(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new SdkError('SDK_DEFINITION', `${file}: cannot be read (${cause.code})`, { cause })
  })
}

async function loadVersion(toml: SdkToml, source: Source): Promise<VersionSource> {
  if (toml.version_file === undefined) return { id: toml.version_id ?? '' }
  const file = resolve(source.file, '..', toml.version_file)
  if (!(await isFile(file))) {
    const place = createLocator(source.text)(['version_file'])
    const message = `version_file: expected a file, found none at ${file}`
    throw definitionError([{ file: source.file, place, message }])
  }
  return parseVersionFile({ file, text: await read(file) })
}
