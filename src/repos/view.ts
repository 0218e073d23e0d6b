// Ebuild repos as a stage sees them: each at its place, links followed as Portage follows them, also from one repo into
// another. What lies in none of them is the root's, and not looked at.

import { lstatSync, readlinkSync, type Stats } from 'node:fs'
import path from 'node:path'
import { namesIn } from '../files/place.js'
import { othersTurn } from '../files/turn.js'

/** A repo and its place in a stage. */
export interface PlacedRepo {
  /** Where the stage has it, absolute. */
  readonly location: string
  /** The tree on this machine. */
  readonly path: string
}

/** What a path of a stage is, links followed. */
export interface Seen {
  /** The path, as it was asked for. */
  readonly at: string
  /** `nowhere`: a link that leads to nothing, or out of the repos. */
  readonly kind: 'file' | 'folder' | 'other' | 'nowhere'
  /** Where it is on this machine. */
  readonly host: string
  /** The link's text, where it is one. */
  readonly link?: string
  readonly isExecutable: boolean
}

/** As many links as the kernel follows in one path. */
const MOST_LINKS = 40

/** Where `at` is on this machine; undefined outside the repos. The innermost repo has it, should one lie in another. */
function hostOf(repos: readonly PlacedRepo[], at: string): string | undefined {
  const around = repos.filter(({ location }) => at === location || at.startsWith(`${location}/`))
  const [repo] = around.sort((a, b) => b.location.length - a.location.length)
  return repo && path.join(repo.path, at.slice(repo.location.length))
}

/** `at` without links on its way and at its end; undefined when it leads out of the repos or to nothing. */
function follow(repos: readonly PlacedRepo[], at: string): string | undefined {
  const rest = at.split('/')
  let done = ''
  for (let links = 0; rest.length > 0; ) {
    const name = rest.shift() ?? ''
    if (name === '' || name === '.') continue
    const next = name === '..' ? path.posix.dirname(done) : `${done}/${name}`
    const host = name === '..' ? undefined : hostOf(repos, next)
    const info = host === undefined ? undefined : infoOf(host)
    if (host !== undefined && info === undefined) return undefined
    // A repo's own place is what is mounted there.
    const isLink = info?.isSymbolicLink() === true && !repos.some(({ location }) => location === next)
    if (!isLink) {
      done = next === '/' ? '' : next
      continue
    }
    links += 1
    if (links > MOST_LINKS) return undefined
    const target = readlinkSync(host ?? '')
    if (target.startsWith('/')) done = ''
    rest.unshift(...target.split('/'))
  }
  return hostOf(repos, done) === undefined ? undefined : done
}

/** What is at `at`, a path of the stage; undefined when nothing is. */
function see(repos: readonly PlacedRepo[], at: string): Seen | undefined {
  const own = hostOf(repos, at)
  const first = own === undefined ? undefined : infoOf(own)
  if (own === undefined || first === undefined) return undefined
  if (!first.isSymbolicLink()) return { at, host: own, ...kindOf(first) }
  const link = readlinkSync(own)
  const real = follow(repos, at)
  const host = real === undefined ? undefined : hostOf(repos, real)
  if (host === undefined) return { at, host: own, link, kind: 'nowhere', isExecutable: false }
  return { at, host, link, ...kindOf(lstatSync(host)) }
}

function infoOf(file: string): Stats | undefined {
  try {
    return lstatSync(file)
  } catch {
    return undefined
  }
}

const kindOf = (info: Stats): Pick<Seen, 'kind' | 'isExecutable'> => ({
  kind: info.isFile() ? 'file' : info.isDirectory() ? 'folder' : 'other',
  isExecutable: info.isFile() && (info.mode & 0o111) !== 0,
})

/** What is in the folder at `at`, in the order of the names; nothing where none is. */
export async function list(repos: readonly PlacedRepo[], at: string): Promise<Seen[]> {
  await othersTurn()
  const real = follow(repos, at)
  const host = real === undefined ? undefined : hostOf(repos, real)
  const names = host === undefined ? [] : namesIn(host)
  const found: Seen[] = []
  for (const name of names.sort()) {
    const seen = see(repos, `${real}/${name}`)
    if (seen !== undefined) found.push({ ...seen, at: `${at}/${name}` })
  }
  return found
}

/** `seen`, and all that is below it; a folder that a link leads back into is not entered again. */
export async function* walk(
  repos: readonly PlacedRepo[],
  seen: Seen,
  above: readonly string[] = [],
): AsyncGenerator<Seen> {
  yield seen
  if (seen.kind !== 'folder' || above.includes(seen.host)) return
  for (const each of await list(repos, seen.at)) yield* walk(repos, each, [...above, seen.host])
}
