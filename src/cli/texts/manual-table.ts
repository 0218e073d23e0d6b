// The table of options of docs/manual.md, in Markdown.

import { sentence } from '../arguments/help.js'
import type { Option } from '../arguments/options/option.js'
import { changingName, hasValue, OPTION_NAMES, OPTIONS } from '../arguments/options/table.js'
import { VERB_NAMES, type VerbName } from '../arguments/verbs.js'

/** What an option means, at length, in Markdown. */
export const meaningOf = ({ manual, help }: Option): string => manual ?? sentence(help)

/** The table, a row for each option in the order of the help. */
export function optionTable(): string {
  const rows = OPTION_NAMES.map((name) => {
    const option = OPTIONS[name]
    const value = hasValue(option) ? ` ${option.placeholder.replaceAll('|', '\\|')}` : ''
    const short = option.short === undefined ? '' : `, \`${option.short}\``
    return [
      `\`${changingName(name)}${value}\`${short}`,
      option.default ?? '',
      meaningOf(option),
      takers(option.verbs),
    ]
  })
  return [['option', 'default', 'meaning', 'verbs'], ['---', '---', '---', '---'], ...rows]
    .map((cells) => `| ${cells.join(' | ')} |\n`)
    .join('')
    .replaceAll('| --- | --- | --- | --- |', '|---|---|---|---|')
}

function takers(verbs: readonly VerbName[]): string {
  const others = VERB_NAMES.filter((verb) => !verbs.includes(verb))
  if (others.length === 0) return 'all'
  return others.length < verbs.length
    ? `all but ${others.join(', ')}`
    : VERB_NAMES.filter((verb) => verbs.includes(verb)).join(', ')
}

/** The manual with `table` in place of its own: the first one of four columns. */
export const withOptionTable = (manual: string, table: string): string =>
  manual.replace(/^\| option \| default \|.*\n(?:\|.*\n)*/m, () => table)
