// What the Portage configuration and the root overlays of a stage put into its root, for the stage that is built upon it: what
// they no longer have then goes. Of a seed without a record nothing is known, and nothing goes.

import { readdir, readlink } from 'node:fs/promises'
import path from 'node:path'
import { sha256File } from '../../store/digest/digest.js'
import { sideFiles } from '../../store/layout.js'
import { readRecord, type StageRecord } from '../../store/record.js'
import type { StagePlan } from '../plan/plan.js'

/** Files of a root by absolute path, each with its SHA-256, or `-> ` and where the link leads. */
type Files = Readonly<Record<string, string>>

/** What was put into a root by this stage or one before it, and is still said to be there. */
export type Placed = NonNullable<StageRecord['inputs']['placed']>

/** What stands in `folder`, as it will be below `at` in a root. Names that are no UTF-8 are left out. */
export async function filesToPlace(folder: string, at: string): Promise<Files> {
  const files: [string, string][] = []
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  for (const entry of entries) {
    const file = path.join(entry.parentPath, entry.name)
    const name = path.posix.join(at, path.relative(folder, file))
    if (name.includes('\uFFFD')) continue
    if (entry.isSymbolicLink()) files.push([name, `-> ${await readlink(file)}`])
    else if (entry.isFile()) files.push([name, await sha256File(file)])
  }
  return Object.fromEntries(files.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** What the record of the seed of `plan` says; of a root that begins empty, nothing is the seed's. */
export async function placedBefore({ seed }: Pick<StagePlan, 'seed'>): Promise<Placed> {
  if (seed.sha256 === undefined) return seed.placed
  const record = await readRecord(sideFiles(seed.path).record)
  const isOfSeed = record?.output.sha256 === seed.sha256
  return { configuration: {}, overlay: {}, ...(isOfSeed ? record.inputs.placed : {}) }
}

/** What this stage puts there; undefined where it says nothing, so that what is there stays. */
export type ToPlace = { readonly [kind in keyof Placed]: Files | undefined }

/** What a stage leaves: what it puts there over what was, and what of the latter goes. Pure. */
export function replacePlaced(before: Placed, now: ToPlace): { placed: Placed; gone: Files } {
  const kinds = ['configuration', 'overlay'] as const
  const said = new Set(kinds.flatMap((kind) => Object.keys(now[kind] ?? {})))
  const gone = kinds
    .filter((kind) => now[kind] !== undefined)
    .flatMap((kind) => Object.entries(before[kind]).filter(([file]) => !said.has(file)))
  const { configuration = before.configuration, overlay = before.overlay } = now
  return { placed: { configuration, overlay }, gone: Object.fromEntries(gone) }
}

/** The list as the stage's script reads it: each path and what it was, ended by NUL. */
export const renderGone = (gone: Files): string =>
  Object.entries(gone)
    .map(([file, fact]) => `${file}\0${fact}\0`)
    .join('')
