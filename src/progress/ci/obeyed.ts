// What the engines of CI systems obey in a log, taken out of text that is none of ours: one list for all of them. Whoever reads a
// log later may be another engine than the one that a run was started by, so all of it holds everywhere.

/**
 * What is obeyed anywhere in a line, and by whom:
 * - `##[`: GitHub's runner, in its older form (actions/runner, ActionCommand.cs, `TryParse`), and the agent of Azure Pipelines, whose
 *   runner this was once;
 * - `##vso[`: that agent (azure-pipelines-agent, Command.cs);
 * - `##teamcity[`: TeamCity's service messages (its manual, "Service messages").
 */
const ANYWHERE = ['##[', '##vso[', '##teamcity[']

/** At the beginning of a line, after blanks: workflow commands of GitHub, Gitea and Forgejo (ActionCommand.cs, `TryParseV2`). */
const AT_BEGINNING = '::'

/** At the very beginning of a line, with a blank or nothing behind them: headings of Buildkite ("Managing log output"). */
const HEADINGS = ['---', '+++', '~~~', '^^^']

/**
 * What comparisons of text may pass over: .NET's go by the rules of a language. Sections of GitLab need a CR and an escape
 * behind them, of which no printable line has any.
 */
const IGNORED = String.raw`\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}\p{M}`
const UNSEEN = `[${IGNORED}]*`

/** The characters of a mark, each but the first with what is not seen before it. */
const spaced = (mark: string): string =>
  [...mark].map((each) => UNSEEN + ('[+^'.includes(each) ? `\\${each}` : each)).join('')

const BEGINNING = new RegExp(String.raw`^([\s${IGNORED}]*:)(?=${spaced(AT_BEGINNING.slice(1))})`, 'u')
const WITHIN = new RegExp(`#(?=${ANYWHERE.map((mark) => spaced(mark.slice(1))).join('|')})`, 'giu')

const HEADING = new RegExp(String.raw`^(?=(?:${HEADINGS.map(spaced).join('|')})(?:[\s${IGNORED}]|$))`, 'u')

/** A line of text that no engine obeys: each mark gets a blank in it, a heading one before it. */
export const obeyedByNobody = (line: string): string =>
  line.replace(HEADING, ' ').replace(BEGINNING, '$1 ').replace(WITHIN, '# ')

/** What a terminal obeys and JSON need not escape: controls in one character, and what turns text around. */
const BY_TERMINALS = /[\x7f-\x9f]|\p{Bidi_Control}/gu

/**
 * A line of JSON that neither engine nor terminal obeys, and that says the same: it has the first character of each mark, and all that
 * is not printable, escaped.
 */
export const jsonObeyedByNobody = (json: string): string =>
  json
    .replace(WITHIN, '\\u0023')
    .replace(BY_TERMINALS, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`)
