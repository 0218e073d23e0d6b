// What of a failure has not been said yet, for all that tell of one: terminal, page, test cases, annotations.

import type { Event } from './event.js'
import { plainText } from './plain-text.js'

type StageFailed = Extract<Event, { type: 'stage-failed' }>

/** Lines of the end of a log beside those that name a cause. */
const CONTEXT_LINES = 10

/**
 * What of a failed stage's words, or of the end of its log, stands beside the causes: none of them, no line that only repeats the
 * one before, and not the first of its words, which is the run's own headline. Without causes all of it.
 */
export function beside({ problem, tail, causes = [] }: StageFailed): string[] {
  if (causes.length === 0) return [...(problem ?? tail)]
  const told = new Set(causes.map(({ text }) => text))
  const others = (problem?.slice(1) ?? tail).filter((line) => !told.has(plainText(line).trimEnd()))
  return others.filter((line, index) => line !== others[index - 1]).slice(-CONTEXT_LINES)
}

/** Why a stage failed, for who has little room: what names a cause, with what failed where that is no package; else its words. */
export function reasons({ problem, tail, causes = [] }: StageFailed, of: (cause: Cause) => string): string[] {
  if (causes.length === 0) return [...(problem ?? tail)]
  return [...(problem?.slice(0, 1) ?? []), ...causes.map(of)]
}

type Cause = NonNullable<StageFailed['causes']>[number]

/** The first line of a run's message, and what of the others its failed stage, `told`, has not said. */
export function unsaidMessage(message: string, told: StageFailed | undefined): string[] {
  const all = message.trimEnd().split('\n')
  const said = new Set([...(told?.problem ?? []), ...(told?.tail ?? [])].map((line) => line.trim()))
  const lines = all.filter((line, index) => index === 0 || told?.log === undefined || !said.has(line.trim()))
  // What it announces has been told.
  if (lines.length === 1 && all.length > 1) return [lines[0]?.replace(/:$/, '') ?? '']
  return lines
}
