import assert from 'node:assert/strict'
import test from 'node:test'
import * as sdkGrammar from '../../../../src/sdk/read/grammar.js'

const grammar = { ...sdkGrammar }

const CASES: readonly [keyof typeof grammar, readonly string[], readonly string[]][] = [
  [
    'isCategory',
    ['sys-libs', 'cross-aarch64-cros-linux-gnu', '_x', 'a.b+c'],
    ['', '-a', '.a', '+a', 'a/b', 'a b'],
  ],
  [
    'isPackageName',
    ['glibc', 'gtk+', 'linux-headers', 'foo-1a2b', 'x-y', '7zip', 'foo-bar-1x_y'],
    ['', '-a', '+a', 'foo-1', 'foo-1.2', 'foo-1.2b_rc3-r4', 'foo.bar', 'a/b'],
  ],
  ['isPackage', ['sys-libs/zlib'], ['zlib', 'a/b/c', 'sys-libs/', '/zlib', 'sys-libs/zlib-1.3']],
  [
    'isAtom',
    [
      'sys-libs/zlib',
      '>=sys-libs/zlib-1.2.13-r1',
      '=dev-lang/python-3.11*',
      '~a/b-1',
      'dev-lang/python:3.11',
      'dev-lang/python:3/3.1::gentoo[ssl,-tk]',
    ],
    [
      'zlib',
      'sys-libs/zlib-1.3',
      '>=sys-libs/zlib',
      'sys-libs/zlib*',
      '@world',
      'a/b c',
      '=a/-1',
      '!a/b',
      '>>a/b-1',
    ],
  ],
  ['isSet', ['@world', '@changed-subslot'], ['world', '@', '@a/b', '@-x']],
  ['isUseWord', ['build', '-build', '-*', 'python_targets_python3_11'], ['', '-', '*', '+x', 'a b', '--a']],
  ['isFeature', ['sandbox', '-merge-sync'], ['', 'A', 'a b', '--a', 'a_b']],
  ['isRepoName', ['portage-stable', 'x_1'], ['', '-a', 'a.b', 'a-1', 'a/b', 'DEFAULT']],
  [
    'isChost',
    ['x86_64-pc-linux-gnu', 'aarch64-cros-linux-gnu', 'x86_64-linux-gnu', 'armv7a-x-linux-gnueabihf'],
    ['x86_64', 'a-b', 'x86_64-pc-linux-gnu-x', 'X86-pc-linux', 'a--b-c', '../a-b-c', 'a b-c-d'],
  ],
  ['isSdkName', ['embedded', 'flatcar-sdk', 'a1'], ['', 'A', '1a', 'a_b', 'a/b', '..', '-a']],
  ['isRelativePath', ['a', 'a/b.sh', '..a'], ['', '/a', 'a/', 'a//b', '..', 'a/../b', './a', 'a\nb']],
  ['isAbsolutePath', ['/a', '/var/cache/edb'], ['', '/', 'a', '/a/', '//a', '/a/../b', '/a\0']],
  ['isHostPath', ['a', '../x y', '/'], ['', 'a\nb', '\x1b[0m']],
  ['isProfilePath', ['coreos/amd64/sdk', 'default'], ['', '/a', 'a/', 'a//b', '../a', '.a', 'a b']],
  ['isFlags', ['', "-O2 -DX='a'", '-Wl,-O2'], ['"', '$(id)', '`id`', '\\', 'a\nb', 'é']],
]

for (const [name, good, bad] of CASES) {
  test(name, () => {
    for (const text of good) assert.equal(grammar[name](text), true, JSON.stringify(text))
    for (const text of bad) assert.equal(grammar[name](text), false, JSON.stringify(text))
  })
}
