// The syntax of catalyst's files, to write it: spec lines, TOML values, exports. What a spec cannot say is an error.

import { SdkError } from '../../errors.js'

/** A key of a spec with its words; none leaves the key out. */
export type SpecLine = readonly [key: string, words: readonly string[]]

/**
 * A spec, one line a key: a continuation line that has a colon would begin a key of its own (catalyst's config.py).
 *
 * @throws SdkError SDK_USAGE for a word that the syntax has no way to write
 */
export function renderSpec(title: string, lines: readonly SpecLine[]): string {
  const said = lines.filter(([, words]) => words.length > 0)
  return `# ${title}\n${said.map(([key, words]) => `${key}: ${words.map((word) => sayable(key, word)).join(' ')}\n`).join('')}`
}

/** `#` begins a comment anywhere, quotes at the ends are dropped, white space parts words, `none` alone means nothing. */
function sayable(key: string, word: string): string {
  if (word === '' || /[\s#"\x00-\x1f\x7f]/.test(word) || /^none$/i.test(word))
    throw new SdkError('SDK_USAGE', `a spec cannot say ${key}: ${JSON.stringify(word)}`, {
      hint: 'values of a spec have no white space, no "#" and no quotes, and are not "none"',
    })
  return word.replaceAll('%', '%%')
}

/** A value of catalyst.conf. */
export type ConfValue = string | number | readonly string[]

/** catalyst.conf, TOML. In its strings, too, a percent sign is doubled. */
export function renderConf(title: string, values: Readonly<Record<string, ConfValue>>): string {
  const lines = Object.entries(values).map(([key, value]) => `${key} = ${toml(value)}\n`)
  return `# ${title}\n${lines.join('')}`
}

function toml(value: ConfValue): string {
  if (typeof value === 'number') return String(value)
  // JSON's strings are TOML's basic strings.
  if (typeof value === 'string') return JSON.stringify(value.replaceAll('%', '%%'))
  return `[${value.map((each) => JSON.stringify(each)).join(', ')}]`
}

/** The script that catalyst sources in the chroot (`envscript`). @throws SdkError SDK_USAGE for a quote or line break */
export function renderExports(title: string, values: Readonly<Record<string, string>>): string {
  const lines = Object.entries(values).map(([name, value]) => {
    if (/['\x00-\x1f\x7f]/.test(value))
      throw new SdkError('SDK_USAGE', `an envscript cannot say ${name}=${JSON.stringify(value)}`)
    return `export ${name}='${value}'\n`
  })
  return `#!/bin/bash\n# ${title}\n${lines.join('')}`
}
