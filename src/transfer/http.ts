// Downloads one URL into a file with Node's own client, going on where an earlier attempt stopped.

import { type FileHandle, open } from 'node:fs/promises'
import { PlaceError, redact } from './place.js'

/** How to download. */
export interface HttpOptions {
  /** Bytes of the file, where that is known before; more is never written. */
  size?: number
  /** Most bytes of a file whose size is not known before. */
  limit?: number | undefined
  /** A server that sends nothing for this long is given up (and tried again); default: a minute. */
  stallMs?: number
  /** Told after each piece: bytes that are there, and of how many (undefined when the server does not say). */
  progress?: ((done: number, total: number | undefined) => void) | undefined
  signal?: AbortSignal | undefined
}

/** What to download, and where to. */
export interface Download extends HttpOptions {
  url: string
  /** Existing bytes are taken as the beginning of the file. */
  path: string
}

const STALL_MS = 60_000

/** Statuses that a later attempt may not meet: overload, time-out, rate limit, a proxy's trouble. */
const TRANSIENT = new Set([408, 425, 429, 500, 502, 503, 504])

/** Statuses of what is not there; servers of files answer 403 for it where they list no folders. */
const ABSENT = new Set([403, 404, 410])

/**
 * Downloads the whole file. What arrived stays in the file when this throws.
 *
 * @throws PlaceError what went wrong; the caller's abort reason when `signal` fires
 */
export async function downloadHttp(download: Download): Promise<void> {
  const handle = await open(download.path, 'a+', 0o644)
  try {
    const have = (await handle.stat()).size
    if (have === download.size) return
    const offset = download.size === undefined || have < download.size ? have : 0
    await transfer({ ...download, handle, offset })
  } finally {
    await handle.close()
  }
}

type Job = Download & { handle: FileHandle; offset: number }

async function transfer(job: Job): Promise<void> {
  const { stallMs = STALL_MS } = job
  const stall = new AbortController()
  const timer = setTimeout(() => stall.abort(), stallMs)
  const signals = job.signal === undefined ? [stall.signal] : [stall.signal, job.signal]
  try {
    const response = await fetch(withoutCredentials(job.url), {
      headers: headersFor(job.url, job.offset),
      signal: AbortSignal.any(signals),
    })
    const begin = await beginningOf(response, job)
    if (begin === 'all there') return
    await job.handle.truncate(begin.offset)
    await store(response, { ...job, ...begin, alive: () => timer.refresh() })
  } catch (error) {
    job.signal?.throwIfAborted()
    if (stall.signal.aborted) throw new PlaceError(`nothing came for ${stallMs / 1000} s`, true)
    throw explain(error)
  } finally {
    clearTimeout(timer)
  }
}

function headersFor(url: string, offset: number): Record<string, string> {
  return {
    // The bytes as they are counted and digested, not packed for the way.
    'accept-encoding': 'identity',
    ...(offset > 0 ? { range: `bytes=${offset}-` } : {}),
    ...authorizationOf(url),
  }
}

/** The header for the credentials in `url`, if it has some; see {@link withoutCredentials}. */
export function authorizationOf(url: string): { authorization?: string } {
  const { username, password } = new URL(url)
  if (username === '') return {}
  const login = `${decoded(username)}:${decoded(password)}`
  return { authorization: `Basic ${Buffer.from(login).toString('base64')}` }
}

/** A `%` that begins no escape is itself. */
const decoded = (text: string): string => text.replaceAll(/(?:%[0-9a-f]{2})+/gi, decodeBytes)

const decodeBytes = (escapes: string): string => Buffer.from(escapes.replaceAll('%', ''), 'hex').toString()

/** fetch refuses URLs with credentials; they go into a header instead. */
export function withoutCredentials(url: string): string {
  const parsed = new URL(url)
  parsed.username = ''
  parsed.password = ''
  return parsed.href
}

/** Where the body of a response begins in the file, and the bytes that the file has in all, if anybody says. */
interface Beginning {
  offset: number
  total: number | undefined
}

/** @throws PlaceError when `response` carries nothing of use */
async function beginningOf(response: Response, job: Job): Promise<Beginning | 'all there'> {
  const { offset, size } = job
  if (response.status === 200) return await checkLength(response, { ...job, offset: 0 })
  const [, first, last] =
    /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '') ?? []
  if (response.status === 206 && offset > 0 && Number(first) === offset)
    return await checkLength(response, job)
  await response.body?.cancel()
  if (response.status === 416 && offset > 0) {
    if (size === undefined && Number(last) === offset) return 'all there'
    // Without a known size the bytes that are there may be too many: they are forgotten, and the next attempt begins anew.
    if (size === undefined) await job.handle.truncate(0)
    throw new PlaceError('the server does not have that much of it: not the same file', size === undefined)
  }
  throw new PlaceError(
    `HTTP ${response.status} ${response.statusText}`.trimEnd(),
    TRANSIENT.has(response.status),
    ABSENT.has(response.status),
  )
}

async function checkLength(response: Response, { offset, size, limit }: Job): Promise<Beginning> {
  const header = response.headers.get('content-length')
  // Without a length, or for a coded body, the count of bytes written decides.
  if (header === null || response.headers.has('content-encoding')) return { offset, total: size }
  const total = offset + Number(header)
  if (size !== undefined && total !== size) {
    await response.body?.cancel()
    throw new PlaceError(`it has ${total} bytes there, expected ${size}`, false)
  }
  if (limit !== undefined && total > limit) {
    await response.body?.cancel()
    throw new PlaceError(`it has ${total} bytes there, expected at most ${limit}`, false)
  }
  return { offset, total }
}

async function store(response: Response, job: Job & Beginning & { alive: () => void }): Promise<void> {
  const { offset, total, size, limit, handle } = job
  const most = size ?? limit ?? Number.POSITIVE_INFINITY
  let got = offset
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    job.alive()
    got += chunk.length
    if (got > most) throw new PlaceError(`it has more than ${most} bytes`, false)
    await handle.write(chunk)
    job.progress?.(got, total)
  }
  if (total !== undefined && got < total)
    throw new PlaceError(`it ended after ${got} of ${total} bytes`, true)
}

function explain(error: unknown): unknown {
  if (error instanceof PlaceError) return error
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EIO' || code === 'EROFS') return error
  const cause = (error as Error).cause as NodeJS.ErrnoException | undefined
  const words = [(error as Error).message, cause?.code ?? cause?.message].filter((word) => word !== undefined)
  // A certificate that does not hold today will not hold in a second; everything else on the way may.
  const certificate = /CERT|SELF_SIGNED|ISSUER/.test(cause?.code ?? '')
  return new PlaceError(redact(words.join(': ')), !certificate)
}
