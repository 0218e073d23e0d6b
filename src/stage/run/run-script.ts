// The enter and run steps: one pass of the stage script in its sandbox, its output logged, its facts passed on.

import { createWriteStream } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import path from 'node:path'
import readline from 'node:readline'
import type { Readable } from 'node:stream'
import { SdkError } from '../../errors.js'
import type { Emit, Fact } from '../../events/event.js'
import { createEmergeProgress } from '../../portage/emerge-progress.js'
import { describeOutcome, ended, type Outcome } from '../../process/run.js'
import { enterSandbox } from '../../sandbox/enter.js'
import { explainSandboxFailure, SANDBOX_FAILED } from '../../sandbox/failure.js'
import { scriptInside } from '../../sandbox/inside.js'
import { sharedFolders, stageSandbox } from '../plan/mounts.js'
import { enterCommand, resumeCommand, type StagePlan } from '../plan/plan.js'
import type { Work } from './work.js'

/** What a pass needs beside its plan. */
export interface PassContext {
  readonly work: Work
  /** Layers of the seed, top first. */
  readonly layers: readonly string[]
  readonly emit: Emit
  readonly signal: AbortSignal | undefined
  /** Filled by the pass: what it merged, and whether from a binary package. */
  readonly merged: Map<string, boolean>
}

/**
 * Runs `stages/STAGE.sh prepare` or `run` to its end.
 *
 * @throws SdkError SDK_STAGE with package, log, its last lines and the command to enter the root; SDK_HOST when the
 * sandbox itself failed
 */
export async function runPass(plan: StagePlan, pass: 'prepare' | 'run', context: PassContext): Promise<void> {
  const { work, emit } = context
  const log = path.join(sharedFolders(plan).log, `${pass}.log`)
  const sandbox = stageSandbox(plan, work, context.layers)
  // `enter` finds here how the root was put together.
  await writeFile(work.sandbox, JSON.stringify({ sandbox, stage: plan.stage }))
  const child = enterSandbox(
    { ...sandbox, argv: scriptInside(plan.stage, pass) },
    { scratch: work.mnt, events: true, signal: context.signal },
  )
  const failure: Failure = { package: undefined, log: undefined, said: undefined }
  const [outcome, stderr] = await Promise.all([
    ended(child),
    logOutput(child.stdout, child.stderr, {
      log,
      progress: createEmergeProgress({
        stage: plan.stage,
        emit: noting(context, failure),
        monotonicMs: () => performance.now(),
      }),
    }),
    readEvents(child.stdio[3] as Readable | null, plan.stage, { emit, failure }),
  ])
  if (context.signal?.aborted === true) throw context.signal.reason
  if (outcome.exitCode === SANDBOX_FAILED && stderr.includes('sandbox:'))
    throw explainSandboxFailure(outcome, stderr)
  if (outcome.exitCode !== 0) throw await stageFailure(plan, { pass, outcome, failure, log })
}

/** What is known of a failure while a pass runs. */
export interface Failure {
  package: string | undefined
  /** The package's log, as Portage names it inside the stage. */
  log: string | undefined
  said: string | undefined
}

/** Passes facts on, and notes of them what the record and the error want. */
export function noting({ merged, emit }: Pick<PassContext, 'merged' | 'emit'>, failure: Failure): Emit {
  return (fact) => {
    // What this attempt has built once, and merges again from its binary package, is built by it.
    if (fact.type === 'package-merged')
      merged.set(fact.package, fact.binary && merged.get(fact.package) !== false)
    if (fact.type === 'package-failed') Object.assign(failure, { package: fact.package, log: fact.log })
    emit(fact)
  }
}

/** What is kept of stderr: the words of a failure. */
const TAIL_BYTES = 8192

/** Writes both streams to a log, and stdout to `progress` too. @returns the end of stderr */
export async function logOutput(
  stdout: Readable | null,
  stderr: Readable | null,
  into: { log: string; progress: { write(chunk: Buffer): void; end(): void } },
): Promise<string> {
  const file = createWriteStream(into.log, { flags: 'w' })
  let tail = Buffer.alloc(0)
  const drain = async (stream: Readable | null, each: (chunk: Buffer) => void): Promise<void> => {
    for await (const chunk of stream ?? []) {
      each(chunk as Buffer)
      if (!file.write(chunk)) await new Promise<void>((resolve) => file.once('drain', resolve))
    }
  }
  await Promise.all([
    drain(stdout, (chunk) => into.progress.write(chunk)),
    drain(stderr, (chunk) => {
      tail = Buffer.concat([tail, chunk]).subarray(-TAIL_BYTES)
    }),
  ])
  into.progress.end()
  await new Promise<void>((resolve, reject) => file.once('error', reject).end(resolve))
  return tail.toString('utf8')
}

/** Reads the script's JSON lines; a line that is none is ignored: a build may write to any descriptor it finds. */
async function readEvents(
  stream: Readable | null,
  stage: string,
  context: { emit: Emit; failure: Failure },
): Promise<void> {
  if (stream === null) return
  for await (const line of readline.createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    const said = parseLine(line, stage)
    // The first: what failed within $(…) fails once more, with fewer words, outside of it.
    if (said?.kind === 'error') context.failure.said ??= said.text
    if (said?.kind === 'fact') context.emit(said.fact)
  }
}

/** What a script says: a fact to pass on, or why it fails. */
type Said = { readonly kind: 'fact'; readonly fact: Fact } | { readonly kind: 'error'; readonly text: string }

function parseLine(line: string, stage: string): Said | undefined {
  let value: { type?: unknown; text?: unknown }
  try {
    value = JSON.parse(line) as typeof value
  } catch {
    return undefined
  }
  const text = typeof value.text === 'string' ? value.text : ''
  const fact = (stated: Fact): Said => ({ kind: 'fact', fact: stated })
  if (value.type === 'phase') return fact({ type: 'phase-started', stage, phase: text })
  if (value.type === 'info') return fact({ type: 'info', message: `${stage}: ${text}` })
  if (value.type === 'warning') return fact({ type: 'warning', message: `${stage}: ${text}` })
  if (value.type === 'error') return { kind: 'error', text }
  return undefined
}

/** A pass that ended badly. */
export interface FailedPass {
  pass: string
  outcome: Outcome
  failure: Failure
  log: string
}

/** The error of a failed pass: package, log, its last lines, and how to enter the root. */
export async function stageFailure(plan: StagePlan, failed: FailedPass): Promise<SdkError> {
  const { failure } = failed
  const inLogFolder = failure.log?.startsWith('/var/log/portage/') === true
  const log = inLogFolder
    ? path.join(sharedFolders(plan).log, (failure.log ?? '').slice('/var/log/portage/'.length))
    : failed.log
  const tail = await lastLines(log).catch(() => lastLines(failed.log))
  const what = failure.package ?? failure.said ?? `its script ${describeOutcome(failed.outcome)}`
  return new SdkError('SDK_STAGE', `${plan.stage} failed (${failed.pass}): ${what}`, {
    hint: `read ${log}; enter the failed root with \`${enterCommand(plan)}\`; fix it and go on with \`${resumeCommand(plan)}\``,
    facts: { stage: plan.stage, step: failed.pass, package: failure.package, log, tail },
  })
}

/** The last 40 lines of a log, without reading more than its last 64 KiB. */
async function lastLines(file: string): Promise<string[]> {
  const handle = await open(file)
  try {
    const { size } = await handle.stat()
    const length = Math.min(size, 65536)
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length)
    return buffer.toString('utf8').trimEnd().split('\n').slice(-40)
  } finally {
    await handle.close()
  }
}
