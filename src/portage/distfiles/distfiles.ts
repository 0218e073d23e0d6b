// Fetches the source files of a stage on the host side, before it starts: inside a stage there is no network. A file
// counts as there only when its size and all digests are those of the Manifest.

import { statSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { SdkError } from '../../errors.js'
import type { Emit } from '../../events/event.js'
import { formatCount } from '../../events/measures.js'
import { tellWork } from '../../events/work.js'
import { canBeChecked, isSameDistfile, mismatch } from './digest.js'
import type { Distfile } from './distfile.js'
import { fetchOne, moveAside } from './fetch.js'
import type { Mirrors } from './mirrors.js'

/** What to fetch, and how. */
export interface FetchRequest {
  files: readonly Distfile[]
  /** The shared distfiles directory; other runs may be using it at the same time. */
  directory: string
  /** Resolver of places; the caller closes it. */
  mirrors: Mirrors
  emit: Emit
  /** For the events: the stage that needs the files. */
  stage: string
  /** Attempts at each place when it fails in a way that may pass; default 4. */
  attempts?: number
  /** Pause before the second attempt, doubled for each further one; default 1000 ms. */
  pauseMs?: number
  signal?: AbortSignal | undefined
}

/**
 * Makes sure that every file is in the directory, verified. Files that are there and right are left alone; wrong ones
 * are moved aside and fetched anew.
 *
 * @throws SdkError SDK_DISTFILE for a list that names no digest of a file, or no plain name; when a file cannot be had (the others are fetched all the same), SDK_SPACE
 */
export async function fetchDistfiles(request: FetchRequest): Promise<void> {
  const { files, directory, emit, stage, signal } = request
  for (const file of files) {
    checkName(file)
    checkDigests(file)
  }
  await mkdir(directory, { recursive: true, mode: 0o755 })
  const missing: Distfile[] = []
  const unique = mergeByName(files)
  await inParallel(unique, async (file) => {
    signal?.throwIfAborted()
    if (!(await isThere(file, request))) missing.push(file)
  })
  const bytes = missing.reduce((sum, { size }) => sum + size, 0)
  emit({ type: 'distfiles-planned', stage, files: unique.length, missing: missing.length, bytes })
  // The largest first: the longest download then does not start last.
  missing.sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1))
  const errors = await fetchAll(missing, request, bytes)
  signal?.throwIfAborted()
  if (errors.length > 0) throw combine(errors)
}

/** @returns what kept files from being fetched */
async function fetchAll(
  missing: readonly Distfile[],
  request: FetchRequest,
  bytes: number,
): Promise<unknown[]> {
  const { emit, stage, signal } = request
  const errors: unknown[] = []
  const underWay = new Set<string>()
  let whole = 0
  const done = (): number => [...underWay].reduce((sum, file) => sum + sizeOf(file), whole)
  const work = {
    emit,
    stage,
    work: 'fetch',
    name: formatCount(missing.length, 'source file'),
    bytes,
    done,
  } as const
  await tellWork(work, () =>
    inParallel(missing, async (file) => {
      if (errors.some((error) => !isDistfileError(error)) || signal?.aborted) return
      await fetchAndTell(file, request, underWay).catch((error) => errors.push(error))
      whole += file.size
    }),
  )
  return errors
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0

/** One entry per name, with the places and digests of all. @throws SdkError SDK_DISTFILE when two packages mean different files */
function mergeByName(files: readonly Distfile[]): Distfile[] {
  const merged = new Map<string, Distfile>()
  for (const file of files) {
    const known = merged.get(file.name) ?? file
    if (!isSameDistfile(known, file)) throw twoFiles(known, file)
    const uris = [...new Set([...known.uris, ...file.uris])]
    // What one of the packages allows is allowed: it is the same file.
    const restrict = (known.restrict ?? []).filter((word) => file.restrict?.includes(word) === true)
    const digests = { ...file.digests, ...known.digests }
    const owners = [...new Set([known.package, file.package])].filter((owner) => owner !== undefined)
    const whose = owners.length === 0 ? {} : { package: owners.join(', ') }
    merged.set(file.name, { ...known, ...whose, digests, uris, restrict })
  }
  return [...merged.values()]
}

/** There is one folder of sources, and a stage builds several packages at once: it cannot have both. */
function twoFiles(one: Distfile, other: Distfile): SdkError {
  const described = (file: Distfile): string => {
    const [[name, digest] = ['', '']] = Object.entries(file.digests)
    return `  ${file.package ?? 'a package'}: ${file.size} bytes, ${name} ${digest.slice(0, 16)}…`
  }
  return new SdkError(
    'SDK_DISTFILE',
    `two packages want different files of the name ${one.name}:\n${described(one)}\n${described(other)}`,
    { hint: 'rename one of them in its SRC_URI (`URL -> NAME`), or correct its Manifest' },
  )
}

async function isThere(file: Distfile, { directory, emit, signal }: FetchRequest): Promise<boolean> {
  const wrong = await mismatch(join(directory, file.name), file, signal)
  if (wrong === undefined) return true
  if (wrong !== 'absent') {
    const aside = await moveAside(directory, file.name)
    const message = `${join(directory, file.name)}: ${wrong}; moved to ${aside}, fetching it anew`
    emit({ type: 'warning', message })
  }
  return false
}

async function fetchAndTell(file: Distfile, request: FetchRequest, underWay: Set<string>): Promise<void> {
  const { directory, mirrors, attempts = 4, pauseMs = 1000, signal, emit } = request
  const start = performance.now()
  // Another run may have fetched it since it was found missing.
  if ((await mismatch(join(directory, file.name), file, signal)) !== undefined)
    await fetchOne(file, {
      directory,
      mirrors,
      attempts,
      pauseMs,
      underWay,
      signal,
    })
  const durationMs = Math.round(performance.now() - start)
  emit({ type: 'distfile-fetched', file: file.name, bytes: file.size, durationMs })
}

/** Downloads at once. Many at once met name-resolution failures: keep it small. */
const PARALLEL = 4

/** Runs `act` for every item, at most {@link PARALLEL} at once. */
async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values()
  const worker = async (): Promise<void> => {
    for (const item of queue) await act(item)
  }
  await Promise.all(Array.from({ length: PARALLEL }, worker))
}

/** Names come from a repo: one with a slash would be written outside the directory. */
function checkName({ name, package: owner }: Distfile): void {
  // Longer ones leave no room for what is put around the name of an unfinished one.
  if (/^[^./\0][^/\0]*$/.test(name) && Buffer.byteLength(name) <= 200) return
  const whose = owner === undefined ? '' : `${owner}: `
  throw new SdkError(
    'SDK_DISTFILE',
    `${whose}${JSON.stringify(name)} is not a distfile name: expected a plain file name of at most 200 bytes that begins with no dot`,
    {
      hint: 'correct SRC_URI and the Manifest of the package that names it',
    },
  )
}

/**
 * The list comes out of a stage: were a size enough, it could have the host read any file or address that it names, as root. Who names
 * a digest knows the contents.
 */
function checkDigests({ name, digests, package: owner }: Distfile): void {
  if (canBeChecked(digests)) return
  const found = Object.keys(digests).join(', ') || 'none'
  throw new SdkError(
    'SDK_DISTFILE',
    `${owner === undefined ? '' : `${owner}: `}${name} has no digest that can be checked here: expected BLAKE2B or SHA512, found ${found}`,
    { hint: 'let `ebuild EBUILD manifest` write the Manifest anew' },
  )
}

const isDistfileError = (error: unknown): error is SdkError =>
  error instanceof SdkError && error.code === 'SDK_DISTFILE'

/** One error for all files that could not be had; anything else (a full disk) comes first, alone. */
function combine(errors: readonly unknown[]): unknown {
  const other = errors.find((error) => !isDistfileError(error))
  if (other !== undefined || errors.length === 1) return other ?? errors[0]
  const all = errors.filter(isDistfileError)
  return new SdkError('SDK_DISTFILE', all.map(({ message }) => message).join('\n'), {
    hint: all[0]?.hint,
    facts: { files: all.map(({ facts }) => facts) },
  })
}
