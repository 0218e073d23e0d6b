// Which packages a stage carries, as its script decides by the globs of the definition.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { test } from 'node:test'

const LIBRARY = path.resolve(import.meta.dirname, '../../../stages/lib/carry.sh')

const isCarried = (cp: string, globs: readonly string[]): boolean => {
  const script = 'source "$1"; shift; is_carried "$@"'
  const { status, stderr } = spawnSync('bash', ['-euc', script, 'bash', LIBRARY, cp, ...globs])
  assert.equal(stderr.toString(), '')
  return status === 0
}

test('the last glob that matches decides', () => {
  for (const [globs, cp, carried] of [
    [[], 'a/b', false],
    [['*/*'], 'sys-libs/zlib', true],
    [['*/*', '-sys-libs/zlib'], 'sys-libs/zlib', false],
    [['*/*', '-sys-libs/zlib'], 'sys-libs/zlib-ng', true],
    [['-sys-libs/zlib', '*/*'], 'sys-libs/zlib', true],
    [['*/*', '-sys-*/*', 'sys-devel/gcc'], 'sys-devel/gcc', true],
    [['*/*', '-sys-*/*', 'sys-devel/gcc'], 'sys-devel/binutils', false],
    [['dev-lang/p?thon'], 'dev-lang/python', true],
    [['a/g.c'], 'a/gxc', false],
    [['x11/gtk+'], 'x11/gtk+', true],
  ] as const) {
    assert.equal(isCarried(cp, globs), carried, `${globs.join(' ')} on ${cp}`)
  }
})
