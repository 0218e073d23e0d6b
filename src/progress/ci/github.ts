// Workflow commands of GitHub Actions, written with everything escaped.

import { plainText } from '../../events/plain-text.js'

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
