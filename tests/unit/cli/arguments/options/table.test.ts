import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { parseCommandLine } from '../../../../../src/cli/arguments/command-line.js'
import { camelCase } from '../../../../../src/cli/arguments/options/option.js'
import {
  changingName,
  hasValue,
  OPTION_NAMES,
  OPTIONS,
  type OptionName,
  type Options,
  refusedWithSpec,
} from '../../../../../src/cli/arguments/options/table.js'
import type { VerbName } from '../../../../../src/cli/arguments/verbs.js'
import { readEnvironment } from '../../../../../src/cli/environment.js'

const SOURCES = 'src/cli/arguments/options'

/** A value of an option that is not its default, and what it becomes; a path where nothing else is said. */
const VALUES: Readonly<Partial<Record<OptionName, readonly [string, unknown]>>> = {
  version: ['1.0+x', { text: '1.0+x', id: '1.0', buildId: 'x' }],
  compression: ['gz', 'gz'],
  jobs: ['3', 3],
  mirror: ['gnu=file:///m/', [{ name: 'gnu', url: 'file:///m' }]],
  runner: ['catalyst', 'catalyst'],
  matrix: ['slurm', 'slurm'],
  ignore: ['mode,owner', ['mode', 'owner']],
  bind: ['/a b:/c:ro', [{ source: '/a b', target: '/c', readOnly: true }]],
  keep: ['mine', 'mine'],
  port: ['8080', 8080],
  store: ['oci://h.example/s', { text: 'oci://h.example/s', repository: 'h.example/s', isLoopback: false }],
  store_mode: ['write', 'write'],
  store_take: ['needed', 'needed'],
  ccache: ['redis+unix:///run/a b.sock', '/run/a b.sock'],
  output_owner: ['1000:root', '1000:root'],
  min_age: ['12h', 43_200_000],
  older_than: ['30', 30],
  max_size: ['1.5GiB', 1.5 * 2 ** 30],
  memory: ['12GiB', 12 * 2 ** 30],
}

function parse(name: OptionName, argument: string): Options {
  const verb = OPTIONS[name].verbs[0] as VerbName
  const pair = verb === 'compare' || argument === '--compare' ? ['a', 'b'] : []
  const operands = verb === 'store' ? ['ls'] : verb === 'init' ? ['x'] : pair
  const invocation = parseCommandLine([verb, argument, ...operands], { forceStages: [] })
  assert.ok('options' in invocation, invocation.kind)
  return invocation.options
}

const without = (name: OptionName): Options =>
  parse(name, OPTIONS[name].verbs[0] === 'init' ? '--no-bare' : '--no-debug')

for (const name of OPTION_NAMES.filter((each) => OPTIONS[each].isPassedOn !== false)) {
  test(`--${name} is parsed, and changes its own value only`, () => {
    const option = OPTIONS[name]
    const [text, value] = VALUES[name] ?? ['a/b', 'a/b']
    const [argument, expected] = hasValue(option)
      ? [`--${name}=${text}`, value]
      : [changingName(name), !option.initially]
    const initially = without(name)
    const found: Record<string, unknown> = { ...parse(name, argument) }
    assert.deepEqual(found[camelCase(name)], expected)
    assert.deepEqual({ ...found, [camelCase(name)]: initially[camelCase(name) as keyof Options] }, initially)
    const first = hasValue(option) && option.repeatable === true ? [] : option.initially
    assert.deepEqual(initially[camelCase(name) as keyof Options], first)
  })
}

test('what no command is told of is no part of the options', () => {
  const apart = OPTION_NAMES.filter((name) => OPTIONS[name].isPassedOn === false)
  assert.ok(apart.length > 0)
  for (const name of apart) assert.ok(!Object.hasOwn(without(name), camelCase(name)), name)
})

test('an option is named in one file, and nowhere else as a name', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.join('src', file))
  const texts = new Map(files.map((file) => [file, readFileSync(file, 'utf8')]))
  // What is one word may be the name of anything.
  for (const name of OPTION_NAMES.filter((each) => each.includes('_'))) {
    const row = new RegExp(`^  ${name}: \\{`, 'm')
    const rows = files.filter((file) => file.startsWith(SOURCES) && row.test(texts.get(file) ?? ''))
    assert.equal(rows.length, 1, name)
    const lists = files.filter(
      (file) => !rows.includes(file) && new RegExp(`'${name}'`).test(texts.get(file) ?? ''),
    )
    assert.deepEqual(lists, [], name)
  }
})

test('short forms are one letter, and each means one option', () => {
  const short = OPTION_NAMES.flatMap((name) => OPTIONS[name].short ?? [])
  for (const form of short) assert.match(form, /^-[A-Za-z]$/)
  assert.equal(new Set(short).size, short.length)
})

test('an option that does not go with a spec is refused with its reason, when it is given', () => {
  for (const name of OPTION_NAMES) {
    const { spec, isPassedOn } = OPTIONS[name]
    if (spec === true) continue
    assert.notEqual(isPassedOn, false, name)
    assert.deepEqual(refusedWithSpec(without(name)), [], name)
    const option = OPTIONS[name]
    const [text] = VALUES[name] ?? ['a/b']
    const argument = hasValue(option) ? `--${name}=${text}` : changingName(name)
    assert.deepEqual(refusedWithSpec(parse(name, argument)), [{ name, reason: spec }])
  }
})

test('a variable of an option is one that the environment is asked for', () => {
  const asked = new Set<string>()
  readEnvironment(
    new Proxy({} as Record<string, string>, {
      get: (_, variable) => void asked.add(String(variable)),
      ownKeys: () => [],
    }),
  )
  const variables = OPTION_NAMES.flatMap((name) => Object.keys(OPTIONS[name].variables ?? {}))
  assert.ok(variables.length > 0)
  for (const variable of variables) assert.ok(asked.has(variable), variable)
})
