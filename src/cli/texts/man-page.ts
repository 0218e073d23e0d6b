// Man pages, in the man macros of roff: one of the whole command, one of each verb.

import { EXITS, examplesOf, sentence, variablesOf } from '../arguments/help.js'
import { changingName, hasValue, type OptionName, optionFor, optionsOf } from '../arguments/options/table.js'
import { VERB_NAMES, VERBS, type VerbName } from '../arguments/verbs.js'
import { meaningOf } from './manual-table.js'

/** The name of the page of a verb, or of the command. */
export const pageName = (verb?: VerbName): string =>
  verb === undefined ? 'bootstrap_sdk' : `bootstrap_sdk-${verb}`

/** The page of a verb, or of the command. */
export function manPage(version: string, verb?: VerbName): string {
  const { summary, operands } = VERBS[verb ?? 'build']
  const [command, about] =
    verb === undefined
      ? ['bootstrap_sdk', 'build an SDK from its predecessor']
      : [`bootstrap_sdk ${verb}`, summary]
  return `.TH ${pageName(verb).toUpperCase().replaceAll('-', '\\-')} 1 "" "bootstrap_sdk ${version}"
.SH NAME
${plain(pageName(verb))} \\- ${plain(about)}
.SH SYNOPSIS
.B ${plain(command)}
${verb === undefined ? '[verb] ' : ''}[options] ${plain(operands)}
.SH DESCRIPTION
${verb === undefined ? 'Bootstraps a Portage\\-based SDK from its predecessor, in four isolated stages. Without a verb it builds.' : plain(sentence(about))}
${section(
  'EXAMPLES',
  examplesOf(verb).map(([line, meaning]) => entry(`.B ${plain(line)}`, plain(sentence(meaning)))),
)}
${
  verb === undefined
    ? section(
        'VERBS',
        VERB_NAMES.map((each) =>
          entry(
            `.B ${each}`,
            `${plain(sentence(VERBS[each].summary))} See \\fB${plain(pageName(each))}\\fR(1).`,
          ),
        ),
      )
    : ''
}
${section(
  'OPTIONS',
  optionsOf(verb ?? 'build').map((name) => optionEntry(name, verb ?? 'build')),
)}
${section(
  'ENVIRONMENT',
  variablesOf(verb).map(([name, meaning]) => entry(`.B ${plain(name)}`, plain(sentence(meaning)))),
)}
${section(
  'EXIT STATUS',
  EXITS.map(([code, meaning]) => entry(`.B ${plain(code)}`, plain(sentence(meaning)))),
)}
.SH SEE ALSO
${[undefined, ...VERB_NAMES]
  .filter((each) => each !== verb)
  .map((each) => `\\fB${plain(pageName(each))}\\fR(1)`)
  .join(', ')}
`.replace(/\n{2,}/g, '\n')
}

const section = (heading: string, entries: readonly string[]): string =>
  entries.length === 0 ? '' : [`.SH ${heading}`, ...entries].join('\n')

const entry = (term: string, text: string): string => `.TP\n${term}\n${text}`

function optionEntry(name: OptionName, verb: VerbName): string {
  const option = optionFor(name, verb)
  const short = option.short === undefined ? '' : `\\fB${plain(option.short)}\\fR, `
  const value = hasValue(option) ? ` \\fI${plain(option.placeholder)}\\fR` : ''
  const byDefault = option.default === undefined ? '' : `\nDefault: ${plain(option.default)}.`
  return entry(
    `${short}\\fB${plain(changingName(name))}\\fR${value}`,
    `${marked(meaningOf(option))}${byDefault}`,
  )
}

/** Markdown of the manual: links lead nowhere here. */
const marked = (text: string): string =>
  plain(
    text
      .replace(/ \(\[[^\]]*\]\([^)]*\)\)/g, '')
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replaceAll('\\|', '|'),
  ).replace(/`([^`]*)`/g, '\\fB$1\\fR')

/** Text that roff shows as it is. */
const plain = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('~', '\\(ti')
    .replaceAll('^', '\\(ha')
    .replace(/^[.']/gm, '\\&$&')
