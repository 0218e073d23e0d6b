// The documents say what the code says: options, exit codes, record fields, script arguments, keys of the groups file.

import assert from 'node:assert/strict'
import fs from 'node:fs'
import { test } from 'node:test'
import {
  changingName,
  hasValue,
  isOptionName,
  OPTION_NAMES,
  OPTIONS,
} from '../../../src/cli/arguments/options/table.js'
import { VERB_NAMES } from '../../../src/cli/arguments/verbs.js'
import { EXIT_CODES } from '../../../src/errors.js'
import { USE_TABLE } from '../../helpers/use-table.js'

const read = (file: string): string => fs.readFileSync(file, 'utf8')

/** The part of a document below a heading, without the sections of the same or a higher level after it. */
function section(text: string, heading: string): string {
  const level = /^#+/.exec(heading)?.[0] ?? ''
  const begin = text.indexOf(`\n${heading}\n`)
  assert.notEqual(begin, -1, `no heading ${heading}`)
  const rest = text.slice(begin + heading.length + 2)
  const end = rest.search(new RegExp(`^#{1,${level.length}} `, 'm'))
  return end < 0 ? rest : rest.slice(0, end)
}

/** Rows of the tables in `text`, as cells; a `\|` is part of its cell. */
const rows = (text: string): string[][] =>
  [...text.matchAll(/^\| (.*) \|$/gm)].map(([, line = '']) =>
    line.split(/(?<!\\)\|/).map((cell) => cell.trim()),
  )

/** The names that the first cells of the tables in `text` have, in backticks. */
const named = (text: string): string[] =>
  rows(text).flatMap(([first = '']) => [...first.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))

const manual = read('docs/manual.md')
const commandLine = section(manual, '## Command line')

for (const name of OPTION_NAMES) {
  const option = OPTIONS[name]
  const placeholder = hasValue(option) ? ` ${option.placeholder.replace('|', '\\|')}` : ''
  const written = `\`${changingName(name)}${placeholder}\``

  test(`the manual has the row of ${written}: its default and its verbs`, () => {
    const found = rows(commandLine).filter(([first]) => first?.split(', ')[0] === written)
    assert.equal(found.length, 1)
    const [, byDefault = '', , verbs = ''] = found[0] ?? []
    const plain = byDefault.replaceAll('`', '')
    // The manual may mark up and shorten the words of the help, but not mean another value.
    assert.equal(plain.split(/[ ,]/)[0], (option.default ?? '').split(/[ ,]/)[0])
    const takers = VERB_NAMES.filter((verb) => option.verbs.includes(verb))
    assert.deepEqual(verbsOf(verbs), takers)
  })
}

function verbsOf(cell: string): string[] {
  if (cell === 'all') return VERB_NAMES
  if (cell.startsWith('all but ')) {
    const others = cell.slice(8).split(', ')
    return VERB_NAMES.filter((verb) => !others.includes(verb))
  }
  return VERB_NAMES.filter((verb) => cell.split(', ').includes(verb))
}

test('the manual lists no option that does not exist', () => {
  for (const [first = ''] of rows(commandLine).slice(1)) {
    const name = /^`--(?:no_)?([a-z0-9_]+)/.exec(first)?.[1] ?? first
    assert.ok(isOptionName(name), name)
  }
})

test('docs/catalyst.md names the options that do not go with a spec, and no others', () => {
  const [, names = ''] = /are refused: (`--[\s\S]*?)\.\n/.exec(read('docs/catalyst.md')) ?? []
  assert.deepEqual(
    [...names.matchAll(/`--(\w+)/g)].map(([, name = '']) => name),
    OPTION_NAMES.filter((name) => OPTIONS[name].spec !== true),
  )
})

test('docs/catalyst.md has the table of the places of USE that both runners are tested with', () => {
  const documented = rows(section(read('docs/catalyst.md'), '## USE')).slice(1)
  assert.deepEqual(
    documented.map(([place, ...on]) => [place, on.map((cell) => cell !== '')]),
    Object.values(USE_TABLE).map(({ place, on }) => [
      place,
      ['1', '3', '4'].map((stage) => on.includes(stage)),
    ]),
  )
})

test('the manual has every exit code with its error codes', () => {
  const table = new Map(
    rows(section(manual, '## Exit codes')).map(([code = '', codes = '']) => [code, codes]),
  )
  for (const [code, exit] of Object.entries(EXIT_CODES))
    assert.ok(table.get(String(exit))?.includes(`\`${code}\``), `${exit} ${code}`)
  assert.ok(table.has('0') && table.has('129, 130, 143'))
  const documented = [...table.values()].flatMap((codes) => codes.match(/SDK_[A-Z]+/g) ?? [])
  assert.deepEqual(documented.toSorted(), Object.keys(EXIT_CODES).sort())
})

/** Keys of the first level of `const NAME = v.object({…})` (or strictObject) in a source file. */
function keysOf(source: string, name: string): string[] {
  const body = new RegExp(`^(?:export )?const ${name} = v\\.\\w+\\(\\{\\n([\\s\\S]*?)^\\}\\)`, 'm').exec(
    source,
  )?.[1]
  assert.ok(body !== undefined, `no object ${name}`)
  return [...body.matchAll(/^ {2}(\w+)(?=[:,])/gm)].map(([, key = '']) => key)
}

const RECORD_SECTIONS = {
  INPUTS: '## `inputs`',
  OUTPUT: '## `output`',
  PACKAGE: '## `packages`',
  ELF: '## `elf`',
  CARRIED: '## `carried`',
}

test('docs/record.md has the fields of the record, in the order of the schema', () => {
  const source = read('src/store/record.ts')
  const docs = read('docs/record.md')
  assert.deepEqual(named(docs.slice(0, docs.indexOf('\n## '))), keysOf(source, 'RECORD'))
  for (const [name, heading] of Object.entries(RECORD_SECTIONS))
    assert.deepEqual(named(section(docs, heading)), keysOf(source, name), name)
  const excerpt = JSON.parse(/```json\n([\s\S]*?)```/.exec(docs)?.[1] ?? '') as object
  assert.deepEqual(Object.keys(excerpt), keysOf(source, 'RECORD'))
})

test('docs/stage-contract.md has the arguments of src/stage/plan/arguments.ts, and no others', () => {
  const source = read('src/stage/plan/arguments.ts')
  const used = [...source.matchAll(/\[\s*(?:'([a-z_]+)'|`(cross\.)\$\{chost\}`), /g)].map(
    ([, name, prefix]) => name ?? `${prefix}CHOST`,
  )
  assert.ok(used.includes('cross.CHOST'))
  const documented = named(section(read('docs/stage-contract.md'), '## Arguments'))
  assert.deepEqual(documented.toSorted(), [...new Set(used)].sort())
})

test('docs/sdk-definition.md has the keys of the groups file', () => {
  const source = read('src/seed/distribution/groups.ts')
  const documented = named(section(read('docs/sdk-definition.md'), '### The groups file'))
  assert.deepEqual(
    documented.toSorted(),
    [...keysOf(source, 'GroupFileSchema'), ...keysOf(source, 'GroupSchema')].sort(),
  )
})
