// What the runs of a version were asked, kept beside their journal: the one place that says it, so that a later run of the version
// goes on with the very same. Options are kept as texts, by name; what they mean is the command line's to know (cli/request/).

import { mkdir, readdir } from 'node:fs/promises'
import path from 'node:path'
import * as v from 'valibot'
import { SdkError } from '../errors.js'
import { readText } from '../files/read.js'
import { STAGES } from '../sdk/stages.js'
import { writeFileAtomic } from '../store/disk/atomic.js'
import { findStageRecord } from '../store/find-record.js'
import { createLayout, inRoot, isTypeName, type Layout } from '../store/layout.js'
import { readSealed, sealed } from '../store/sealed.js'

const text = v.string()

/** By name: the texts of an option with a value, whether a boolean is on, or its level. */
export const KEPT_OPTIONS = v.record(text, v.union([v.array(text), v.boolean(), text]))

const KEPT = v.object({
  format: v.picklist([1, 2]),
  version: text,
  type: text,
  arch: text,
  /** When the run began that was asked last, ISO 8601 in UTC; one that goes on with it leaves it. */
  begun: v.pipe(text, v.isoTimestamp()),
  /** With `--rebuild`: when each stage began that was finished then. Not compared with `begun`: a clock can be set between them. */
  before: v.optional(v.record(text, text)),
  /** That run has come to its end: what it alone was to do is done. */
  isDone: v.boolean(),
  stages: v.array(v.picklist(STAGES)),
  /** The stage that was to begin with the seed that was given; absent: the first of all, or none was given. */
  seedFor: v.optional(v.picklist(STAGES)),
  /** Paths are absolute. */
  options: KEPT_OPTIONS,
  /** What the environment said beside them. */
  gentooMirrors: v.array(text),
  /** By option, what variables said in its place; those of a later call count before it. */
  standing: v.optional(v.record(text, text)),
  /** Options of whose values a secret was not kept. */
  withheld: v.array(text),
})

/** What the runs of a version were asked. */
export type KeptRequest = v.InferOutput<typeof KEPT>

/** What is kept in `file`; undefined when there is none. @throws SdkError SDK_CHAIN when it cannot be read as that */
export async function readKept(file: string): Promise<KeptRequest | undefined> {
  let json: string
  try {
    json = await readText(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unusable(file, (error as Error).message)
  }
  const read = readSealed(json, KEPT, { since: 2 })
  if ('why' in read) throw unusable(file, read.why)
  return read.value
}

/** Nothing is guessed: a run that goes on with less than it was asked builds something else. */
export const unusable = (file: string, why: string): SdkError =>
  new SdkError('SDK_CHAIN', `${file} does not say what the version was asked: ${why}`, {
    hint: 'remove it, and give all options again',
  })

/** All that is kept, but for the names of the version. */
export type ToKeep = Omit<KeptRequest, 'version' | 'type' | 'arch'>

/** Keeps what a run was asked; the lock of its version is held. @throws SdkError SDK_SPACE */
export async function writeKept(layout: Layout, keep: ToKeep): Promise<void> {
  const { asked, version, type, arch } = layout
  const { format: _, ...rest } = keep
  const before = rest.options.rebuild === true ? { before: rest.before ?? (await startsOf(layout)) } : {}
  const kept: KeptRequest = { format: 2, version, type, arch, ...rest, ...before }
  await mkdir(path.dirname(asked), { recursive: true })
  await writeFileAtomic(asked, sealed(kept, { indent: 1 }))
}

/** By stage, when the attempt began that its record is of. One that cannot be read vouches for nothing. */
async function startsOf(layout: Layout): Promise<Record<string, string>> {
  const starts: Record<string, string> = {}
  for (const stage of STAGES) {
    const found = await findStageRecord(layout, stage).catch(() => undefined)
    if (found !== undefined) starts[stage] = found.record.timing.started
  }
  return starts
}

/** Notes that the run which was asked last has come to its end. */
export async function closeKept(layout: Layout): Promise<void> {
  const kept = await readKept(layout.asked)
  if (kept !== undefined) await writeKept(layout, { ...kept, isDone: true })
}

/**
 * What is kept of the version `version` below the catalyst root `root`, whatever SDK it is of.
 *
 * @throws SdkError SDK_CHAIN as {@link readKept}
 */
export async function findKeptRequests(root: string, version: string): Promise<KeptRequest[]> {
  const found: KeptRequest[] = []
  for (const type of await typesIn(inRoot(root, 'log'), version)) {
    const folder = inRoot(root, 'log', type, version)
    for (const name of await readdir(folder).catch(() => [])) {
      const arch = /^request-([A-Za-z0-9][A-Za-z0-9._+-]*)\.json$/.exec(name)?.[1]
      if (arch === undefined) continue
      const kept = await readKept(createLayout({ root, type, arch, version }).asked)
      if (kept !== undefined) found.push({ ...kept, type, arch })
    }
  }
  return found
}

/** The types that have a folder of logs for `version`: a type may be several folders deep. */
async function typesIn(logs: string, version: string): Promise<string[]> {
  const types: string[] = []
  const visit = async (type: string): Promise<void> => {
    const entries = await readdir(path.join(logs, type), { withFileTypes: true }).catch(() => [])
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
    if (type !== '' && folders.includes(version)) types.push(type)
    for (const name of folders) {
      const below = path.posix.join(type, name)
      // Folders of other names are nobody's type; those of stages have logs of packages in them, perhaps many.
      if (name !== version && isTypeName(below) && !/^stage\d-/.test(name)) await visit(below)
    }
  }
  await visit('')
  return types.sort()
}
