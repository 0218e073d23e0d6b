// Logging commands of Azure Pipelines, written with everything escaped.

import { plainText } from '../../events/plain-text.js'
import type { Note } from './note.js'

/**
 * An error or a warning on the page of the run, on one line; notices Azure has none. Escaped as its own tasks do it
 * (azure-pipelines-task-lib, node/taskcommand.ts).
 */
export function logIssue({ kind, title, text, file, line }: Note): string | undefined {
  if (kind === 'notice') return undefined
  const properties = Object.entries({ type: kind, sourcepath: file, linenumber: line })
  const said = properties.flatMap(([key, value]) =>
    value === undefined || value === '' ? [] : [`${key}=${escapeProperty(plainText(String(value)))};`],
  )
  const words = kind === 'warning' || text === title ? text : `${title}: ${text}`
  return `##vso[task.logissue ${said.join('')}]${escapeData(words.split('\n').map(plainText).join('\n'))}`
}

const escapeData = (text: string): string =>
  text.replaceAll('%', '%AZP25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

const escapeProperty = (text: string): string =>
  escapeData(text).replaceAll(']', '%5D').replaceAll(';', '%3B')
