// Which lines of a package's log say why its build failed: those of the compiler, the linker, a configure script. With several
// jobs they may stand hundreds of lines before the end.

import { plainText } from '../events/plain-text.js'

/** A line that names a cause, and its number in the log, from 1. */
export interface Cause {
  readonly line: number
  readonly text: string
}

/** What a program says of an error that is its own. */
const ERRORS: readonly RegExp[] = [
  /(?:^|[\s:([])(?:fatal |internal compiler |linker )?error(?:\[\w+\])?:(?:\s|$)/i,
  /\bundefined (?:reference to|symbol)\b|\bmultiple definition of\b|\bcannot find -l/,
  /\bERROR:? |^(?:CMake|npm) (?:Error|ERR)|^FAILED:|^\S*FAIL: /,
  /^\s*\w*(?:Error|Exception): \S/,
  /\bNo rule to make target\b|\bHunk #\d+ FAILED|^patch: \*{4}|\bsyntax error\b/,
  /\b(?:Segmentation fault|Assertion .{0,200} failed|panicked at|Killed$)|^panic: |^Killed\b/,
  /^!!! |^emerge: | \* ACCESS DENIED|\bNOT merged due to file collisions\b/,
  /\b(?:No space left on device|Disk quota exceeded|Cannot allocate memory|Too many open files)\b/,
  // bash, of a program that it had started.
  /: line \d+: +\d+ (?:Killed|Segmentation fault|Aborted|Bus error|Illegal instruction|Floating point exception|Terminated)\b/,
  // Programs that unpack, of an archive that is none.
  /^(?:tar|bsdtar|cpio|gzip|bzip2|lbzip2|xz|unxz|zstd|lzip|unzip|7z): +(?! |Removing leading|.*warning)/i,
]

/** What may be the cause, but is said of much that does no harm, too. */
const PERHAPS =
  /No such file or directory|: (?:command )?not found$|Permission denied|Read-only file system|Is a directory/

/** What only says that something has failed: its cause stands before it. */
const CONSEQUENCE =
  /\*\*\* \[.*\] (?:Error \d+|Segmentation fault|Killed|Terminated)|^ninja: build stopped|\bld returned \d+ exit status|\breturned non-zero exit status|^!!! FAILED (?:pre|post)(?:inst|rm): \d+|^tar: (?:Child returned status|Error is not recoverable|Exiting with failure status)/

/** Lines that look like one of these and are none. */
const HARMLESS =
  /\(ignored\)|^checking |\b0 errors?\b|^\s*(?:gcc|g\+\+|cc|c\+\+|clang|\S+-(?:gcc|g\+\+|cc)|libtool:|\/bin\/(?:ba)?sh) |^ \* (?:ERROR: \S+ failed|IMPORTANT|QA Notice)|^!!! (?:When you file a bug|CONFIG_PROTECT is empty|stage\d: |the hook .* ended with )|\bscanelf: command not found$/

/** Where a stage's script begins something new: `phase` of stages/lib/contract.sh. What was before has succeeded. */
const PHASE = /^>>> stage\d: /

/** Where `die` begins to speak: what it says itself, and then what every failure says. */
const DIED = /^ ?\* ERROR: (\S+ failed(?: \(\w+ phase\))?):$/

/** The end of what Portage says of a package that would overwrite files of others. */
const COLLIDED = /^ ?\* .*\bNOT merged due to file collisions\b/

/** Paragraphs that Portage says whenever a phase has died without a word, or files collide: up to a line that is none of them. */
const ADVICE =
  /^ ?\* (?:The ebuild phase '\w+' has exited|This package will overwrite one or more files|Searching all installed packages|Press Ctrl-C to Stop|Package '.*' NOT merged due to)/

/** What helpers say for every failure. */
const GENERIC =
  /^(?:e?(?:make|conf|ninja|install|meson|cmake)\b.* failed|\(no error message\)|died running \w+|\w+ failed)$/i

/** Lines before the first consequence in which a cause is looked for: other jobs write between both. */
const WINDOW = 600
/** Causes that are told; one error of a compiler makes many more. */
const MOST = 8
/** A line of a log can be megabytes long. */
const LONGEST = 1000
/** Lines that are kept while a log is read. */
const KEPT = 4000

type Kind = 'error' | 'perhaps' | 'consequence' | 'said' | 'died'
type Found = Cause & { readonly kind: Kind }

/** The lines of a log, one after the other, that name the cause of its end. */
export function findCauses(lines: Iterable<string>): Cause[] {
  let found: Found[] = []
  let number = 0
  let hasDied = false
  for (const raw of lines) {
    number += 1
    const text = plainText(raw.slice(0, LONGEST)).trimEnd()
    const died = DIED.exec(text)?.[1]
    if (PHASE.test(text)) found = []
    const kind = died !== undefined ? 'died' : hasDied ? saidKind(text) : kindOf(text)
    hasDied = died !== undefined
    if (kind === undefined) continue
    found.push({ line: number, text: died ?? worded(text, kind), kind })
    if (found.length > KEPT) found = found.slice(-KEPT / 2)
  }
  return chosen(found).map(({ line, text }) => ({ line, text }))
}

/** Without Portage's star where a sentence of it is told, and without the beginning of the next one. */
const worded = (text: string, kind: Kind): string =>
  kind === 'said' || COLLIDED.test(text)
    ? text.replace(/^ ?\* */, '').replace(/(?<=file collisions)\..*$/, '')
    : text

function kindOf(text: string): Kind | undefined {
  if (text === '' || HARMLESS.test(text)) return undefined
  if (CONSEQUENCE.test(text)) return 'consequence'
  if (ERRORS.some((error) => error.test(text))) return 'error'
  return PERHAPS.test(text) ? 'perhaps' : undefined
}

/** The first line below `die`: what the ebuild has to say. */
const saidKind = (text: string): Kind | undefined => {
  const words = text.replace(/^ ?\* */, '')
  return words === '' || GENERIC.test(words) ? undefined : 'said'
}

/** The errors before the first thing that has failed for them; without any the nearest of what may be one. */
function chosen(found: readonly Found[]): Found[] {
  const of = (kind: Kind): Found[] => unique(found.filter((each) => each.kind === kind))
  const [first] = of('consequence')
  const end = first?.line ?? Number.POSITIVE_INFINITY
  const begin = first === undefined ? 0 : end - WINDOW
  const near = (each: Found): boolean => each.line >= begin && each.line <= end
  const errors = of('error')
  const before = errors.filter(near)
  const causes = (before.length > 0 ? before : errors).slice(0, MOST)
  const perhaps = causes.length > 0 ? [] : of('perhaps').filter(near).slice(-2)
  const all = [...causes, ...perhaps, ...(first === undefined ? [] : [first]), ...of('said').slice(-1)]
  // At least in which phase it was.
  return (all.length > 0 ? all : of('died').slice(-1)).sort((a, b) => a.line - b.line)
}

/** Each text once, where it stands first. */
function unique(found: readonly Found[]): Found[] {
  const texts = new Set<string>()
  return found.filter(({ text }) => !texts.has(text) && texts.add(text))
}

/** The lines of a log without what Portage says after every failure. */
export function withoutBoilerplate(lines: readonly string[]): string[] {
  let isDying = false
  return lines.filter((line) => {
    const text = plainText(line).trimEnd()
    isDying = DIED.test(text) || ADVICE.test(text) || (isDying && /^ ?\*(?: |$)/.test(text))
    return !isDying
  })
}
