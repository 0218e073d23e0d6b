// What catalyst says: its steps, and what our script says, become phases; its complaints are kept for the error. Emerge's
// own lines in between are read by the portage room.

import { StringDecoder } from 'node:string_decoder'
import type { Emit } from '../../events/event.js'
import { plainText } from '../../events/plain-text.js'

/** One line of catalyst's own log. */
export type CatalystLine =
  /** `--- Running action sequence: unpack` */
  | { readonly kind: 'step'; readonly step: string }
  /** `>>> stage4: merge the cross toolchain aarch64-cros-linux-gnu`: of our own script */
  | { readonly kind: 'phase'; readonly phase: string }
  | { readonly kind: 'error' | 'warning'; readonly text: string }

/** `23 Nov 2026 18:01:02 UTC: NOTICE  : --- Running action sequence: unpack`; with --debug, `FILE.py:FUNCTION:LINE: ` before the words */
const LOG = /^.{10,40}: (NOTICE|WARNING|ERROR|CRITICAL) *: (?:[\w.-]+\.py:[\w<>]+:\d+: )?(.*)$/
const PHASE = /^>>> stage[1-4]: (.+)$/
const STEP = /^--- Running action sequence: (\w+)$/

/** Complaints after which catalyst goes on as if nothing had been: for a stage they are its end. */
const FATAL = [/' extraction of .* failed\.$/, /^Couldn't create stage tarball: /]

/** What a printable line of catalyst 4's output says; undefined for all others. */
export function readCatalystLine(line: string): CatalystLine | undefined {
  const phase = PHASE.exec(line)?.[1]
  if (phase !== undefined) return { kind: 'phase', phase }
  const [, level, text = ''] = LOG.exec(line) ?? []
  if (level === undefined) return undefined
  const step = STEP.exec(text)?.[1]
  if (step !== undefined) return { kind: 'step', step }
  if (FATAL.some((pattern) => pattern.test(text))) return { kind: 'error', text }
  if (level === 'NOTICE') return undefined
  return { kind: level === 'WARNING' ? 'warning' : 'error', text }
}

/** Watches catalyst's stdout. */
export interface CatalystWatch {
  write(chunk: Buffer): void
  end(): void
  /** Steps so far, with how long each took, in milliseconds. */
  readonly steps: Readonly<Record<string, number>>
  /** What went wrong, first to last. */
  readonly errors: readonly string[]
}

/** A watch that states catalyst's steps as phases of `stage`. */
export function watchCatalyst(stage: string, emit: Emit, monotonicMs: () => number): CatalystWatch {
  const decoder = new StringDecoder('utf8')
  const steps: Record<string, number> = {}
  const errors: string[] = []
  let pending = ''
  let current: { step: string; since: number } | undefined
  const settle = (): void => {
    if (current !== undefined) steps[current.step] = Math.round(monotonicMs() - current.since)
    current = undefined
  }
  const take = (text: string): void => {
    const lines = (pending + text).split('\n')
    pending = (lines.pop() ?? '').slice(0, 65536)
    for (const raw of lines) {
      const line = readCatalystLine(plainText(raw).trimEnd())
      if (line?.kind === 'error') errors.push(line.text)
      if (line?.kind === 'phase') emit({ type: 'phase-started', stage, phase: line.phase })
      if (line?.kind !== 'step') continue
      settle()
      current = { step: line.step, since: monotonicMs() }
      emit({ type: 'phase-started', stage, phase: `catalyst: ${line.step}` })
    }
  }
  return {
    write: (chunk) => take(decoder.write(chunk)),
    end() {
      take(`${decoder.end()}\n`)
      settle()
    },
    steps,
    errors,
  }
}
