// Packages of cross toolchains in a definition: names, and USE flags of one merge.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCrossPackage } from '../../../../src/sdk/read/grammar.js'

test('a package of a cross toolchain is a name, perhaps with USE flags', () => {
  for (const good of ['gcc', 'linux-headers', 'gcc[-cxx]', 'glibc[headers-only,-nls]'])
    assert.equal(isCrossPackage(good), true, good)
  for (const bad of [
    '',
    'gcc-14.2',
    'sys-devel/gcc',
    'gcc[]',
    'gcc[-cxx',
    'gcc-cxx]',
    'gcc[a b]',
    'gcc[-cxx]x',
  ])
    assert.equal(isCrossPackage(bad), false, bad)
})
