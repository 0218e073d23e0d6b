// What Portage says in a package's log when the package would overwrite files of others (FEATURES protect-owned and
// collision-protect; `dblink._collision_protect` and `treewalk` of Portage 3.0).

/** A file that a package would overwrite, and whose it is. */
export interface Collision {
  /** In the root that is merged into. */
  readonly path: string
  /** `category/name-version`; undefined for a file that no package owns. */
  readonly owner?: string
}

const SEARCHING = 'Searching all installed packages for file collisions...'
const DETECTED = 'Detected file collision(s):'
/** `category/name-version:slot::repo` */
const OWNER = /^[^\s/]+\/[^\s:]+(?=:)/

/** The collisions that the last package of `lines`, a log's, ended with, as far as Portage names them: it looks 20 owners up. */
export function readCollisions(lines: readonly string[], root: string): Collision[] {
  const last = lines.findLastIndex((line) => /^ \* Package '.*' NOT merged due to/.test(line))
  const begin = lines.slice(0, Math.max(last, 0)).findLastIndex((line) => line.includes(DETECTED))
  if (begin === -1) return []
  const said = lines.slice(begin, last).map((line) => line.replace(/^ \* ?/, ''))
  const owned: Collision[] = []
  let owner: string | undefined
  for (const line of said.slice(said.indexOf(SEARCHING))) {
    owner = OWNER.exec(line)?.[0] ?? owner
    if (line.startsWith('\t') && owner !== undefined) owned.push({ path: inRoot(line, root), owner })
  }
  if (owned.length > 0 || !said.includes(SEARCHING)) return owned
  const files = said.slice(0, said.indexOf(SEARCHING)).filter((line) => line.startsWith('\t'))
  return files.map((line) => ({ path: inRoot(line, root) }))
}

const inRoot = (line: string, root: string): string => {
  const path = line.slice(1)
  return path.startsWith(`${root}/`) ? path.slice(root.length) : path
}

/** As a headline: the first file with its owner, and how many more there are. */
export function describeCollisions(name: string, collisions: readonly Collision[]): string {
  const [first, ...more] = collisions
  const whose = first?.owner === undefined ? 'which no package owns' : `which is a file of ${first.owner}`
  const others = more.length === 0 ? '' : `, and ${more.length} more`
  return `${name} is not merged: it would overwrite ${first?.path}, ${whose}${others}`
}
