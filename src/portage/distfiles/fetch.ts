// Fetches one distfile: every place in turn, transient failures with patience, and only verified bytes get the name.

import { rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { explainSystemError, SdkError } from '../../errors.js'
import { type Patience, transferFrom } from '../../transfer/attempts.js'
import { claimPartial, type Partial } from '../../transfer/partial.js'
import { describePlace, type Place, redact } from '../../transfer/place.js'
import { digestFile, mismatch } from './digest.js'
import type { Distfile } from './distfile.js'
import type { Mirrors } from './mirrors.js'

/** What {@link fetchOne} needs beside the file. */
export interface FetchContext extends Patience {
  directory: string
  mirrors: Mirrors
  /** Paths of files that are not whole yet, while they are fetched. */
  underWay: Set<string>
  signal?: AbortSignal | undefined
}

/**
 * Fetches `file` into the directory under its name.
 *
 * @throws SdkError SDK_DISTFILE naming every place and what was wrong there; SDK_SPACE when the disk is full
 */
export async function fetchOne(file: Distfile, context: FetchContext): Promise<void> {
  const partial = await claimPartial(context.directory, file.name)
  context.underWay.add(partial.path)
  try {
    const tried = await tryPlaces(file, { ...context, partial })
    if (tried !== undefined) throw noPlaceLeft(file, tried, context)
    await partial.publish()
  } catch (error) {
    await partial.release()
    throw explainSystemError(error, join(context.directory, file.name))
  } finally {
    context.underWay.delete(partial.path)
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

/** Tries one place; returns why it failed. */
async function tryPlace(
  file: Distfile,
  { place, partial, ...job }: Job & { place: Place },
): Promise<string | undefined> {
  const { path } = partial
  const { attempts, pauseMs, signal } = job
  const check = (): Promise<string | undefined> => mismatch(path, file, signal)
  const failure = await transferFrom(place, {
    ...{ path, size: file.size, attempts, pauseMs, check },
    signal,
  })
  return failure?.message
}

/** Moves a file with the wrong contents aside, since somebody may want to know what it was. Returns its new path. */
export async function moveAside(directory: string, name: string): Promise<string> {
  const path = join(directory, name)
  const digest = await digestOf(path).catch(() => 'unreadable')
  const aside = join(directory, `.bad-${digest}-${name}`)
  // Gone already: another run that shares the directory moved it.
  await rename(path, aside).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  return aside
}

/** The beginning of a file's SHA512; what is no file is not opened: a FIFO would wait for ever. */
async function digestOf(path: string): Promise<string> {
  if (!(await stat(path)).isFile()) return 'no-file'
  const { SHA512 = '' } = await digestFile(path, ['SHA512'])
  return SHA512.slice(0, 12)
}

function noPlaceLeft(file: Distfile, tried: string[], { directory }: FetchContext): SdkError {
  const what = `${file.name} (${file.size} bytes${file.package === undefined ? '' : `, of ${file.package}`})`
  const places =
    tried.length === 0 ? '  (its ebuild names no place)' : tried.map((line) => `  ${line}`).join('\n')
  return new SdkError('SDK_DISTFILE', `${what} could not be fetched:\n${places}`, {
    hint: `name another place with --mirror NAME=URL, or put the file into ${directory} yourself, then run the same version again`,
    facts: { file: file.name, size: file.size, tried },
  })
}
