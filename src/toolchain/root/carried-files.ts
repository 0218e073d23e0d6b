// Finds what of a root comes from the seed of its chain: by package, by layer of the store, by compiler. Reads only.

import { lstatSync } from 'node:fs'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import { globPattern } from '../../sdk/glob.js'
import { readLineage } from '../../store/lineage-file.js'
import type { ElfScan } from '../elf/check.js'
import type { TableRow } from '../elf/table.js'
import { firstOf, OF_LINEAGE, wholeList } from './bounds.js'
import { GENERATED_FILES, ruleMatcher } from './unowned.js'
import { displayName, type RootView, readRootText, viewRoot, type WalkNotes, walkRoot } from './view.js'

/** What is known before the root is looked at. */
export interface CarriedRequest {
  /** Packages that are the seed's, `category/name-version`. */
  packages: readonly string[]
  /** Folders that hold stage 1's root, top first; undefined when they are not known. */
  stage1Layers: readonly string[] | undefined
  /** The file that lists what of the seed's root is stage 1's (store/lineage-file.ts), where its layers are not known. */
  lineage?: string | undefined
  /** Folders above those, or above the seed's, top first. */
  layers: readonly string[]
  /** Names of compilers in stage 1's root, as .comment has them. Only those of GCC are looked for. */
  compilers: readonly string[]
}

/** What {@link carriedFiles} finds. */
export interface CarriedFiles {
  /** How it was told: by the layers of the store and the packages, or by the packages alone. */
  by: 'layers' | 'packages'
  files: number
  /** The first of them, with their packages, for a message. */
  names: string[]
  /** Files of stage 1's layers that tools write into every root, and that nobody wrote anew since. */
  generated: number
  /** All files that are physically stage 1's, the generated ones, too; undefined where that cannot be told, or is too long to tell. */
  stage1?: string[]
  /** Files that name a compiler of the seed, by that name; without those that a package declares as prebuilt. */
  compilers: Record<string, number>
  /** The first of them, with their packages. */
  compiled: string[]
}

/** Most names that a message can use. */
const MAX_NAMES = 20

/** Byte code is made of one Python's modules: that of the seed's has no business here. */
const REWRITTEN = GENERATED_FILES.filter(({ pattern }) => pattern !== '*.pyc')

/**
 * Looks at the root that was scanned.
 *
 * @param root where it is, an absolute directory
 * @throws SdkError SDK_HOST when a layer cannot be read
 */
export async function carriedFiles(
  root: string,
  request: CarriedRequest,
  scan: ElfScan,
): Promise<CarriedFiles> {
  const { owners, rows } = scan
  const packages = new Set(request.packages.map((cpv) => Buffer.from(cpv).toString('latin1')))
  const files = new Set<string>()
  for (const [file, owner] of owners) if (packages.has(owner) && isThere(root, file)) files.add(file)
  const excuse = ruleMatcher(REWRITTEN)
  let generated = 0
  const stage1 = await candidates(request)
  const left = stage1 === undefined ? undefined : [...untouched(root, request.layers, stage1)]
  for (const file of left ?? []) {
    if (owners.has(file) || excuse(file) === undefined) files.add(file)
    else generated++
  }
  const foreign = foreignRows(root, rows, foreignCompilers(rows, request.compilers, files))
  const whole = left && wholeList(left.sort(), OF_LINEAGE)
  const counts: Record<string, number> = {}
  for (const { names } of foreign) for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  const named = (file: string): string => displayName(`${file} (${owners.get(file) ?? 'no package'})`)
  return {
    by: left === undefined ? 'packages' : 'layers',
    ...(whole === undefined ? {} : { stage1: whole }),
    files: files.size,
    names: [...files].sort().slice(0, MAX_NAMES).map(named),
    generated,
    compilers: Object.fromEntries(firstOf(Object.entries(counts))),
    compiled: foreign.slice(0, MAX_NAMES).map(({ row }) => named(row.path)),
  }
}

/** Paths that were stage 1's in the seed; undefined where nobody knows them. */
async function candidates({ stage1Layers, lineage }: CarriedRequest): Promise<Iterable<string> | undefined> {
  if (stage1Layers !== undefined) return filesOf(stage1Layers)
  return lineage === undefined ? undefined : await readLineage(lineage)
}

/** Files and links of folders, each path once. */
function* filesOf(layers: readonly string[]): Generator<string> {
  const seen = new Set<string>()
  for (const layer of layers) {
    const notes: WalkNotes = { mounts: [], unreadable: [] }
    for (const { path: file } of walkRoot(viewRoot(layer), notes)) {
      if (!seen.has(file)) yield file
      seen.add(file)
    }
    const [unread] = notes.unreadable
    if (unread !== undefined)
      throw new SdkError('SDK_HOST', `${path.join(layer, unread.path)} cannot be read: ${unread.reason}`)
  }
}

/**
 * Those of `stage1` that are physically stage 1's in the root still: they are there, and no layer above has anything of
 * that path. What overlayfs hides (whiteouts, opaque folders) is not in the root; what a build replaces is above.
 */
function* untouched(root: string, layers: readonly string[], stage1: Iterable<string>): Generator<string> {
  const view = viewRoot(root)
  for (const file of stage1) {
    if (layers.some((above) => isThere(above, file))) continue
    // A folder that became a link leads to other files, which are not those of the layer.
    if (view.canonicalParent(file) === file && isThere(root, file)) yield file
  }
}

const isThere = (root: string, file: string): boolean => {
  const name = Buffer.concat([Buffer.from(root), Buffer.from(file, 'latin1')])
  try {
    return lstatSync(name, { throwIfNoEntry: false }) !== undefined
  } catch {
    return false // ENOTDIR: a folder on the way is a file here
  }
}

/** Objects that a compiler brings along are compiled by itself: they say what it calls itself. */
const OF_A_COMPILER = /^\/usr\/lib(?:32|64)?\/gcc(?:-cross)?\/[^/]+\/[^/]+\/(?:crt\w+\.o|libgcc\.a)$/

/**
 * Those GCCs of `seed` that are none of the root's own. Empty when the root has no compiler of its own, since then all
 * that was compiled is another's, and when the seed's is the same version, as an SDK's successor has it.
 *
 * @param left files that are the seed's: a compiler that was left over is not the root's own, nor is one that no package owns
 */
function foreignCompilers(
  rows: readonly TableRow[],
  seed: readonly string[],
  left: ReadonlySet<string>,
): Set<string> {
  const isOwn = ({ path: file, package: owner }: TableRow): boolean =>
    OF_A_COMPILER.test(file) && owner !== undefined && !left.has(file)
  const own = new Set(rows.flatMap((row) => (isOwn(row) ? (row.compilers ?? []) : [])))
  if (own.size === 0) return new Set()
  // Of other compilers no object says what the root's own are called.
  const gccs = seed.filter((name) => name.startsWith('GCC: '))
  return new Set(gccs.map((name) => Buffer.from(name).toString('latin1')).filter((name) => !own.has(name)))
}

/** Rows that name one of `compilers`, but for what is prebuilt. */
function foreignRows(
  root: string,
  rows: readonly TableRow[],
  compilers: ReadonlySet<string>,
): { row: TableRow; names: string[] }[] {
  if (compilers.size === 0) return []
  const prebuilt = prebuiltFiles(root)
  return rows.flatMap((row) => {
    const names = (row.compilers ?? []).filter((name) => compilers.has(name))
    return names.length === 0 || prebuilt(row) ? [] : [{ row, names }]
  })
}

/**
 * What packages declare as prebuilt: QA_PREBUILT of ebuild(5), paths relative to the root, in which `*` stands for anything;
 * Portage keeps it in the package's entry.
 */
function prebuiltFiles(root: string): (row: TableRow) => boolean {
  const known = new Map<string, RegExp[]>()
  const view = viewRoot(root)
  return ({ path: file, package: owner }) => {
    if (owner === undefined) return false
    let patterns = known.get(owner)
    if (patterns === undefined) {
      patterns = readPrebuilt(view, owner)
      known.set(owner, patterns)
    }
    return patterns.some((pattern) => pattern.test(file))
  }
}

function readPrebuilt(view: RootView, owner: string): RegExp[] {
  const text = readRootText(view, `/var/db/pkg/${owner}/QA_PREBUILT`) ?? ''
  const globs = text.split(/\s+/).filter((glob) => glob !== '')
  return globs.map((glob) => globPattern(glob.replace(/^\/*/, '/')))
}
