// Runs one program of the seed's making in a sandbox, to its end.

import type { Readable } from 'node:stream'
import { ended, type Outcome } from '../process/run.js'
import { enterSandbox } from '../sandbox/enter.js'
import type { SandboxSpec } from '../sandbox/spec.js'

/** How it ended, and the last 16 KiB of what it said. */
export interface Ended {
  outcome: Outcome
  stdout: string
  stderr: string
}

/** Starts `spec` on `scratch` and waits. `watch` gets each chunk of stdout. @throws the reason of `signal` when aborted */
export async function runToEnd(
  spec: SandboxSpec,
  options: { scratch: string; signal: AbortSignal | undefined; watch?: (chunk: Buffer) => void },
): Promise<Ended> {
  const { scratch, signal, watch } = options
  const child = enterSandbox(spec, { scratch, ...(signal === undefined ? {} : { signal }) })
  const [outcome, stdout, stderr] = await Promise.all([
    ended(child),
    tail(child.stdout, watch),
    tail(child.stderr),
  ])
  if (signal?.aborted === true) throw signal.reason
  return { outcome, stdout, stderr }
}

async function tail(stream: Readable | null, watch?: (chunk: Buffer) => void): Promise<string> {
  let text = ''
  for await (const chunk of stream ?? []) {
    watch?.(chunk as Buffer)
    text = (text + (chunk as Buffer).toString('utf8')).slice(-16384)
  }
  return text
}
