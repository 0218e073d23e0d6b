// The completion for fish.

import { OPTION_NAMES, OPTIONS, type OptionName, optionFor } from '../arguments/options/table.js'
import { VERB_NAMES, VERBS, type VerbName } from '../arguments/verbs.js'
import { FIRST_WORDS, operandsOf, spellings, valuesOf } from './completion.js'

/** The script, to be put as \`bootstrap_sdk.fish\` where fish looks for completions. */
export const fishCompletion = (): string => `# Completion of bootstrap_sdk for fish, made from its own tables.

function __bootstrap_sdk_verb
  for word in (commandline -opc)[2..]
    if contains -- $word ${FIRST_WORDS.join(' ')}
      echo $word
      return
    end
  end
  echo none
end

function __bootstrap_sdk_is
  set -l verb (__bootstrap_sdk_verb)
  test $verb = none; and set verb build
  contains -- $verb $argv
end

complete -c bootstrap_sdk -f
${[
  ...VERB_NAMES.map((verb) => ({ verb, about: VERBS[verb].summary })),
  { verb: 'help', about: 'show the help of a verb' },
]
  .map(
    ({ verb, about }) =>
      `complete -c bootstrap_sdk -n 'test (__bootstrap_sdk_verb) = none' -a ${verb} -d ${quoted(about)}`,
  )
  .join('\n')}
complete -c bootstrap_sdk -n '__bootstrap_sdk_is help' -a '${VERB_NAMES.join(' ')}'
${VERB_NAMES.map((verb) => ({ verb, operands: operandsOf(verb) }))
  .filter(({ operands }) => operands.length > 0)
  .map(
    ({ verb, operands }) =>
      `complete -c bootstrap_sdk -n '__bootstrap_sdk_is ${verb}' ${operands === 'files' ? '-F' : `-a '${operands.join(' ')}'`}`,
  )
  .join('\n')}
${OPTION_NAMES.flatMap(lines).join('\n')}
`

function lines(name: OptionName): string[] {
  const byHelp = new Map<string, VerbName[]>()
  for (const verb of OPTIONS[name].verbs) {
    const { help } = optionFor(name, verb)
    byHelp.set(help, [...(byHelp.get(help) ?? []), verb])
  }
  return [...byHelp].flatMap(([help, verbs]) => linesFor(name, verbs, help))
}

function linesFor(name: OptionName, verbs: readonly VerbName[], help: string): string[] {
  const values = valuesOf(name)
  const value = values === undefined ? '' : values === 'files' ? ' -r -F' : ` -x${argument(values)}`
  return spellings(name).map((word) => {
    const flag = word.startsWith('--') ? `-l ${word.slice(2)}` : `-s ${word.slice(1)}`
    return `complete -c bootstrap_sdk -n '__bootstrap_sdk_is ${verbs.join(' ')}' ${flag}${value} -d ${quoted(help)}`
  })
}

function argument(values: Exclude<ReturnType<typeof valuesOf>, undefined | 'files'>): string {
  if (values === 'folders') return " -a '(__fish_complete_directories)'"
  return values === 'any' ? '' : ` -a '${(values as readonly string[]).join(' ')}'`
}

const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`
