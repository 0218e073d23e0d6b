// How the differences of two roots are told: lines for people, one object for programs (docs/verbs.md). Pure.

import { quoteBytes } from '../archive/tar/quote.js'
import type { Comparison } from '../compare/comparison.js'
import type { Explanation } from '../compare/explain/explanation.js'
import type { PackageFacts } from '../compare/facts.js'
import type { Difference, FileDifference } from '../compare/file-differences.js'
import { type FileGroup, groupByPackage, isMtimeOnly, tally } from '../compare/groups.js'
import type { Ignorable } from '../compare/ignore.js'
import type { PackageDifference } from '../compare/package-differences.js'
import { formatCount } from '../events/measures.js'
import { plainText } from '../events/plain-text.js'
import type { Operand } from '../inspect/compare.js'
import type { ComparisonAnswer } from './answers/compare.js'

/** Two sides and what was found. */
export interface ComparedSides {
  readonly a: Operand
  readonly b: Operand
  readonly found: Comparison
}

/** Most files of one package, and most packages, that are listed for people. */
const LISTED = 12

const quoted = (path: string): string => quoteBytes(Buffer.from(path, 'latin1'))

/** What people read. */
export function comparisonLines({ a, b, found }: ComparedSides): string[] {
  return [
    `a  ${a.path} (${sideText(found.a)})`,
    `b  ${b.path} (${sideText(found.b)})`,
    ...packageLines(found),
    ...fileLines(found),
  ].map(plainText)
}

const sideText = ({ members, packages }: Comparison['a']): string =>
  `${formatCount(members, 'member')}, ${formatCount(packages.length, 'package')}`

function packageLines({ packages: { missing, added, changed, same } }: Comparison): string[] {
  const list = (prefix: string, rows: readonly string[]): string[] => [
    ...rows.slice(0, 5 * LISTED).map((row) => `  ${prefix} ${row}`),
    ...more(rows.length - 5 * LISTED, 'package'),
  ]
  return [
    `packages: ${same} the same, ${missing.length} only in a, ${added.length} only in b, ${changed.length} changed`,
    ...list(
      'only in a:',
      missing.map(({ cpv }) => cpv),
    ),
    ...list(
      'only in b:',
      added.map(({ cpv }) => cpv),
    ),
    // Another build time is what a second build is; it is counted, not listed.
    ...list('changed:', changed.filter(isMoreThanBuildTime).map(packageText)),
  ]
}

const isMoreThanBuildTime = ({ differences }: PackageDifference): boolean =>
  differences.some((kind) => kind !== 'buildTime')

function packageText({ cp, slot, a, b, differences }: PackageDifference): string {
  const value = (facts: PackageFacts, kind: PackageDifference['differences'][number]): string => {
    if (kind === 'subslot') return facts.slot
    if (kind === 'use') return facts.use.join(' ')
    return String(facts[kind] ?? 'unknown')
  }
  const each = differences
    .filter((kind) => kind !== 'buildTime')
    .map((kind) => `${kind} ${JSON.stringify(value(a, kind))}, ${JSON.stringify(value(b, kind))}`)
  return `${cp}:${slot}: ${each.join('; ')}`
}

function fileLines({ a, b, files }: Comparison): string[] {
  const { kinds, causes, explained, unexplained, mtimeOnly } = tally(files)
  let both = a.files.size
  for (const path of b.files.keys()) if (!a.files.has(path)) both++
  const counts = (of: object): string =>
    Object.entries(of)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')
  return [
    `files: ${both - files.length} the same, ${files.length} differ${files.length === 0 ? '' : ` (${counts(kinds)})`}`,
    ...(explained + unexplained === 0
      ? []
      : [
          `contents: ${explained} explained, ${unexplained} not${explained === 0 ? '' : ` (${counts(causes)})`}`,
        ]),
    ...(mtimeOnly === 0 ? [] : [`only their times differ, not listed: ${formatCount(mtimeOnly, 'file')}`]),
    ...groupByPackage(files.filter(({ differences }) => !isMtimeOnly(differences))).flatMap(groupLines),
  ]
}

function groupLines({ package: name, files }: FileGroup): string[] {
  const rows = withoutWhatIsBelow(files)
  return [
    `${name ?? 'owned by no package'}: ${formatCount(files.length, 'file')}`,
    ...rows
      .slice(0, LISTED)
      .map(
        ({ file, below }) =>
          `  ${quoted(file.path)}: ${differencesText(file)}${below > 0 ? `, and ${below} below it` : ''}`,
      ),
    ...more(rows.length - LISTED, 'line'),
  ]
}

/** A folder that only one side has stands for all that is below it. */
function withoutWhatIsBelow(files: readonly FileDifference[]): { file: FileDifference; below: number }[] {
  const rows = new Map<string, { file: FileDifference; below: number }>()
  for (const file of files) {
    const kind = onlyOnOneSide(file)
    const above = kind === undefined ? undefined : ancestors(file.path).find((folder) => rows.has(folder))
    const row = above === undefined ? undefined : rows.get(above)
    if (row !== undefined && onlyOnOneSide(row.file) === kind) row.below++
    else rows.set(file.path, { file, below: 0 })
  }
  return [...rows.values()]
}

/** The folders that `path` is in. */
const ancestors = (path: string): string[] =>
  path
    .split('/')
    .map((_, index, names) => names.slice(0, index).join('/'))
    .slice(1)

const onlyOnOneSide = ({ differences: [first] }: FileDifference): string | undefined =>
  first?.kind === 'missing' || first?.kind === 'added' ? first.kind : undefined

const more = (count: number, noun: string): string[] =>
  count <= 0 ? [] : [`  … and ${formatCount(count, `more ${noun}`)} (--json lists all)`]

function differencesText({ differences }: FileDifference): string {
  // Beside another difference the time is no news.
  const told = differences.length > 1 ? differences.filter(({ kind }) => kind !== 'mtime') : differences
  return told.map(differenceText).join('; ')
}

function differenceText({ kind, a, b, why }: Difference): string {
  if (kind === 'missing') return 'only in a'
  if (kind === 'added') return 'only in b'
  if (kind === 'content') return `content (${why === undefined ? 'not looked at' : explanationText(why)})`
  return `${kind} ${quoted(a ?? '') || 'none'}, ${quoted(b ?? '') || 'none'}`
}

/** An explanation in words. */
function explanationText(why: Explanation): string {
  const { causes, isExplained, sections, elf, lines, members, offset, note } = why
  const known = causes.join(', ')
  if (isExplained) return known
  const facts = [
    ...(known === '' ? [] : [`partly ${known}`]),
    ...(sections === undefined ? [] : [`ELF sections ${sections.slice(0, 8).join(' ')}`]),
    ...Object.entries(elf ?? {}).map(
      ([name, [left, right]]) => `${name} ${left || 'none'}, ${right || 'none'}`,
    ),
    ...(members === undefined ? [] : [`members ${members.slice(0, 4).join(' ')}`]),
    ...(lines === undefined
      ? []
      : [
          `${formatCount(lines.a, 'line')} only in a, ${lines.b} only in b: ${lines.first.map((line) => JSON.stringify(quoted(line.slice(0, 60)))).join(', ')}`,
        ]),
    ...(offset === undefined ? [] : [`from byte ${offset} on`]),
    ...(note === undefined ? [] : [note]),
  ]
  return facts.join('; ')
}

/** The JSON object (docs/verbs.md). */
export function comparisonObject({
  a,
  b,
  found,
  ignore,
}: ComparedSides & { ignore: readonly Ignorable[] }): ComparisonAnswer {
  const { packages, files, isEqual } = found
  return {
    format: 1,
    equal: isEqual,
    ignored: ignore,
    a: sideObject(a, found.a),
    b: sideObject(b, found.b),
    packages: {
      same: packages.same,
      missing: packages.missing,
      added: packages.added,
      changed: packages.changed,
    },
    summary: tally(files),
    groups: groupByPackage(files).map(groupObject),
  }
}

const sideObject = (
  { kind, path, record }: Operand,
  { members, packages }: Comparison['a'],
): ComparisonAnswer['a'] => ({
  ...{ kind, path, stage: record?.stage ?? null, version: record?.version ?? null },
  ...{ sha256: record?.output.sha256 ?? null, members, packages: packages.length },
})

const groupObject = ({ package: name, files }: FileGroup): ComparisonAnswer['groups'][number] => ({
  package: name ?? null,
  files: files.map(({ path, package: cpv, differences }) => ({
    path: quoted(path),
    package: cpv ?? null,
    differences: differences.map(({ kind, a, b, why }) => ({
      kind,
      ...{ a: a === null ? null : quoted(a), b: b === null ? null : quoted(b) },
      ...(why === undefined ? {} : { why: explanationObject(why) }),
    })),
  })),
})

/** Lines of a file are bytes like its name. */
function explanationObject(why: Explanation): Explanation {
  if (why.lines === undefined) return why
  const { a, b, first } = why.lines
  return { ...why, lines: { a, b, first: [quoted(first[0]), quoted(first[1])] } }
}
