// From the keys of sdk.toml to a definition. Pure: layers.ts and load.ts read the files.

import { dirname } from 'node:path'
import * as v from 'valibot'
import {
  PROFILE,
  type RepoPath,
  type SdkDefinition,
  type SeedDefinition,
  type StageDefinitions,
  type VersionSource,
} from '../definition.js'
import { didYouMean } from '../nearest.js'
import { definedPath, type PathBases } from '../paths.js'
import { parseProfile } from '../profile.js'
import type { StageName } from '../stages.js'
import { createPlacer, type Layers, mergeLayers, type Table } from './layers.js'
import { describe, type KeyPath, type Problem, problemsError, showPath } from './problems.js'
import { checkRules } from './rules.js'
import { FORMAT, SDK_TOML, type SdkToml } from './schema.js'

/**
 * Checks the keys of a definition, those that it takes from others too.
 *
 * @param name what `name` has to be: the SDK was asked for by the name of its folder
 * @throws SdkError SDK_DEFINITION that lists everything that is wrong, each with its place
 */
export function parseSdkToml(layers: Layers, name?: string): SdkToml {
  const raw = mergeLayers(layers)
  const result = v.safeParse(SDK_TOML, raw)
  const problems = formatProblem(raw) ?? [...(result.issues ?? []).map(toProblem)]
  if (problems.length === 0 || raw.format === FORMAT) {
    problems.push(...checkRules(result.output as SdkToml, problems), ...nameProblem(raw, name))
  }
  if (problems.length === 0) return result.output as SdkToml
  const find = createPlacer(layers)
  throw problemsError(problems, find)
}

/** A file of another format has other keys: its format is then the only thing worth saying. */
function formatProblem(raw: Table): Problem[] | undefined {
  const format = raw.format
  if (typeof format !== 'number' || format === FORMAT) return undefined
  return [
    { path: ['format'], message: `format: expected ${FORMAT}, which this program reads, found ${format}` },
  ]
}

function nameProblem(raw: Table, name: string | undefined): Problem[] {
  const found = raw.name
  if (name === undefined || typeof found !== 'string' || found === name) return []
  return [
    {
      path: ['name'],
      message: `name: expected "${name}", as the folder is called, found ${describe(found)}`,
    },
  ]
}

/** What is wrong, from an issue of a schema that is made of `table` (schema.ts). */
export function toProblem(issue: v.BaseIssue<unknown>): Problem {
  const path = (issue.path ?? []).map((item) => item.key) as KeyPath
  const key = path.at(-1)
  if (issue.type === 'never') {
    const known = issue.message.split(' ')
    const advice = didYouMean(String(key), known) || `; expected one of ${known.join(', ')}`
    return { path, message: `unknown key ${showPath(path)}${advice}` }
  }
  if (issue.type === 'object_with_rest') {
    return { path, message: `missing key ${showPath(path)}: expected ${issue.message}` }
  }
  return { path, message: `${showPath(path)}: expected ${issue.message}, found ${describe(issue.input)}` }
}

/** Makes the definition of checked keys: paths become absolute, stages and profiles get their full names. */
export function toDefinition(
  toml: SdkToml,
  file: string,
  { version, scripts }: { version: VersionSource; scripts?: string | undefined },
): SdkDefinition {
  const dir = dirname(file)
  const places = { dir, scripts }
  const main = toml.repos.find((repo) => repo.main)?.name ?? ''
  const profile = parseProfile(toml.profile)
  return {
    file,
    dir,
    name: toml.name,
    type: toml.type,
    version,
    arch: toml.arch,
    archName: toml.arch,
    chost: toml.chost,
    profile: `${profile?.repo ?? main}:${profile?.path}`,
    stages: toml.stages.map((stage): StageName => `stage${stage}`),
    compression: toml.compression,
    cflags: toml.cflags,
    cxxflags: toml.cxxflags,
    ldflags: toml.ldflags,
    ...optional('sourceDate', toml.source_date),
    features: toml.features,
    ...optional('portageConfdir', pathIn(toml.portage_confdir, places)),
    ...optional('portagePatches', repoPath(toml.portage_patches)),
    interpreter: toml.interpreter,
    repos: toml.repos.map(({ name, path, archive, location = archive, main: isMain, program }) => ({
      ...{ name, path: definedPath(path, places), archive, location, main: isMain },
      ...optional('program', program),
      ...optional('junk', toml.repo_junk),
    })),
    stage: toStages(toml, { places, main }),
    cross: toml.cross,
    carry: Object.entries(toml.carry).map(([key, globs]) => ({ profile: key, globs })),
    seed: toSeed(toml, places),
    ...WITHOUT_KEYS,
  }
}

/** What no key of the file says. */
const WITHOUT_KEYS = {
  makeConf: {},
  environment: {},
  places: {},
  remove: [],
  portageOwned: [],
  configuration: {},
  release: true,
} as const satisfies Partial<SdkDefinition>

/** An object with the key, or without it when there is no value: `exactOptionalPropertyTypes`. */
const optional = <K extends string, T>(key: K, value: T | undefined): { [key in K]?: T } =>
  value === undefined ? {} : ({ [key]: value } as { [key in K]: T })

/** `repo:path`; the schema has checked it. */
function repoPath(text: string | undefined): RepoPath | undefined {
  if (text === undefined) return undefined
  const colon = text.indexOf(':')
  return { repo: text.slice(0, colon), path: text.slice(colon + 1) }
}

const pathIn = (text: string | undefined, places: PathBases): string | undefined =>
  text === undefined ? undefined : definedPath(text, places)

function toStages(
  { stage1, stage2, stage3, stage4 }: SdkToml,
  { places, main }: { places: PathBases; main: string },
): StageDefinitions {
  const { packages, use, unmerge, rcadd, rcdel, groups, users, crossdev, empty, rm } = stage4
  const overlay = pathIn(stage4.root_overlay, places)
  return {
    stage1: {
      use: stage1.use,
      ...optional('profile', fullProfile(stage1.profile, main)),
      repos: stage1.repos,
      updateSeed: stage1.update_seed,
      updateSeedOptions: stage1.update_seed_options,
      ...optional('hooks', stage1.hooks),
    },
    stage2,
    stage3,
    stage4: {
      ...{ packages, use, unmerge, rcadd, rcdel, groups, users, crossdev, empty, rm },
      rootOverlays: overlay === undefined ? [] : [{ path: overlay, owners: 'root' }],
      ...optional('releaseFiles', pathIn(stage4.release_files, places)),
      ...optional('fsscript', pathIn(stage4.fsscript, places)),
      sshPublicKeys: stage4.ssh_public_keys.map((key) => {
        const [user = '', ...file] = key.split('=')
        return { user, file: definedPath(file.join('='), places) }
      }),
      archiveRepos: stage4.archive_repos,
    },
  }
}

/** `repo:path` of a profile of the main repo too; one that begins with the run's profile has its repo. */
function fullProfile(profile: string | undefined, main: string): string | undefined {
  if (profile === undefined || profile.includes(':') || profile.startsWith(PROFILE)) return profile
  return `${main}:${profile}`
}

function toSeed({ seed, type }: SdkToml, places: PathBases): SeedDefinition {
  const groups = seed.distribution?.groups
  return {
    osReleaseId: seed.os_release_id ?? type,
    urls: seed.urls,
    ...(seed.keyring === '' ? {} : { keyring: definedPath(seed.keyring, places) }),
    ...(groups === undefined ? {} : { distribution: { groups: definedPath(groups, places) } }),
  }
}
