// What failed last in a version, as its journal tells, and the log that says why.

import path from 'node:path'
import type { Event } from '../../events/event.js'
import { journalEvents } from '../../events/journal.js'
import { isStage, type StageName } from '../../sdk/stages.js'
import type { Layout } from '../../store/layout.js'
import { type LogFile, lookAt, stageLogs } from './logs.js'

/** A stage that failed, or that ran last. Times are ISO 8601 in UTC. */
export interface LastStage {
  readonly stage: StageName
  readonly time: string
  /** Undefined: it has not failed. */
  readonly failure: Extract<Event, { type: 'stage-failed' }> | undefined
  /** It has been finished since. */
  readonly isMended: boolean
}

/** The stage that failed last; without any the one that was begun last; undefined when the journal has none, or cannot be read. */
export function lastStage(journal: string): LastStage | undefined {
  try {
    return lastStageOf(journalEvents(journal))
  } catch {
    // No journal, or one of another schema: what there is besides is found by names.
    return undefined
  }
}

/** The same of events in their order; pure. */
function lastStageOf(events: Iterable<Event>): LastStage | undefined {
  let failed: LastStage | undefined
  let begun: LastStage | undefined
  for (const event of events) {
    if (!('stage' in event) || event.stage === undefined || !isStage(event.stage)) continue
    const { stage, time } = event
    if (event.type === 'stage-failed') failed = { stage, time, failure: event, isMended: false }
    else if (event.type === 'stage-started') begun = { stage, time, failure: undefined, isMended: false }
    else if (event.type === 'stage-finished' && failed?.stage === stage)
      failed = { ...failed, isMended: true }
  }
  return failed ?? begun
}

/** The log that tells what came of a stage: the one that its failure names; of one that has not failed the last that the engine wrote. */
export function logOfLast(layout: Layout, { stage, failure }: LastStage): LogFile | undefined {
  const own = stageLogs(layout, stage).reduce<LogFile | undefined>(later, undefined)
  if (failure === undefined) return own
  // What the stage wrote before is of another attempt.
  if (failure.log === undefined) return undefined
  const folder = layout.stageLog(stage)
  const below = path.relative(folder, failure.log)
  // A root that was moved has it elsewhere now; logs that a spec puts elsewhere are where the journal says.
  return (
    (isBelow(below) ? lookAt(stage, folder, below) : undefined) ??
    lookAt(stage, folder, path.basename(failure.log)) ??
    lookAt(stage, path.dirname(failure.log), path.basename(failure.log)) ??
    own
  )
}

const later = (a: LogFile | undefined, b: LogFile): LogFile =>
  a !== undefined && a.changed > b.changed ? a : b

const isBelow = (name: string): boolean => name !== '' && !name.startsWith('..') && !path.isAbsolute(name)
