// The .DIGESTS file beside an archive: written in one fixed order, read in any order or style that catalyst has written.

import { createHash, type Hash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { SdkError } from '../../errors.js'
import type { Emit } from '../../events/event.js'
import { tellWork } from '../../events/work.js'
import { streamFile } from '../../files/read.js'

/** The algorithms of a .DIGESTS file, in the order in which they are written. */
export const DIGEST_ORDER = ['md5', 'sha1', 'sha512', 'blake2b'] as const

/** Names of algorithms in this project; `blake2b` is BLAKE2b-512. */
export type Algorithm = (typeof DIGEST_ORDER)[number] | 'sha256'

/** All digests of one file, lower-case hex. */
export type FileDigests = Record<Algorithm, string>

const ALGORITHMS: readonly Algorithm[] = [...DIGEST_ORDER, 'sha256']
/** MD5 and SHA-1 collide at will: whoever serves the file can serve two that match. They are checked, but never enough. */
const STRONG: readonly Algorithm[] = ['sha256', 'sha512', 'blake2b']
const HEX_LENGTH: Record<Algorithm, number> = { md5: 32, sha1: 40, sha256: 64, sha512: 128, blake2b: 128 }

/** Hashes of one stream of bytes under several algorithms. */
export function createHashes(algorithms: readonly Algorithm[] = ALGORITHMS): Map<Algorithm, Hash> {
  return new Map(algorithms.map((name) => [name, createHash(name === 'blake2b' ? 'blake2b512' : name)]))
}

/** The results of {@link createHashes}. */
export function finishHashes(hashes: Map<Algorithm, Hash>): Partial<FileDigests> {
  return Object.fromEntries([...hashes].map(([name, hash]) => [name, hash.digest('hex')]))
}

async function hashFile(
  { file, emit }: Pick<VerifyRequest, 'file' | 'emit'>,
  algorithms: readonly Algorithm[],
): Promise<Partial<FileDigests>> {
  const hashes = createHashes(algorithms)
  const stream = await streamFile(file)
  let done = 0
  const bytes = (await stat(file)).size
  const work = { work: 'digest', name: basename(file), bytes, done: () => done } as const
  return await tellWork({ emit, ...work }, async () => {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      for (const hash of hashes.values()) hash.update(chunk)
      done += chunk.length
    }
    return finishHashes(hashes)
  })
}

/** A file and what its lines in .DIGESTS say. */
export interface NamedDigests {
  /** Base name, as the lines name it. */
  name: string
  digests: FileDigests
}

/** The text of a .DIGESTS file: for each file in turn, a comment and a coreutils line per algorithm of {@link DIGEST_ORDER}. */
export function renderDigests(files: readonly NamedDigests[]): string {
  const pair = ({ name, digests }: NamedDigests, algorithm: Algorithm): string =>
    `# ${algorithm.toUpperCase()} HASH\n${digests[algorithm]}  ${name}\n`
  return files.flatMap((file) => DIGEST_ORDER.map((algorithm) => pair(file, algorithm))).join('')
}

/** What a .DIGESTS file says, by base name. */
export type Digests = Map<string, Partial<FileDigests>>

/**
 * Reads the text of a .DIGESTS file. A line counts under the algorithm that the comment before it names (SHA512 and
 * BLAKE2B look alike); BSD lines, `SHA512 (name) = hex`, name their own. Algorithms and lines of other kinds (Whirlpool,
 * PGP armour) are passed over.
 *
 * @param source its path, for messages
 * @throws SdkError SDK_SEED when a digest is malformed, or two lines contradict each other
 */
export function parseDigests(text: string, source: string): Digests {
  const found: Digests = new Map()
  let current: Algorithm | undefined
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const header = /^#\s*(\S+)\s+HASH\s*$/.exec(line)
    if (header !== null) current = algorithmNamed(header[1])
    const bsd = /^(\S+) \((.+)\) = ([0-9a-fA-F]+)$/.exec(line)
    const coreutils = /^([0-9a-fA-F]{32,}) [ *](.+)$/.exec(line)
    const algorithm = bsd === null ? current : algorithmNamed(bsd[1])
    const [name, hex] = bsd === null ? [coreutils?.[2], coreutils?.[1]] : [bsd[2], bsd[3]]
    if (algorithm === undefined || name === undefined || hex === undefined) continue
    enter(found, { algorithm, name, hex: hex.toLowerCase(), where: `${source}:${index + 1}` })
  }
  return found
}

function algorithmNamed(name: string | undefined): Algorithm | undefined {
  const lower = name?.toLowerCase()
  return ALGORITHMS.find((algorithm) => algorithm === lower)
}

function enter(
  found: Digests,
  line: { algorithm: Algorithm; name: string; hex: string; where: string },
): void {
  const { algorithm, name, hex, where } = line
  if (hex.length !== HEX_LENGTH[algorithm])
    throw seedError(`${where}: expected ${HEX_LENGTH[algorithm]} digits of ${algorithm}, found ${hex.length}`)
  const digests = found.get(name) ?? {}
  if (digests[algorithm] !== undefined && digests[algorithm] !== hex)
    throw seedError(`${where}: a second ${algorithm} of ${name} contradicts the first`)
  found.set(name, { ...digests, [algorithm]: hex })
}

const seedError = (
  message: string,
  hint = 'fetch the archive and its .DIGESTS again, from one place',
): SdkError => new SdkError('SDK_SEED', message, { hint })

/**
 * The digests of `name`.
 *
 * @throws SdkError SDK_SEED when there are none, or only weak ones (MD5, SHA-1)
 */
export function selectDigests(found: Digests, name: string, source: string): Partial<FileDigests> {
  const digests = found.get(name)
  if (digests === undefined) {
    const names = [...found.keys()].join(', ')
    throw seedError(
      `${source}: expected digests of ${name}, found ${names === '' ? 'none at all' : `only ${names}`}`,
    )
  }
  if (!STRONG.some((algorithm) => digests[algorithm] !== undefined))
    throw seedError(
      `${source}: expected a SHA512 or BLAKE2B digest of ${name}, found only ${Object.keys(digests).join(' and ')}`,
      'MD5 and SHA1 can be forged; ask the publisher for a .DIGESTS with SHA512',
    )
  return digests
}

/** A file, and the text that vouches for it. */
export interface VerifyRequest {
  file: string
  /** Its name in the digests; default: its base name. */
  name?: string
  /** Text of the .DIGESTS file. */
  text: string
  /** Path or URL of that text, for messages. */
  source: string
  /** Told how far it is. */
  emit?: Emit | undefined
}

/**
 * Checks `file` against every digest that `text` has of it, reading it once.
 *
 * @returns its sha256
 * @throws SdkError SDK_SEED on a mismatch (expected and found), and as {@link parseDigests} and {@link selectDigests}
 */
export async function verifyDigests(request: VerifyRequest): Promise<string> {
  const { file, source } = request
  const name = request.name ?? basename(file)
  const expected = selectDigests(parseDigests(request.text, source), name, source)
  const wanted = Object.keys(expected) as Algorithm[]
  const actual = await hashFile(request, [...new Set<Algorithm>([...wanted, 'sha256'])])
  const wrong = wanted.find((algorithm) => actual[algorithm] !== expected[algorithm])
  if (wrong !== undefined)
    throw seedError(`${file}: expected ${wrong} ${expected[wrong]} (${source}), found ${actual[wrong]}`)
  return actual.sha256 ?? ''
}
