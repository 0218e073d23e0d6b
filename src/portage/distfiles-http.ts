// Downloads one URL into a file with Node's own client, going on where an earlier attempt stopped.

import { type FileHandle, open } from 'node:fs/promises'
import { PlaceError, redact } from './distfiles-place.js'

/** What to download, and where to. */
export interface Download {
  url: string
  /** Existing bytes are taken as the beginning of the file. */
  path: string
  /** Bytes the Manifest names; more than this is never written. */
  size: number
  signal?: AbortSignal
}

/** A server that sends nothing for this long is given up (and tried again). */
const STALL_MS = 60_000

/** Statuses that a later attempt may not meet: overload, time-out, rate limit, a proxy's trouble. */
const TRANSIENT = new Set([408, 425, 429, 500, 502, 503, 504])

/**
 * Downloads until the file has its size. What arrived stays in the file when this throws.
 *
 * @throws PlaceError what went wrong; the caller's abort reason when `signal` fires
 */
export async function downloadHttp(download: Download): Promise<void> {
  const handle = await open(download.path, 'a+', 0o644)
  try {
    const have = (await handle.stat()).size
    if (have === download.size) return
    const offset = have < download.size ? have : 0
    await transfer({ ...download, handle, offset })
  } finally {
    await handle.close()
  }
}

async function transfer(job: Download & { handle: FileHandle; offset: number }): Promise<void> {
  const stall = new AbortController()
  const timer = setTimeout(() => stall.abort(), STALL_MS)
  const signals = job.signal === undefined ? [stall.signal] : [stall.signal, job.signal]
  try {
    const response = await fetch(withoutCredentials(job.url), {
      headers: headersFor(job.url, job.offset),
      signal: AbortSignal.any(signals),
    })
    const start = await startOf(response, job)
    await job.handle.truncate(start)
    await store(response, { ...job, offset: start, alive: () => timer.refresh() })
  } catch (error) {
    job.signal?.throwIfAborted()
    if (stall.signal.aborted) throw new PlaceError(`nothing came for ${STALL_MS / 1000} s`, true)
    throw explain(error)
  } finally {
    clearTimeout(timer)
  }
}

function headersFor(url: string, offset: number): Record<string, string> {
  const { username, password } = new URL(url)
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return {
    // The bytes as the Manifest counts them, not packed for the way.
    'accept-encoding': 'identity',
    ...(offset > 0 ? { range: `bytes=${offset}-` } : {}),
    ...(username === '' ? {} : { authorization: `Basic ${Buffer.from(login).toString('base64')}` }),
  }
}

/** fetch refuses URLs with credentials; they go into a header instead. */
export function withoutCredentials(url: string): string {
  const parsed = new URL(url)
  parsed.username = ''
  parsed.password = ''
  return parsed.href
}

/** Offset of the first byte that `response` carries; @throws PlaceError when it carries none of use */
async function startOf(
  response: Response,
  { offset, size }: { offset: number; size: number },
): Promise<number> {
  if (response.status === 200) return checkLength(response, { offset: 0, size })
  if (response.status === 206 && offset > 0) {
    const first = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1]
    if (Number(first) === offset) return checkLength(response, { offset, size })
  }
  await response.body?.cancel()
  if (response.status === 416 && offset > 0)
    throw new PlaceError('the server does not have that much of it: not the same file', false)
  throw new PlaceError(
    `HTTP ${response.status} ${response.statusText}`.trimEnd(),
    TRANSIENT.has(response.status),
  )
}

async function checkLength(
  response: Response,
  { offset, size }: { offset: number; size: number },
): Promise<number> {
  const header = response.headers.get('content-length')
  const total = offset + Number(header ?? Number.NaN)
  // Without a length, or for a coded body, the count of bytes written decides.
  if (header === null || response.headers.has('content-encoding') || total === size) return offset
  await response.body?.cancel()
  throw new PlaceError(`it has ${total} bytes there, the Manifest says ${size}`, false)
}

async function store(
  response: Response,
  job: { handle: FileHandle; offset: number; size: number; alive: () => void },
): Promise<void> {
  let got = job.offset
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    job.alive()
    got += chunk.length
    if (got > job.size) throw new PlaceError(`it has more than the ${job.size} bytes of the Manifest`, false)
    await job.handle.write(chunk)
  }
  if (got < job.size) throw new PlaceError(`it ended after ${got} of ${job.size} bytes`, true)
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
