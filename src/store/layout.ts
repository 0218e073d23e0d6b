// Where everything lives below the catalyst root: names only, no file is touched here.
//
// builds/TYPE/stageN-ARCH-VERSION.tar.{zst,bz2,xz,gz}   a finished stage; beside it, same name + .CONTENTS.gz .DIGESTS .lineage.gz .record.json
// builds/TYPE/stageN-ARCH-latest.tar.*                  relative link to the newest one; for people, never an input
// builds/TYPE/TYPE-ARCH-VERSION.tar.*                   the release: hard links to the last stage, with its own DIGESTS
// log/TYPE/VERSION/journal.jsonl                        the events of a version's runs
// log/TYPE/VERSION/report.html                          the same as a page for people
// log/TYPE/VERSION/request-ARCH.json                    what its runs were asked
// log/TYPE/{times-ARCH.jsonl,versions-ARCH.txt}         what packages and stages took, in runs of any version (build-times.ts); version-order.ts
// log/TYPE/stageN-ARCH-VERSION/                         one log per package
// packages/TYPE/.stageN-ARCH/KEY/                       binary packages of a stage, by all that makes an older one wrong
// packages/TYPE/stageN-ARCH[-VERSION]/                  those of a spec's runs with option pkgcache: catalyst's folder
// packages/TYPE/.answers-ARCH/FIRSTSEED/               answers of configure scripts, of all stages that go back to one seed
// distfiles/                                            sources
// seeds/                                                distribution seeds, wheels, carried packages
// .cache/sdks/                                          SDKs that were downloaded as seeds
// kept/NAME/                                            what `enter --keep NAME` keeps
// store/                                                unpacked trees (trees.ts), copies of repos, what `plan --packages` keeps
// work/TYPE/stageN-ARCH-VERSION/                        the running or failed attempt at a stage; beside TYPE, temporary folders (temporary.ts)
// locks/                                                kernel locks; an empty or old file means nothing

import { createHash } from 'node:crypto'
import path from 'node:path'
import { SdkError } from '../errors.js'
import { COMPRESSIONS, type Compression } from '../sdk/definition.js'

/**
 * Mode of the folders of a catalyst root in which unpacked trees are, or will be: those hold programs of any version with
 * set-user-ID bits, and keys. Other users of the machine read results: `builds`, `log`, `packages` and `distfiles`.
 */
export const PRIVATE = 0o700

/** What a folder directly below a catalyst root is to those who look at the root as a whole. */
interface RootFolder {
  /** A file in it means that somebody has got something out of the root, or put something into it. */
  readonly isProof: boolean
  /** `clean` empties it: what it holds can be made again. */
  readonly isCleaned: boolean
}

/** All folders directly below a catalyst root, in the order in which they are removed: locks are held to the end. */
export const ROOT_FOLDERS = {
  builds: { isProof: true, isCleaned: false },
  log: { isProof: false, isCleaned: false },
  store: { isProof: false, isCleaned: true },
  packages: { isProof: true, isCleaned: true },
  distfiles: { isProof: true, isCleaned: false },
  seeds: { isProof: true, isCleaned: false },
  '.cache': { isProof: true, isCleaned: false },
  kept: { isProof: true, isCleaned: false },
  work: { isProof: true, isCleaned: true },
  locks: { isProof: false, isCleaned: false },
} as const satisfies Readonly<Record<string, RootFolder>>

/** Name of a folder directly below a catalyst root. */
export type RootFolderName = keyof typeof ROOT_FOLDERS

/** The folders that `fits` fits, in the order of {@link ROOT_FOLDERS}. */
export const rootFolders = (fits: (folder: RootFolder) => boolean = () => true): RootFolderName[] =>
  (Object.keys(ROOT_FOLDERS) as RootFolderName[]).filter((name) => fits(ROOT_FOLDERS[name]))

/** The path of the folder `name` of the catalyst root `root`, or of `below` in it. */
export const inRoot = (root: string, name: RootFolderName, ...below: readonly string[]): string =>
  path.join(root, name, ...below)

/** Paths of the parts of the store, but for the kept answers of `plan --packages`. */
export interface StorePaths {
  store: string
  trees: string
  layers: string
  scratch: string
  /** Copies of the checkouts' repos, by digest; the repos room fills it. */
  repos: string
  /** Digests that were taken before (known-digest.ts). */
  digests: string
}

/** The parts of the store in the folder `store`. */
export function storePaths(store: string): StorePaths {
  const part = (name: string): string => path.join(store, name)
  return {
    store,
    ...{ trees: part('trees'), layers: part('layers'), scratch: part('scratch') },
    ...{ repos: part('repos'), digests: part('digests') },
  }
}

/** What `plan --packages` keeps in the folder `store`: generated metadata of repos, and package databases. */
export const forecastPaths = (store: string): { readonly metadata: string; readonly databases: string } => ({
  metadata: path.join(store, 'md5-cache'),
  databases: path.join(store, 'databases'),
})

/** The logs that the engine itself writes of a stage, in the order of a run, in the stage's folder of logs. */
export const STAGE_LOGS = ['hooks.log', 'prepare.log', 'run.log'] as const

/** What the names of archives of each compression end with. */
export const SUFFIXES: Readonly<Record<Compression, string>> = {
  ...{ zstd: '.tar.zst', bz2: '.tar.bz2', xz: '.tar.xz', gz: '.tar.gz' },
}

/** The compression that the name of an archive promises; undefined when it is not a name of one. */
export const compressionOf = (name: string): Compression | undefined =>
  COMPRESSIONS.find((compression) => name.endsWith(SUFFIXES[compression]))

/** The compression of an archive that a {@link Layout} has named. */
export function compressionOfArchive(file: string): Compression {
  const compression = compressionOf(file)
  if (compression === undefined) throw new Error(`${file} is not named as an archive`)
  return compression
}

/** What the names are made of. `arch` and `version` are each one path component. */
export interface LayoutNames {
  /** The catalyst root: absolute, without symlinks (the caller resolves it). */
  root: string
  /** Release type, e.g. `flatcar-sdk`; catalyst's may be several components, joined by slashes. */
  type: string
  arch: string
  version: string
}

/** Absolute paths of one version of one SDK below one catalyst root. `stage` is `stage1` … `stage4`. */
export interface Layout extends Readonly<LayoutNames> {
  /** Directory of the stage archives and the release. */
  readonly builds: string
  archive(stage: string, compression: Compression): string
  latestLink(stage: string, compression: Compression): string
  release(compression: Compression): string
  stageLog(stage: string): string
  readonly journal: string
  /** The journal as a page, beside it; and what the runs were asked, for those that go on with them. */
  readonly report: string
  readonly asked: string
  /** What packages and stages took, in runs of any version. */
  readonly times: string
  /**
   * Binary packages of `stage`; `key` is the digest that they are valid for. Not below catalyst's folder of the stage, in which
   * Portage looks for packages at any depth.
   */
  packages(stage: string, key: string): string
  /**
   * What configure scripts have found out, for any stage of any version: each file there is named by all that its contents
   * depend on, so nobody has to decide which of them are valid.
   */
  answers(firstSeed: string): string
  /** What `enter --keep NAME` keeps. */
  kept(name: string): string
  readonly distfiles: string
  /** Seeds that were made here, and what goes with them. */
  readonly seeds: string
  /** What stage 1 carries over for stage 4 of a chain whose first seed has the digest `firstSeed`. */
  carried(firstSeed: string): string
  /** SDKs that were downloaded as seeds. */
  readonly sdks: string
  /** Folder of all locks. */
  readonly locks: string
  /** The store of unpacked trees. */
  readonly store: string
  /** Folder of the attempts of all versions; `work`: the one at a stage of this version. */
  readonly attempts: string
  work(stage: string): string
  /** Held exclusively by a run of this version. */
  readonly versionLock: string
  /** Held shared by every run that uses the store, exclusively by who empties it. */
  readonly storeLock: string
  /** Lock of a folder of binary packages, which may be the user's own. */
  packagesLock(folder: string): string
}

/** Paths of the files beside `archive`, a stage's or the release; `lineage` (lineage-file.ts) is a stage's alone. */
export function sideFiles(archive: string) {
  return {
    contents: `${archive}.CONTENTS.gz`,
    digests: `${archive}.DIGESTS`,
    record: `${archive}.record.json`,
    lineage: `${archive}.lineage.gz`,
  }
}

/**
 * The layout for `names`.
 *
 * @throws SdkError SDK_USAGE when a name is no plain path component or the root is not absolute
 */
export function createLayout(names: LayoutNames): Layout {
  const { root, type, arch, version } = names
  if (!path.isAbsolute(root) || path.normalize(root) !== root || root === '/') {
    throw new SdkError('SDK_USAGE', `the catalyst root must be an absolute path and not /: ${root}`)
  }
  for (const what of ['arch', 'version'] as const) component(names[what], what)
  if (!isTypeName(type)) throw notInNames('type', type)
  const builds = inRoot(root, 'builds', type)
  const seeds = inRoot(root, 'seeds')
  const locks = inRoot(root, 'locks')
  const attempts = inRoot(root, 'work', type)
  const logs = (...below: readonly string[]): string => inRoot(root, 'log', type, ...below)
  const stageName = (stage: string, stamp: string): string => `${component(stage, 'stage')}-${arch}-${stamp}`
  return {
    ...{ root, type, arch, version, builds },
    archive: (stage, compression) =>
      path.join(builds, `${stageName(stage, version)}${SUFFIXES[compression]}`),
    latestLink: (stage, compression) =>
      path.join(builds, `${stageName(stage, 'latest')}${SUFFIXES[compression]}`),
    release: (compression) =>
      path.join(builds, `${path.basename(type)}-${arch}-${version}${SUFFIXES[compression]}`),
    stageLog: (stage) => logs(stageName(stage, version)),
    journal: logs(version, 'journal.jsonl'),
    report: logs(version, 'report.html'),
    asked: logs(version, `request-${arch}.json`),
    times: logs(`times-${arch}.jsonl`),
    packages: (stage, key) =>
      inRoot(root, 'packages', type, `.${component(stage, 'stage')}-${arch}`, component(key, 'key')),
    answers: (firstSeed) => inRoot(root, 'packages', type, `.answers-${arch}`, firstSeed.slice(0, 16)),
    kept: (name) => inRoot(root, 'kept', component(name, 'key')),
    ...{ distfiles: inRoot(root, 'distfiles'), seeds },
    carried: (firstSeed) => path.join(seeds, `carried-${firstSeed.slice(0, 16)}`),
    sdks: inRoot(root, '.cache', 'sdks'),
    locks,
    store: inRoot(root, 'store'),
    attempts,
    work: (stage) => path.join(attempts, stageName(stage, version)),
    versionLock: path.join(locks, `${type.replaceAll('/', '-')}-${arch}-${version}.lock`),
    storeLock: path.join(locks, 'store.lock'),
    packagesLock: (folder) =>
      path.join(locks, `packages-${createHash('sha256').update(folder).digest('hex').slice(0, 32)}.lock`),
  }
}

/** Longest accepted, in characters: the longest name, a record's temporary, must fit a file name (255 bytes). */
const LONGEST = { type: 40, arch: 32, version: 100, stage: 16, key: 64 }

/** Whether `value` can be a part of file names: letters, digits and `. _ + -`, not too long. */
export const isNamePart = (value: string, what: keyof typeof LONGEST): boolean =>
  /^[A-Za-z0-9][A-Za-z0-9._+-]*$/.test(value) && value.length <= LONGEST[what]

/** Whether `value` can be a type: parts of file names, joined by slashes. */
export const isTypeName = (value: string): boolean =>
  value.length <= LONGEST.type && value.split('/').every((part) => isNamePart(part, 'type'))

function component(value: string, what: keyof typeof LONGEST): string {
  if (isNamePart(value, what)) return value
  throw notInNames(what, value)
}

const notInNames = (what: keyof typeof LONGEST, value: string): SdkError =>
  new SdkError(
    'SDK_USAGE',
    `${what} ${JSON.stringify(value.slice(0, 120))} cannot be part of a file name: expected 1 to ${LONGEST[what]} of A-Z a-z 0-9 . _ + -, beginning with a letter or digit`,
  )
