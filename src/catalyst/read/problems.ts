// What is wrong in a spec or conf file: collected with file and line, reported all at once.

import { SdkError } from '../../errors.js'

/** One thing that is wrong, or only worth saying, at its line (from 1) of `file`. */
export interface SpecProblem {
  readonly file: string
  readonly line: number
  readonly message: string
}

/** A problem as it is shown: `file:line: message`. */
export const showProblem = ({ file, line, message }: SpecProblem): string => `${file}:${line}: ${message}`

/** A file with more is probably none of its kind. */
const MOST_SHOWN = 50

/** The error that lists `problems`, one a line, in the order of each file. */
export function specError(problems: readonly SpecProblem[]): SdkError {
  const files = [...new Set(problems.map(({ file }) => file))]
  const sorted = files.flatMap((file) =>
    problems.filter((each) => each.file === file).toSorted((a, b) => a.line - b.line),
  )
  const shown = sorted.slice(0, MOST_SHOWN)
  const more = sorted.length - shown.length
  const lines = [...shown.map(showProblem), ...(more === 0 ? [] : [`and ${more} more`])]
  return new SdkError('SDK_DEFINITION', lines.join('\n'), {
    hint: 'docs/catalyst.md has the keys of spec and conf files',
    facts: { problems: shown },
  })
}
