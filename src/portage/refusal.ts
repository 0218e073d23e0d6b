// Why Portage refuses, in its own words: what is left of emerge's output without the display, the advice and the stacks.
// The texts are those of Portage 3.0.83 (`_emerge/{depgraph,actions,resolver/*}.py`, `portage/package/ebuild/config.py`).

import { plainText } from '../events/plain-text.js'

/** More lines than these are of a tree that is broken in many places: the log has all of them. */
const LIMIT = 40

/** What is taken of a program that does not speak as Portage does: the end, where programs say why. */
const LAST = 5

/** Where a script begins something new: `phase` of stages/lib/contract.sh. */
const PHASE = /^>>> stage\d: /

/** Where emerge begins to resolve: what is before it in the same phase is of an earlier call, or says why there is none. */
const BEGIN = /^These are the packages that would be merged/

/** The progress of the calculation, which has the first message behind it on the same line. */
const CALCULATING = /^Calculating dependencies(?: *\.\.\. *| )?/

/** Lines that are no reason by themselves: emerge's display, its hints at manuals, what holds for every stage. */
const NOISE: readonly RegExp[] = [
  BEGIN,
  /^(?: done!|\.*done!)?$/,
  /^Dependency resolution took /,
  /^\[(?:ebuild|binary|nomerge|uninstall|blocks b) /,
  /^(?:Total|Conflict|Fetch Restriction): \d/,
  /^>>> /,
  /^ \* (?:IMPORTANT: \d+ news items|Use eselect news|After world updates)/,
  /^!!! CONFIG_PROTECT is empty/,
  /^!!! Problem resolving dependencies for /,
  /^!!! .* is not a symlink and will probably prevent most merges/,
  /^!!! It should point into a profile within /,
  /^!!! \(You can safely ignore this message when syncing/,
  /^!!! (?:Sandbox violation during|Aborting\. Please report this as a bug)/,
  /^!!! (?:configuration, you should revert back|Allowed actions are limited to|--version\.$)/,
  /^emerge: searching for similar names/,
  /^emerge: the given set '.*' contains a non-existent set/,
  /^\s*\^[\s^]*$/,
  /^\[ (?:Results for search key|Applications found) /,
  /^ {6}(?:Latest version (?:available|installed)|Size of files|Homepage|Description|License): /,
  /^Messages for package /,
  /^!!! stage\d: /,
]

/** How Portage begins what is wrong. */
const STRONG =
  /^(?:!!! |emerge: | ?\* (?:Error|ERROR|[A-Z]\w+ (?:verification failed|not found))|[A-Z]\w*Error: \S|"\/[^"]+", line \d+: )/

/** What Portage says of its repositories whenever it starts; by itself no reason, but perhaps the cause of one. */
const OF_REPOS = /^(?:Unavailable repository |!!! (?:Repository|Section|Invalid PORTDIR) )/

/** Paragraphs of advice: dropped from a line that matches up to the next empty one. */
const ADVICE =
  /^(?:For more information|The current version of portage supports|It may be possible to solve this problem by using package\.mask| \* Note that circular dependencies|https:\/\/wiki\.gentoo\.org|man page or refer to the Gentoo Handbook| \* Call stack:|usage: emerge )/

/** What ends advice beside an empty line. */
const ADVICE_ENDS = /^(?:emerge: error:|\s*$| \* S: )/

/** What {@link readRefusal} finds. */
export interface Refusal {
  /** The words, cleaned, at most 40 lines; perhaps none. */
  readonly lines: readonly string[]
  /** Portage spoke; otherwise they are the last lines of whatever did. */
  readonly isPortage: boolean
}

/**
 * The words by which the last call of emerge, or of another program, refused. A package whose build fails is told by
 * emerge-progress.ts.
 *
 * @param log the end of a pass's log, stdout and stderr as they came
 */
export function readRefusal(log: string): Refusal {
  const all = log.split('\n').map(lastState)
  const ofPhase = all.slice(all.findLastIndex((line) => PHASE.test(line)) + 1)
  const call = ofPhase.slice(ofPhase.findLastIndex((line) => BEGIN.test(line)) + 1)
  const sets = call.findIndex((line) => line.endsWith('The following sets exist:'))
  if (sets >= 0) call.length = sets + 1
  const said = withoutStacks(withoutAdvice(call)).filter((line) => !NOISE.some((noise) => noise.test(line)))
  const repos = ofPhase.filter((line) => OF_REPOS.test(line))
  const words = [...new Set([...said, ...repos].map(clean).filter((line) => line !== ''))]
  const isPortage = [...said, ...repos].some((line) => STRONG.test(line))
  if (!isPortage) return { lines: words.slice(-LAST), isPortage }
  if (words.length <= LIMIT) return { lines: words, isPortage }
  return { lines: [...words.slice(0, LIMIT), `(${words.length - LIMIT} more lines)`], isPortage }
}

/** The last state of a line that is drawn over, printable; progress is cut off, and what is behind it kept. */
function lastState(line: string): string {
  const states = line.split(/[\r\b]/).filter((state) => state.trim() !== '')
  return plainText(states.at(-1) ?? '')
    .trimEnd()
    .replace(CALCULATING, '')
}

function withoutAdvice(lines: readonly string[]): string[] {
  const kept: string[] = []
  let isAdvice = false
  for (const line of lines) {
    if (isAdvice && ADVICE_ENDS.test(line)) {
      isAdvice = false
      if (!line.startsWith('emerge: error:')) continue
    }
    isAdvice ||= ADVICE.test(line)
    if (!isAdvice) kept.push(line)
  }
  return kept
}

/** Python's stacks without the stack: their last line says what it is. */
function withoutStacks(lines: readonly string[]): string[] {
  let isStack = false
  return lines.filter((line) => {
    if (line.startsWith('Traceback (most recent call last)')) isStack = true
    else if (isStack && !/^\s/.test(line)) isStack = false
    return !isStack
  })
}

/** A line without what emerge puts in front of it. */
const clean = (line: string): string =>
  line
    .replace(/^(?:!!!|emerge:(?: error:)?| ?\*(?: (?:Error|ERROR):)?(?= |$)) */, '')
    .replace(/ (?:If you have just changed your profile|The following sets exist:)$/, '')
    .trimEnd()
