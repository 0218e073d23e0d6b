// Finds the definition that a user names, and reads it with the files it refers to.

import { lstat, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { SdkError } from '../../errors.js'
import { problemOf } from '../../files/look.js'
import type { Source } from '../../files/read.js'
import type { SdkDefinition, VersionSource } from '../definition.js'
import { didYouMean } from '../nearest.js'
import { definedPath, needsScripts, SCRIPTS } from '../paths.js'
import { seedUrls } from '../seed-urls.js'
import { parseVersionFile } from '../version-file.js'
import { isSdkName } from './grammar.js'
import { createPlacer, type Layers, readLayers, readNamed } from './layers.js'
import { parseSdkToml, toDefinition } from './parse.js'
import { definitionError, type FindPlace } from './problems.js'
import type { SdkToml } from './schema.js'

/** Name of the definition in its folder. */
const FILE = 'sdk.toml'

/** What the command line puts in the place of the definition's own. Paths may be relative to the current folder. */
export interface Overrides {
  /** `--scripts`: the checkout that `{scripts}` stands for. */
  readonly scripts?: string | undefined
  /** `--portage_stable` and `--coreos_overlay`: trees of the main repo, and of the first other one. */
  readonly mainRepo?: string | undefined
  readonly overlay?: string | undefined
  /** A version is given: the definition need not say how a new one is made. */
  readonly version?: boolean | undefined
  /** Only names are asked for: paths below a checkout that is not given stay as they are, with the placeholder. */
  readonly namesOnly?: boolean | undefined
}

/**
 * Loads the definition of an SDK.
 *
 * @param nameOrDir a folder of `sdksDir`, or (with a slash, or if there is no such folder) any folder with an sdk.toml
 * @throws SdkError SDK_USAGE when there is none, with the names that there are, or when it needs a checkout that is not
 * given, or is given one that it does not need; SDK_DEFINITION with all that is wrong in it
 */
export async function loadDefinition(
  nameOrDir: string,
  sdksDir: string,
  given: Overrides = {},
): Promise<SdkDefinition> {
  const { file, name } = await findDefinition(nameOrDir, sdksDir)
  const layers = await readLayers(file)
  const toml = withTrees(parseSdkToml(layers, name), given)
  const scripts = given.scripts === undefined ? undefined : resolve(given.scripts)
  if (scripts !== undefined && !mentionsScripts(layers)) throw uselessScripts(file)
  if (scripts === undefined && given.namesOnly !== true) requireNoScripts(toml, file, given)
  const parts = { file, find: createPlacer(layers), given: { ...given, scripts } }
  const version = await loadVersion(toml, parts)
  const urls = seedUrls(toml.seed.urls, parts.find, await loadSettings(toml, parts))
  const definition = toDefinition(toml, file, { version, scripts })
  const bases = layers.slice(1).map(({ source }) => source.file)
  return { ...definition, bases, seed: { ...definition.seed, urls } }
}

function withTrees(toml: SdkToml, { mainRepo, overlay }: Overrides): SdkToml {
  const first = toml.repos.find((repo) => !repo.main)
  const repos = toml.repos.map((repo) => {
    const tree = repo.main ? mainRepo : repo === first ? overlay : undefined
    return tree === undefined ? repo : { ...repo, path: resolve(tree) }
  })
  return { ...toml, repos } as SdkToml
}

const mentionsScripts = (layers: Layers): boolean =>
  layers.some(({ source }) => source.text.includes(SCRIPTS))

const uselessScripts = (file: string): SdkError =>
  new SdkError('SDK_USAGE', `--scripts has no effect: ${file} has no ${SCRIPTS} in its paths`, {
    hint: 'leave it out, or name the definition that the checkout is for with --sdk',
  })

/** @throws SdkError SDK_USAGE that names every key whose value is below the checkout */
function requireNoScripts(toml: SdkToml, file: string, { version }: Overrides): void {
  const keys: [string, string | undefined][] = [
    ['version_file', version === true ? undefined : toml.version_file],
    ['portage_confdir', toml.portage_confdir],
    ...toml.repos.map((repo): [string, string] => [`the path of the repo ${repo.name}`, repo.path]),
    ['stage4.root_overlay', toml.stage4.root_overlay],
    ['stage4.release_files', toml.stage4.release_files],
    ['stage4.fsscript', toml.stage4.fsscript],
    ['seed.keyring', toml.seed.keyring],
    ['seed.distribution.groups', toml.seed.distribution?.groups],
    ...toml.stage4.ssh_public_keys.map((key): [string, string] => [
      'stage4.ssh_public_keys',
      key.slice(key.indexOf('=') + 1),
    ]),
  ]
  const below = keys.filter(([, value]) => needsScripts(value ?? '')).map(([key]) => key)
  if (below.length === 0) return
  throw new SdkError(
    'SDK_USAGE',
    `the SDK ${toml.name} is built from a checkout, which is not given: ${file} has ${SCRIPTS} in ${below.join(', ')}`,
    {
      hint: 'give the checkout with --scripts DIR; or both trees, with --portage_stable DIR and --coreos_overlay DIR, and a --version',
    },
  )
}

async function findDefinition(nameOrDir: string, sdksDir: string): Promise<{ file: string; name?: string }> {
  if (isSdkName(nameOrDir)) {
    const named = join(resolve(sdksDir), nameOrDir, FILE)
    if (await exists(named)) return { file: named, name: nameOrDir }
  }
  // The file itself is as good as its folder.
  const folder = basename(nameOrDir) === FILE && (await isFile(nameOrDir)) ? dirname(nameOrDir) : nameOrDir
  const given = join(resolve(folder), FILE)
  if (nameOrDir !== '' && (await exists(given))) return { file: given }
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

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  )

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  )

/** What the files that a definition names are read with. */
interface Parts {
  readonly file: string
  readonly find: FindPlace
  readonly given: Overrides
}

/** The settings file of the seed's addresses; undefined where it is below a checkout that is not given. */
async function loadSettings(
  toml: SdkToml,
  { file: definition, find, given: { scripts, namesOnly } }: Parts,
): Promise<Source | undefined> {
  const { settings_file: name } = toml.seed
  if (name === undefined || namesOnly === true || (needsScripts(name) && scripts === undefined))
    return undefined
  const file = definedPath(name, { dir: dirname(definition), scripts })
  const problem = await problemOf(file, 'file')
  if (problem === undefined) return { file, text: await readNamed(file) }
  const message = `seed.settings_file: ${problem} at ${file}`
  throw definitionError([{ ...find(['seed', 'settings_file']), message }])
}

async function loadVersion(
  toml: SdkToml,
  { file: definition, find, given: { scripts, version, namesOnly } }: Parts,
): Promise<VersionSource> {
  if (toml.version_file === undefined) return { id: toml.version_id ?? '' }
  const file = definedPath(toml.version_file, { dir: dirname(definition), scripts })
  const problem = await problemOf(file, 'file')
  if (problem !== undefined) {
    // No new version is made then: any will do.
    if (version === true || namesOnly === true) return { id: '0' }
    const message = `version_file: ${problem} at ${file}`
    throw definitionError([{ ...find(['version_file']), message }])
  }
  return parseVersionFile({ file, text: await readNamed(file) })
}
