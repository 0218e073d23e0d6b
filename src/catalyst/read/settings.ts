// The values of a spec and its conf, as the mapping asks for them. What is wrong, and what has no effect, is collected.

import type { SpecText, SpecValue } from '../text/spec-text.js'
import type { CheckedSpec } from './check-keys.js'
import type { ConfKey, SpecKey } from './keys.js'
import type { SpecProblem } from './problems.js'

/** Reads values. The spec wins over the conf where both may have a key. */
export interface Settings {
  /** The one word of a key; several are a problem. Undefined when it has none. */
  one(key: SpecKey | ConfKey): string | undefined
  /** All words of a key. */
  many(key: SpecKey | ConfKey): readonly string[]
  /** Whether there is such a key, perhaps as `none`. */
  has(key: SpecKey | ConfKey): boolean
  /** Notes that the key's value is wrong. */
  wrong(key: SpecKey | ConfKey, message: string): void
  /** Notes that the key, or a part of its value, does something else here than in catalyst, or nothing. */
  notice(key: SpecKey | ConfKey, message: string): void
  /** Notes that the key asks for what no stage can have: the run goes on without it. */
  warn(key: SpecKey | ConfKey, message: string): void
  readonly problems: SpecProblem[]
  readonly warnings: SpecProblem[]
  readonly notices: SpecProblem[]
}

/** Makes the reader of a spec and, if there is one, a conf. */
export function createSettings(spec: CheckedSpec, conf: SpecText | undefined): Settings {
  const problems: SpecProblem[] = []
  const notices: SpecProblem[] = []
  const warnings: SpecProblem[] = []
  const find = (key: string): SpecValue | undefined => spec.values.get(key) ?? conf?.values.get(key)
  const note = (list: SpecProblem[], key: string, message: string): void => {
    const { file, line } = find(key) ?? { file: spec.file, line: 1 }
    list.push({ file, line, message: `${key}: ${message}` })
  }
  const wrong = (key: string, message: string): void => note(problems, key, message)
  return {
    one(key) {
      const words = find(key)?.words ?? []
      if (words.length > 1) wrong(key, `expected one word, found ${words.length}: ${words.join(' ')}`)
      return words[0]
    },
    many: (key) => find(key)?.words ?? [],
    has: (key) => find(key) !== undefined,
    wrong,
    notice: (key, message) => note(notices, key, message),
    warn: (key, message) => note(warnings, key, message),
    problems,
    warnings,
    notices,
  }
}
