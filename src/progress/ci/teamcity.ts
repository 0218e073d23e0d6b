// Service messages of TeamCity, written with everything escaped.

import { plainText } from '../../events/plain-text.js'
import type { Note } from './note.js'

/** More of a problem's description is cut off by TeamCity (its manual, "Service messages", "Reporting Build Problems"). */
const LONGEST = 4000

/** `text` as the value of an attribute: TeamCity's manual, "Service messages", "Escaped values". */
export const escaped = (text: string): string =>
  text
    .split('\n')
    .map(plainText)
    .join('\n')
    .replace(/[|'[\]]/g, '|$&')
    .replaceAll('\r', '|r')
    .replaceAll('\n', '|n')

/** A problem of the build, or a warning of its log, on one line. */
export function serviceMessage({ kind, title, text, file, line }: Note): string | undefined {
  if (kind === 'notice') return undefined
  if (kind === 'warning') return `##teamcity[message text='${escaped(text)}' status='WARNING']`
  const place = file === undefined ? '' : `\n${line === undefined ? file : `${file}:${line}`}`
  const words = `${text === title ? text : `${title}: ${text}`}${place}`
  return `##teamcity[buildProblem description='${escaped([...words].slice(0, LONGEST).join(''))}']`
}
