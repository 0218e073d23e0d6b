// The one place that says of a failure that a disk is full or broken: which disk, what is free on it, how to go on. Errors of
// the system, what a program wrote on stderr, the end of a stage's log and the file systems themselves are the evidence.

import { SdkError, systemCode } from '../../errors.js'
import { formatBytes, formatCount } from '../../events/measures.js'
import { quotedCommand } from '../../process/own-command.js'
import { type FreeSpace, freeSpace, LEAST } from './space.js'

/** How programs say that a disk is full: the C library's words, Node's and Python's names, GNU tar's short write. */
const FULL = /No space left on device|\bENOSPC\b|Wrote only \d+ of \d+ bytes|database or disk is full/
const QUOTA = /Disk quota exceeded|\bEDQUOT\b/
const SIZE = /File too large|\bEFBIG\b|File size limit exceeded|\bSIGXFSZ\b/

/** Fewer free bytes or inodes than this, and nothing that is built goes on; file systems keep some for themselves. */
const EXHAUSTED = { bytes: 256 * 1024, inodes: 4 }

type Kind = 'space' | 'quota' | 'size' | 'io' | 'read-only'

const KINDS: Readonly<Record<string, Kind>> = {
  ENOSPC: 'space',
  EDQUOT: 'quota',
  EFBIG: 'size',
  EIO: 'io',
  EROFS: 'read-only',
}

const WORDS: Readonly<Record<Kind, string>> = {
  space: 'no space left',
  quota: 'the quota is used up',
  size: 'a file would be larger than one may be',
  io: 'the disk reported an input/output error',
  'read-only': 'nothing can be written',
}

const hints = (): Readonly<Record<Kind, string>> => ({
  space: `make room there (${quotedCommand(['clean'])} removes what can be rebuilt): the smallest SDK takes ${formatBytes(LEAST.bytes)} and ${LEAST.inodes} inodes; then run the same version again, it goes on where it ended`,
  quota: `raise the quota of the user that writes there, or make room (${quotedCommand(['clean'])}); then run the same version again, it goes on where it ended`,
  size: 'raise the limit of who starts this (`ulimit -f`, LimitFSIZE of a unit), or take a file system that holds larger files; then run the same version again',
  io: 'look at `dmesg` for the failing device, then run the same version again',
  'read-only':
    'look at `dmesg`: the kernel makes a file system read-only when its disk fails; mount it for writing, then run the same version again',
})

/** What to do about another disk than those of the catalyst root, of which `clean` frees nothing. */
const ELSEWHERE = 'make room there, or name another place; then run the same command again'

/** What to do, where `disk` is the one that lacks something; `own` are paths on those that the command writes to by itself. */
async function hintOf(kind: Kind, disk: Disk | undefined, own: readonly string[]): Promise<string> {
  if (kind !== 'space' || disk === undefined || own.length === 0) return hints()[kind]
  const mounts = await Promise.all(own.map((place) => freeSpace(place).catch(() => undefined)))
  const isOwn = mounts.some((each) => each?.mountPoint === disk.facts.mountPoint)
  return isOwn ? hints().space : ELSEWHERE
}

/** What is looked at to tell why something failed. */
export interface Evidence {
  /** What was being done, as an error begins: `stage3 failed (run): app-misc/alpha-1`. Undefined: what the evidence says. */
  headline?: string | undefined
  /** What programs have written: the ends of logs, of stderr. */
  said?: readonly string[]
  /** Paths on the disks that were written to, the likeliest first. */
  places: readonly string[]
  cause?: unknown
  facts?: Record<string, unknown>
  /** Paths on all disks that the command writes to by itself; none where that is not known. On others `clean` frees nothing. */
  own?: readonly string[]
  /** Added to what to do. */
  hint?: string | undefined
}

/** The system's error that a program has written of, in `text`; undefined where it is none of a disk, a quota or a limit. */
export const saidCode = (text: string): string | undefined =>
  saysFull(text) ? Object.keys(KINDS).find((code) => KINDS[code] === kindOf(text)) : undefined

/** Does `text`, written by a program, say that a disk, a quota or a limit is used up? */
export const saysFull = (text: string): boolean => FULL.test(text) || QUOTA.test(text) || SIZE.test(text)

/**
 * Turns what a disk has caused into SDK_SPACE with mount point, file system and what is free there; any other error is
 * returned as it is. An error of the system is found in the chain of causes, too.
 *
 * @param places where the command writes: the likeliest first
 * @param own paths on all disks that it writes to by itself; none where that is not known
 */
export async function explainDisk(
  error: unknown,
  places: readonly string[],
  own: readonly string[] = [],
): Promise<unknown> {
  const known = error instanceof SdkError ? error : undefined
  // A bound of the stage that was met is none of the disk.
  const isSaid = known?.facts.disk !== undefined || known?.facts.bound !== undefined
  if (isSaid || known?.code === 'SDK_PUBLISH') return error
  if (known?.code === 'SDK_SPACE') return await withDisk(known, { places, own })
  const system = systemError(error)
  if (system !== undefined) {
    const { kind, path } = system
    const where = path ?? places[0]
    const headline = known?.message ?? where
    return await diskError(kind, {
      headline,
      places: [...(path === undefined ? [] : [path]), ...places],
      own,
      cause: error,
    })
  }
  const message = error instanceof Error ? error.message : String(error)
  const { tail, stderr } = known?.facts ?? {}
  const said = [message, ...(Array.isArray(tail) ? tail : []), stderr].filter(
    (each) => typeof each === 'string',
  )
  const headline = known === undefined || MAY_BE_DISK.has(known.code) ? message.split('\n')[0] : undefined
  const facts = known?.facts ?? {}
  const words = said.some(saysFull)
  const near = folderNotMade(error)
  const at = near === undefined ? places : [near, ...places]
  return (
    (await findFullDisk({ ...(words ? {} : { headline }), said, places: at, cause: error, facts })) ?? error
  )
}

/** The folder that Node could not make with all above it: it says ENOENT of that where no inode is left. */
function folderNotMade(error: unknown): string | undefined {
  for (let each = error, depth = 0; each instanceof Error && depth < 8; each = each.cause, depth += 1) {
    const { code, syscall, path } = each as NodeJS.ErrnoException
    if (code === 'ENOENT' && syscall === 'mkdir') return path
  }
  return undefined
}

/** What fails so may have met a full disk without a word. */
const MAY_BE_DISK: ReadonlySet<string> = new Set(['SDK_STAGE', 'SDK_INTERNAL'])

/**
 * SDK_SPACE when `evidence` says that a disk is full: a program has said so, or, where there is a headline, one of the places
 * has next to nothing free, or cannot be written to.
 */
export async function findFullDisk(evidence: Evidence): Promise<SdkError | undefined> {
  const lines = (evidence.said ?? []).flatMap((text) => text.split('\n')).filter(saysFull)
  const line = lines[0]
  if (line !== undefined) {
    return await diskError(kindOf(line), { ...evidence, said: [line.trim()] })
  }
  if (evidence.headline === undefined) return undefined
  const lack = (await findDisk(evidence.places))?.lack ?? 'nothing'
  if (lack === 'nothing') return undefined
  return await diskError(lack === 'read-only' ? lack : 'space', { ...evidence, said: [] })
}

const kindOf = (line: string): Kind => (QUOTA.test(line) ? 'quota' : SIZE.test(line) ? 'size' : 'space')

function lackOf({ bytes, inodes, readOnly }: FreeSpace): Lack {
  if (readOnly) return 'read-only'
  if (bytes < EXHAUSTED.bytes) return 'bytes'
  return inodes !== undefined && inodes < EXHAUSTED.inodes ? 'inodes' : 'nothing'
}

/** The first error of the system that is a disk's in a chain of causes, and its path where it has one. */
function systemError(error: unknown): { kind: Kind; path: string | undefined } | undefined {
  for (let each = error, depth = 0; each instanceof Error && depth < 8; each = each.cause, depth += 1) {
    const { path, dest } = each as NodeJS.ErrnoException & { dest?: string }
    const kind = each instanceof SdkError ? undefined : KINDS[systemCode(each) ?? '']
    // Of a copy, the place that it went to.
    if (kind !== undefined) return { kind, path: dest ?? path }
  }
  return undefined
}

/** Completes what a lower room has said, which knows the path only. */
async function withDisk(
  error: SdkError,
  { places, own }: { places: readonly string[]; own: readonly string[] },
): Promise<SdkError> {
  const { path } = error.facts
  const at = typeof path === 'string' ? [path] : places
  const kind = systemError(error.cause)?.kind ?? (QUOTA.test(error.message) ? 'quota' : 'space')
  const disk = (await findDisk(at)) ?? (await findDisk(places))
  if (disk === undefined) return error
  return new SdkError('SDK_SPACE', `${error.message} (${disk.text})`, {
    hint: await hintOf(kind, disk, own),
    cause: error,
    facts: { ...error.facts, disk: disk.facts },
  })
}

async function diskError(kind: Kind, evidence: Evidence): Promise<SdkError> {
  const { headline, said = [], places, own = [], cause, facts } = evidence
  const disk = await findDisk(places)
  const words = kind === 'space' && disk?.lack === 'inodes' ? 'no inodes left' : WORDS[kind]
  const what = disk === undefined ? words : `${words} on the ${disk.text}`
  return new SdkError(
    'SDK_SPACE',
    [headline === undefined ? what : `${headline}: ${what}`, ...said].join('\n'),
    {
      hint: [await hintOf(kind, disk, own), evidence.hint].filter((each) => each !== undefined).join('; '),
      cause,
      facts: { ...facts, disk: disk?.facts },
    },
  )
}

/** What a disk has no more of. */
type Lack = 'bytes' | 'inodes' | 'read-only' | 'nothing'

interface Disk {
  readonly text: string
  readonly lack: Lack
  readonly facts: FreeSpace
}

/** The disk of `places` that lacks something, else that of the first place. */
async function findDisk(places: readonly string[]): Promise<Disk | undefined> {
  const all = await Promise.all(places.map((place) => freeSpace(place).catch(() => undefined)))
  const disks = all.filter((disk) => disk !== undefined)
  const facts = disks.find((disk) => lackOf(disk) !== 'nothing') ?? disks[0]
  if (facts === undefined) return undefined
  const { mountPoint, fileSystem, device, bytes, inodes } = facts
  const kind = fileSystem === undefined ? '' : ` (${fileSystem}, ${device})`
  const free = [
    Number.isFinite(bytes) ? formatBytes(bytes) : 'any number of bytes',
    ...(inodes === undefined ? [] : [formatCount(inodes, 'inode')]),
  ]
  const text = `file system mounted at ${mountPoint}${kind}: ${free.join(' and ')} free`
  return { text, lack: lackOf(facts), facts }
}
