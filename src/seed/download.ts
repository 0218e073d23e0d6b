// Downloads an SDK from its mirrors, in order, with everything that vouches for it. A mirror that fails any check is
// refused as a whole, and nothing gets its final name before all checks are passed.

import { mkdir, readFile, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { explainSystemError, SdkError } from '../errors.js'
import type { Emit } from '../events/event.js'
import { writeFileAtomic } from '../store/disk/atomic.js'
import { PRIVATE, SUFFIXES } from '../store/layout.js'
import { type Patience, transferFrom } from '../transfer/attempts.js'
import { claimPartial } from '../transfer/partial.js'
import { PlaceError, placeOfUrl, redact } from '../transfer/place.js'
import { besideUrl, type KnownSdk, type SeedUrl } from './known-sdk.js'
import { type Proof, type ProvenSeed, readProof } from './proof.js'
import { namesOf } from './sdk-cache.js'

/** What to download, and where to. */
export interface SdkDownload {
  sdk: KnownSdk
  /** The cache. */
  folder: string
  emit: Emit
  signal: AbortSignal | undefined
  /** Default: four attempts per file and mirror, from one second on; a minute without a byte is a failure. */
  patience?: Partial<Patience & { stallMs: number }> | undefined
}

/** A tarball that has passed all checks. */
export interface DownloadedSdk {
  path: string
  checked: ProvenSeed
}

/** DIGESTS and signatures are small; whoever sends more is no mirror. */
const MOST_OF_A_PAPER = 1024 * 1024

/**
 * Downloads the tarball and its papers into the cache. A tarball that is there already is kept if the papers of a mirror
 * are about it.
 *
 * @throws SdkError SDK_SEED with every address and why it was refused; SDK_SPACE
 */
export async function downloadSdk(download: SdkDownload): Promise<DownloadedSdk> {
  const { sdk, folder, emit, signal } = download
  await mkdir(folder, { recursive: true, mode: PRIVATE })
  const refused: { url: string; reason: string }[] = []
  for (const mirror of sdk.urls) {
    signal?.throwIfAborted()
    try {
      return await fromMirror(mirror, download)
    } catch (error) {
      if (!isRefusal(error)) throw explainSystemError(error, folder)
      const [url, reason] = [redact(mirror.url), redact(error.message)]
      refused.push({ url, reason })
      emit({ type: 'download-failed', file: mirror.published, url, reason })
    }
  }
  const lines = refused.map(({ url, reason }) => `  ${url}: ${reason}`)
  throw new SdkError('SDK_SEED', `the SDK ${sdk.name} could not be downloaded:\n${lines.join('\n')}`, {
    hint: `run the command again later, put the tarball and its .DIGESTS into ${folder}, or give a seed with --seed_tarball FILE`,
    facts: { refused },
  })
}

const isRefusal = (error: unknown): error is SdkError =>
  error instanceof SdkError && error.code === 'SDK_SEED'

async function fromMirror(mirror: SeedUrl, download: SdkDownload): Promise<DownloadedSdk> {
  const { sdk, folder } = download
  const target = path.join(folder, `${sdk.name}${SUFFIXES[mirror.compression]}`)
  const proof = await readProof({
    read: (suffix) => fetchPaper(besideUrl(mirror.url, suffix), download),
    source: redact(mirror.url),
    names: [mirror.published, ...namesOf(sdk, target)],
    keyring: sdk.keyring,
  })
  const present = await alreadyThere(target, proof, download.emit)
  if (present !== undefined) {
    await keepPapers(target, proof)
    return { path: target, checked: present }
  }
  return { path: target, checked: await fetchTarball({ ...download, mirror, target, proof }) }
}

async function alreadyThere(target: string, proof: Proof, emit: Emit): Promise<ProvenSeed | undefined> {
  if (!(await stat(target).catch(() => undefined))?.isFile()) return undefined
  return await proof.check(target, emit).catch((error: unknown) => {
    if (isRefusal(error)) return undefined
    throw error
  })
}

async function keepPapers(target: string, { papers }: Proof): Promise<void> {
  for (const [suffix, bytes] of papers) await writeFileAtomic(`${target}${suffix}`, bytes)
}

type Fetching = SdkDownload & { mirror: SeedUrl; target: string; proof: Proof }

async function fetchTarball(fetching: Fetching): Promise<ProvenSeed> {
  const { mirror, target, proof, folder, emit } = fetching
  const name = path.basename(target)
  const begin = performance.now()
  emit({ type: 'download-started', file: name, url: redact(mirror.url) })
  const partial = await claimPartial(folder, name)
  try {
    let checked: ProvenSeed | undefined
    const check = async (): Promise<string | undefined> => {
      const verdict = await verdictOn(partial.path, proof, emit)
      if (typeof verdict === 'string') return verdict.replaceAll(partial.path, name)
      checked = verdict
      return undefined
    }
    await transfer(mirror.url, { ...fetching, path: partial.path, check, progress: throttled(name, emit) })
    if (checked === undefined) throw new Error('a file that was not checked')
    const { size } = await stat(partial.path)
    // Before the tarball: at its final name it is never without them.
    await keepPapers(target, proof)
    await partial.publish()
    emit({
      type: 'download-finished',
      file: name,
      bytes: size,
      durationMs: Math.round(performance.now() - begin),
    })
    return checked
  } catch (error) {
    await partial.release()
    throw error
  }
}

async function verdictOn(file: string, proof: Proof, emit: Emit): Promise<ProvenSeed | string> {
  return await proof.check(file, emit).catch((error: unknown) => {
    if (isRefusal(error)) return error.message
    throw error
  })
}

/** A file beside the tarball, in memory; undefined when the mirror has none. @throws SdkError SDK_SEED */
async function fetchPaper(url: string, download: SdkDownload): Promise<Buffer | undefined> {
  const partial = await claimPartial(download.folder, path.basename(new URL(url).pathname))
  try {
    // Left by a run that was killed: perhaps of another mirror.
    await rm(partial.path, { force: true })
    const failure = await attempt(url, { ...download, path: partial.path, limit: MOST_OF_A_PAPER })
    if (failure?.isAbsent === true) return undefined
    if (failure !== undefined) throw refusal(`${redact(url)}: ${failure.message}`)
    return await readFile(partial.path)
  } finally {
    await rm(partial.path, { force: true })
  }
}

interface Transferring extends Pick<SdkDownload, 'patience' | 'signal'> {
  path: string
  limit?: number
  check?: () => Promise<string | undefined>
  progress?: (done: number, total: number | undefined) => void
}

/** @throws SdkError SDK_SEED that says why it did not work */
async function transfer(url: string, job: Transferring): Promise<void> {
  const failure = await attempt(url, job)
  if (failure !== undefined) throw refusal(failure.message)
}

/** @returns why it did not work */
async function attempt(
  url: string,
  { patience = {}, signal, ...job }: Transferring,
): Promise<PlaceError | undefined> {
  const place = placeOfUrl(url)
  if (place === undefined) return new PlaceError('only http, https and file addresses are known', false)
  const { path: file, limit, progress, check } = job
  return await transferFrom(place, {
    ...{ path: file, check, attempts: 4, pauseMs: 1000, ...patience },
    limit,
    progress,
    signal,
  })
}

const refusal = (reason: string): SdkError => new SdkError('SDK_SEED', reason)

/** Milliseconds between two facts about one download. */
const PROGRESS_MS = 1000

function throttled(file: string, emit: Emit): (done: number, bytes: number | undefined) => void {
  let last = Number.NEGATIVE_INFINITY
  return (done, bytes) => {
    if (performance.now() - last < PROGRESS_MS) return
    last = performance.now()
    emit({ type: 'download-progress', file, done, bytes })
  }
}
