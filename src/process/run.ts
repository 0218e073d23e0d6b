// Runs one program: no shell, no inherited descriptors, an explicit environment. What failed is said in one place.

import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { type ErrorCode, SdkError } from '../errors.js'
import { toolEnvironment, withIgnoredSignals } from './environment.js'
import { collectOutput, collectWords } from './output.js'
import { quotedCommand } from './own-command.js'

/** A program and what it is given. */
export interface Command {
  /** Program and arguments; never a shell string. */
  argv: readonly [string, ...string[]]
  /** The whole environment; default: {@link toolEnvironment}. */
  env?: Record<string, string>
  cwd?: string
  /** Ends the program with SIGTERM (SIGKILL after 5 s) when aborted. */
  signal?: AbortSignal | undefined
  /** It, and what it starts, goes behind others at processor and disk. */
  idle?: boolean | undefined
  /** Told the process, which is the program itself. */
  started?: ((pid: number | undefined) => void) | undefined
  /** Extra descriptors from 3 on, or a whole stdio list. Default: stdin null, stdout and stderr piped. */
  stdio?: StdioOptions
}

/** How a program ended. */
export interface Outcome {
  exitCode: number | null
  signal: NodeJS.Signals | null
}

/**
 * Starts `command`. The caller reads the streams and awaits {@link ended}.
 *
 * @throws SdkError SDK_HOST when the program is not there (from {@link ended})
 */
export function start(command: Command): ChildProcess {
  const argv: Command['argv'] = command.idle === true ? [...IDLE, ...command.argv] : command.argv
  const [program, ...args] = withIgnoredSignals(argv)
  const child = spawn(program, args, {
    env: command.env ?? toolEnvironment(),
    cwd: command.cwd,
    stdio: command.stdio ?? ['ignore', 'pipe', 'pipe'],
  })
  command.started?.(child.pid)
  if (command.signal !== undefined) killOnAbort(child, command.signal)
  return child
}

/**
 * Programs that start another one behind others (nice(1), ionice(1)); the process stays the same. With a third of their weight, not
 * behind all of them: beside hours of compilers an archive has to be there soon, since until then a kill loses its stage.
 */
const IDLE = ['nice', '-n', '5', 'ionice', '--class', '2', '--classdata', '7', '--ignore'] as const

function killOnAbort(child: ChildProcess, signal: AbortSignal): void {
  const kill = (): void => {
    child.kill('SIGTERM')
    setTimeout(() => child.kill('SIGKILL'), 5000).unref()
  }
  if (signal.aborted) kill()
  else signal.addEventListener('abort', kill, { once: true })
  child.once('exit', () => signal.removeEventListener('abort', kill))
}

/**
 * What a program has started may live on with its streams, that of a wrapper's script for one: where `signal` has ended the program,
 * they are not waited for.
 */
function leaveOnAbort(child: ChildProcess, signal: AbortSignal): void {
  const leave = (): void => {
    setTimeout(() => {
      child.stdout?.destroy()
      child.stderr?.destroy()
    }, 6000).unref()
  }
  if (signal.aborted) leave()
  else signal.addEventListener('abort', leave, { once: true })
  child.once('close', () => signal.removeEventListener('abort', leave))
}

/** Waits until `child` and its pipes have ended. @throws SdkError SDK_HOST when it could not be started */
export async function ended(child: ChildProcess): Promise<Outcome> {
  try {
    const [exitCode, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
    return { exitCode, signal }
  } catch (cause) {
    throw new SdkError('SDK_HOST', `cannot run ${child.spawnfile}: ${(cause as Error).message}`, {
      hint: `${quotedCommand(['doctor'])} lists what the host needs`,
      cause,
    })
  }
}

/** What {@link capture} returns. */
export interface Captured extends Outcome {
  stdout: string
  stderr: string
}

/**
 * Runs `command` to its end and returns stdout, up to 64 MiB, and stderr, up to 1 MiB of both its ends; does not throw on a failure exit.
 * `input` goes to stdin.
 */
export async function capture(command: Command, input?: string): Promise<Captured> {
  const child = start({ ...command, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] })
  if (command.signal !== undefined) leaveOnAbort(child, command.signal)
  if (input !== undefined) feed(child.stdin as Writable, input)
  const [outcome, stdout, stderr] = await Promise.all([
    ended(child),
    collectOutput(child.stdout),
    collectWords(child.stderr),
  ])
  return { ...outcome, stdout, stderr }
}

function feed(stdin: Writable, input: string): void {
  // A program that ends without reading its input says so by its exit code; EPIPE would only hide that.
  stdin.on('error', () => {})
  stdin.end(input)
}

/**
 * Runs `command` to its end and returns its stdout.
 *
 * @throws SdkError with `code` when it fails: program, exit or signal, and the last lines of stderr
 */
export async function must(command: Command, code: ErrorCode = 'SDK_HOST', input?: string): Promise<string> {
  const result = await capture(command, input)
  if (result.exitCode !== 0) throw failure(command.argv, result, { code, stderr: result.stderr })
  return result.stdout
}

/** The error of a program that ended badly: what ran, how it ended in words, and the last 10 lines of its stderr. */
export function failure(
  argv: readonly string[],
  outcome: Outcome,
  context: { code: ErrorCode; stderr: string },
): SdkError {
  const tail = context.stderr.trimEnd().split('\n').slice(-10).join('\n')
  const what = `${argv[0]} ${describeOutcome(outcome)}`
  return new SdkError(context.code, tail === '' ? what : `${what}:\n${tail}`, {
    facts: { argv: [...argv], exitCode: outcome.exitCode, signal: outcome.signal },
  })
}

/** The end of a program in words: `exited with 1`, `was killed by SIGKILL`, `was not found` (127, as shells say it). */
export function describeOutcome(outcome: Outcome): string {
  if (outcome.signal !== null) return `was killed by ${outcome.signal}`
  if (outcome.exitCode === 127) return 'was not found (exit code 127)'
  if (outcome.exitCode === 137) return 'was killed by SIGKILL (exit code 137; out of memory?)'
  return `exited with ${outcome.exitCode}`
}
