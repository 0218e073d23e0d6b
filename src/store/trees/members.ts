// The members of a layer as they were when the store took it: written beside it, and compared with what is there now.

import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import type { Emit } from '../../events/event.js'
import { streamFile } from '../../files/read.js'

/** A file, folder, link or device of a tree. */
export interface Member {
  /** Below the tree, its bytes as latin1. */
  readonly path: string
  /** All that an archive would say of it, by words for people: kind, mode, owner, size, time, target, attributes, content. */
  readonly facts: Readonly<Record<string, string>>
}

/**
 * Reads the members of a folder, a folder before what is in it, sorted by bytes. The archive room has one: the store does
 * not know how files are read with all that belongs to them.
 *
 * @throws SdkError SDK_HOST, SDK_ARCHIVE when the folder cannot be read
 */
export type ReadMembers = (folder: string, how?: ReadHow) => AsyncIterable<Member>

/** How a folder is read. */
export interface ReadHow {
  /** What reads it leaves processor and disk to others. */
  readonly idle?: boolean
  readonly signal?: AbortSignal | undefined
  /** Told how far it is. */
  readonly emit?: Emit | undefined
}

/** How much is gathered before it is written. */
const BATCH = 64 * 1024

async function* lines(members: AsyncIterable<Member>): AsyncGenerator<string> {
  let batch = ''
  for await (const { path, facts } of members) {
    batch += `${JSON.stringify([path, facts])}\n`
    if (batch.length < BATCH) continue
    yield batch
    batch = ''
  }
  yield batch
}

/** Writes `members` to `file`, which is not synced. @returns the digest of what was written, uncompressed */
export async function writeMembers(file: string, members: AsyncIterable<Member>): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(
    Readable.from(lines(members)),
    async function* (batches: AsyncIterable<string>) {
      for await (const batch of batches) {
        hash.update(batch)
        yield batch
      }
    },
    createGzip({ level: 1 }),
    createWriteStream(file),
  )
  return hash.digest('hex')
}

/** The members that {@link writeMembers} wrote. @throws Error when the file is damaged, at its end at the latest */
export async function* readMembers(file: string, digest: string): AsyncGenerator<Member> {
  const hash = createHash('sha256')
  const source = await streamFile(file)
  const text = createGunzip()
  source.on('error', (error) => text.destroy(error))
  let rest = ''
  for await (const chunk of source.pipe(text).setEncoding('utf8') as AsyncIterable<string>) {
    hash.update(chunk)
    const whole = `${rest}${chunk}`.split('\n')
    rest = whole.pop() ?? ''
    for (const line of whole) {
      const [path, facts] = JSON.parse(line) as [string, Member['facts']]
      yield { path, facts }
    }
  }
  if (hash.digest('hex') !== digest) throw new Error(`${file} is not what was written`)
}

/** How a folder differs from what it was: how many members, and of the first few which, and in what. */
export interface Differences {
  readonly count: number
  readonly first: readonly string[]
}

/** Of how many members it is said what differs. */
const TOLD = 5

/** Compares members that are there now with those that were. Both come in the order of {@link ReadMembers}. */
export async function compareMembers(
  before: AsyncIterable<Member>,
  now: AsyncIterable<Member>,
): Promise<Differences> {
  const first: string[] = []
  let count = 0
  const tell = (path: string, what: string): void => {
    count += 1
    if (first.length < TOLD) first.push(`${path === '' ? 'the folder itself' : path}: ${what}`)
  }
  const old = before[Symbol.asyncIterator]()
  let was = await old.next()
  for await (const member of now) {
    while (was.done !== true && key(was.value) < key(member)) {
      tell(was.value.path, 'is gone')
      was = await old.next()
    }
    if (was.done === true || key(was.value) !== key(member)) tell(member.path, 'was not there')
    else {
      const what = changed(was.value.facts, member.facts)
      if (what !== '') tell(member.path, what)
      was = await old.next()
    }
  }
  for (; was.done !== true; was = await old.next()) tell(was.value.path, 'is gone')
  return { count, first }
}

/** Names sort folder by folder: no character of a name is below NUL. */
const key = ({ path }: Member): string => path.replaceAll('/', '\0')

/** Which facts are other ones, in words; empty when none is. */
function changed(before: Member['facts'], now: Member['facts']): string {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])]
  return names
    .filter((name) => before[name] !== now[name])
    .map((name) => `${name} was ${before[name] ?? 'none'}, is ${now[name] ?? 'none'}`)
    .join('; ')
}
