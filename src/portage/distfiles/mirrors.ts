// Where a distfile may come from: what the user named first, then its own URIs, `mirror://` ones by what the host's
// package clients are set up to use or the repos say, and at last a look-up by name. No registry or mirror is written down here.

import { createHash } from 'node:crypto'
import { hasAptHelper } from '../../transfer/host-client.js'
import { type Place, PlaceError, placeOfUrl } from '../../transfer/place.js'
import { aptSourceIndex, type SourceIndex } from './apt-state.js'
import type { Distfile } from './distfile.js'
import { aptBases, pypiIndex } from './host-mirrors.js'
import { pypiUrl } from './pypi.js'
import { type ParsedUri, parseUri, restrictions } from './source-uri.js'

/** A place that cannot even be named, and why. */
export interface NoPlace {
  client: 'none'
  what: string
  reason: string
}

/** What the user and the repos say about mirrors. */
export interface MirrorOptions {
  /** What the user named: `mirror://NAME/path` is tried at `URL/path` first, several of one name in this order. */
  overrides?: readonly { name: string; url: string }[]
  /** GENTOO_MIRRORS: each has `distfiles/NAME`, in either layout that such mirrors use. */
  gentooMirrors?: readonly string[]
  /** `profiles/thirdpartymirrors` of the repos, by name. */
  thirdParty?: ReadonlyMap<string, readonly string[]>
  /** Directory for a private apt state, made when it is needed and emptied by {@link Mirrors.close}. */
  stateDirectory: string
  signal?: AbortSignal | undefined
}

/** Resolves places, asking the host's clients at most once each. */
export interface Mirrors {
  /** Places of `file`, the likeliest first. Lazy: a look-up that costs is made only when it is reached. */
  places(file: Distfile): AsyncGenerator<Place | NoPlace>
  close(): Promise<void>
}

/** Names that mean the archives of the host's distribution. */
const DISTRIBUTION = new Set(['debian', 'ubuntu', 'distribution'])

/** Makes the resolver; nothing is asked of the host before a place is wanted. */
export function createMirrors(options: MirrorOptions): Mirrors {
  const { overrides = [] } = options
  const host = hostOnce(options)
  return {
    async *places(file) {
      const parsed = file.uris.map(parseUri)
      const restricted = restrictions(file, parsed)
      const mirrors = [...(options.gentooMirrors ?? []), ...(file.mirrors ?? [])]
      const gentoo = restricted.mirror ? [] : [...gentooPlaces(mirrors, file.name)]
      for (const uri of parsed) if (uri.mirror !== undefined) yield* overridden(uri, overrides)
      if (!restricted.primaryFirst) yield* gentoo
      for (const uri of parsed)
        if (restricted.fetch && uri.freed === undefined) yield byHand(uri)
        else yield* directPlaces(uri, { host, options })
      if (restricted.primaryFirst) yield* gentoo
      if (parsed.some(({ mirror = '' }) => DISTRIBUTION.has(mirror))) yield* lookedUp(file, host)
    },
    close: () => host.sources.close(),
  }
}

/** What is asked of the host, each at most once. */
interface Host {
  bases(): Promise<string[]>
  index(): Promise<string | undefined>
  aptHelper(): Promise<boolean>
  sources: SourceIndex
}

function hostOnce({ stateDirectory, signal }: MirrorOptions): Host {
  let bases: Promise<string[]> | undefined
  let index: Promise<string | undefined> | undefined
  let helper: Promise<boolean> | undefined
  return {
    bases: () => (bases ??= aptBases()),
    index: () => (index ??= pypiIndex()),
    aptHelper: () => (helper ??= hasAptHelper()),
    sources: aptSourceIndex(stateDirectory, signal),
  }
}

const byHand = ({ uri }: ParsedUri): NoPlace => ({
  client: 'none',
  what: uri,
  reason:
    'its ebuild restricts fetching (RESTRICT=fetch): it has to be fetched by hand, or from a mirror of your own',
})

/** GLEP 75: mirrors keep files flat or below the first two hex digits of the BLAKE2B of the name. */
function* gentooPlaces(mirrors: readonly string[], name: string): Generator<Place | NoPlace> {
  for (const mirror of mirrors) yield* bothLayouts(join(mirror, 'distfiles'), name)
}

function* bothLayouts(base: string, name: string): Generator<Place | NoPlace> {
  const hash = createHash('blake2b512').update(name).digest('hex').slice(0, 2)
  for (const path of [name, `${hash}/${name}`]) yield plain(join(base, path))
}

function* overridden(
  { mirror, path }: ParsedUri,
  overrides: readonly { name: string; url: string }[],
): Generator<Place | NoPlace> {
  for (const { name, url } of overrides) if (name === mirror) yield plain(join(url, path))
}

async function* directPlaces(
  uri: ParsedUri,
  { host, options }: { host: Host; options: MirrorOptions },
): AsyncGenerator<Place | NoPlace> {
  const { mirror, path } = uri
  if (mirror === undefined) yield plain(uri.uri)
  else if (DISTRIBUTION.has(mirror)) yield* distributionPlaces(uri, { host, options })
  else if (mirror === 'pypi') yield await pypiPlace(path, { host, options })
  else if (mirror === 'npm') yield npmPlace(path)
  else {
    const places = [...thirdPartyPlaces(uri, options)]
    yield* places
    if (places.length === 0 && !options.overrides?.some(({ name }) => name === mirror))
      yield {
        client: 'none',
        what: uri.uri,
        reason: `no place is known for "${mirror}" (--mirror ${mirror}=URL names one)`,
      }
  }
}

/** Most places of one name that are tried: the repos name dozens, and a file that three lack is gone. */
const MOST_THIRD_PARTIES = 4

/** What the repos say of a name, as far as it can be read here (no ftp). */
function* thirdPartyPlaces(
  { mirror = '', path }: ParsedUri,
  { thirdParty }: MirrorOptions,
): Generator<Place | NoPlace> {
  const bases = (thirdParty?.get(mirror) ?? []).filter((base) => placeOfUrl(base) !== undefined)
  for (const base of bases.slice(0, MOST_THIRD_PARTIES))
    if (mirror === 'gentoo') yield* bothLayouts(base, path)
    else yield plain(join(base, path))
}

/** This machine's own configuration, where it has one for the name: the repos' list is somebody else's. */
async function* distributionPlaces(
  uri: ParsedUri,
  { host, options }: { host: Host; options: MirrorOptions },
): AsyncGenerator<Place | NoPlace> {
  const bases = await host.bases()
  for (const base of bases) yield await aptPlace(join(base, uri.path), host)
  if (bases.length > 0) return
  const places = [...thirdPartyPlaces(uri, options)]
  yield* places
  if (places.length === 0)
    yield {
      client: 'none',
      what: uri.uri,
      reason: 'apt on this machine is not set up for any archive on the network',
    }
}

/** A look-up by name in the Sources lists of the host's suites: finds a file whose place in the archive has changed. */
async function* lookedUp(file: Distfile, host: Host): AsyncGenerator<Place | NoPlace> {
  const what = `the source lists of this machine's distribution`
  const names = new Set([file.name, ...file.uris.map((uri) => uri.slice(uri.lastIndexOf('/') + 1))])
  try {
    const urls = new Set<string>()
    for (const name of names) for (const url of await host.sources.find(name, file.size)) urls.add(url)
    for (const url of urls) yield await aptPlace(url, host)
    if (urls.size === 0)
      yield { client: 'none', what, reason: `no file ${file.name} of ${file.size} bytes in them` }
  } catch (error) {
    yield { client: 'none', what, reason: (error as Error).message }
  }
}

async function pypiPlace(
  path: string,
  { host, options }: { host: Host; options: MirrorOptions },
): Promise<Place | NoPlace> {
  const what = `mirror://pypi/${path}`
  const [, project, file] = /^(?:[^/]+\/)*?([^/]+)\/([^/]+)$/.exec(path) ?? []
  if (project === undefined || file === undefined)
    return { client: 'none', what, reason: 'expected mirror://pypi/PROJECT/FILE' }
  const index = await host.index()
  if (index === undefined)
    return { client: 'none', what, reason: 'pip on this machine is not set up for any package index' }
  try {
    const { signal } = options
    return { client: 'http', url: await pypiUrl(index, { project, file, signal }) }
  } catch (error) {
    if (!(error instanceof PlaceError)) throw error
    return { client: 'none', what, reason: error.message }
  }
}

/** The path is the one that every registry has, so that `--mirror npm=URL` can name one; or just package and version. */
function npmPlace(path: string): Place | NoPlace {
  const [, name = '', base = '', file = '', version] =
    /^((?:@[\w.-]+\/)?([\w.-]+))\/(?:-\/(.+)\.tgz|(\d[\w.+-]*))$/.exec(path) ?? []
  const wanted = version ?? (file.startsWith(`${base}-`) ? file.slice(base.length + 1) : '')
  if (/^\d[\w.+-]*$/.test(wanted)) return { client: 'npm', spec: `${name}@${wanted}` }
  return {
    client: 'none',
    what: `mirror://npm/${path}`,
    reason: 'expected mirror://npm/PACKAGE/-/PACKAGE-VERSION.tgz or mirror://npm/PACKAGE/VERSION',
  }
}

async function aptPlace(url: string, host: Host): Promise<Place> {
  const local = /^(?:file|copy):\/*(\/.*)$/.exec(url)?.[1]
  if (local !== undefined) return { client: 'file', path: decodeURIComponent(local) }
  return { client: (await host.aptHelper()) ? 'apt' : 'http', url }
}

function plain(url: string): Place | NoPlace {
  return (
    placeOfUrl(url) ?? {
      client: 'none',
      what: url,
      reason: 'only http, https, file and mirror URLs are known',
    }
  )
}

const join = (base: string, path: string): string => `${base.replace(/\/+$/, '')}/${path}`
