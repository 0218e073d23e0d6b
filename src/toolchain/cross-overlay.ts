// Plans the overlay of a cross toolchain as crossdev makes it: a repo whose categories `cross-CHOST` are links to the
// native ebuilds, and the Portage configuration of each. Planning is pure; writing is in write-entries.ts.

import { dirname, join, relative } from 'node:path'
import { SdkError } from '../errors.js'
import { parseTuple, type Tuple } from './tuple.js'

/** Something to make below a directory: a file with its text, or a symbolic link. */
export type PlannedEntry = { path: string; text: string } | { path: string; link: string }

/** One package of a toolchain. `target` packages hold files for the target, `tool` packages run on the build machine. */
export interface CrossPackage {
  /** `category/name` of the native ebuilds. */
  source: string
  runs: 'tool' | 'target'
}

/** What a GNU toolchain for Linux is made of, in the order in which crossdev builds it. */
export const TOOLCHAIN_PACKAGES: readonly CrossPackage[] = [
  { source: 'sys-devel/binutils', runs: 'tool' },
  { source: 'sys-kernel/linux-headers', runs: 'target' },
  { source: 'sys-libs/glibc', runs: 'target' },
  { source: 'sys-devel/gcc', runs: 'tool' },
]

/** Name of the overlay's repo, which is Flatcar's. */
const NAME = 'x-crossdev'

/** Category of a target's packages. */
export const crossCategory = (chost: string): string => `cross-${chost}`

/** What {@link planCrossOverlay} needs to know. */
export interface CrossOverlayInput {
  /** Where the overlay will be, absolute as Portage sees it. */
  location: string
  /** CHOST of each target. */
  targets: readonly string[]
  /** Names of the repos whose eclasses it uses, in layout.conf's order. */
  masters: readonly string[]
  /** `category/name` → location of the repo that has it, absolute as Portage sees it. */
  sources: ReadonlyMap<string, string>
  packages?: readonly CrossPackage[]
}

/**
 * The files and links of the overlay, paths relative to its location, in byte order. Links are relative, so that the
 * overlay works wherever the whole root is looked at from.
 *
 * @throws SdkError SDK_DEFINITION for a target that is not a CHOST, SDK_REPO when no repo has one of the packages
 */
export function planCrossOverlay(input: CrossOverlayInput): PlannedEntry[] {
  const { packages = TOOLCHAIN_PACKAGES } = input
  const categories = input.targets.map((target) => crossCategory(parseTuple(target).text))
  const entries: PlannedEntry[] = [
    { path: 'metadata/layout.conf', text: layoutConf(input.masters) },
    { path: 'profiles/repo_name', text: `${NAME}\n` },
    { path: 'profiles/eapi', text: '8\n' },
    {
      path: 'profiles/categories',
      text: [...categories]
        .sort()
        .map((line) => `${line}\n`)
        .join(''),
    },
  ]
  for (const category of categories) {
    for (const { source } of packages) {
      const path = `${category}/${source.slice(source.indexOf('/') + 1)}`
      const target = join(sourceOf(source, input), source)
      entries.push({ path, link: relative(dirname(join(input.location, path)), target) })
    }
  }
  return sortEntries(entries)
}

function sourceOf(source: string, { sources, targets }: CrossOverlayInput): string {
  const location = sources.get(source)
  if (location !== undefined) return location
  throw new SdkError('SDK_REPO', `no repo has ${source}, which a toolchain for ${targets.join(', ')} needs`, {
    hint: 'add the package to a repo of the SDK definition, or leave out its cross targets',
  })
}

const layoutConf = (masters: readonly string[]): string =>
  `masters = ${masters.join(' ')}\nrepo-name = ${NAME}\nuse-manifests = true\nthin-manifests = true\n`

/** What {@link planCrossConfig} needs to know of the build machine and of one target. */
export interface CrossConfigInput {
  /** CHOST of the build machine. */
  host: string
  target: string
}

/**
 * The Portage configuration of one target, paths relative to `/etc/portage`: keywords, a masked flag, and an environment
 * per package that says whose ABI it is built for.
 */
export function planCrossConfig(input: CrossConfigInput): PlannedEntry[] {
  const [host, target] = [parseTuple(input.host), parseTuple(input.target)]
  const category = crossCategory(target.text)
  const nameOf = ({ source }: CrossPackage): string => `${category}/${source.slice(source.indexOf('/') + 1)}`
  const lines = (line: (name: string) => string): string =>
    TOOLCHAIN_PACKAGES.map((item) => `${line(nameOf(item))}\n`).join('')
  const environments = TOOLCHAIN_PACKAGES.map((item) => ({
    path: `env/${nameOf(item)}.conf`,
    text: environment(item.runs, { host, target }),
  }))
  return sortEntries([
    {
      path: `package.accept_keywords/${category}`,
      text: lines((name) => `${name} ${keywords(host, target)}`),
    },
    { path: `package.env/${category}`, text: lines((name) => `${name} ${name}.conf`) },
    // One ABI per target: multilib would ask for libraries of ABIs that the sysroot does not have.
    { path: `profile/package.use.mask/${category}`, text: lines((name) => `${name} multilib`) },
    ...environments,
  ])
}

/** The target's keywords count, the build machine's do not: a package must be known to work for the target. */
function keywords(host: Tuple, target: Tuple): string {
  const [own, other] = [target.architecture.keyword, host.architecture.keyword]
  return own === other ? `${own} ~${own}` : `${own} ~${own} -${other} -~${other}`
}

function environment(runs: CrossPackage['runs'], { host, target }: { host: Tuple; target: Tuple }): string {
  const abi = (runs === 'target' ? target : host).architecture.keyword
  const targetAbi = target.architecture.keyword
  const values: [string, string][] = [['SYMLINK_LIB', 'no']]
  if (runs === 'tool')
    values.push(
      ['TARGET_ABI', targetAbi],
      ['TARGET_MULTILIB_ABIS', targetAbi],
      ['TARGET_DEFAULT_ABI', targetAbi],
    )
  // With one ARCH on both sides the target's CHOST is the one that counts, as crossdev loads it last.
  const sides = host.architecture.keyword === targetAbi ? [target] : [host, target]
  for (const { text, architecture } of sides) {
    const { keyword, cflags, libdir } = architecture
    values.push(
      [`CHOST_${keyword}`, text],
      [`CTARGET_${keyword}`, text],
      [`CFLAGS_${keyword}`, cflags],
      [`LDFLAGS_${keyword}`, ''],
      [`LIBDIR_${keyword}`, libdir],
    )
  }
  values.push(['ABI', abi], ['MULTILIB_ABIS', abi], ['DEFAULT_ABI', abi])
  // Two toolchains may install debug files of one build id; the collision is harmless.
  const collisions = `COLLISION_IGNORE="\${COLLISION_IGNORE} /usr/lib/debug/.build-id"\n`
  return collisions + values.map(([name, value]) => `${name}='${value}'\n`).join('')
}

const sortEntries = (entries: PlannedEntry[]): PlannedEntry[] =>
  entries.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
