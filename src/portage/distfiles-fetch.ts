// Fetches one distfile: every place in turn, transient failures with patience, and only verified bytes get the name.

import { rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { explainSystemError, SdkError } from '../errors.js'
import type { Distfile } from './distfiles.js'
import { digestFile, mismatch } from './distfiles-digest.js'
import { downloadHttp } from './distfiles-http.js'
import { claimPartial, type Partial } from './distfiles-partial.js'
import { describePlace, type Place, PlaceError, redact } from './distfiles-place.js'
import { copyLocal, downloadApt, downloadNpm, hasAptHelper } from './host-client.js'
import type { Mirrors } from './mirrors.js'

/** What {@link fetchOne} needs beside the file. */
export interface FetchContext {
  directory: string
  mirrors: Mirrors
  /** Attempts at one place, and the pause before the second one (doubled for each further), in milliseconds. */
  attempts: number
  pauseMs: number
  signal?: AbortSignal
}

/**
 * Fetches `file` into the directory under its name.
 *
 * @throws SdkError SDK_DISTFILE naming every place and what was wrong there; SDK_SPACE when the disk is full
 */
export async function fetchOne(file: Distfile, context: FetchContext): Promise<void> {
  const partial = await claimPartial(context.directory, file.name)
  try {
    const tried = await tryPlaces(file, { ...context, partial })
    if (tried !== undefined) throw noPlaceLeft(file, tried, context)
    await partial.publish()
  } catch (error) {
    await partial.release()
    throw explainSystemError(error, join(context.directory, file.name))
  }
}

type Job = FetchContext & { partial: Partial }

/** Returns undefined once the partial holds the verified file, else what was tried and why it failed. */
async function tryPlaces(file: Distfile, job: Job): Promise<string[] | undefined> {
  const tried: string[] = []
  // Another run may have left it whole, killed just before the rename.
  if ((await mismatch(job.partial.path, file, job.signal)) === undefined) return undefined
  for await (const place of job.mirrors.places(file)) {
    job.signal?.throwIfAborted()
    const reason = place.client === 'none' ? place.reason : await tryPlace(file, { ...job, place })
    if (reason === undefined) return undefined
    tried.push(`${place.client === 'none' ? redact(place.what) : describePlace(place)}: ${redact(reason)}`)
  }
  return tried
}

/** Tries one place until it works, fails for good, or the attempts are used up; returns the last reason. */
async function tryPlace(file: Distfile, job: Job & { place: Place }): Promise<string | undefined> {
  let reason = ''
  for (let attempt = 1; attempt <= job.attempts; attempt++) {
    if (attempt > 1) await sleep(job.pauseMs * 2 ** (attempt - 2), undefined, signalOf(job))
    const failure = await attemptPlace(file, job)
    if (failure === undefined) return undefined
    reason = failure.message
    if (!failure.transient) return reason
  }
  return job.attempts > 1 ? `${reason} (${job.attempts} attempts)` : reason
}

async function attemptPlace(file: Distfile, job: Job & { place: Place }): Promise<PlaceError | undefined> {
  const before = await sizeOf(job.partial.path)
  try {
    await download(file, job)
  } catch (error) {
    job.signal?.throwIfAborted()
    if (error instanceof PlaceError) return error
    throw error
  }
  const wrong = await mismatch(job.partial.path, file, job.signal)
  if (wrong === undefined) return undefined
  await rm(job.partial.path, { force: true })
  // The wrong bytes may be those that an earlier attempt, perhaps at another place, had left: once more from the start.
  return new PlaceError(`the file there is another one: ${wrong}`, before > 0)
}

async function download(file: Distfile, { place, partial, signal }: Job & { place: Place }): Promise<void> {
  const target = { path: partial.path, ...(signal === undefined ? {} : { signal }) }
  if (place.client === 'npm') return downloadNpm(place.spec, target)
  if (place.client === 'file') return copyLocal(place.path, target)
  if (place.client === 'apt' || (behindProxy(place.url) && (await hasAptHelper())))
    return downloadApt(place.url, target)
  return downloadHttp({ ...target, url: place.url, size: file.size })
}

/** Node's client does not look at the proxy variables before Node 24; apt's does. */
function behindProxy(url: string): boolean {
  const scheme = new URL(url).protocol.replace(':', '')
  return [`${scheme}_proxy`, 'all_proxy'].some(
    (name) => (process.env[name] ?? process.env[name.toUpperCase()] ?? '') !== '',
  )
}

/** Moves a file with the wrong contents aside, since somebody may want to know what it was. Returns its new path. */
export async function moveAside(directory: string, name: string): Promise<string> {
  const path = join(directory, name)
  const digest = await digestFile(path).then(
    ({ SHA512 }) => SHA512.slice(0, 12),
    () => 'unreadable',
  )
  const aside = join(directory, `.bad-${digest}-${name}`)
  // Gone already: another run that shares the directory moved it.
  await rename(path, aside).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  return aside
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  )
const signalOf = ({ signal }: FetchContext): { signal?: AbortSignal } =>
  signal === undefined ? {} : { signal }

function noPlaceLeft(file: Distfile, tried: string[], { directory }: FetchContext): SdkError {
  const places =
    tried.length === 0 ? '  (its ebuild names no place)' : tried.map((line) => `  ${line}`).join('\n')
  return new SdkError('SDK_DISTFILE', `${file.name} (${file.size} bytes) could not be fetched:\n${places}`, {
    hint: `name another place with --mirror NAME=URL, or put the file into ${directory} yourself, then run the same version again`,
    facts: { file: file.name, size: file.size, tried },
  })
}
