// Reading spec and conf files: their syntax, and which keys they may have.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkConfKeys, checkSpecKeys } from '../../../../src/catalyst/read/check-keys.js'
import { showProblem, specError } from '../../../../src/catalyst/read/problems.js'
import { parseConfText } from '../../../../src/catalyst/text/conf-text.js'
import { parseSpecText } from '../../../../src/catalyst/text/spec-text.js'

const spec = (text: string) => parseSpecText({ file: '/s/x.spec', text })
const words = (text: string): Record<string, readonly string[]> =>
  Object.fromEntries([...spec(text).values].map(([key, value]) => [key, value.words]))

const SYNTAX: [name: string, text: string, expected: Record<string, readonly string[]>][] = [
  ['one word, several words', 'a: x\nb: x y  z\n', { a: ['x'], b: ['x', 'y', 'z'] }],
  ['comments, also inside words', '# c\na: x # y\nb: x#y z\n', { a: ['x'], b: ['x'] }],
  ['continuation lines', 'a:\n  x\n\ty z\n# c\n\n  w\nb: v\n', { a: ['x', 'y', 'z', 'w'], b: ['v'] }],
  ['only the first colon parts', 'a: x:y:z\n', { a: ['x:y:z'] }],
  ['quotes at the ends', 'a: "x y"\n', { a: ['x', 'y'] }],
  ['values of keys above', 'a: x\nb: %(a)s-1 %(a)s%%\n', { a: ['x'], b: ['x-1', 'x%'] }],
  ['no interpolation in continuation lines', 'a: x\nb: y\n %(a)s\n', { a: ['x'], b: ['y', '%(a)s'] }],
  ['empty keys are left out', 'a:\nb: # x\nc: y\n', { c: ['y'] }],
  ['none is no value', 'a: none\nb: NONE\nc: none x\n', { a: [], b: [], c: ['none', 'x'] }],
  ['the last of two counts', 'a: x\na: y\n  z\n', { a: ['y', 'z'] }],
  ['an empty one takes an earlier one back', 'a: x\na:\n', {}],
]

for (const [name, text, expected] of SYNTAX)
  test(`spec syntax: ${name}`, () => {
    assert.deepEqual(words(text), expected)
    assert.deepEqual(spec(text).problems, [])
  })

test('each value has its line, and a repeated key is worth a warning', () => {
  const read = spec('a: x\n\nb:\n  y\na: z\n')
  assert.deepEqual([read.values.get('a')?.line, read.values.get('b')?.line], [5, 3])
  assert.deepEqual(read.warnings.map(showProblem), [
    '/s/x.spec:5: a: is there already, at line 1; this one counts',
  ])
})

test('what catalyst would trip over is told with its line', () => {
  const read = spec('stray words\na: 50%\nb: %(c)s\nc: x y\nd: %(c)s\n')
  assert.deepEqual(read.problems.map(showProblem), [
    '/s/x.spec:1: expected "key: value", found "stray words" before any key',
    '/s/x.spec:2: a: expected %(key)s, or %% for a percent sign, found "%"',
    '/s/x.spec:3: b: %(c)s: the key c has no value above this line',
    '/s/x.spec:5: d: %(c)s: the key c has 2 words, expected one',
  ])
})

const check = (text: string): string[] => checkSpecKeys(spec(text)).problems.map(showProblem)
const COMPLETE = [
  'subarch: amd64',
  'rel_type: 23.0-default',
  'version_stamp: today',
  'snapshot_treeish: 2026',
  'profile: default/linux/amd64',
  'source_subpath: 23.0-default/stage2-amd64-today',
]
const complete = (target: string, ...more: string[]): string =>
  [`target: ${target}`, ...COMPLETE, ...more, ''].join('\n')

for (const target of ['stage1', 'stage2', 'stage3'])
  test(`a spec with just what ${target} requires has no problem`, () =>
    assert.deepEqual(check(complete(target)), []))

test('all missing and unknown keys are told at once, with what was probably meant', () => {
  assert.deepEqual(check('target: stage4\nsubarch: amd64\nrel_typ: x\nversion_stamp:\nprofile: none\n'), [
    '/s/x.spec:5: missing key profile: target stage4 requires it',
    ...['rel_type', 'snapshot_treeish', 'source_subpath', 'version_stamp', 'stage4/packages'].map(
      (key) => `/s/x.spec:1: missing key ${key}: target stage4 requires it`,
    ),
    '/s/x.spec:3: unknown key rel_typ; did you mean "rel_type"?',
  ])
})

const UNKNOWN: [line: string, message: string][] = [
  ['chost: x86_64-pc-linux-gnu', 'unknown key chost: target stage3 has none; stage1, stage2 has it'],
  ['stage4/use: x', 'unknown key stage4/use: target stage3 has none; stage4 has it'],
  [
    'livecd/iso: x',
    'unknown key livecd/iso: it belongs to target livecd-stage1 or livecd-stage2; only stage1 to stage4 can be built from a spec',
  ],
  ['boot/kernel/x/sources: y', 'unknown key boot/kernel/x/sources: no kernel is built here'],
  ['cflags : -O2', 'unknown key "cflags ": white space before the colon belongs to the key'],
  [
    '  dev-lang/python:3.11',
    'unknown key dev-lang/python; a line with a colon begins a key: an atom with a slot has to be on the line of its key',
  ],
  ['source_subpth: x', 'unknown key source_subpth; did you mean "source_subpath"?'],
]

for (const [line, message] of UNKNOWN)
  test(`unknown key: ${line.trim()}`, () =>
    assert.deepEqual(check(complete('stage3', line)), [`/s/x.spec:8: ${message}`]))

test('another target is refused, and nothing else is said', () => {
  const only = 'only stage1 to stage4 can be built from a spec'
  assert.deepEqual(check('target: livecd-stage1\nlivecd/packages: x\n'), [
    `/s/x.spec:1: target: livecd-stage1 is not built here; ${only}`,
  ])
  assert.deepEqual(check('target: stage5\n'), [
    `/s/x.spec:1: target: expected stage1, stage2, stage3, stage4, found "stage5"; did you mean "stage1", "stage2", "stage3" or "stage4"?; ${only}`,
  ])
})

test("catalyst 3's keys are read under their new names, with a warning", () => {
  const text = complete('stage3', 'portage_overlay: /o').replace('snapshot_treeish', 'snapshot')
  const { values, problems, warnings } = checkSpecKeys(spec(text))
  assert.deepEqual(problems, [])
  assert.deepEqual(values.get('repos')?.words, ['/o'])
  assert.deepEqual(values.get('snapshot_treeish')?.words, ['2026'])
  assert.deepEqual(warnings.map(showProblem), [
    "/s/x.spec:5: snapshot: catalyst 3's name; read as snapshot_treeish",
    "/s/x.spec:8: portage_overlay: catalyst 3's name; read as repos",
  ])
})

const conf = (text: string) => parseConfText({ file: '/s/c.conf', text })

test('a conf is TOML: strings, numbers and lists, with lines and interpolation', () => {
  const { values, problems } = conf(
    'storedir = "/c"\ndistdir = "%(storedir)s/d"\njobs = 3\nload-average = 4.5\noptions = [\n  "pkgcache",\n]\n',
  )
  assert.deepEqual(problems, [])
  assert.deepEqual(values.get('distdir'), { words: ['/c/d'], file: '/s/c.conf', line: 2 })
  assert.deepEqual(values.get('jobs')?.words, ['3'])
  assert.deepEqual(values.get('load-average')?.words, ['4.5'])
  assert.deepEqual(values.get('options'), { words: ['pkgcache'], file: '/s/c.conf', line: 5 })
})

test("catalyst 3's conf is understood too", () => {
  const { values, problems } = conf(
    '# old\nstoredir=/c\noptions="autoresume pkgcache"  # two\ndigests=\'md5 sha512\'\n',
  )
  assert.deepEqual(problems, [])
  assert.deepEqual(values.get('storedir'), { words: ['/c'], file: '/s/c.conf', line: 2 })
  assert.deepEqual(values.get('options')?.words, ['autoresume', 'pkgcache'])
  assert.deepEqual(values.get('digests')?.words, ['md5', 'sha512'])
})

test('a conf that is neither, and unknown keys, are told with their lines', () => {
  assert.match(
    showProblem(conf('storedir = "/c"\njobs = = 3\n').problems[0] ?? assert.fail()),
    /^\/s\/c\.conf:2: not valid TOML/,
  )
  const all = checkConfKeys(conf('storedir = "/c"\nstordir = "/d"\njobs = [1]\nhash_function = "crc32"\n'))
  assert.deepEqual(conf('distdir = "%(storedir)s/d"\n').values.get('distdir')?.words, ['/var/tmp/catalyst/d'])
  assert.deepEqual(conf('distdir = "%(nosuch)s/d"\n').problems.map(showProblem), [
    '/s/c.conf:1: distdir: %(nosuch)s: the key nosuch has no text here',
  ])
  assert.deepEqual(all.map(showProblem), [
    '/s/c.conf:3: jobs: expected a string, a number or a list of strings',
    '/s/c.conf:2: unknown key stordir; did you mean "storedir"?',
  ])
})

test('what was made to grow with each line, or to keep a pattern busy, is refused in the time of its length', () => {
  const doubling = Array.from({ length: 60 }, (_, at) => `k${at + 1}: %(k${at})s%(k${at})s`)
  const { values, problems } = spec(['k0: x', ...doubling].join('\n'))
  assert.match(problems[0]?.message ?? '', /^k21: expected at most 1048576 bytes of other keys$/)
  assert.ok([...values.values()].every(({ words: each }) => each.join('').length <= 2 ** 21))
  for (const text of ['%('.repeat(300_000), `${'"'.repeat(300_000)}x`, `a\n${'b '.repeat(300_000)}`]) {
    spec(`key: ${text}`)
    parseConfText({ file: '/s/c.conf', text: `key = '''${text}'''` })
  }
  const long = `a = "${'x'.repeat(100_000)}"\nb = "${'%(a)s'.repeat(100_000)}"`
  assert.deepEqual(
    parseConfText({ file: '/s/c.conf', text: long }).problems.map(({ message }) => message),
    ['b: %(a)s: the key a has too much text here'],
  )
})

test('lines end and words part as in Python, whose blanks are others than those of JavaScript', () => {
  const { values, problems } = parseSpecText({
    file: '/a.spec',
    text: '\ufefftarget: stage1\rprofile:\x1cone\x85two\ufeffthree\r\n\u2003four # five\rrepos:\xa0\x1f',
  })
  assert.deepEqual(problems, [])
  assert.deepEqual(
    [...values].map(([key, { words, line }]) => [key, words, line]),
    [
      ['target', ['stage1'], 1],
      ['profile', ['one', 'two\ufeffthree', 'four'], 2],
    ],
  )
})

test('of very many problems the first are shown, and how many more there are', () => {
  const problems = Array.from({ length: 2000 }, (_, index) => ({
    file: '/a',
    line: index + 1,
    message: 'wrong',
  }))
  const lines = specError(problems).message.split('\n')
  assert.deepEqual([lines.length, lines.at(0), lines.at(-1)], [51, '/a:1: wrong', 'and 1950 more'])
})
