// The completion for bash.

import { VERB_NAMES } from '../arguments/verbs.js'
import { FIRST_WORDS, operandsOf, optionsByValues, optionWords, type Values } from './completion.js'

/** The script, to be sourced, or put where bash-completion finds it under the name of the command. */
export const bashCompletion = (): string => `# Completion of bootstrap_sdk for bash, made from its own tables.

_bootstrap_sdk() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} verb= each options operands
  COMPREPLY=()
  # Bash takes --name=value apart at its "=".
  if [[ $word == = ]]; then word=
  elif [[ $before == = ]]; then before=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for each in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $each in ${FIRST_WORDS.join(' | ')}) verb=$each && break ;; esac
  done
  case $before in
${[...optionsByValues().values()].map(({ values, words }) => `    ${words.join(' | ')}) ${reply(values)}; return ;;`).join('\n')}
  esac
  case \${verb:-build} in
${VERB_NAMES.map((verb) => `    ${verb}) options='${optionWords(verb).join(' ')}' operands='${words(operandsOf(verb))}' ;;`).join('\n')}
    help) options= operands='${VERB_NAMES.join(' ')}' ;;
  esac
  if [[ $word == -* ]]; then ${reply('$options')}
  elif [[ $operands == files ]]; then ${reply('files')}
  elif [[ -z $verb ]]; then ${reply(`${FIRST_WORDS.join(' ')} $operands`)}
  else ${reply('$operands')}; fi
}

complete -F _bootstrap_sdk bootstrap_sdk
`

const words = (operands: 'files' | readonly string[]): string =>
  operands === 'files' ? 'files' : operands.join(' ')

function reply(values: Values | string): string {
  if (values === 'any') return ':'
  if (values === 'files')
    return 'compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$word")'
  if (values === 'folders')
    return 'compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$word")'
  const list = typeof values === 'string' ? values : values.join(' ')
  return `mapfile -t COMPREPLY < <(compgen -W "${list}" -- "$word")`
}
