// The keys of sdk.toml: their types, defaults and grammar. The message of each schema is what was expected, in words;
// rules.ts holds what concerns several keys at once.

import * as v from 'valibot'
import { ARCHS, CHOST_EXAMPLE } from '../architecture.js'
import { isCarryGlob } from '../carry.js'
import { COMPRESSIONS, PROFILE } from '../definition.js'
import { isPathTemplate } from '../paths.js'
import { parseProfile } from '../profile.js'
import { withSetting } from '../seed-urls.js'
import { parseDay } from '../source-date.js'
import { isVersionId } from '../version.js'
import * as grammar from './grammar.js'

/** The format that this program reads. */
export const FORMAT = 1

/** A string that passes `test`; else `expected` says what it should have been. */
export const text = (expected: string, test: (value: string) => boolean) =>
  v.pipe(v.string(expected), v.check(test, expected))

/** An array of such items. */
export const list = <T extends v.GenericSchema>(item: T, expected: string) => v.array(item, expected)

const words = (expected: string, test: (value: string) => boolean, defaults: string[]) =>
  v.optional(list(text(expected, test), `an array of strings, each ${expected}`), defaults)

/** Whether a value is a table. */
export const isTable = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

/**
 * A table with just these keys. An unknown key's issue has the type `never` and the known keys as its message; a
 * missing key's issue has the type `object_with_rest` and that key's expectation as its message.
 */
export const table = <T extends Record<string, v.GenericSchema & { message?: unknown }>>(entries: T) =>
  v.pipe(
    v.custom<Record<string, unknown>>(isTable, 'a table'),
    v.objectWithRest(entries, v.never(Object.keys(entries).join(' ')), (issue) =>
      String(entries[issue.expected?.slice(1, -1) ?? '']?.message ?? 'a value'),
    ),
  )

const flags = (defaults: string) =>
  v.optional(text('a string without quotes, "$", "`" and "\\"', grammar.isFlags), defaults)
const hostPath = text('a path', isPathTemplate)
const repoPath = text('"repo:path", a folder of a repo', grammar.isRepoPath)
const rootPath = (value: string): boolean => grammar.isAbsolutePath(value) && !/[*?[]/.test(value)
const ROOT_PATH = 'an absolute path inside the root, without "..", a final "/" or globs'
const bool = v.boolean('true or false')
const chost = text(`a CHOST such as "${CHOST_EXAMPLE}"`, grammar.isChost)
const SDK_NAME = 'lower-case letters, digits and "-", beginning with a letter'
const sdkName = text(`${SDK_NAME}, at most 100`, (name) => grammar.isSdkName(name) && name.length <= 100)
/** A part of all file names. */
const sdkType = text(`${SDK_NAME}, at most 40`, (name) => grammar.isSdkName(name) && name.length <= 40)
const isPackageArgument = (value: string): boolean => grammar.isAtom(value) || grammar.isSet(value)
const PACKAGE_ARGUMENT = 'an atom (category/package) or a set (@world)'
const profile = text(
  'a profile: "repo:path", or "path" in the main repo',
  (value) => parseProfile(value) !== undefined,
)
const isKeyOfUser = (value: string): boolean => {
  const [user = '', ...file] = value.split('=')
  return grammar.isAccount(user) && isPathTemplate(file.join('='))
}
const globs = words('a glob over category/package, perhaps with a leading "-"', isCarryGlob, [])

/** One of a few strings. */
export const oneOf = <const T extends readonly string[]>(values: T) =>
  v.picklist(values, `one of ${values.map((value) => JSON.stringify(value)).join(', ')}`)

const repo = table({
  name: text('a repository name as PMS has it (letters, digits, "_", "-")', grammar.isRepoName),
  path: hostPath,
  archive: text('an absolute path in the SDK', grammar.isAbsolutePath),
  location: v.optional(text('an absolute path in the SDK', grammar.isAbsolutePath)),
  main: v.optional(bool, false),
  program: v.optional(text('a package (category/package)', grammar.isPackage)),
})

const USE_WORD = 'a USE flag, perhaps with a leading "-", or "-*"'

const stage1 = table({
  use: words(USE_WORD, grammar.isUseWord, ['-*', 'build']),
  profile: v.optional(
    text(
      `a profile: "repo:path", "path" in the main repo, or "${PROFILE}/path"`,
      (value) => parseProfile(value.replace(PROFILE, 'x')) !== undefined,
    ),
  ),
  repos: v.optional(oneOf(['seed', 'checkout']), 'seed'),
  update_seed: v.optional(bool, false),
  update_seed_options: words('an option or argument of emerge', grammar.isEmergeWord, [
    '--update',
    '--deep',
    '--newuse',
    '@world',
  ]),
  hooks: v.optional(text('a path below the overlay, without ".."', grammar.isRelativePath)),
})

const SERVICE = 'a service, perhaps with "|" and a runlevel'

const stage4 = table({
  packages: words(PACKAGE_ARGUMENT, isPackageArgument, ['coreos-devel/sdk-depends']),
  use: words(USE_WORD, grammar.isUseWord, []),
  root_overlay: v.optional(hostPath),
  release_files: v.optional(hostPath),
  fsscript: v.optional(hostPath),
  unmerge: words('an atom (category/package)', grammar.isAtom, []),
  rcadd: words(SERVICE, grammar.isService, []),
  rcdel: words(SERVICE, grammar.isService, []),
  groups: words('the name of a group', grammar.isAccount, []),
  users: words('the name of a user, perhaps with "=" and groups, by commas', grammar.isUser, []),
  ssh_public_keys: words('the name of a user, "=" and a path', isKeyOfUser, []),
  crossdev: v.optional(bool, false),
  archive_repos: v.optional(bool, true),
  empty: words(ROOT_PATH, rootPath, ['/root', '/var/cache/edb']),
  rm: words(ROOT_PATH, rootPath, ['/etc/machine-id', '/etc/resolv.conf']),
})

const cross = table({
  chost,
  packages: words(
    'a package name without category and version, perhaps with "[USE flags]"',
    grammar.isCrossPackage,
    ['binutils', 'linux-headers', 'glibc', 'gcc'],
  ),
})

const URL_TEMPLATE =
  'a URL (http, https or file; or {NAME} of the settings file) with no placeholder but {version}, {arch}, {type}'
/** Placeholders of a seed URL. */
const PLACEHOLDER = /\{(?:version|arch|type)\}/g
const isUrlTemplate = (value: string): boolean =>
  /^(?:https?:\/\/[^/\s]+|file:\/\/)\/[^\s{}]*$/.test(
    withSetting(value, 'https://x').replaceAll(PLACEHOLDER, 'x'),
  )

const seed = table({
  os_release_id: v.optional(
    text('an os-release ID: a-z, 0-9, ".", "_", "-"', (id) => /^[a-z0-9._-]+$/.test(id)),
  ),
  urls: words(URL_TEMPLATE, isUrlTemplate, []),
  settings_file: v.optional(hostPath),
  keyring: v.optional(v.string('a path, or "" for none'), ''),
  distribution: v.optional(table({ groups: hostPath })),
})

const JUNK_PATTERN =
  'a name or a pattern of names (*, ?, […]), perhaps with a "/" before or behind it, or "default"'
const isJunkPattern = (text: string): boolean =>
  /^\/?[^/\p{Cc}]+\/?$/u.test(text) && !/^\/?\.{1,2}\/?$/.test(text)

/** The whole file. */
export const SDK_TOML = table({
  format: v.literal(FORMAT, `${FORMAT}`),
  name: sdkName,
  type: sdkType,
  // Followed when the file is read (layers.ts).
  extends: v.optional(hostPath),
  version_id: v.optional(text('numbers joined by dots, as in "1.0.0"', isVersionId)),
  version_file: v.optional(hostPath),
  arch: oneOf(ARCHS),
  chost,
  profile,
  stages: v.optional(
    list(v.picklist([1, 2, 3, 4], '1, 2, 3 or 4'), 'an array of stage numbers'),
    [1, 2, 3, 4],
  ),
  compression: v.optional(oneOf(COMPRESSIONS), 'zstd'),
  cflags: flags('-O2 -pipe'),
  cxxflags: flags('-O2 -pipe'),
  ldflags: flags('-Wl,-O2 -Wl,--as-needed'),
  source_date: v.optional(
    text('a day, "YYYY-MM-DD", from 1970 to 2445', (day) => parseDay(day) !== undefined),
  ),
  features: words('a word of FEATURES, perhaps with a leading "-"', grammar.isFeature, []),
  portage_confdir: v.optional(hostPath),
  portage_patches: v.optional(repoPath),
  interpreter: words('an absolute path', grammar.isAbsolutePath, []),
  repos: list(repo, 'an array of tables ([[repos]])'),
  repo_junk: v.optional(list(text(JUNK_PATTERN, isJunkPattern), `an array of strings, each ${JUNK_PATTERN}`)),
  stage1: v.optional(stage1, {}),
  stage2: v.optional(
    table({
      bootstrap: v.optional(
        text('a path below the main repo, without ".."', grammar.isRelativePath),
        'scripts/bootstrap.sh',
      ),
    }),
    {},
  ),
  stage3: v.optional(
    table({
      first: words('a package (category/package)', grammar.isPackage, []),
      packages: words(PACKAGE_ARGUMENT, isPackageArgument, ['@world']),
    }),
    {},
  ),
  stage4: v.optional(stage4, {}),
  cross: v.optional(list(cross, 'an array of tables ([[cross]])'), []),
  carry: v.optional(
    v.pipe(
      v.custom<Record<string, unknown>>(isTable, 'a table'),
      v.record(profile, table({ stage1: globs, stage2: globs, stage3: globs, stage4: globs })),
    ),
    {},
  ),
  seed: v.optional(seed, {}),
})

/** A file that the schema accepts. */
export type SdkToml = v.InferOutput<typeof SDK_TOML>
