// What of a run is shown on the page of a CI system beside its log: what it says, in each system's own words.

import type { Event } from '../../events/event.js'
import { reasons } from '../../events/failure-words.js'
import { plainText } from '../../events/plain-text.js'
import { failedAt, isStopped } from '../../events/words.js'
import { cut } from '../terminal/cells.js'
import { logIssue } from './azure.js'
import { workflowCommand } from './github.js'
import type { CiSystem, Note } from './note.js'
import { obeyedByNobody } from './obeyed.js'
import { serviceMessage } from './teamcity.js'

/** Lines of a message: the log has all, and a page shows few. */
const LINES = 10
const CELLS = 1000

/** Whoever reads the log of one system later may be another. */
const few = (lines: readonly string[]): string =>
  lines.map((line) => obeyedByNobody(cut(plainText(line), CELLS))).join('\n')

type Of<T extends Event['type']> = Extract<Event, { type: T }>

/** In the words of the systems whose pages have such notes. */
const WRITTEN: Readonly<Partial<Record<CiSystem, (note: Note) => string | undefined>>> = {
  github: ({ kind, title, text, file, line }) => workflowCommand(kind, text, { file, line, title }),
  azure: logIssue,
  teamcity: serviceMessage,
}

/**
 * The line for `system` that shows `event` on the page of the run; undefined for nothing. `toldBy` is the failure of the stage that
 * was told before.
 */
export function annotation(
  system: CiSystem | undefined,
  event: Event,
  toldBy?: Of<'stage-failed'>,
): string | undefined {
  const write = system === undefined ? undefined : WRITTEN[system]
  const note = write === undefined ? undefined : noteOf(event, toldBy)
  return note === undefined ? undefined : write?.(note)
}

function noteOf(event: Event, toldBy?: Of<'stage-failed'>): Note | undefined {
  switch (event.type) {
    case 'warning':
      return { kind: 'warning', title: 'bootstrap_sdk', text: withHint(event) }
    case 'download-failed':
      return {
        kind: 'warning',
        title: 'bootstrap_sdk',
        text: few([`${event.url} is not used: ${event.reason}`]),
      }
    case 'stage-failed':
      return stageFailed(event)
    case 'run-failed':
      return toldBy === undefined || isStopped(event) ? runFailed(event) : undefined
    default:
      return undefined
  }
}

function stageFailed(event: Of<'stage-failed'>): Note {
  const { stage, log, causes: [first] = [] } = event
  const all = reasons(event, ({ text }) => text)
  const why = first === undefined ? all.slice(-LINES) : all
  const title = `${stage} failed in ${failedAt(event)}`
  return { kind: 'error', title, text: few(why.slice(0, LINES)) || title, file: log, line: first?.line }
}

function runFailed(event: Of<'run-failed'>): Note {
  const { code, resume } = event
  if (!isStopped(event)) return { kind: 'error', title: code, text: withHint(event) }
  const goOn = resume === undefined ? 'nothing is left to go on with' : `to go on with it: ${resume}`
  return { kind: 'notice', title: `stopped by ${code}`, text: goOn }
}

const withHint = ({ message, hint }: { message: string; hint?: string | undefined }): string =>
  few([...message.trimEnd().split('\n'), ...(hint === undefined ? [] : hint.split('\n'))].slice(0, 2 * LINES))
