// A distribution seed that other machines have, too: the first that was made of the same inputs is everybody's. Who keeps them is
// not known here.

import { stat } from 'node:fs/promises'
import * as v from 'valibot'
import type { Emit } from '../../events/event.js'
import { readText } from '../../files/read.js'
import type { SdkDefinition } from '../../sdk/definition.js'
import { writeFileAtomic } from '../../store/disk/atomic.js'
import type { Layout } from '../../store/layout.js'
import { type CachedSeed, rememberSeed } from '../seed-cache.js'
import type { HostDistribution } from './host.js'

/** Where a seed is, or is to be, and what it is made of. */
interface Place {
  readonly key: string
  readonly file: string
  readonly root: string
  /** What it is called among others' seeds; else as its file. */
  readonly name?: string
  /** What is done where it cannot be had, in words; else: it is made. */
  readonly instead?: string
}

/** Machines that have each other's seeds. */
export interface SeedExchange {
  /** Names it in words. */
  readonly name: string
  /** Whether what is made here is put there. */
  readonly writes: boolean
  /** What there is of a key, without getting it; undefined where nobody has it. */
  find(key: string, instead?: string): Promise<{ sha256: string; signedBy: string } | undefined>
  /** Gets the seed of a key as a file, whole and believed; undefined where nobody has it. */
  take(place: Place): Promise<{ sha256: string; bytes: number; signedBy: string } | undefined>
  /** Lets others have a seed; whether it is the first of its key, and so the one that others have. */
  give(
    place: Place,
    seed: { sha256: string; bytes: number; about: Readonly<Record<string, string>> },
  ): Promise<'first' | 'second' | 'unknown'>
}

/** A seed, and whether it was there, or had, without making it. */
export interface FoundSeed extends CachedSeed {
  readonly cached: boolean
  /** Who has signed it, of one that another machine has made. */
  readonly signedBy?: string | undefined
}

/** A seed that is there, or one that others have and that is got when it is needed. */
export interface OfferedSeed extends FoundSeed {
  /** Gets it; of one that cannot be had any more another one is made, with a digest of its own. */
  readonly fetch?: (() => Promise<FoundSeed>) | undefined
}

/** A seed, and where it could be had from. */
interface Sharing {
  readonly definition: SdkDefinition
  readonly host: HostDistribution
  readonly layout: Layout
  readonly key: string
  readonly file: string
  readonly emit: Emit
  readonly shared?: SeedExchange | undefined
}

/** The seed that another machine has made, known by its digest alone. @param fetch gets it, whole */
export async function offeredSeed(
  { shared, key, file, emit }: Pick<Sharing, 'shared' | 'key' | 'file' | 'emit'>,
  fetch: () => Promise<FoundSeed>,
): Promise<OfferedSeed | undefined> {
  const found = await shared?.find(key)
  if (shared === undefined || found === undefined) return undefined
  emit({
    type: 'info',
    message: `the seed: ${shared.name} has it, signed by ${found.signedBy}; it is fetched when something is built upon it`,
  })
  return { path: file, ...found, cached: true, fetch }
}

/** Takes the seed that another machine has made, and remembers it as one of the cache. */
export async function sharedSeed({ shared, key, file, layout }: Sharing): Promise<FoundSeed | undefined> {
  const taken = await shared?.take({ key, file, root: layout.root })
  if (taken === undefined) return undefined
  const { sha256, bytes, signedBy } = taken
  await rememberSeed(file, { key, sha256, bytes, signedBy })
  return { path: file, sha256, cached: true, signedBy }
}

/** Lets others have a seed that was made here. */
export async function giveSeed(
  { shared, key, file, layout, definition, host }: Sharing,
  { sha256 }: CachedSeed,
): Promise<'first' | 'second' | 'unknown'> {
  if (shared === undefined) return 'unknown'
  const { size: bytes } = await stat(file)
  const about = { type: definition.type, arch: definition.archName, version: `${host.id} ${host.codename}` }
  return await shared.give({ key, file, root: layout.root }, { sha256, bytes, about })
}

/**
 * Lets others have a seed of the cache. It stays what it is, since stages may be built upon it; that others have another one is said.
 * A store that had it within the last day is not asked.
 */
export async function offer(sharing: Sharing, cached: CachedSeed): Promise<void> {
  const { shared, file, emit } = sharing
  if (shared === undefined) return
  const note = `${file}.shared.json`
  const known = v.safeParse(NOTE, await readText(note).catch(() => undefined))
  const isKnown = known.success && known.output.store === shared.name && known.output.sha256 === cached.sha256
  if (isKnown && isRecent(known.output.time)) return
  const found = await giveSeed(sharing, cached)
  if (found === 'second')
    emit({
      type: 'info',
      message: `the store has another seed of the same inputs than ${cached.path}, so that nothing is found that others have built upon theirs; who removes this file gets that one`,
    })
  const time = new Date().toISOString()
  if (found === 'first')
    await writeFileAtomic(note, `${JSON.stringify({ store: shared.name, sha256: cached.sha256, time })}\n`)
}

/** Which store had a seed, and when it was asked. */
const NOTE = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ store: v.string(), sha256: v.string(), time: v.string() }),
)

/** Whoever removes a seed from a store has it there again after a day. */
const DAY_MS = 86_400_000

function isRecent(time: string): boolean {
  const age = Date.now() - Date.parse(time)
  return age >= 0 && age < DAY_MS
}
