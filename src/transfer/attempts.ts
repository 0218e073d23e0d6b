// One file from one place: the client that fits, transient failures with patience, and a verdict on what has come.

import { rm, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { clientEnvironment } from '../process/environment.js'
import { decodeFile } from './coding.js'
import { copyLocal, downloadApt, downloadNpm, hasAptHelper } from './host-client.js'
import { downloadHttp, type HttpOptions, type Validators } from './http.js'
import { type Place, PlaceError } from './place.js'

/** Attempts at one place, and the pause before the second one (doubled for each further), in milliseconds. */
export interface Patience {
  attempts: number
  pauseMs: number
}

/** What to have at `path`; bytes that are there already are taken as its beginning. */
export interface Transfer extends Patience, HttpOptions {
  path: string
  /**
   * What is wrong with the file that has come, in words; undefined when it is the right one. Without it any file is right, and
   * what a server has packed is unpacked.
   */
  check?: (() => Promise<string | undefined>) | undefined
}

/**
 * Tries `place` until the file is there and right, it fails for good, or the attempts are used up. A wrong file is
 * removed; an unfinished one stays, for this place or another to go on with.
 *
 * @returns why it failed, credentials not yet hidden; undefined when it worked
 * @throws the caller's abort reason; errors of the disk
 */
export async function transferFrom(place: Place, job: Transfer): Promise<PlaceError | undefined> {
  const { attempts, pauseMs, signal } = job
  let last: PlaceError | undefined
  const said: Validators = {}
  for (let attempt = 1; attempt <= attempts; attempt++) {
    if (attempt > 1) await sleep(pauseMs * 2 ** (attempt - 2), undefined, { signal })
    last = await attemptOnce(place, { ...job, said })
    if (last?.transient !== true) return last
  }
  if (last === undefined || attempts === 1) return last
  return new PlaceError(`${last.message} (${attempts} attempts)`, last.transient, last.isAbsent)
}

type Attempt = Transfer & { said: Validators }

async function attemptOnce(place: Place, job: Attempt): Promise<PlaceError | undefined> {
  const before = await sizeOf(job.path)
  let wrong: string | undefined
  try {
    wrong = await wrongWith(await download(place, job), job)
  } catch (error) {
    job.signal?.throwIfAborted()
    if (error instanceof PlaceError) return error
    throw error
  }
  if (wrong === undefined) return undefined
  await rm(job.path, { force: true })
  // The wrong bytes may be those that an earlier attempt, perhaps at another place, had left: once more from the start.
  return new PlaceError(`the file there is another one: ${wrong}`, before > 0)
}

/** What is wrong with the file as it has come, and unpacked: servers call files packed that are archives, and pack others. */
async function wrongWith(
  codings: readonly string[],
  { path, size, limit, check }: Attempt,
): Promise<string | undefined> {
  const wrong = await check?.()
  if (codings.length === 0 || (check !== undefined && wrong === undefined)) return wrong
  const most = size ?? limit ?? Number.POSITIVE_INFINITY
  return (await decodeFile(path, codings, most)) ? await check?.() : wrong
}

/** @returns the codings of the bytes that have come; see `coding.ts` */
async function download(place: Place, job: Attempt): Promise<string[]> {
  const { path, signal } = job
  const target = { path, signal }
  if (place.client === 'http' && !(behindProxy(place.url) && (await hasAptHelper())))
    return await downloadHttp({ ...job, url: place.url })
  if (place.client === 'npm') await downloadNpm(place.spec, target)
  else if (place.client === 'file') await copyLocal(place.path, target)
  else await downloadApt(place.url, target)
  return []
}

/** Node's client does not look at the proxy variables before Node 24; apt's does. */
function behindProxy(url: string): boolean {
  const scheme = new URL(url).protocol.replace(':', '')
  const variables = clientEnvironment()
  return [`${scheme}_proxy`, 'all_proxy'].some(
    (name) => (variables[name] ?? variables[name.toUpperCase()] ?? '') !== '',
  )
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  )
