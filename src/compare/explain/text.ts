// Why two texts differ: times, folders of a build, or only the order of lines or words.

import { because, type DifferenceCause, type Explanation, unexplained } from './explanation.js'

/** Longest text that is looked at as text, in bytes. */
export const LONGEST_TEXT = 4 * 1024 * 1024

const MONTHS = 'Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec'
/** Seconds since 1970 (2001 to 2033, perhaps with a fraction), ISO 8601, what date(1) and __DATE__ print, clock times. */
const TIMES = new RegExp(
  [
    String.raw`\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?`,
    String.raw`(?:\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? +)?\b(?:${MONTHS})[a-z]* +\d{1,2}(?:,? +\d\d:\d\d(?::\d\d)?)?(?:,? +[A-Z]{3,4})?(?:,? +\d{4})?`,
    String.raw`(?:\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? +)?\b\d{1,2} +(?:${MONTHS})[a-z]* +\d{4}`,
    String.raw`\b\d{1,2}:\d\d:\d\d\b(?: [A-Z]{3,4}\b)?`,
    String.raw`(?<![\w.])1[0-9]{9}(?:\.\d+)?(?![\w.])`,
  ].join('|'),
  'g',
)
/** Absolute names below a folder that builds work in; looked for from the beginning of a name only, which may be as long as the text. */
const PATHS =
  /(?<!\/[\w.+@:~-]+)(?:\/[\w.+@:~-]+)*\/(?:tmp|build|work|temp|portage)(?![\w.+@:~-])(?:\/[\w.+@:~-]+)*/g

const STEPS: readonly { cause: DifferenceCause; level: (text: string) => string }[] = [
  { cause: 'timestamp', level: (text) => text.replace(TIMES, '<time>') },
  { cause: 'path', level: (text) => text.replace(PATHS, '<path>') },
  { cause: 'order', level: (text) => text.split('\n').sort().join('\n') },
  { cause: 'order', level: (text) => text.split(/\s+/).sort().join('\n') },
]

/** Whether `head`, the first bytes of a file, is text. */
export const isText = (head: Buffer): boolean => !head.includes(0)

/**
 * Why `a` and `b`, which differ, do so. Levels times, then folders, then order, one after the other, until they are equal;
 * a step that is not needed is not counted.
 */
export function explainText(a: string, b: string): Explanation {
  const levels = levelled(a, b)
  if (levels === undefined) return unexplained({ lines: lineDifference(a, b) })
  const needed = levels.filter(
    (step) =>
      !areEqual(
        a,
        b,
        levels.filter((each) => each !== step),
      ),
  )
  return because(...(needed.length > 0 ? needed : levels.slice(0, 1)).map(({ cause }) => cause))
}

type Step = (typeof STEPS)[number]

function levelled(a: string, b: string): Step[] | undefined {
  for (let count = 1; count <= STEPS.length; count++) {
    const steps = STEPS.slice(0, count)
    if (areEqual(a, b, steps)) return steps
  }
  return undefined
}

function areEqual(a: string, b: string, steps: readonly Step[]): boolean {
  const through = (text: string): string => steps.reduce((before, { level }) => level(before), text)
  return through(a) === through(b)
}

/** Longest line that is quoted. */
const QUOTED = 200

function lineDifference(a: string, b: string): NonNullable<Explanation['lines']> {
  const [left, right] = [onlyIn(a, b), onlyIn(b, a)]
  const first = (lines: string[]): string => (lines[0] ?? '').slice(0, QUOTED)
  return { a: left.length, b: right.length, first: [first(left), first(right)] }
}

/** Lines of `text` that `other` does not have as often. */
function onlyIn(text: string, other: string): string[] {
  const counts = new Map<string, number>()
  for (const line of other.split('\n')) counts.set(line, (counts.get(line) ?? 0) + 1)
  return text.split('\n').filter((line) => {
    const count = counts.get(line) ?? 0
    if (count > 0) counts.set(line, count - 1)
    return count === 0
  })
}

/** Whether two short texts are equal but for times or folders of a build, and which. */
export function explainWords(a: string, b: string): DifferenceCause[] | undefined {
  if (a === b) return []
  for (const steps of [STEPS.slice(0, 1), STEPS.slice(1, 2), STEPS.slice(0, 2)])
    if (areEqual(a, b, steps)) return steps.map(({ cause }) => cause)
  return undefined
}
