// Runs apt-get for the host's own packages; waits where another program has its locks.

import { setTimeout as sleep } from 'node:timers/promises'
import { SdkError } from '../../errors.js'
import { toolEnvironment } from '../../process/environment.js'
import { type Captured, capture, failure } from '../../process/run.js'

/** How {@link runApt} waits. */
export interface AptWait {
  /** Told once what is waited for. */
  readonly say: (text: string) => void
  /** Ends apt-get, and the wait for it. */
  readonly signal?: AbortSignal | undefined
  /** Longest wait for another's locks, in milliseconds; default: ten minutes, in which unattended-upgrades end. */
  readonly limitMs?: number
}

const LIMIT_MS = 600_000
const PAUSE_MS = 2000

/** apt's words for a lock of dpkg, of the lists or of the archives that another process holds. */
const LOCKED = /Could not get lock (\S+?)\.?(?: It is held by process (\d+)(?: \((.+?)\))?|$| )/m

/**
 * Runs apt-get. `DPkg::Lock::Timeout` does not cover the lists' lock and says nothing through a pipe; so what is locked
 * is tried again here.
 *
 * @throws SdkError SDK_HOST with apt's last words, or when the locks are still held after the limit
 */
export async function runApt(
  words: readonly string[],
  { limitMs = LIMIT_MS, ...wait }: AptWait,
): Promise<void> {
  const argv = ['apt-get', ...words] as const
  const env = toolEnvironment({ DEBIAN_FRONTEND: 'noninteractive' })
  const deadline = performance.now() + limitMs
  for (let isSaid = false; ; isSaid = true) {
    wait.signal?.throwIfAborted()
    const result = await capture({ argv, env, signal: wait.signal })
    if (result.exitCode === 0) return
    wait.signal?.throwIfAborted()
    const lock = lockedBy(result)
    if (lock === undefined) throw failure(argv, result, { code: 'SDK_HOST', stderr: result.stderr })
    if (!isSaid) wait.say(`waiting for ${lock} (at most ${Math.ceil(limitMs / 60_000)} min)`)
    if (performance.now() >= deadline) throw tooLong(lock, limitMs)
    await sleep(PAUSE_MS, undefined, { signal: wait.signal })
  }
}

/** The lock that stopped apt, with its holder, in words; undefined when something else did. */
function lockedBy({ stderr }: Captured): string | undefined {
  const [, file, pid, program] = LOCKED.exec(stderr) ?? []
  if (file === undefined) return undefined
  return pid === undefined
    ? `apt's lock ${file}`
    : `${program ?? 'process'} (${pid}), which holds apt's lock ${file}`
}

const tooLong = (lock: string, limitMs: number): SdkError =>
  new SdkError('SDK_HOST', `waited ${Math.round(limitMs / 1000)} s for ${lock}`, {
    hint: 'let it end or stop it, then run the same command again',
  })
