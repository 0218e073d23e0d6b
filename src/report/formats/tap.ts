// Cases as the Test Anything Protocol has them, version 14. Pure.

import { plainText } from '../../events/plain-text.js'
import type { Case, Cases } from './cases.js'

/** The file: a line for each case (testanything.org, "TAP version 14"), a failure with its cause in YAML below. */
export function tapText({ suites }: Cases): string {
  const cases = suites.flatMap(({ name, cases: own }) => own.map((each) => ({ suite: name, each })))
  const lines = cases.flatMap(({ suite, each }, index) =>
    caseLines(each, `${index + 1} - ${title(suite, each)}`),
  )
  return ['TAP version 14', `1..${cases.length}`, ...lines].map((line) => `${line}\n`).join('')
}

const title = (suite: string, { name }: Case): string =>
  described(name === suite ? suite : `${suite} ${name}`)

/** `#` would begin a directive. */
const described = (text: string): string => plainText(text).replace(/[\\#]/g, '\\$&')

function caseLines({ durationMs, end }: Case, words: string): string[] {
  if (end.kind === 'skipped') return [`ok ${words} # SKIP ${described(end.why)}`]
  if (end.kind === 'passed')
    return [`ok ${words}`, '  ---', `  duration_ms: ${Math.round(durationMs)}`, '  ...']
  return [
    ...[`not ok ${words}`, '  ---', `  duration_ms: ${Math.round(durationMs)}`],
    ...[`  message: ${yaml(end.message)}`, `  severity: ${end.kind === 'failed' ? 'fail' : 'error'}`],
    `  code: ${yaml(end.code)}`,
    ...(end.lines.length === 0 ? [] : ['  cause:', ...end.lines.map((line) => `    - ${yaml(line)}`)]),
    '  ...',
  ]
}

/** A string of JSON is one of YAML. */
const yaml = (text: string): string => JSON.stringify(plainText(text))
