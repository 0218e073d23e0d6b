// The completion for zsh.

import { hasValue, type OptionName, optionFor, optionsOf } from '../arguments/options/table.js'
import { VERB_NAMES, VERBS, type VerbName } from '../arguments/verbs.js'
import { FIRST_WORDS, operandsOf, spellings, type Values, valuesOf } from './completion.js'

/** The function, to be put as \`_bootstrap_sdk\` into a folder of \`fpath\`. */
export const zshCompletion = (): string => `#compdef bootstrap_sdk
# Completion of bootstrap_sdk for zsh, made from its own tables.

_bootstrap_sdk() {
  local verb=build each
  local -a first verbs=(
${VERB_NAMES.map((verb) => `    ${quoted(`${verb}:${VERBS[verb].summary}`)}`).join('\n')}
    'help:show the help of a verb'
  )
  for each in \${words[2,CURRENT-1]}; do
    case $each in (${FIRST_WORDS.join('|')}) verb=$each; break ;; esac
  done
  if [[ $verb == build && \${words[(Ie)build]} -ge CURRENT || \${words[(Ie)build]} -eq 0 && $verb == build ]]; then
    first=('1: :{ _describe -t verbs verb verbs; compadd -- ${words('build')} }')
  else
    first=('1:verb:')
  fi
  case $verb in
${VERB_NAMES.map(verbCase).join('\n')}
    (help) _arguments '1:verb:' '2:verb:(${VERB_NAMES.join(' ')})' ;;
  esac
}

_bootstrap_sdk "$@"
`

const words = (verb: VerbName): string => {
  const operands = operandsOf(verb)
  return operands === 'files' ? '' : operands.join(' ')
}

function verbCase(verb: VerbName): string {
  const operands = operandsOf(verb)
  const rest =
    operands === 'files'
      ? `'*:file:_files'`
      : operands.length === 0
        ? `'*: :'`
        : `'*:operand:(${operands.join(' ')})'`
  const options = optionsOf(verb).flatMap((name) => specs(name, verb))
  return `    (${verb}) _arguments -S $first \\\n${[...options, rest].map((each) => `      ${each}`).join(' \\\n')} ;;`
}

function specs(name: OptionName, verb: VerbName): string[] {
  const option = optionFor(name, verb)
  const help = option.help.replace(/[\\[\]:]/g, '\\$&')
  const value = hasValue(option)
    ? `:${option.placeholder.replace(/:/g, '\\:')}:${action(valuesOf(name))}`
    : ''
  const many = hasValue(option) && option.repeatable === true ? '*' : ''
  return spellings(name).map((word) => {
    const equals = value === '' ? '' : word.startsWith('--') ? '=' : '+'
    return quoted(`${many}${word}${equals}[${help}]${value}`)
  })
}

function action(values: Values | undefined): string {
  if (values === 'files') return '_files'
  if (values === 'folders') return '_files -/'
  return values === undefined || values === 'any' ? ' ' : `(${(values as readonly string[]).join(' ')})`
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
