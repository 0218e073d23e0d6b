// The plain log as the pages of CI systems show it: a step is a group that folds, a failure and a warning stand out of the log.

import type { Event } from '../../events/event.js'
import { plainText } from '../../events/plain-text.js'
import { annotation } from './annotation.js'
import { workflowCommand } from './github.js'
import type { CiSystem } from './note.js'
import { obeyedByNobody } from './obeyed.js'
import { escaped } from './teamcity.js'

/** Puts the marks of a CI system between the lines of a plain log. */
export interface CiLog {
  /** What is written of `event`, whose lines in a plain log are `lines`. */
  lines(event: Event, lines: readonly string[]): string[]
  /** A line that is of no event. */
  text(line: string): string
  /** The end of the log: closes the group that is open. Once more it is nothing. */
  end(): string[]
}

/** A part of the log that folds. */
interface Group {
  readonly stage: string
  readonly step: string
}

/** How a system writes it. */
interface Marks {
  begin(group: Group, seconds: number): string
  /** Undefined where a group goes on until the next one begins. */
  end(group: Group, seconds: number): string | undefined
  /** What stands before an event that has to be seen, where it would else be folded away. */
  unfold?(event: Event): string | undefined
}

/** `::group::` does not nest, and an error inside of one would be folded away. */
const GITHUB: Marks = {
  begin: ({ stage, step }) => workflowCommand('group', `${stage}: ${step}`),
  end: () => workflowCommand('endgroup', ''),
}

/**
 * Sections of job logs (GitLab's manual, "Job logs", "Custom collapsible sections"): a mark is obeyed with CR and `ESC [0K` behind
 * it only, of which no printable line has any.
 */
const GITLAB: Marks = {
  begin: (group, seconds) =>
    `\x1b[0Ksection_start:${seconds}:${sectionName(group)}[collapsed=true]\r\x1b[0K${plainText(`${group.stage}: ${group.step}`)}`,
  end: (group, seconds) => `\x1b[0Ksection_end:${seconds}:${sectionName(group)}\r\x1b[0K`,
}

/** Azure Pipelines ("Logging commands", "Formatting commands"): groups do not nest. */
const AZURE: Marks = {
  begin: ({ stage, step }) => `##[group]${plainText(`${stage}: ${step}`)}`,
  end: () => '##[endgroup]',
}

/** Service messages of TeamCity (its manual, "Service messages", "Blocks"). */
const TEAMCITY: Marks = {
  begin: (group) => `##teamcity[blockOpened name='${blockName(group)}']`,
  end: (group) => `##teamcity[blockClosed name='${blockName(group)}']`,
}

const blockName = ({ stage, step }: Group): string => escaped(`${stage}: ${step}`)

/** Buildkite ("Managing log output"): a heading lasts until the next one, so what follows a group has one that is open. */
const BUILDKITE: Marks = {
  begin: ({ stage, step }) => `--- ${plainText(`${stage}: ${step}`)}`,
  end: () => undefined,
  unfold: (event) =>
    event.type === 'stage-failed'
      ? `+++ ${plainText(event.stage)} failed`
      : event.type === 'run-finished' || event.type === 'run-failed'
        ? '+++ bootstrap_sdk'
        : undefined,
}

const MARKS: Readonly<Record<Exclude<CiSystem, 'other'>, Marks>> = {
  github: GITHUB,
  gitlab: GITLAB,
  azure: AZURE,
  teamcity: TEAMCITY,
  buildkite: BUILDKITE,
}

/** Letters, digits, `_`, `.` and `-` are what a section's name may have. */
const sectionName = ({ stage, step }: Group): string => `${stage}_${step}`.replace(/[^a-zA-Z0-9_.-]+/g, '_')

/** The events that a group ends with, if it has not ended before. */
const ENDS: ReadonlySet<Event['type']> = new Set([
  'step-finished',
  'stage-started',
  'stage-finished',
  'stage-failed',
  'seed-finished',
  'run-started',
  'run-finished',
  'run-failed',
])

/** Whether `event` ends the group that is open: what ends beside it does not. */
const ends = (event: Event, open: Group | undefined): boolean =>
  ENDS.has(event.type) &&
  !((event.type === 'step-finished' || event.type === 'stage-finished') && event.stage !== open?.stage)

/** What is said by an annotation alone: the systems show that in the log, too. */
const ANNOTATED: ReadonlySet<Event['type']> = new Set(['warning', 'download-failed'])

/** The log of `system`, or of none that is known: there are lines alone. */
export function createCiLog(system: CiSystem | undefined): CiLog {
  if (system === undefined || system === 'other')
    return { lines: (_, lines) => lines.map(obeyedByNobody), text: obeyedByNobody, end: () => [] }
  const marks = MARKS[system]
  let open: Group | undefined
  let failed: Extract<Event, { type: 'stage-failed' }> | undefined
  let seconds = 0
  const end = (): string[] => {
    const mark = open === undefined ? undefined : marks.end(open, seconds)
    open = undefined
    return mark === undefined ? [] : [mark]
  }
  const begin = (event: Event): string[] => {
    if (event.type !== 'step-started') return []
    open = { stage: event.stage, step: event.step }
    return [marks.begin(open, seconds)]
  }
  return {
    end,
    text: obeyedByNobody,
    lines(event, lines) {
      seconds = Math.floor(Date.parse(event.time) / 1000)
      const before = ends(event, open) || event.type === 'step-started' ? end() : []
      const note = annotation(system, event, failed)
      if (event.type === 'stage-failed') failed = event
      const isSaid = note !== undefined && ANNOTATED.has(event.type)
      const own = isSaid ? [] : lines.map(obeyedByNobody)
      const shown = marks.unfold?.(event)
      const unfolded = shown === undefined ? [] : [shown]
      return [...before, ...begin(event), ...unfolded, ...own, ...(note === undefined ? [] : [note])]
    },
  }
}
