// Downloads one URL into a file with Node's own client, going on where an earlier attempt stopped.

import type { FileHandle } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { systemCode } from '../errors.js'
import { openToAppend } from '../files/append.js'
import { codingsOf } from './coding.js'
import { PlaceError, redact } from './place.js'
import { request } from './request.js'

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
  /** What the server has said of the file that these bytes are of, where it was this one; it is written down here. */
  said?: Validators
}

/** What tells two files of one address apart: an entity tag, or a time. */
export interface Validators {
  validator?: string | undefined
}

const STALL_MS = 60_000

/** Statuses that a later attempt may not meet: overload, time-out, rate limit, a proxy's trouble. */
const TRANSIENT = new Set([408, 425, 429, 500, 502, 503, 504])

/** Statuses of what is not there; servers of files answer 403 for it where they list no folders. */
const ABSENT = new Set([403, 404, 410])

/**
 * Downloads the whole file. What arrived stays in the file when this throws.
 *
 * @returns how the bytes are packed, if the server says that they are; see `coding.ts`
 * @throws PlaceError what went wrong; the caller's abort reason when `signal` fires
 */
export async function downloadHttp(download: Download): Promise<string[]> {
  const handle = await openToAppend(download.path)
  try {
    const have = (await handle.stat()).size
    if (have === download.size) return []
    const offset = download.size === undefined || have < download.size ? have : 0
    return await transfer({ ...download, handle, offset })
  } finally {
    await handle.close()
  }
}

type Job = Download & { handle: FileHandle; offset: number }

async function transfer(job: Job): Promise<string[]> {
  const { stallMs = STALL_MS } = job
  const stall = new AbortController()
  const timer = setTimeout(() => stall.abort(), stallMs)
  const signals = job.signal === undefined ? [stall.signal] : [stall.signal, job.signal]
  try {
    const response = await ask(job, AbortSignal.any(signals))
    const begin = beginningOf(response, job)
    if (begin === 'all there') return []
    await job.handle.truncate(begin.offset)
    if (job.said !== undefined) job.said.validator = validatorOf(response)
    await store(response, { ...job, ...begin, alive: () => timer.refresh() })
    return codingsOf(response.headers)
  } catch (error) {
    job.signal?.throwIfAborted()
    if (stall.signal.aborted) throw new PlaceError(`nothing came for ${stallMs / 1000} s`, true)
    throw explain(error)
  } finally {
    clearTimeout(timer)
  }
}

/** Asks for what is not there yet; where the answer cannot go behind what is there, for the whole. */
async function ask(job: Job, signal: AbortSignal): Promise<IncomingMessage> {
  const { offset, said } = job
  // The bytes as they are counted and digested, not packed for the way.
  const headers = { 'accept-encoding': 'identity' }
  if (offset === 0) return await request(job.url, { headers, signal })
  const since = said?.validator === undefined ? {} : { 'if-range': said.validator }
  const response = await request(job.url, {
    headers: { ...headers, ...since, range: `bytes=${offset}-` },
    signal,
  })
  if (!isOfNoUse(response, job)) return response
  response.destroy()
  job.offset = 0
  return await request(job.url, { headers, signal })
}

/** Whether an answer is about a part that was not asked for, or of a file that has changed since. */
function isOfNoUse(response: IncomingMessage, { offset, said, size }: Job): boolean {
  const { first, total } = rangeOf(response)
  if (response.statusCode === 416) return size === undefined ? total !== offset : total === undefined
  if (response.statusCode !== 206) return false
  const now = validatorOf(response)
  const hasChanged = said?.validator !== undefined && now !== undefined && now !== said.validator
  return hasChanged || (first !== offset && first !== 0)
}

/** A strong entity tag, else the time of the last change: what `If-Range` takes. */
function validatorOf({ headers }: IncomingMessage): string | undefined {
  return headers.etag?.startsWith('"') === true ? headers.etag : headers['last-modified']
}

/** Of `Content-Range`, what it has. */
function rangeOf({ headers }: IncomingMessage): { first: number | undefined; total: number | undefined } {
  const [, first, total] =
    /^bytes\s+(?:(\d+)-\d*|\*)\/(\d+|\*)$/.exec(headers['content-range']?.trim() ?? '') ?? []
  const number = (text: string | undefined): number | undefined =>
    text === undefined || text === '*' ? undefined : Number(text)
  return { first: number(first), total: number(total) }
}

/** Where the body of a response begins in the file, and the bytes that the file has in all, if anybody says. */
interface Beginning {
  offset: number
  total: number | undefined
}

/** @throws PlaceError when `response` carries nothing of use */
function beginningOf(response: IncomingMessage, job: Job): Beginning | 'all there' {
  const { offset, size } = job
  const status = response.statusCode ?? 0
  const { first, total } = rangeOf(response)
  if (status === 200 || status === 203) return checkLength(response, { ...job, offset: 0 })
  if (status === 206 && first === 0) return checkLength(response, { ...job, offset: 0 })
  if (status === 206 && first === offset) return checkLength(response, job)
  response.destroy()
  if (status === 416 && offset > 0) {
    if (size === undefined && total === offset) return 'all there'
    throw new PlaceError('the server does not have that much of it: not the same file', false)
  }
  throw new PlaceError(
    `HTTP ${status} ${response.statusMessage ?? ''}`.trimEnd(),
    TRANSIENT.has(status),
    ABSENT.has(status),
  )
}

function checkLength(response: IncomingMessage, { offset, size, limit }: Job): Beginning {
  const { 'content-length': header, 'transfer-encoding': pieces } = response.headers
  const isCounted = header !== undefined && /^\d+$/.test(header) && pieces === undefined
  // Without a length, or for a coded body, the count of bytes written decides.
  if (!isCounted || codingsOf(response.headers).length > 0) return { offset, total: undefined }
  const total = offset + Number(header)
  const expected = size ?? limit ?? Number.POSITIVE_INFINITY
  // A length that is too large may be wrong: the bytes tell. A server sends no more than it says.
  if (size === undefined ? total <= expected : total >= expected) return { offset, total }
  response.destroy()
  throw new PlaceError(
    `it has ${total} bytes there, expected ${size === undefined ? 'at most ' : ''}${expected}`,
    false,
  )
}

async function store(response: IncomingMessage, job: Job & Beginning & { alive: () => void }): Promise<void> {
  const { offset, size, handle } = job
  const most = mostOf(response, job)
  const total = job.total ?? (codingsOf(response.headers).length > 0 ? undefined : size)
  let got = offset
  try {
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      job.alive()
      got += chunk.length
      if (got > most) {
        // Nobody goes on with another file.
        await handle.truncate(offset)
        throw new PlaceError(tooLong(most, total), false)
      }
      await handle.write(chunk)
      job.progress?.(got, total)
    }
  } catch (error) {
    // All that was wanted is there: the length was wrong.
    if (error instanceof PlaceError || got !== size) throw error
  }
  if (total !== undefined && got < total && got !== size)
    throw new PlaceError(`it ended after ${got} of ${total} bytes`, true)
}

const tooLong = (most: number, total: number | undefined): string =>
  total === undefined || total <= most
    ? `it has more than ${most} bytes`
    : `it has ${total} bytes there, expected ${most}`

/** Most bytes that are written: what is packed for the way may be a little longer than what is in it. */
function mostOf({ headers }: IncomingMessage, { size, limit }: Job): number {
  const most = size ?? limit ?? Number.POSITIVE_INFINITY
  return codingsOf(headers).length === 0 ? most : most + Math.ceil(most / 8) + 65536
}

/** Node has authorities of its own. */
const OF_AN_AUTHORITY =
  ' (where its authority is one of yours, NODE_EXTRA_CA_CERTS=FILE in the environment names its certificate)'

const OF_THE_DISK = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EROFS'])

function explain(error: unknown): unknown {
  if (error instanceof PlaceError) return error
  const { code, message } = error as NodeJS.ErrnoException
  if (OF_THE_DISK.has(systemCode(error) ?? '')) return error
  const broken = message === 'aborted' ? 'the connection broke off' : message
  const words = [
    broken || (code ?? 'it failed'),
    ...(code === undefined || broken.includes(code) ? [] : [code]),
  ]
  // A certificate that does not hold today will not hold in a second; everything else on the way may.
  const certificate = /CERT|SELF_SIGNED|ISSUER/.test(code ?? '')
  const authority = /SELF_SIGNED|ISSUER/.test(code ?? '') ? OF_AN_AUTHORITY : ''
  return new PlaceError(`${redact(words.join(': '))}${authority}`, !certificate)
}
