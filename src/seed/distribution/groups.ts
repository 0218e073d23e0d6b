// The map from a distribution's packages to Portage's: parsed, checked, and applied to an installed set.

import { realpath } from 'node:fs/promises'
import path from 'node:path'
import { parse } from 'smol-toml'
import * as v from 'valibot'
import { SdkError } from '../../errors.js'
import { problemOf } from '../../files/look.js'
import { readText } from '../../files/read.js'
import { globPattern } from '../../sdk/glob.js'
import { type DebPackage, portageVersion } from './dpkg.js'

const Strings = v.array(v.string())
const GroupSchema = v.strictObject({
  /** Portage's category/name. */
  package: v.pipe(v.string(), v.regex(/^[a-z0-9][\w+.-]*\/[A-Za-z0-9][\w+-]*$/)),
  /** Names or globs (`*`, `[0-9]`) of the distribution's packages. */
  debs: v.optional(Strings, []),
  /** Globs of files that the prepare script made for this group. */
  extra: v.optional(Strings, []),
  /** More packages it needs, beside what dpkg says. */
  depend: v.optional(Strings, []),
  /** Its version where no distribution package gives one. */
  version: v.optional(v.string()),
  /** Glob of the distribution package whose version it takes, without its files. */
  version_of: v.optional(v.string()),
  /** How many leading parts of its version are its slot, e.g. 2: 3.11; default: slot 0. */
  slot_parts: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  /** The repo it is generated into; default: the main repo. */
  repo: v.optional(v.string()),
})

const GroupFileSchema = v.strictObject({
  format: v.literal(1),
  /** What mmdebstrap installs, beside the distribution's essential packages. */
  include: Strings,
  /** Globs of files never unpacked (dpkg's path-exclude). */
  exclude_files: v.optional(Strings, []),
  /** Globs of distribution packages that take no part. */
  drop: v.optional(Strings, []),
  /** Ebuilds of the definition's own repos, taken into the seed's repos as they are. */
  copy: v.optional(Strings, []),
  /** A script run inside the root before the files are assigned. */
  prepare: v.string(),
  /** Version of Portage's wheel, its SHA-256, and patches of what is in it, beside this file. */
  portage: v.strictObject({
    version: v.string(),
    sha256: v.string(),
    patches: v.optional(Strings, []),
  }),
  group: v.array(GroupSchema),
})

/** The parsed groups file. */
export type GroupFile = v.InferOutput<typeof GroupFileSchema> & { file: string }

/** One package of the seed's generated repos. */
export interface SeedPackage {
  package: string
  version: string
  slot: string
  repo: string | undefined
  debs: DebPackage[]
  /** Globs of files made by the prepare script. */
  extra: string[]
  /** category/name of the packages it needs. */
  depends: string[]
}

/** Reads a groups file; one that is a link has its script beside what it leads to. @throws SdkError SDK_DEFINITION */
export async function readGroups(file: string): Promise<GroupFile> {
  const problem = await problemOf(file, 'file')
  if (problem !== undefined) throw unusable('seed.distribution.groups', problem, file)
  const groups = { ...(await parseGroups(file)), file: await realpath(file) }
  const parts = { prepare: [prepareScript(groups)], 'portage.patches': portagePatches(groups) }
  for (const [key, named] of Object.entries(parts))
    for (const each of named) {
      const lacking = await problemOf(each, 'file')
      if (lacking !== undefined) throw unusable(`${file}: ${key}`, lacking, each)
    }
  return groups
}

const unusable = (key: string, problem: string, place: string): SdkError =>
  new SdkError('SDK_DEFINITION', `${key}: ${problem} at ${place}`, {
    hint: 'docs/sdk-definition.md describes the groups file of a distribution seed',
  })

async function parseGroups(file: string): Promise<Omit<GroupFile, 'file'>> {
  try {
    return v.parse(GroupFileSchema, parse(await readText(file)))
  } catch (cause) {
    const where = cause instanceof v.ValiError ? ` (at ${v.getDotPath(cause.issues[0])})` : ''
    throw new SdkError('SDK_DEFINITION', `${file}${where}: ${(cause as Error).message}`, {
      hint: 'docs/sdk-definition.md describes the groups file of a distribution seed',
      cause,
    })
  }
}

/** The prepare script's path. */
export function prepareScript(groups: GroupFile): string {
  return path.join(path.dirname(groups.file), groups.prepare)
}

/** The paths of the patches of Portage, in their order. */
export const portagePatches = (groups: GroupFile): string[] =>
  groups.portage.patches.map((patch) => path.join(path.dirname(groups.file), patch))

/** Whether a text matches one of the shell patterns `globs`. */
export function globMatcher(globs: readonly string[]): (text: string) => boolean {
  const patterns = globs.map(globPattern)
  return (text) => patterns.some((pattern) => pattern.test(text))
}

/**
 * Assigns installed packages to groups. A package that no group names and that a named one needs becomes a group of its
 * own, by its source package (`dev-libs/SOURCE`); what nothing needs stays out.
 *
 * @throws SdkError SDK_DEFINITION when a group without a version matches nothing
 */
export function assignGroups(groups: GroupFile, installed: readonly DebPackage[]): SeedPackage[] {
  const isDropped = globMatcher(groups.drop)
  const usable = installed.filter((deb) => !isDropped(deb.name))
  const groupOf = new Map<DebPackage, string>()
  const named = groups.group.map((group) => {
    const isModel = globMatcher(group.version_of === undefined ? [] : [group.version_of])
    const model = usable.find((deb) => isModel(deb.name))
    const version = model === undefined ? group.version : portageVersion(model.version)
    const isNamed = globMatcher(group.debs)
    const debs = usable.filter((deb) => !groupOf.has(deb) && isNamed(deb.name))
    for (const deb of debs) groupOf.set(deb, group.package)
    return { ...group, debs, version }
  })
  for (const deb of usable) if (!groupOf.has(deb)) groupOf.set(deb, `dev-libs/${portageName(deb.source)}`)
  const providers = providersByName(usable)
  const needs = (debs: readonly DebPackage[]): string[] => {
    const found = debs
      .flatMap((deb) => deb.depends)
      .flatMap((any) => any.flatMap((name) => providers.get(name) ?? []).slice(0, 1))
    return [...new Set(found.map((deb) => groupOf.get(deb) as string))]
  }
  const result = new Map<string, SeedPackage>()
  const add = (seed: Omit<SeedPackage, 'depends'>, more: readonly string[]): void => {
    const depends = [...new Set([...needs(seed.debs), ...more])].filter((cp) => cp !== seed.package).sort()
    result.set(seed.package, { ...seed, depends })
    for (const cp of depends) if (!result.has(cp)) addAutomatic(cp)
  }
  const addAutomatic = (cp: string): void => {
    const debs = usable.filter((deb) => groupOf.get(deb) === cp)
    if (debs.length > 0 && !groups.group.some((group) => group.package === cp))
      add({ package: cp, version: versionOf(debs), slot: '0', repo: undefined, debs, extra: [] }, [])
  }
  for (const group of named) add(toSeedPackage(group, groups.file), group.depend)
  return [...result.values()].sort((a, b) => (a.package < b.package ? -1 : 1))
}

type NamedGroup = Omit<GroupFile['group'][number], 'debs' | 'version'> & {
  debs: DebPackage[]
  version: string | undefined
}

function toSeedPackage(group: NamedGroup, file: string): Omit<SeedPackage, 'depends'> {
  if (group.debs.length === 0 && group.version === undefined)
    throw new SdkError(
      'SDK_DEFINITION',
      `${file}: group ${group.package} matches no installed package and has no version`,
      {
        hint: 'name a package of this release in `debs`, add it to `include`, or give the group a `version`',
      },
    )
  const { package: name, repo, debs, extra, slot_parts: parts } = group
  const version = group.version ?? versionOf(debs)
  const slot = parts === undefined ? '0' : version.split('.').slice(0, parts).join('.')
  return { package: name, version, slot, repo, debs, extra }
}

/** The highest version among the packages that carry most files decides: meta packages have versions of their own. */
function versionOf(debs: readonly DebPackage[]): string {
  const main = [...debs].sort((a, b) => b.files.length - a.files.length)[0]
  return portageVersion(main?.version ?? '0')
}

/** A source package's name in PMS's grammar: no trailing part that could be read as a version. */
function portageName(source: string): string {
  return source.replace(/[^A-Za-z0-9_+-]/g, '_').replace(/-(\d)/g, '_$1')
}

function providersByName(debs: readonly DebPackage[]): Map<string, DebPackage[]> {
  const providers = new Map<string, DebPackage[]>()
  for (const deb of debs)
    for (const name of [deb.name, ...deb.provides]) providers.set(name, [...(providers.get(name) ?? []), deb])
  return providers
}
