// Whose the files of ebuild repos are: a package's, an eclass, or everybody's; told from the folders themselves, as
// neither profiles/categories nor the shape of a name says it for all repos.

import { list, type PlacedRepo, type Seen } from './view.js'

/** Files and folders by whose they are. A package or an eclass that several repos have is one. */
export interface SortedRepos {
  /** Folders by `category/name`. */
  readonly packages: ReadonlyMap<string, Seen[]>
  /** Entries of metadata caches, by `category/name`. */
  readonly cached: ReadonlyMap<string, Seen[]>
  /** By name, without `.eclass`. */
  readonly eclasses: ReadonlyMap<string, Seen[]>
  /** All else that is read by someone. */
  readonly shared: readonly Seen[]
}

interface Sorting {
  readonly packages: Map<string, Seen[]>
  readonly cached: Map<string, Seen[]>
  readonly eclasses: Map<string, Seen[]>
  readonly shared: Seen[]
}

/** Folders of a repo that hold no packages, whatever is in them (PMS 4.1). */
const NO_CATEGORY = new Set(['eclass', 'licenses', 'metadata', 'profiles'])

/** What neither Portage nor an ebuild reads: texts for people, and what a sync leaves. */
const UNREAD_FILE = /^(?:ChangeLog(?:-\d+)?|metadata\.xml)$/
const UNREAD_AT_TOP = /^(?:\..*|AUTHORS|COPYING|LICENSE|Manifest|README|header\.txt|skel\.)|\.(?:md|rst)$/
const UNREAD_METADATA =
  /^(?:AUTHORS|Manifest.*|dtd|glsa|news|pkg_desc_index|projects\.xml|timestamp.*|xml-schema)$/
const CACHES = new Set(['cache', 'md5-cache'])

/** Whether the file `name`, of a package's folder or a repo's, is read by nobody. */
export const isUnread = (name: string): boolean => UNREAD_FILE.test(name)

/** The last part of a path. */
export const nameOf = ({ at }: Seen): string => at.slice(at.lastIndexOf('/') + 1)

/** Sorts the files of all `repos`; links are followed, packages whose folder is one among them. */
export async function sortOut(repos: readonly PlacedRepo[]): Promise<SortedRepos> {
  const sorting: Sorting = { packages: new Map(), cached: new Map(), eclasses: new Map(), shared: [] }
  for (const { location } of repos)
    for (const part of await list(repos, location)) await sortPart(repos, part, sorting)
  return sorting
}

async function sortPart(repos: readonly PlacedRepo[], part: Seen, sorting: Sorting): Promise<void> {
  const name = nameOf(part)
  if (part.kind !== 'folder') {
    if (!UNREAD_AT_TOP.test(name)) sorting.shared.push(part)
    return
  }
  for (const each of await list(repos, part.at)) {
    const below = nameOf(each)
    if (name === 'metadata' && UNREAD_METADATA.test(below)) continue
    if (name === 'metadata' && CACHES.has(below)) await sortCache(repos, each, sorting)
    else if (name === 'eclass' && below.endsWith('.eclass')) add(sorting.eclasses, below.slice(0, -7), each)
    else if (!NO_CATEGORY.has(name) && (await isPackage(repos, each)))
      add(sorting.packages, `${name}/${below}`, each)
    else if (!isUnread(below) && !(below === 'Manifest' && each.kind === 'file')) sorting.shared.push(each)
  }
}

/** An entry is `category/name-version`, and its package's even where the ebuild is away. */
async function sortCache(repos: readonly PlacedRepo[], cache: Seen, { cached }: Sorting): Promise<void> {
  for (const category of await list(repos, cache.at))
    for (const entry of await list(repos, category.at))
      add(cached, `${nameOf(category)}/${nameOf(entry).replace(/-\d[^-]*(?:-r\d+)?$/, '')}`, entry)
}

async function isPackage(repos: readonly PlacedRepo[], { kind, at }: Seen): Promise<boolean> {
  return kind === 'folder' && (await list(repos, at)).some((each) => each.at.endsWith('.ebuild'))
}

function add(map: Map<string, Seen[]>, key: string, seen: Seen): void {
  const known = map.get(key)
  if (known === undefined) map.set(key, [seen])
  else known.push(seen)
}
