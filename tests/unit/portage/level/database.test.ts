import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  levelBuildId,
  levelBuildTime,
  levelContents,
  levelCounters,
  levelEnvironment,
} from '../../../../src/portage/level/database.js'

const MD5 = '0123456789abcdef0123456789abcdef'

test('CONTENTS gets the times of the archive, other digests, and the order of its paths', () => {
  const before = [
    'dir /usr',
    `obj /usr/b c ${MD5} 2000`,
    'sym /usr/link -> b c 2000',
    'sym /usr/a link -> a 900',
    `obj /usr/a ${MD5} 900`,
    'fif /usr/pipe',
    'dev /usr/null',
    'dir /usr/ab',
    '',
  ].join('\n')
  const after = levelContents(before, 1000, new Map([['/usr/a', 'f'.repeat(32)]]))
  assert.deepEqual(after.split('\n'), [
    'dir /usr',
    `obj /usr/a ${'f'.repeat(32)} 900`,
    'sym /usr/a link -> a 1000',
    'dir /usr/ab',
    `obj /usr/b c ${MD5} 1000`,
    'sym /usr/link -> b c 1000',
    'dev /usr/null',
    'fif /usr/pipe',
    '',
  ])
  assert.equal(levelContents(after, 1000, new Map()), after)
  assert.equal(levelContents('', 1000, new Map()), '')
})

test('a build time is not later than the archive', () => {
  assert.deepEqual([levelBuildTime('900\n', 1000), levelBuildTime('1001\n', 1000)], ['900\n', '1000\n'])
})

test('counters begin at 1, by name; packages of one name keep their order', () => {
  const counters = new Map([
    ['sys-libs/zlib-1.3-r1', 40],
    ['dev-lang/python-3.12', 7],
    ['dev-lang/python-3.11', 9],
    ['app-misc/a', 90],
  ])
  assert.deepEqual(
    [...levelCounters(counters)],
    [
      ['app-misc/a', 1],
      ['dev-lang/python-3.12', 2],
      ['dev-lang/python-3.11', 3],
      ['sys-libs/zlib-1.3-r1', 4],
    ],
  )
})

test('the saved environment forgets how many threads compressed the binary package', () => {
  const text = 'declare -x A="zstd -T2"\ndeclare -x PORTAGE_COMPRESSION_COMMAND="zstd -T12 -1"\n'
  assert.equal(levelEnvironment(text), text.replace('-T12', '-T0'))
  assert.equal(levelEnvironment('declare -x PORTAGE_COMPRESSION_COMMAND="bzip2 -9"\n').includes('-T'), false)
})

test('a package that was compiled by way of a compiler cache looks like any other', () => {
  const text =
    'declare -x A="1"\ndeclare -x __PORTAGE_TEST_PATH_OVERRIDE="/var/tmp/ccache/bin"\ndeclare -x B="2"\n'
  assert.equal(levelEnvironment(text), 'declare -x A="1"\ndeclare -x B="2"\n')
})

test('a package that was taken from the cache looks like one that was built', () => {
  assert.equal(levelBuildId('1'), levelBuildId('1\n'))
  const built = 'declare -x A="1"\ndeclare -x BUILD_ID="1"\ndeclare -x BUILD_IDS="2"\ndeclare -A M\n'
  const taken = 'declare -x A="1"\ndeclare -x BUILD_IDS="2"\ndeclare -- f\ndeclare -A M\n'
  assert.equal(levelEnvironment(built), 'declare -x A="1"\ndeclare -x BUILD_IDS="2"\ndeclare -A M\n')
  assert.equal(levelEnvironment(taken), levelEnvironment(built))
})
