// Reading an envscript without running it: exports, and what they say by means of exports above them.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: bash's own expansions

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { showProblem } from '../../../../src/catalyst/read/problems.js'
import { envscriptEffect, parseEnvscript } from '../../../../src/catalyst/text/envscript.js'

const read = (...lines: string[]) => parseEnvscript({ file: '/s/rc', text: lines.join('\n') })

const values = (...lines: string[]): Record<string, string> => {
  const { values: found, problems } = read(...lines)
  assert.deepEqual(problems, [])
  return Object.fromEntries([...found].map(([name, { value }]) => [name, value]))
}

test('names of lines above are expanded, but for single quotes; what they hold is not expanded again', () => {
  const expanded = values(
    `export A='x $B y'`,
    'export B="$A"',
    'export C=${A}z$B # both',
    `export D='$A'`,
    'export A="$A, again"',
  )
  assert.deepEqual(expanded, { A: 'x $B y, again', B: 'x $B y', C: 'x $B yzx $B y', D: '$A' })
})

const REFUSED = [
  'export B="$(date)"',
  'export B=$(date)',
  'export B="`date`"',
  'export B="${A:-x}"',
  'export B=${A:-x}',
  'export B="${A[0]}"',
  'export B="${#A}"',
  'export B="$1"',
  'export B="$$A"',
  'export B="5$"',
  'export B="\\$A"',
]
for (const line of REFUSED)
  test(`refused: ${line}`, () => {
    const { values: found, problems } = read('export A=x', line)
    assert.deepEqual([...found.keys()], ['A'])
    assert.match(problems.map(showProblem).join('\n'), /^\/s\/rc:2: expected export NAME="value", [^\n]*$/)
  })

test('a name is known only below the line that exports it', () => {
  const { problems } = read('export B="$A"', 'export C="$HOME"', 'export A=x', 'export D="${A}$A_"')
  assert.deepEqual(problems.map(showProblem), [
    '/s/rc:1: B: no line above exports A: an envscript is not run here',
    '/s/rc:2: C: no line above exports HOME: an envscript is not run here',
    '/s/rc:4: D: no line above exports A_: an envscript is not run here',
  ])
})

test('emerge options that are the make options, as Flatcar has them, are no surprise', () => {
  const exports = read(
    `export MAKEOPTS='--jobs=5 --load-average=10'`,
    'export EMERGE_DEFAULT_OPTS="--verbose $MAKEOPTS"',
  )
  const { jobs, notices, environment } = envscriptEffect('/s/rc', exports)
  assert.deepEqual([exports.problems, jobs, notices, environment], [[], 5, [], {}])
})

test('a variable that nothing has set before may be added to; emerge options are passed on', () => {
  const exports = read(
    'export FEATURES="${FEATURES} distcc"',
    'export USE="$USE x"',
    'export EMERGE_DEFAULT_OPTS="--with-bdeps=y"',
    'export PATH="/x:${PATH}"',
  )
  assert.equal(exports.problems.length, 1)
  assert.match(exports.problems[0]?.message ?? '', /^PATH: no line above exports PATH/)
  const { features, environment, notices } = envscriptEffect('/s/rc', exports)
  assert.deepEqual([features, notices], [['distcc'], []])
  assert.deepEqual(environment, { USE: ' x', EMERGE_DEFAULT_OPTS: '--with-bdeps=y' })
})

test('values that grow with each line, and blanks without end, are refused in the time of their length', () => {
  const { values: found, problems } = read('export A=xxxxxxxx', ...Array(60).fill('export A="$A$A"'))
  assert.match(
    problems.map(showProblem)[0] ?? '',
    /^\/s\/rc:15: A: expected less than 131072 bytes, found 131076$/,
  )
  assert.equal(found.get('A')?.value.length, 2 ** 16)
  assert.equal(read(`export A=1${' '.repeat(300_000)}x`).problems.length, 1)
})

test('what would act on the programs of this machine, or leaves a stage without any, is refused', () => {
  for (const line of [
    'export LD_PRELOAD=/x.so',
    'LD_LIBRARY_PATH="/x"',
    "export GLIBC_TUNABLES='x'",
    'export PATH=/x:/usr/binary',
  ])
    assert.match(
      read('export A=a', line).problems.map(showProblem).join(),
      /^\/s\/rc:2: (?:LD_PRELOAD|LD_LIBRARY_PATH|GLIBC_TUNABLES|PATH): expected /,
      line,
    )
  assert.deepEqual(values('export A=/a', 'export PATH="$A:/usr/bin"'), { A: '/a', PATH: '/a:/usr/bin' })
})
