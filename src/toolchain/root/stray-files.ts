// Files of a finished root that came from nowhere that is known: no package installed them, no tool writes them into every
// root, and nobody placed them. A file of the seed under another name would be among them.

import { GENERATED_FILES, ruleMatcher } from './unowned.js'
import { displayName, type RootView, viewRoot, type WalkNotes, walkRoot } from './view.js'

/** What was put into a root beside packages. */
export interface PlacedFiles {
  /** Folders of this machine whose files were copied over the root. */
  readonly over: readonly string[]
  /** Files and folders inside the root, folders with all that is below. */
  readonly at: readonly string[]
}

/** What {@link strayFiles} finds. */
export interface StrayFiles {
  files: number
  /** The first of them, for a message. */
  names: string[]
}

/** Most names that a message can use. */
const MAX_NAMES = 20

/**
 * Looks for regular files; a link has no bytes that could be the seed's.
 *
 * @param root an absolute directory
 * @param known `owners`: the package of each file, by canonical path, byte strings
 */
export function strayFiles(
  root: string,
  { placed, owners }: { placed: PlacedFiles; owners: ReadonlyMap<string, string> },
): StrayFiles {
  const view = viewRoot(root)
  const excuse = ruleMatcher([...GENERATED_FILES, ...placed.at.flatMap((place) => rulesOf(view, place))])
  const copied = new Set(placed.over.flatMap((folder) => copiedFiles(view, folder)))
  const found: StrayFiles = { files: 0, names: [] }
  for (const { path, kind } of walkRoot(view, nowhere())) {
    if (kind !== 'file' || owners.has(path) || copied.has(path) || excuse(path) !== undefined) continue
    if (found.files++ < MAX_NAMES) found.names.push(displayName(path))
  }
  found.names.sort()
  return found
}

/** What cannot be read is in the report of the ELF check, which goes through the same root. */
const nowhere = (): WalkNotes => ({ mounts: [], unreadable: [] })

const rulesOf = (view: RootView, place: string): { pattern: string; why: string }[] => {
  const name = Buffer.from(place).toString('latin1')
  const path = view.canonical(name) ?? name
  return [path, `${path}/`].map((pattern) => ({ pattern, why: 'placed' }))
}

/** Where the files of `folder` are in the root: it may have a link where the folder has a folder. */
const copiedFiles = (view: RootView, folder: string): string[] =>
  [...walkRoot(viewRoot(folder), nowhere())].map(({ path }) => view.canonicalParent(path))
