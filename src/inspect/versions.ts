// What is there of an SDK below a catalyst root: every version, and how far each of its stages is. Looks, and touches nothing.

import { readdir, stat } from 'node:fs/promises'
import * as v from 'valibot'
import { COMPRESSIONS, type Compression } from '../sdk/definition.js'
import { STAGES, type StageName } from '../sdk/stages.js'
import { foreignRecord } from '../store/find-record.js'
import {
  createLayout,
  inRoot,
  isNamePart,
  type Layout,
  type RootFolderName,
  sideFiles,
} from '../store/layout.js'
import { readRecord } from '../store/record.js'
import { workedUpon } from '../store/version-order.js'
import { LOCK_HOLDER, lockHolder } from './lock-holder.js'

const text = v.string()

const STAGE_STATE = v.variant('state', [
  v.object({
    state: v.literal('finished'),
    archive: text,
    sha256: text,
    /** Undefined where its record has none. */
    key: v.optional(text),
    bytes: v.number(),
    finished: text,
    durationMs: v.number(),
  }),
  /** It has a record that nothing good comes of. */
  v.object({ state: v.literal('broken'), archive: text, problem: text }),
  /** An attempt that did not get to its end has left its folder. */
  v.object({ state: v.literal('unfinished'), work: text, since: text }),
  v.object({ state: v.literal('running'), work: text, since: text }),
  v.object({ state: v.literal('none') }),
])

/** How far a stage is. Times are ISO 8601 in UTC. */
export type StageState = Readonly<v.InferOutput<typeof STAGE_STATE>>

/** One version, as it is told. */
export const VERSION_STATE = v.object({
  version: text,
  /** The time of the newest thing that is there of it, ISO 8601; empty where nothing has one. */
  newest: text,
  /** Who works on it now. */
  lock: v.optional(LOCK_HOLDER),
  stages: v.object(v.entriesFromList(STAGES, STAGE_STATE)),
  release: v.optional(text),
})

/** One version. */
export type VersionState = Readonly<v.InferOutput<typeof VERSION_STATE>>

/**
 * All versions of the type and architecture of `names` below its root, newest first: in the order of their last runs as far as that is
 * noted (a clock can be set), what is not noted behind them, by the time of what is there.
 */
export async function listVersions(names: {
  root: string
  type: string
  arch: string
}): Promise<VersionState[]> {
  const versions: VersionState[] = []
  for (const version of await findVersions(names))
    versions.push(await versionState(createLayout({ ...names, version })))
  const runs = workedUpon(names)
  const place = ({ version }: VersionState): number =>
    runs.includes(version) ? runs.indexOf(version) : runs.length
  return versions.sort(
    (a, b) => place(a) - place(b) || compare(b.newest, a.newest) || compare(b.version, a.version),
  )
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The versions that any file or folder is named after: ours, and whatever a spec may have as its version_stamp. */
async function findVersions(names: { root: string; type: string; arch: string }): Promise<Set<string>> {
  const { root, type } = names
  const list = (part: RootFolderName, ...below: string[]): Promise<string[]> =>
    readdir(inRoot(root, part, ...below)).catch(() => [])
  const named = [
    ...(await list('builds', type)).map((name) => versionOfFile(name, names)),
    ...(await list('work', type)).map((name) => versionOfFolder(name, names)),
  ]
  const logged = []
  for (const name of await list('log', type))
    if ((await list('log', type, name)).includes('journal.jsonl')) logged.push(name)
  return new Set(
    [...named, ...logged].filter(
      (version): version is string =>
        version !== undefined && version !== 'latest' && isNamePart(version, 'version'),
    ),
  )
}

/** What follows the version in the name of an archive, or of a file beside one; a version may itself look like that. */
const ARCHIVE_ENDING = /\.tar\.(?:zst|bz2|xz|gz)(?:\.(?!tar\.)[A-Za-z.]+)?$/

/** The version in the name of an archive, or of a file beside one. */
export const versionOfFile = (name: string, names: { type: string; arch: string }): string | undefined =>
  versionOfFolder(name.replace(ARCHIVE_ENDING, ''), names)

/** The version in the name of a stage's folder. */
export function versionOfFolder(
  name: string,
  { type, arch }: { type: string; arch: string },
): string | undefined {
  const prefix = [type, ...STAGES].map((each) => `${each}-${arch}-`).find((each) => name.startsWith(each))
  if (prefix === undefined) return undefined
  return name.slice(prefix.length)
}

/** What is there of the version of `layout`. */
export async function versionState(layout: Layout): Promise<VersionState> {
  const lock = await lockHolder(layout.versionLock)
  const isBuilt = lock !== undefined && lock.purpose === undefined
  const states: [StageName, StageState][] = []
  for (const stage of STAGES) states.push([stage, await stageState(layout, stage, isBuilt)])
  const release = await findRelease(layout)
  const times = states.map(([, state]) =>
    state.state === 'finished' ? state.finished : 'since' in state ? state.since : '',
  )
  const logged = await stat(layout.journal).then(
    (info) => info.mtime.toISOString(),
    () => '',
  )
  return {
    version: layout.version,
    newest: [...times, logged].reduce((a, b) => (a > b ? a : b)),
    lock,
    stages: Object.fromEntries(states) as Record<StageName, StageState>,
    release,
  }
}

async function findRelease(layout: Layout): Promise<string | undefined> {
  for (const file of COMPRESSIONS.map(layout.release))
    if ((await stat(file).catch(() => undefined))?.isFile()) return file
  return undefined
}

async function stageState(layout: Layout, stage: StageName, isBuilt: boolean): Promise<StageState> {
  for (const compression of COMPRESSIONS) {
    const state = await finishedState(layout, stage, compression)
    if (state !== undefined) return state
  }
  const work = layout.work(stage)
  const info = await stat(work).catch(() => undefined)
  if (info === undefined) return { state: 'none' }
  return { state: isBuilt ? 'running' : 'unfinished', work, since: info.mtime.toISOString() }
}

async function finishedState(
  layout: Layout,
  stage: StageName,
  compression: Compression,
): Promise<StageState | undefined> {
  const archive = layout.archive(stage, compression)
  try {
    const record = await readRecord(sideFiles(archive).record)
    if (record === undefined) return undefined
    const foreign = foreignRecord(record, layout, stage)
    if (foreign !== undefined) return { state: 'broken', archive, problem: foreign }
    const { bytes, sha256 } = record.output
    const size = await stat(archive).then(
      (info) => info.size,
      () => undefined,
    )
    // Size and presence only: hashing is what `verify` is for.
    if (size === undefined)
      return { state: 'broken', archive, problem: 'its record is there, the archive is not' }
    if (size !== bytes)
      return { state: 'broken', archive, problem: `its record says ${bytes} bytes, it has ${size}` }
    const { started, finished } = record.timing
    const durationMs = Date.parse(finished) - Date.parse(started)
    const { key } = record.inputs
    return { state: 'finished', archive, sha256, key, bytes, finished, durationMs }
  } catch (error) {
    return { state: 'broken', archive, problem: (error as Error).message }
  }
}
