import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dependencyAtoms, isCalled, parseAtom } from '../../../src/portage/atoms.js'

for (const [text, cp, slot] of [
  ['sys-libs/zlib', 'sys-libs/zlib', undefined],
  ['>=sys-libs/zlib-1.2.9-r1', 'sys-libs/zlib', undefined],
  ['=dev-lang/python-3*', 'dev-lang/python', undefined],
  ['~dev-lang/python-3.11', 'dev-lang/python', undefined],
  ['dev-lang/python:3.11=', 'dev-lang/python', '3.11'],
  ['>=dev-libs/openssl-1.1:0/1.1=[static-libs?,-test(-)]', 'dev-libs/openssl', '0'],
  ['dev-libs/icu:=', 'dev-libs/icu', undefined],
  ['x11-libs/gtk+:2::gentoo', 'x11-libs/gtk+', '2'],
  ['cross-aarch64-cros-linux-gnu/gcc', 'cross-aarch64-cros-linux-gnu/gcc', undefined],
] as const)
  test(`${text} names ${cp}`, () => assert.deepEqual(parseAtom(text), { cp, slot }))

for (const text of ['@world', '!sys-apps/old', '!!sys-apps/old', 'flag?', '!flag?', '', '(', 'name'])
  test(`${JSON.stringify(text)} names no package`, () => assert.equal(parseAtom(text), undefined))

test('of a group of alternatives each is one of several, and what follows it is not', () => {
  const atoms = dependencyAtoms('a/a || ( b/b ( c/c >=d/d-1 ) ) ( e/e ) !f/f')
  assert.deepEqual(
    atoms.map(({ cp, isOneOf }) => [cp, isOneOf]),
    [
      ['a/a', false],
      ['b/b', true],
      ['c/c', true],
      ['d/d', true],
      ['e/e', false],
    ],
  )
})

test('a package is called by its name, with or without category and version, and by no part of it', () => {
  const called = (asked: string): boolean => isCalled('sys-devel/gcc-config-2.11-r1', asked)
  for (const asked of [
    'gcc-config',
    'gcc-config-2.11-r1',
    'sys-devel/gcc-config',
    'sys-devel/gcc-config-2.11-r1',
  ])
    assert.ok(called(asked), asked)
  for (const asked of ['gcc', 'config', 'gcc-config-2.11', 'dev/gcc-config', 'sys-devel/gcc'])
    assert.ok(!called(asked), asked)
})

test('a word without an end is no atom', () => {
  // By the length squared it would take a day.
  assert.deepEqual(dependencyAtoms(`a/b:${'a'.repeat(2 ** 22)}:`), [])
})
