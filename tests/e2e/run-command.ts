// Runs the real command for the end-to-end tests, reads its events, kills it, and looks for what it leaves behind.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import readline from 'node:readline'
import type { Event } from '../../src/events/event.js'

/** The project, from dist/tests/e2e. */
export const PROJECT = path.resolve(import.meta.dirname, '../../..')

/** How a command ended, and what it stated. */
export interface Run {
  exitCode: number | null
  signal: NodeJS.Signals | null
  events: Event[]
  stderr: string
  stdout: string
  /** Highest resident memory of the engine, in KiB. */
  peakKib: number
}

/** See {@link runCommand}. */
export interface RunOptions {
  /** Sends `signal` as soon as an event fits, once. */
  killAt?: (event: Event) => boolean | Promise<boolean>
  /** Default: SIGKILL. */
  signal?: NodeJS.Signals
  /** Is told each event, and awaited before the next. */
  onEvent?: (event: Event) => void | Promise<void>
  /** Added to the environment of the tests. */
  env?: Record<string, string>
  input?: string
  /** Words before the command, e.g. `unshare --net`. */
  before?: readonly string[]
}

/** Runs `./bootstrap_sdk ARGS` (by the launcher, as a user would) and waits for its end. */
export async function runCommand(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const [program, ...rest] = [...(options.before ?? []), path.join(PROJECT, 'bootstrap_sdk'), ...args] as [
    string,
    ...string[],
  ]
  const env = { ...process.env, ...options.env }
  const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'pipe'], env })
  child.stdin.end(options.input ?? '')
  const run: Run = { exitCode: null, signal: null, events: [], stderr: '', stdout: '', peakKib: 0 }
  child.stderr.on('data', (chunk: Buffer) => {
    run.stderr = (run.stderr + chunk.toString('utf8')).slice(-100_000)
  })
  const watch = setInterval(() => {
    run.peakKib = Math.max(run.peakKib, peakOf(child))
  }, 200)
  const reading = readOutput(child, run, options)
  await new Promise<void>((resolve) => {
    child.once('close', (exitCode, signal) => {
      Object.assign(run, { exitCode, signal })
      resolve()
    })
  })
  clearInterval(watch)
  await reading
  return run
}

async function readOutput(child: ChildProcess, run: Run, options: RunOptions): Promise<void> {
  if (child.stdout === null) return
  let isKilled = false
  for await (const line of readline.createInterface({ input: child.stdout })) {
    run.stdout = `${run.stdout}${line}\n`.slice(-200_000)
    if (!line.startsWith('{"v":')) continue
    const event = JSON.parse(line) as Event
    run.events.push(event)
    await options.onEvent?.(event)
    if (isKilled || (await options.killAt?.(event)) !== true) continue
    isKilled = child.kill(options.signal ?? 'SIGKILL')
  }
}

/** The launcher becomes the engine by exec, so its pid is the child's. */
function peakOf(child: ChildProcess): number {
  try {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
    return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** Processes that have something below `folder` mounted or open as their root: what a killed run would leave. */
export function leftovers(folder: string): string[] {
  const found: string[] = []
  for (const pid of readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && Number(name) !== process.pid,
  )) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      if (readFileSync(`/proc/${pid}/mountinfo`, 'utf8').includes(folder)) found.push(`${pid} ${command}`)
    } catch {
      // It has ended meanwhile.
    }
  }
  return found
}

/**
 * Waits until nothing is left of a killed run; fails when something stays. On a busy machine that takes its time: a process that is making a
 * network namespace waits for the kernel to clear away those of others, and ends after that.
 */
export async function assertNothingLeft(folder: string): Promise<void> {
  for (let tries = 0; leftovers(folder).length > 0 && tries < 300; tries++)
    await new Promise((resolve) => setTimeout(resolve, 100))
  assert.deepEqual(leftovers(folder), [])
  assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(folder), 'a mount is visible on the host')
}

/** To end a run once so many packages of `stage` are merged, and the stages before it have their records. */
export function afterPackages(stage: string, merged: number): (event: Event) => boolean {
  let count = 0
  const open = new Set<string>()
  return (event) => {
    if (event.type === 'stage-started') open.add(event.stage)
    if (event.type === 'stage-finished') open.delete(event.stage)
    if (event.type === 'package-merged' && event.stage === stage) count += 1
    return count >= merged && open.size === 1
  }
}
