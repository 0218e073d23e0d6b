// Compiler flags and CHOST of a stage: from the spec or the make.conf of its seed, as catalyst has it, else the table of
// subarches.

import path from 'node:path'
import { architectureOf, CHOST_EXAMPLE } from '../../sdk/architecture.js'
import { isChost, isFlags } from '../../sdk/read/grammar.js'
import { type StageName, TRAITS } from '../../sdk/stages.js'
import type { SpecKey } from './keys.js'
import type { Settings } from './settings.js'
import type { Subarch } from './subarch.js'

/** Flags by the names of make.conf; only those that are set. COMMON_FLAGS, CFLAGS and CXXFLAGS always are. */
export interface SpecFlags {
  readonly chost: string
  readonly flags: Readonly<Record<string, string>>
}

/** Variables, their keys, and whether COMMON_FLAGS is their default (in catalyst's make.conf). */
const VARIABLES: readonly [variable: string, key: SpecKey, common: boolean][] = [
  ['CFLAGS', 'cflags', true],
  ['CXXFLAGS', 'cxxflags', true],
  ['FCFLAGS', 'fcflags', true],
  ['FFLAGS', 'fflags', true],
  ['LDFLAGS', 'ldflags', false],
  ['ASFLAGS', 'asflags', false],
]

/** What {@link readFlags} goes by. */
export interface FlagSources {
  readonly target: StageName
  readonly subarch: Subarch
  /** Variables of the make.conf that is there before catalyst writes its own: that of `portage_confdir`, else the seed's. */
  readonly seed: Readonly<Record<string, string>>
}

/**
 * Reads the flags, each from where catalyst has it: some stages take some of them from the spec, and the others from the
 * make.conf that they find.
 */
export function readFlags(settings: Settings, { target, subarch, seed }: FlagSources): SpecFlags {
  const ofSpec = TRAITS[target].catalystFlags
  const value = (key: SpecKey, variable: string): string | undefined => {
    const words = settings.many(key)
    const text = words.join(' ')
    if (words.length > 0 && !isFlags(text))
      settings.wrong(key, `expected flags without quotes, "$", "\`" and "\\", found ${text}`)
    if (!ofSpec.includes(key)) return seed[variable]
    return words.length === 0 ? undefined : text
  }
  const common = value('common_flags', 'COMMON_FLAGS') ?? subarch.flags
  const flags: Record<string, string> = { COMMON_FLAGS: common }
  for (const [variable, key, usesCommon] of VARIABLES) {
    const found = value(key, variable) ?? (usesCommon ? common : undefined)
    if (found !== undefined) flags[variable] = found
  }
  const chost = (ofSpec.includes('chost') ? settings.one('chost') : seed.CHOST) ?? subarch.chost
  const isFound = !ofSpec.includes('chost') && seed.CHOST !== undefined
  const where = isFound ? ' in the make.conf of portage_confdir, or, without one there, of the seed' : ''
  if (!isChost(chost))
    settings.wrong('chost', `expected a tuple such as ${CHOST_EXAMPLE}, found ${chost}${where}`)
  else if (architectureOf(chost)?.keyword !== subarch.arch)
    settings.wrong(
      'chost',
      `expected a tuple for ${subarch.arch}, such as ${subarch.chost}, found ${chost}${where}`,
    )
  return { chost, flags }
}

/** Tells of flags in a spec whose stage has those of its seed: as in catalyst, they are left out of account there. */
export function noticeFlags(settings: Settings, target: StageName): void {
  for (const key of ['common_flags', ...VARIABLES.map(([, each]) => each)] as const)
    if (settings.many(key).length > 0 && !TRAITS[target].catalystFlags.includes(key))
      settings.notice(key, `has no effect in ${target}: those of its seed count, as in catalyst`)
}

/** What is told of a variable that is left out: its name, and what it says. */
export type OnLeftOut = (name: string, value: string) => void

/** Tells of flags of the make.conf that is found which `target` would have, and which are no plain words. */
export const noticeLeftOut =
  (settings: Settings, target: StageName): OnLeftOut =>
  (name, value) => {
    if (name === SOURCE && VARIABLES.some(([, each]) => !TRAITS[target].catalystFlags.includes(each)))
      settings.notice(
        'portage_confdir',
        `source ${value.slice(0, 200)} in the make.conf of it, or else of the seed, is left out: expected a file that can be read beside a make.conf of portage_confdir`,
      )
    const [, key] =
      [['COMMON_FLAGS', 'common_flags'] as const, ...VARIABLES].find(([each]) => each === name) ?? []
    if (key !== undefined && !TRAITS[target].catalystFlags.includes(key))
      settings.notice(
        key,
        `${name} of the make.conf of portage_confdir, or else of the seed, is left out: expected flags without quotes, "$", "\`" and "\\", found ${value.slice(0, 200)}`,
      )
  }

/**
 * An assignment, whose value may be of several pieces, quoted or not, with quotes over lines. Portage and catalyst take blanks beside
 * the `=`, too, and several of them on one line: `A= B=y` are two.
 */
const ASSIGNMENT =
  /(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=(?:[ \t]*(?![A-Za-z_]\w*[ \t]*=)((?:"(?:[^"\\]|\\[\s\S])*"|'[^']*'|\\[\s\S]|[^\s"'\\#;])+))?/
/** The first assignment of a line, or `source` with its file. */
const STATEMENT = new RegExp(
  String.raw`^[ \t]*(?:source[ \t]+(?:"([^"\n]+)"|'([^'\n]+)'|([^\s"'#;]+))|${ASSIGNMENT.source})`,
  'gm',
)
/** Another one behind one. */
const BESIDE = new RegExp(String.raw`(?:[ \t]|\\\n)+${ASSIGNMENT.source}`, 'y')
const PIECE = /"((?:[^"\\]|\\[\s\S])*)"|'([^']*)'|((?:\\[\s\S]|[^"'\\])+)/g
/** What is not itself outside single quotes: a line that goes on, another escaped character, a variable. */
const SPECIAL = /\\\n|\\([\s\S])|\$(?:\{(\w+)\}|(\w+))/g

/** What a file that is left out is told of as. */
const SOURCE = 'source'
/** A file that has itself read in has no end. */
const MOST_NESTED = 10

/** Where the text of a make.conf is from, and how the files that it has read in are. */
export interface MakeConfFiles {
  readonly file: string
  /** The text of a file; undefined where it cannot be had. */
  readonly read: (file: string) => string | undefined
  readonly depth?: number
}

/** The assignments that stand on one line with the one that ends where `next` begins; `next` is moved behind the last of them. */
function* besides(text: string, next: RegExp): Generator<[string, string]> {
  const beside = new RegExp(BESIDE)
  beside.lastIndex = next.lastIndex
  for (let found = beside.exec(text); found !== null; found = beside.exec(text)) {
    next.lastIndex = beside.lastIndex
    yield [found[1] ?? '', found[2] ?? '']
  }
}

/** The assignments of `text` and of what it has read in, in their order: catalyst reads it so. */
function* assignments(
  text: string,
  files?: MakeConfFiles,
  onLeftOut?: OnLeftOut,
): Generator<[string, string]> {
  const next = new RegExp(STATEMENT)
  for (let found = next.exec(text); found !== null; found = next.exec(text)) {
    const [, double, single, bare, name, written] = found
    if (name !== undefined) {
      yield [name, written ?? '']
      yield* besides(text, next)
      continue
    }
    const source = double ?? single ?? bare ?? ''
    const depth = (files?.depth ?? 0) + 1
    const file = path.resolve(path.dirname(files?.file ?? ''), source)
    const more = depth > MOST_NESTED ? undefined : files?.read(file)
    if (files === undefined || more === undefined) onLeftOut?.(SOURCE, source)
    else yield* assignments(more, { ...files, file, depth }, onLeftOut)
  }
}

/**
 * The variables of a make.conf, as far as they are plain assignments; `$NAME` and `${NAME}` of a variable above are filled in, and
 * words are apart by one blank. Values that make.conf could not hold in double quotes are left out, and told of.
 */
export function parseMakeConf(
  text: string,
  onLeftOut?: OnLeftOut,
  files?: MakeConfFiles,
): Record<string, string> {
  const values = new Map<string, string>()
  const raw = new Map<string, string>()
  const piece = (part: string): string =>
    part.replace(SPECIAL, (...[all, escaped, braced, plain]: (string | undefined)[]) =>
      all === '\\\n' ? '' : (escaped ?? raw.get(braced ?? plain ?? '') ?? ''),
    )
  for (const [name, written] of assignments(text, files, onLeftOut)) {
    const pieces = written.matchAll(PIECE)
    const whole = [...pieces]
      .map(([, double, single, bare]) => single ?? piece(double ?? bare ?? ''))
      .join('')
    raw.set(name, whole)
    const value = whole.trim().replaceAll(/\s+/g, ' ')
    if (isFlags(value)) values.set(name, value)
    else values.delete(name)
  }
  for (const [name, value] of raw) if (!values.has(name)) onLeftOut?.(name, value)
  return Object.fromEntries(values)
}
