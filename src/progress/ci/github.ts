// Workflow commands of GitHub Actions, written with everything escaped.

import type { Event } from '../../events/event.js'
import { plainText } from '../../events/plain-text.js'
import { failedAt, isStopped } from '../../events/words.js'
import { cut } from '../terminal/cells.js'

/** What a command is told beside its message, in the order it is written. */
type Properties = Readonly<Record<string, string | number | undefined>>

/**
 * A workflow command, on one line. Its data has `%`, CR and LF escaped, its properties also `:` and `,`: the rules are those of
 * actions/toolkit (packages/core/src/command.ts) and of what reads them (actions/runner, src/Runner.Common/ActionCommand.cs).
 *
 * @param data may have several lines
 */
export function workflowCommand(name: string, data: string, properties: Properties = {}): string {
  const said = Object.entries(properties).flatMap(([key, value]) =>
    value === undefined || value === '' ? [] : [`${key}=${escapeProperty(plainText(String(value)))}`],
  )
  const lines = data.split('\n').map(plainText).join('\n')
  return `::${name}${said.length === 0 ? '' : ` ${said.join(',')}`}::${escapeData(lines)}`
}

const escapeData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

const escapeProperty = (text: string): string =>
  escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')

/** Lines of a message: the log has all, and a page shows few. */
const LINES = 10
const CELLS = 1000

const few = (lines: readonly string[]): string => lines.map((line) => cut(plainText(line), CELLS)).join('\n')

type Of<T extends Event['type']> = Extract<Event, { type: T }>

/** What of `event` is shown on the page of the run; undefined for nothing. `toldBy` is the failure of the stage that was told before. */
export function annotation(event: Event, toldBy?: Of<'stage-failed'>): string | undefined {
  switch (event.type) {
    case 'warning':
      return workflowCommand('warning', withHint(event), { title: 'bootstrap_sdk' })
    case 'download-failed':
      return workflowCommand('warning', `${event.url} is not used: ${event.reason}`, {
        title: 'bootstrap_sdk',
      })
    case 'stage-failed':
      return stageFailed(event)
    case 'run-failed':
      return toldBy === undefined || isStopped(event) ? runFailed(event) : undefined
    default:
      return undefined
  }
}

function stageFailed(event: Of<'stage-failed'>): string {
  const { stage, log, causes = [], problem, tail } = event
  const [first] = causes
  const why = causes.length > 0 ? causes.map(({ text }) => text) : (problem ?? tail).slice(-LINES)
  const title = `${stage} failed in ${failedAt(event)}`
  return workflowCommand('error', few(why.slice(0, LINES)) || title, { file: log, line: first?.line, title })
}

function runFailed(event: Of<'run-failed'>): string {
  const { code, resume } = event
  if (isStopped(event)) {
    const goOn = resume === undefined ? 'nothing is left to go on with' : `to go on with it: ${resume}`
    return workflowCommand('notice', goOn, { title: `stopped by ${code}` })
  }
  return workflowCommand('error', withHint(event), { title: code })
}

const withHint = ({ message, hint }: { message: string; hint?: string | undefined }): string =>
  few([...message.trimEnd().split('\n'), ...(hint === undefined ? [] : hint.split('\n'))].slice(0, 2 * LINES))
