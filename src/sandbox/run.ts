// Runs one program in a sandbox to its end.

import { toolEnvironment } from '../process/environment.js'
import { collectOutput, collectWords } from '../process/output.js'
import { ended, type Outcome } from '../process/run.js'
import { enterSandbox } from './enter.js'
import { findSandboxFailure } from './failure.js'
import type { Mount, SandboxSpec } from './spec.js'

/** How it ended, and what it said: of stdout the first 64 MiB, of stderr, and of stdout where that is `words`, too, both ends. */
export interface Ended {
  outcome: Outcome
  stdout: string
  stderr: string
}

/**
 * Starts `spec` on `scratch` and waits; how the program itself ends is the caller's. `watch` gets each chunk of stdout, and
 * `started` the process that all of the sandbox descends from.
 *
 * @throws SdkError SDK_HOST, SDK_SEED when the sandbox cannot be made; the reason of `signal` when aborted
 */
export async function runInSandbox(
  spec: SandboxSpec,
  options: {
    scratch: string
    signal: AbortSignal | undefined
    watch?: (chunk: Buffer) => void
    started?: (pid: number | undefined) => void
    /** What is on stdout is said to people. */
    words?: true
  },
): Promise<Ended> {
  const { scratch, signal, watch, started, words } = options
  const child = enterSandbox(spec, { scratch, signal })
  started?.(child.pid)
  const [outcome, stdout, stderr] = await Promise.all([
    ended(child),
    (words ? collectWords : collectOutput)(child.stdout, watch),
    collectWords(child.stderr),
  ])
  if (signal?.aborted === true) throw signal.reason
  const failure = findSandboxFailure(outcome, stderr)
  if (failure !== undefined) throw failure
  return { outcome, stdout, stderr }
}

/** One of the host's own programs: it has the host's root, writable, with all capabilities, and sees `mounts` over it. */
export const hostTool = (
  hostname: string,
  mounts: readonly Mount[],
  argv: readonly [string, ...string[]],
): SandboxSpec => ({
  root: { kind: 'host' },
  mounts,
  hostname,
  network: 'off',
  cwd: '/',
  env: toolEnvironment(),
  argv,
})
