import assert from 'node:assert/strict'
import test from 'node:test'
import { builtWith } from '../../../src/portage/built-with.js'
import { parsePackageIndex } from '../../../src/portage/package-index.js'

const block = (cpv: string, time: number, ...lines: string[]): string =>
  [`BUILD_TIME: ${time}`, `CPV: ${cpv}`, ...lines, ''].join('\n')

const { entries } = parsePackageIndex(
  [
    'PACKAGES: 0\n',
    block('sys-libs/glibc-2.41-r1', 10),
    block('app-misc/early-1', 11),
    block('sys-devel/gcc-14.2.0', 20, 'RDEPEND: dev-libs/gmp'),
    block('sys-libs/zlib-1.3.1-r1', 30),
    block('dev-libs/a-1', 40, 'DEPEND: >=sys-libs/zlib-1.3.1:0= !app-misc/leaf'),
    block('dev-libs/b-1', 41, 'RDEPEND: || ( x/y =dev-libs/a-1*[c] )'),
    block('dev-libs/c-1', 35, 'BDEPEND: dev-libs/b'),
    block('app-misc/leaf-2', 42, 'DEPEND: virtual/none', 'PDEPEND: sys-libs/zlib'),
    block('cross-x/glibc-2.41', 45),
    block('cross-y/glibc-2.41', 45),
    block('cross-x/gcc-14.2.0', 50, 'BDEPEND: cross-x/binutils', 'IDEPEND: sys-libs/zlib'),
  ].join('\n'),
)

const found = (...edited: string[]): string[] =>
  builtWith(entries, new Set(edited))
    .map(({ cpv }) => cpv)
    .sort()

test('what depends on an edited package goes with it, through others too', () => {
  assert.deepEqual(found('sys-libs/zlib'), [
    ...['cross-x/gcc-14.2.0', 'cross-x/glibc-2.41', 'dev-libs/a-1', 'dev-libs/b-1', 'dev-libs/c-1'],
  ])
})

test('what is older goes, too: the clock may have been set back between the two', () => {
  assert.deepEqual(found('dev-libs/b'), ['dev-libs/c-1'])
})

test('a leaf goes alone: blockers and what comes after its merge are no dependencies', () => {
  assert.deepEqual(found('app-misc/leaf'), [])
})

test('with the toolchain goes all; that of a target is a package like others', () => {
  assert.deepEqual(found('sys-devel/gcc').length, 10)
  assert.deepEqual(found('sys-libs/glibc').length, 10)
  assert.deepEqual(found('cross-x/gcc'), ['cross-x/glibc-2.41'])
})

test('with a package of a cross toolchain goes what is of the same target', () => {
  assert.deepEqual(found('cross-x/glibc'), ['cross-x/gcc-14.2.0'])
})

test('a chain as long as an index may be is gone through once', () => {
  const many = 60_000
  const index = (category: string): string =>
    Array.from(
      { length: many },
      (_, at) => `CPV: ${category}/p${at}x-1\nRDEPEND: ${category}/p${at - 1}x\n`,
    ).join('\n')
  const count = (category: string): number =>
    builtWith(parsePackageIndex(index(category)).entries, new Set([`${category}/p1x`])).length
  assert.deepEqual([count('a'), count('cross-x')], [many - 2, many - 2])
})

test('a package that was not built here takes nothing along', () => {
  assert.deepEqual(found('sys-apps/sed'), [])
})
