// What the packages of ebuild repos are built from, as digests: for each package its folders, cache entries and eclasses;
// and one of all that is nobody's own.

import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { SdkError } from '../errors.js'
import { sha256File } from '../store/digest/digest.js'
import { cachedEclasses, type Reads, readsOf } from './ebuild-text.js'
import { isUnread, nameOf, type SortedRepos, sortOut } from './sort-out.js'
import { list, type PlacedRepo, type Seen, walk } from './view.js'

/** Digest, in hex, of what all ebuilds of the repo at `tree` may read; a link out of it counts by its text. */
export async function sharedDigest(tree: string): Promise<string> {
  const repos = [{ location: '/repo', path: tree }]
  return (await digestAll(repos, (await sortOut(repos)).shared)).digest
}

/** Digests of what packages are built from. */
export interface PackageSources {
  /** By `category/name`, of all repos together: another version of a package counts as it, and so does an overlay's. */
  readonly packages: ReadonlyMap<string, string>
  /** Of what is no package's own: profiles, licences, scripts, whatever else is there. */
  readonly shared: string
}

/** Reads `repos`, all that a stage has, whole. */
export async function packageSources(repos: readonly PlacedRepo[]): Promise<PackageSources> {
  const sorted = await sortOut(repos)
  const shared = (await digestAll(repos, sorted.shared)).digest
  const own = await digestEach(repos, sorted.packages, isText)
  const cached = await digestEach(repos, sorted.cached)
  const eclasses = withReads(await digestEach(repos, sorted.eclasses))
  const everything = sha256([shared, ...digestsOf(own), ...digestsOf(eclasses)].join(' '))
  const packages = new Map<string, string>()
  for (const [cp, { digest, text }] of own) {
    const entry = cached.get(cp)
    const ownReads = readsOf(text)
    const used = usedEclasses(ownReads, entry?.text ?? '', eclasses)
    const reads = [ownReads, ...used.flatMap((name) => eclasses.get(name)?.reads ?? [])]
    const parts = [
      ...[digest, entry?.digest ?? ''],
      ...used.map((name) => `${name} ${eclasses.get(name)?.digest}`),
      ...(reads.some(({ anyFile }) => anyFile) ? [everything] : []),
    ]
    packages.set(cp, sha256(parts.join('\0')))
  }
  return { packages, shared }
}

/**
 * The same by ebuild (`category/name-version`), of itself and the `files` beside it: other versions do not count, nor does what
 * ebuilds share.
 */
export async function ebuildSources(repos: readonly PlacedRepo[]): Promise<PackageSources> {
  const packages = new Map<string, string>()
  for (const [cp, folders] of (await sortOut(repos)).packages)
    for (const folder of folders) {
      const parts = await list(repos, folder.at)
      const files = await digestAll(
        repos,
        parts.filter((part) => nameOf(part) === 'files'),
      )
      for (const ebuild of parts.filter(({ at }) => at.endsWith(EBUILD))) {
        const cpv = `${cp.slice(0, cp.indexOf('/'))}/${nameOf(ebuild).slice(0, -EBUILD.length)}`
        const { digest } = await digestAll(repos, [ebuild])
        packages.set(cpv, sha256([packages.get(cpv) ?? '', digest, files.digest].join(' ')))
      }
    }
  return { packages, shared: '' }
}

/** What the names of ebuilds end with. */
const EBUILD = '.ebuild'

interface Digested {
  readonly digest: string
  /** Of ebuilds, eclasses and cache entries: what names other files. */
  readonly text: string
}

type DigestedByName = ReadonlyMap<string, Digested>

const digestsOf = (all: DigestedByName): string[] => [...all.values()].map(({ digest }) => digest)

async function digestEach(
  repos: readonly PlacedRepo[],
  all: SortedRepos['packages'],
  isLeftOut?: LeavesOut,
): Promise<Map<string, Digested>> {
  const digested = new Map<string, Digested>()
  for (const [name, seen] of all) digested.set(name, await digestAll(repos, seen, isLeftOut))
  return digested
}

type LeavesOut = (seen: Seen, root: Seen) => boolean

/** Directly in a package's folder nobody reads it; in one of a profile Portage does, an ebuild whatever is in `files`. */
const isText: LeavesOut = (seen, root) => isUnread(nameOf(seen)) && parentOf(seen) === root.at

async function digestAll(
  repos: readonly PlacedRepo[],
  all: readonly Seen[],
  isLeftOut: LeavesOut = () => false,
): Promise<Digested> {
  const hash = createHash('sha256')
  const texts: string[] = []
  for (const root of all)
    for await (const seen of walk(repos, root)) {
      if (isLeftOut(seen, root)) continue
      const mark = seen.isExecutable ? 'x' : seen.kind
      hash.update(`${mark} ${seen.at.slice(parentOf(root).length)}\0${seen.link ?? ''}\0`)
      if (seen.kind !== 'file') continue
      const { size } = statSync(seen.host)
      if (size > MOST_TEXT) {
        // A distfile in the tree, for one. What a script of such a length reads is not found out.
        if (NAMES_FILES.test(seen.at))
          throw new SdkError('SDK_REPO', `${seen.host}: expected at most ${MOST_TEXT} bytes, found ${size}`, {
            hint: 'no ebuild, eclass or cache entry is so long',
          })
        hash.update(Buffer.from(await sha256File(seen.host), 'hex'))
        continue
      }
      const bytes = readFileSync(seen.host)
      hash.update(createHash('sha256').update(bytes).digest())
      if (NAMES_FILES.test(seen.at)) texts.push(bytes.toString('utf8'))
    }
  return { digest: hash.digest('hex'), text: texts.join('\n') }
}

/** Larger files are digested piece by piece. */
const MOST_TEXT = 4 * 2 ** 20

const NAMES_FILES = /\.(?:ebuild|eclass)$|\/metadata\/(?:md5-)?cache\//

const parentOf = ({ at }: Seen): string => at.slice(0, at.lastIndexOf('/'))

type Eclasses = ReadonlyMap<string, Digested & { readonly reads: Reads }>

/** Each eclass with what it reads, which is asked for by many packages. */
const withReads = (eclasses: DigestedByName): Eclasses =>
  new Map([...eclasses].map(([name, each]) => [name, { ...each, reads: readsOf(each.text) }]))

/** The eclasses that a package has, those that these inherit among them, in the order of their names. */
function usedEclasses(own: Reads, cached: string, eclasses: Eclasses): string[] {
  const used = new Set<string>()
  const take = ({ eclasses: names, anyEclass }: Reads): void => {
    for (const name of anyEclass ? eclasses.keys() : names) {
      const eclass = eclasses.get(name)
      if (eclass === undefined || used.has(name)) continue
      used.add(name)
      take(eclass.reads)
    }
  }
  take(own)
  take({ eclasses: cachedEclasses(cached), anyEclass: false, anyFile: false })
  return [...used].sort()
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
