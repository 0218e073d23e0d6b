import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { globPattern } from '../../../src/sdk/glob.js'

const GLOBS = [
  ...[
    '',
    '*',
    '?',
    'a',
    'a*',
    '*a',
    'a?c',
    '*/gcc',
    '*c*c*',
    '*?c*',
    'l*b*a*-*v',
    '*a*',
    '**',
    '*[a-c]*[c]*x',
    '*\\**',
    'sys-devel/*',
    'lib*san[0-9]*',
    'gcc-[0-9][0-9]',
    'libstdc++-*',
  ],
  ...[
    '[!a]b',
    '[^a]b',
    '[a-c]x',
    '[c-a]x',
    '[]a]x',
    '[',
    '[a',
    'a]',
    '[]',
    '\\*',
    '\\',
    'a\\bc',
    '.',
    'a.c',
    '^a$',
    'a|b',
  ],
  ...['(a)', '{a,b}', '[.]', '[a^]x', '$x', '+'],
]
const TEXTS = [
  ...[
    '',
    'a',
    'b',
    'ab',
    'abc',
    'a/c',
    'axc',
    'bb',
    'ax',
    'cx',
    ']x',
    '[',
    '[a',
    'a]',
    '[]',
    '*',
    '\\',
    'a\nc',
    'a.c',
  ],
  ...[
    'sys-devel/gcc',
    'sys-devel/gcc/x',
    'libasan8',
    'gcc-12',
    'gcc-1',
    'libstdc++-12-dev',
    '^a$',
    'a|b',
    '(a)',
    '{a,b}',
  ],
  ...['.', ']', '^x', '$x', '+', '-', 'x'],
]

test('patterns match what bash says', () => {
  const script =
    'while IFS= read -r -d "" text && IFS= read -r -d "" glob; do [[ $text == $glob ]]; echo $?; done'
  const pairs = GLOBS.flatMap((glob) => TEXTS.map((text) => [text, glob] as const))
  const input = pairs.map(([text, glob]) => `${text}\0${glob}\0`).join('')
  const env = { PATH: process.env.PATH, LC_ALL: 'C' }
  const bash = spawnSync('bash', ['--norc', '-c', script], { input, encoding: 'utf8', env })
  const expected = bash.stdout.trim().split('\n')
  assert.equal(expected.length, pairs.length)
  for (const [index, [text, glob]] of pairs.entries())
    assert.equal(globPattern(glob).test(text), expected[index] === '0', `${JSON.stringify(text)} == ${glob}`)
})

test('a pattern with many stars takes no longer than its text and it are long', () => {
  // Whoever writes a pattern into a root or a repository may want to be waited for.
  const pattern = globPattern(`${'*a'.repeat(40)}b`)
  assert.equal(pattern.test('a'.repeat(4000)), false)
  assert.equal(pattern.test(`${'a'.repeat(4000)}b`), true)
})
