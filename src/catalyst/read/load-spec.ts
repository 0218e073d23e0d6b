// Reads a spec file, its conf and all that they name: from two paths to what a run needs, or to every problem at once.

import { existsSync } from 'node:fs'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import { errorWords } from '../../files/look.js'
import { readText } from '../../files/read.js'
import { quotedCommand } from '../../process/own-command.js'
import type { SdkDefinition } from '../../sdk/definition.js'
import { digestOfSeed } from '../../sdk/paths.js'
import type { StageName } from '../../sdk/stages.js'
import type { Version } from '../../sdk/version.js'
import { givenSeed } from '../../store/given-seed.js'
import { isNamePart, isTypeName } from '../../store/layout.js'
import { parseConfText } from '../text/conf-text.js'
import { type EnvscriptEffect, envscriptEffect, parseEnvscript } from '../text/envscript.js'
import { parseSpecText, type SpecText } from '../text/spec-text.js'
import { readSubarch, specDefinition } from '../to-definition.js'
import { type CheckedSpec, checkConfKeys, checkSpecKeys } from './check-keys.js'
import { type ConfValues, readConf } from './conf-values.js'
import {
  confdirMakeConf,
  envscriptText,
  findRepos,
  findSnapshot,
  findSource,
  requireFiles,
  requirePlaces,
  requireProfile,
  seedMakeConf,
} from './find.js'
import { noticeLeftOut } from './flags.js'
import { OLD_CONF_KEYS } from './keys.js'
import { readOptions } from './options.js'
import { type SpecProblem, showProblem, specError } from './problems.js'
import { createSettings, type Settings } from './settings.js'

/** What is asked for. Paths are absolute. */
export interface SpecFiles {
  readonly spec: string
  /** catalyst.conf; undefined means catalyst's defaults. */
  readonly conf: string | undefined
  /** The catalyst root, if it was given: it wins over the conf's `storedir`. */
  readonly root: string | undefined
  /** The catalyst root where neither says it. */
  readonly defaultRoot: string
  /** Wins over `source_subpath`; `sha256:…` is one that the catalyst root keeps. */
  readonly seed: string | undefined
}

/** A spec, ready to run. */
export interface LoadedSpec {
  readonly definition: SdkDefinition
  readonly version: Version
  /** The catalyst root: where builds and snapshots were looked for. */
  readonly root: string
  readonly seed: string
  /** The conf's, or the envscript's. */
  readonly jobs: number | undefined
  /** Option clear-autoresume: build again what is finished. */
  readonly rebuild: boolean
  readonly gentooMirrors: readonly string[]
  /** What the files say and has no effect, or another one than in catalyst: `file:line: …`. */
  readonly notices: readonly string[]
  /** What the files want and no stage can have, with the reason: `file:line: …`. */
  readonly warnings: readonly string[]
}

/**
 * Loads a spec.
 *
 * @throws SdkError SDK_USAGE when a file cannot be read, SDK_DEFINITION with all that is wrong in the files, each with
 * file and line; SDK_HOST when a snapshot is a .sqfs file and there is no unsquashfs
 */
export async function loadSpec(files: SpecFiles): Promise<LoadedSpec> {
  const spec = checkSpecKeys(parseSpecText({ file: files.spec, text: await read(files.spec) }))
  const conf =
    files.conf === undefined ? undefined : parseConfText({ file: files.conf, text: await read(files.conf) })
  const known = [...spec.problems, ...(conf === undefined ? [] : checkConfKeys(conf))]
  // The keys of another target mean nothing here; its values are not looked at. Nor are those of a conf that cannot be read.
  const isUnread = conf !== undefined && conf.values.size === 0 && conf.problems.length > 0
  if (isForeign(spec) || isUnread) throw specError(known)
  const settings = createSettings(spec, conf)
  const values = readConf(settings)
  const loaded = await assemble({ files, spec, settings, values })
  const problems = [...known, ...settings.problems]
  if (problems.length > 0) throw specError(unique(problems))
  const notices = [...spec.warnings, ...oldKeys(conf), ...settings.notices, ...loaded.notices]
  return {
    ...loaded,
    notices: unique(notices).map(showProblem),
    warnings: unique(settings.warnings).map(showProblem),
  }
}

async function read(file: string): Promise<string> {
  return await readText(file).catch(async (cause: NodeJS.ErrnoException) => {
    const found = cause.code === undefined ? undefined : await errorWords(cause, file)
    const nothing = found === 'none' ? 'there is no such file' : `expected a file, found ${found}`
    const why = found === undefined ? cause.message : nothing
    throw new SdkError('SDK_USAGE', `${file}: ${why}`, { cause })
  })
}

const isForeign = (spec: CheckedSpec): boolean => {
  const [word] = spec.values.get('target')?.words ?? []
  return word !== undefined && word !== spec.target
}

/** A value that is read twice is wrong only once. */
const unique = (problems: readonly SpecProblem[]): SpecProblem[] => [
  ...new Map(problems.map((problem) => [showProblem(problem), problem])).values(),
]

function oldKeys(conf: SpecText | undefined): SpecProblem[] {
  return [...(conf?.values ?? [])]
    .filter(([key]) => OLD_CONF_KEYS.includes(key))
    .map(([key, { file, line }]) => ({ file, line, message: `${key}: has no effect: a key of catalyst 3` }))
}

interface Parts {
  readonly files: SpecFiles
  readonly spec: CheckedSpec
  readonly settings: Settings
  readonly values: ConfValues
}

async function assemble({ files, spec, settings, values }: Parts) {
  const root = files.root ?? values.storedir ?? files.defaultRoot
  const options = readOptions(settings)
  const subarch = readSubarch(settings)
  const version = readNames(settings)
  const seed = givenBy(files.seed, root) ?? findSeed(settings, root)
  const snapshot = await findSnapshot(settings, { storedir: root, repoName: values.repoName })
  const repos = await findRepos(settings)
  await requireFiles(settings)
  await requirePlaces(settings)
  const envscript = await readEnvscript(settings, values)
  const definition = specDefinition({
    ...{ file: files.spec, target: spec.target, root, settings, conf: values, options, subarch },
    ...{ snapshot, repos, envscript, seed: await foundMakeConf(settings, { seed, target: spec.target }) },
  })
  requireProfile(settings, definition.profile, definition.repos)
  return {
    ...{ definition, version, root, seed: seed ?? '', rebuild: options.rebuild },
    jobs: values.jobs ?? envscript?.jobs,
    gentooMirrors: envscript?.gentooMirrors ?? [],
    notices: envscript?.notices ?? [],
  }
}

/** rel_type and version_stamp become parts of file names. */
function readNames(settings: Settings): Version {
  const type = settings.one('rel_type') ?? ''
  if (type !== '' && !isTypeName(type))
    settings.wrong(
      'rel_type',
      `expected letters, digits, ".", "_", "+", "-" and "/", found ${JSON.stringify(type)}`,
    )
  const text = settings.one('version_stamp') ?? ''
  if (text === 'latest') settings.wrong('version_stamp', 'latest is the name of the link to the newest stage')
  if (text !== '' && !isNamePart(text, 'version'))
    settings.wrong(
      'version_stamp',
      `expected at most 100 letters, digits, ".", "_", "+" and "-", found ${JSON.stringify(text)}`,
    )
  // As a build id, a stamp that ends in a date gives the time of the build.
  return { text, id: text, buildId: text }
}

/**
 * The file of a seed that is given, as a path or by its digest.
 *
 * @throws SdkError SDK_SEED when the root keeps none of that digest: what the seed says of flags could not be read
 */
function givenBy(seed: string | undefined, root: string): string | undefined {
  const sha256 = digestOfSeed(seed ?? '')
  if (sha256 === undefined) return seed
  const file = givenSeed(root, sha256)
  if (existsSync(file)) return file
  throw new SdkError('SDK_SEED', `the seed ${seed} is not there: it is not ${file}`, {
    hint: `a spec takes nothing from a store by itself: ${quotedCommand(['store', 'pull', sha256, path.dirname(file), '--store', 'oci://HOST/NAME'])} puts it there`,
  })
}

function findSeed(settings: Settings, root: string): string | undefined {
  const subpath = settings.one('source_subpath')
  if (subpath === undefined) return undefined
  const found = findSource(path.join(root, 'builds'), subpath)
  if ('file' in found) return found.file
  settings.wrong('source_subpath', found.problem)
  return undefined
}

async function readEnvscript(
  settings: Settings,
  { envscript }: ConfValues,
): Promise<EnvscriptEffect | undefined> {
  if (envscript === undefined) return undefined
  const text = await envscriptText(settings, envscript)
  if (text === undefined) return undefined
  const exports = parseEnvscript({ file: envscript, text })
  settings.problems.push(...exports.problems)
  return envscriptEffect(envscript, exports)
}

/** Of the make.conf that catalyst finds before it writes its own: a confdir's has taken the place of the seed's. */
async function foundMakeConf(
  settings: Settings,
  { seed, target }: { seed: string | undefined; target: StageName },
): Promise<Record<string, string>> {
  const onLeftOut = noticeLeftOut(settings, target)
  const confdir = settings.one('portage_confdir')
  const own = confdir === undefined ? undefined : confdirMakeConf(confdir, onLeftOut)
  return own ?? (seed === undefined ? {} : await seedMakeConf(seed, onLeftOut))
}
