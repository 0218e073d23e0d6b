// Kernel locks on files. flock(1) runs on a descriptor that Node opened, so the lock belongs to Node's open file
// description: it ends with this process, however that dies, and no stale lock exists. The text in the file is
// information for people and is never trusted. Node opens with O_CLOEXEC: no child of the engine inherits a lock.

import { closeSync, constants, fstatSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs'
import path from 'node:path'
import { explainSystemError, hostError, SdkError } from '../errors.js'
import { kindOf } from '../files/look.js'
import { readText } from '../files/read.js'
import { ended, failure, start } from '../process/run.js'
import { makeFolder } from './disk/make-folder.js'

/** How to lock. */
export interface LockOptions {
  /** Let other shared holders in; default: exclusive. A shared holder writes no information. */
  shared?: boolean
  /** Seconds to wait for other holders; default: none. */
  waitSeconds?: number
}

/** A lock that this process holds until it releases it or ends. */
export interface Lock {
  readonly path: string
  /** Gives the lock up; the file stays, since deleting it would race with who opens it. May be called twice. */
  release(): void
}

/** Exit code that flock(1) is told to use when the lock is taken (EX_TEMPFAIL). */
const TAKEN = 75

/**
 * Takes the lock `file`, made if absent together with its directory.
 *
 * @param info facts for whoever finds the lock taken; pid and start time are added
 * @throws SdkError SDK_LOCKED when another process holds it: names its pid and start time
 * @throws SdkError SDK_HOST when the file cannot be made, the file system cannot lock, or flock(1) is missing
 */
export async function acquireLock(
  file: string,
  info: Record<string, string>,
  options: LockOptions = {},
): Promise<Lock> {
  for (;;) {
    const fd = openLockFile(file)
    try {
      await flock(fd, file, options)
      // Someone may have deleted the file between open and lock: then this lock would exclude nobody.
      if (!isStillNamed(fd, file)) {
        closeSync(fd)
        continue
      }
      if (options.shared !== true) writeInfo(fd, info)
      return held(file, fd)
    } catch (error) {
      closeSync(fd)
      throw error
    }
  }
}

/** A link is not followed: what it leads to would be written over. A FIFO is not waited for. */
const FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** A plain number, not a FileHandle: the collector closes a handle that nobody refers to, and the lock would go with it. */
function openLockFile(file: string): number {
  let fd: number
  try {
    makeFolder(path.dirname(file))
    fd = openSync(file, FLAGS, 0o644)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ELOOP') throw noLockFile(file, 'a link')
    throw hostError(error, file, { message: `${file} cannot be opened for writing` })
  }
  const info = fstatSync(fd)
  if (info.isFile()) return fd
  closeSync(fd)
  throw noLockFile(file, kindOf(info))
}

const noLockFile = (file: string, found: string): SdkError =>
  new SdkError('SDK_HOST', `${file}: expected a file, or a place for one, found ${found}`, {
    hint: 'remove it: the program makes a lock there, and nothing else has that name',
  })

async function flock(fd: number, file: string, options: LockOptions): Promise<void> {
  const mode = options.shared === true ? '--shared' : '--exclusive'
  const wait = options.waitSeconds === undefined ? ['--nonblock'] : ['--wait', String(options.waitSeconds)]
  const argv = ['flock', mode, ...wait, '--conflict-exit-code', String(TAKEN), '3'] as const
  const child = start({ argv, stdio: ['ignore', 'ignore', 'pipe', fd] })
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const outcome = await ended(child)
  if (outcome.exitCode === 0) return
  if (outcome.exitCode === TAKEN) throw await taken(file)
  throw new SdkError(
    'SDK_HOST',
    `${file} cannot be locked: ${failure(argv, outcome, { code: 'SDK_HOST', stderr }).message}`,
    {
      hint: 'put the catalyst root on a local file system: file locks do not work on some network file systems',
    },
  )
}

function isStillNamed(fd: number, file: string): boolean {
  const named = statSync(file, { throwIfNoEntry: false })
  const opened = fstatSync(fd)
  return named !== undefined && named.ino === opened.ino && named.dev === opened.dev
}

/** The lock holds without it, also where the disk is full: `clean` has to work there. */
function writeInfo(fd: number, info: Record<string, string>): void {
  const facts = { pid: process.pid, startedAt: new Date().toISOString(), ...info }
  try {
    ftruncateSync(fd, 0)
    writeSync(fd, `${JSON.stringify(facts)}\n`, 0)
  } catch (error) {
    if (!(explainSystemError(error, '') instanceof SdkError)) throw error
  }
}

function held(file: string, fd: number): Lock {
  let open = true
  return {
    path: file,
    release() {
      if (open) closeSync(fd)
      open = false
    },
  }
}

async function taken(file: string): Promise<SdkError> {
  const info = await readLockInfo(file)
  const who = info === undefined ? 'another process' : `process ${info.pid}, started ${info.startedAt}`
  return new SdkError('SDK_LOCKED', `${file} is locked by ${who}`, {
    hint: 'wait for that run to end, or give another --version or --catalyst_root',
    facts: { ...info },
  })
}

/** What the last exclusive holder of a lock wrote into its file: for people, and never proof of anything. */
export interface LockInfo extends Readonly<Record<string, string | number>> {
  readonly pid: number
  /** ISO 8601, UTC. */
  readonly startedAt: string
}

/** What is written in the lock `file`; undefined where that says nothing, as a half-written or an empty one does. */
export const readLockInfo = async (file: string): Promise<LockInfo | undefined> =>
  parseLockInfo(await readText(file).catch(() => ''))

/** The text of a lock file; facts that are no text are left out. Pure. */
export function parseLockInfo(text: string): LockInfo | undefined {
  let value: Readonly<Record<string, unknown>> | null
  try {
    value = JSON.parse(text) as typeof value
  } catch {
    return undefined
  }
  const { pid, startedAt = '' } = value ?? {}
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined
  const isFact = (fact: [string, unknown]): fact is [string, string] => typeof fact[1] === 'string'
  const facts = Object.fromEntries(Object.entries(value ?? {}).filter(isFact))
  return { ...facts, pid, startedAt: typeof startedAt === 'string' ? startedAt : '' }
}
