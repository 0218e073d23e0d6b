// Starts a program in a sandbox and ends it when asked. Owns the processes outside; enter.sh owns those inside.

import type { ChildProcess, StdioOptions } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { SdkError } from '../errors.js'
import { PROJECT } from '../files/own.js'
import { toolEnvironment } from '../process/environment.js'
import { start } from '../process/run.js'
import type { ControlGroup } from './limits/control-group.js'
import { planSandbox } from './plan.js'
import type { SandboxSpec } from './spec.js'

/** How {@link enterSandbox} connects and ends a program. */
export interface SandboxOptions {
  /** An empty directory, the mount point of the new root. Nothing ever appears in it on the host. */
  scratch: string
  /** `pipe` (default): empty stdin, stdout and stderr as streams. `inherit`: the caller's streams, by a terminal of its own where stdin is one. */
  stdio?: 'pipe' | 'inherit'
  /** Gives the program descriptor 3, to write lines to: `child.stdio[3]`. */
  events?: boolean
  /** A word that stands in what is said of a sandbox that could not be made: no program in it knows the word. */
  mark?: string | undefined
  /** The program joins it. */
  group?: ControlGroup | undefined
  /** It gets what others leave of processor and disk. */
  idle?: boolean | undefined
  /** Aborting sends SIGTERM to the program's process group; what is left after {@link GRACE_MS} is killed. */
  signal?: AbortSignal | undefined
}

/** Time between asking a program to end and killing its sandbox, in milliseconds. */
const GRACE_MS = 5000

/**
 * Runs `spec.argv` in its sandbox. Read the streams and await `ended` (process room). The exit code is the program's,
 * 128 + N if signal N killed it, and 125 if the sandbox could not be made (see explainSandboxFailure). When the child
 * has ended, no process of the sandbox is left; also none after kill -9 of this process. That guarantee is tied to the
 * *thread* that calls (PR_SET_PDEATHSIG): not for a worker thread that ends before the sandbox does.
 *
 * @throws SdkError SDK_INTERNAL for a specification that makes no sense
 */
export function enterSandbox(spec: SandboxSpec, options: SandboxOptions): ChildProcess {
  const own = (options.stdio ?? 'pipe') === 'pipe'
  const session: string[] = own ? ['setsid', '--'] : []
  const child = start({
    argv: [
      ...(['setpriv', '--pdeathsig', 'KILL', '--'] as const),
      ...[...session, 'bash', programPath(), 'start', String(process.pid)],
      ...[own ? 'own' : 'caller', options.events === true ? '1' : '0'],
      ...planSandbox(spec, options.scratch, options.group?.joins),
    ],
    cwd: '/',
    ...(options.mark === undefined ? {} : { env: toolEnvironment({ SANDBOX_MARK: options.mark }) }),
    idle: options.idle,
    stdio: streams(own, options.events === true),
  })
  if (options.signal !== undefined) endOnAbort(child, options.signal)
  return child
}

function streams(own: boolean, events: boolean): StdioOptions {
  const standard = own ? (['ignore', 'pipe', 'pipe'] as const) : (['inherit', 'inherit', 'inherit'] as const)
  return [...standard, ...(events ? (['pipe'] as const) : [])]
}

/** enter.sh passes the first SIGTERM on and kills its sandbox at the second; SIGKILL is for an enter.sh that hangs. */
function endOnAbort(child: ChildProcess, signal: AbortSignal): void {
  const timers: NodeJS.Timeout[] = []
  const end = (): void => {
    child.kill('SIGTERM')
    timers.push(setTimeout(() => child.kill('SIGTERM'), GRACE_MS))
    timers.push(setTimeout(() => child.kill('SIGKILL'), 2 * GRACE_MS))
  }
  if (signal.aborted) end()
  else signal.addEventListener('abort', end, { once: true })
  child.once('exit', () => {
    signal.removeEventListener('abort', end)
    for (const timer of timers) clearTimeout(timer)
  })
}

/**
 * Where enter.sh lies: it is not compiled, so it stays in src/.
 *
 * @throws SdkError SDK_INTERNAL when the installation lacks it
 */
function programPath(): string {
  const program = path.join(PROJECT, 'src/sandbox/enter.sh')
  if (fs.existsSync(program)) return program
  throw new SdkError('SDK_INTERNAL', `${program} is missing: src/sandbox is not whole`)
}
