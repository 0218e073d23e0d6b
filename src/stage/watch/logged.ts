// Runs a program in a sandbox with its output written to a log. A log that cannot be written ends the program: hours of work
// that nobody can read about are not gone on with.

import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { hostError, SdkError } from '../../errors.js'
import { ended, type Outcome } from '../../process/run.js'
import { enterSandbox } from '../../sandbox/enter.js'
import { findSandboxFailure } from '../../sandbox/failure.js'
import { type Bounds, makeControlGroup } from '../../sandbox/limits/control-group.js'
import type { SandboxSpec } from '../../sandbox/spec.js'
import { createAnew } from '../../store/hostile/held-folder.js'
import { type MetBounds, oomKills } from './memory.js'
import type { Watch } from './observe.js'

/** What a logged program is connected to. */
export interface Logged {
  /** See enterSandbox. */
  readonly scratch: string
  readonly signal: AbortSignal | undefined
  /** Made anew; its folder exists. */
  readonly log: string
  /** Most bytes of the log; default {@link LOG_BYTES}. More ends the program. */
  readonly logBytes?: number
  /** What all its processes together may take; default: no bounds. */
  readonly bounds?: Bounds
  /** Gets stdout, too. */
  readonly progress: { write(chunk: Buffer): void; end(): void }
  /** Looks at it while it runs. */
  readonly watch?: Pick<Watch, 'begin' | 'end'>
  /** Reads what the program writes to descriptor 3. */
  readonly events?: (stream: Readable | null) => Promise<void>
}

/** Far above any real build, whose packages have logs of their own: 8 GiB. */
const LOG_BYTES = 8 * 2 ** 30

/** What is kept of stderr: the words of a failure. */
const TAIL_BYTES = 8192

/**
 * Runs `spec` to its end, with both streams in the log.
 *
 * @returns how it ended, the end of its stderr, which bounds it met, and why its sandbox could not be made, if so
 * @throws SdkError SDK_SPACE, SDK_HOST when the log cannot be written, after the program has ended; the reason of `signal`
 */
export async function runLogged(
  spec: SandboxSpec,
  logged: Logged,
): Promise<{ outcome: Outcome; stderr: string; met: MetBounds; unmade: SdkError | undefined }> {
  const before = oomKills()
  const { scratch, signal, events, log } = logged
  const stop = new AbortController()
  const file = createWriteStream(log, { fd: createAnew(log) })
  file.on('error', (error) =>
    stop.abort(hostError(error, log, { message: `the log ${log} cannot be written` })),
  )
  const both = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])
  const tooLong = (): void => stop.abort(logTooLong(log, logged.logBytes ?? LOG_BYTES))
  const group = logged.bounds === undefined ? undefined : makeControlGroup(logged.bounds)
  const mark = randomBytes(16).toString('hex')
  let child: ChildProcess
  try {
    child = enterSandbox(spec, { scratch, events: events !== undefined, signal: both, group, mark })
  } catch (error) {
    group?.remove()
    file.destroy()
    await once(file, 'close')
    throw error
  }
  logged.watch?.begin(child.pid, group?.usage)
  const parts = [
    ended(child),
    drainInto(file, child, {
      ...{ progress: logged.progress, stopped: stop.signal },
      ...{ left: logged.logBytes ?? LOG_BYTES, tooLong },
    }),
    events?.(child.stdio[3] as Readable | null),
  ] as const
  try {
    const [outcome, stderr] = await Promise.all(parts)
    both.throwIfAborted()
    const own = group === undefined ? undefined : { ...group.bounds, ...group.met() }
    const unmade = findSandboxFailure(outcome, stderr, mark)
    return { outcome, stderr, met: { kills: oomKills() - before, own }, unmade }
  } catch (error) {
    if (!both.aborted) stop.abort(error)
    await Promise.allSettled(parts)
    throw both.reason
  } finally {
    group?.remove()
    logged.watch?.end()
  }
}

const logTooLong = (log: string, limit: number): SdkError =>
  new SdkError('SDK_STAGE', `${log}: the stage wrote more than ${limit} bytes to its output`, {
    hint: 'no real build does: look at the end of that log for what repeats itself',
  })

interface Draining {
  readonly progress: Logged['progress']
  readonly stopped: AbortSignal
  /** Bytes that the log may have. */
  readonly left: number
  /** Called when it would have more: stops. */
  readonly tooLong: () => void
}

type Log = ReturnType<typeof createWriteStream>

/** Writes both streams to the log until they end, or until it is broken. @returns the end of stderr */
async function drainInto(
  file: Log,
  { stdout, stderr }: ChildProcess,
  { progress, stopped, left, tooLong }: Draining,
): Promise<string> {
  let tail = Buffer.alloc(0)
  let bytes = 0
  const drain = async (stream: Readable | null, each: (chunk: Buffer) => void): Promise<void> => {
    for await (const chunk of stream ?? []) {
      bytes += (chunk as Buffer).length
      if (bytes > left && !stopped.aborted) tooLong()
      if (stopped.aborted) continue
      each(chunk as Buffer)
      if (!stopped.aborted && !file.write(chunk)) await settled(once(file, 'drain', { signal: stopped }))
    }
  }
  await Promise.all([
    drain(stdout, (chunk) => progress.write(chunk)),
    drain(stderr, (chunk) => {
      tail = Buffer.concat([tail, chunk]).subarray(-TAIL_BYTES)
    }),
  ])
  progress.end()
  if (!stopped.aborted) {
    const closed = once(file, 'close', { signal: stopped })
    file.end()
    await settled(closed)
  }
  return tail.toString('utf8')
}

/** Why a log was not written is the reason of the signal that it has stopped. */
const settled = async (promise: Promise<unknown>): Promise<void> => void (await promise.catch(() => {}))
