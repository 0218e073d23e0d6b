// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the shell's

import assert from 'node:assert/strict'
import test from 'node:test'
import { cachedEclasses, readsOf } from '../../../src/repos/ebuild-text.js'

test('eclasses are those of every inherit, over several lines too', () => {
  const text =
    'inherit one two\n[[ ${PV} == 9999 ]] && inherit git-r3\ninherit a \\\n\tb.c d+e # three\n# inherit none\n'
  const { eclasses, anyEclass } = readsOf(text)
  for (const name of ['one', 'two', 'git-r3', 'a', 'b.c', 'd+e']) assert.ok(eclasses.includes(name), name)
  assert.ok(!eclasses.includes('none'))
  assert.equal(anyEclass, false)
})

test('a variable behind inherit means any eclass; one in a message does not', () => {
  for (const text of ['inherit ${X}', '\tthen inherit a "${X}"', 'x && inherit $(y)', 'inherit "${X[@]}"'])
    assert.equal(readsOf(text).anyEclass, true, text)
  assert.equal(readsOf('die "please inherit ${ECLASS} first"').anyEclass, false)
})

test('who finds a way out of the folder of the ebuild reads any file', () => {
  for (const text of [
    'doins "${FILESDIR}"/../../other/files/x',
    'doins ${FILESDIR%/*}/../other',
    'cd "${FILESDIR}"',
    'cp "${EBUILD%/*}/../x" .',
    'source "$(dirname "${EBUILD}")/../x"',
    'doins "$(portageq get_repo_path / main)/x"',
    'doins "${PORTDIR}/licenses/x"',
    'source "${BASH_SOURCE%/*}/../x"',
  ])
    assert.equal(readsOf(text).anyFile, true, text)
  for (const text of [
    'doins "${FILESDIR}/x"',
    'die "${EBUILD} is wrong"',
    'cd ../x',
    'X=${BASH_SOURCE[0]%.eclass}',
  ])
    assert.equal(readsOf(text).anyFile, false, text)
})

test('a cache entry names all eclasses, in either form', () => {
  assert.deepEqual(cachedEclasses('SLOT=0\nINHERIT=a b\n_eclasses_=c\tffffff\n'), ['a', 'b', 'c', 'ffffff'])
})

test('lines that begin all the time are read in the time of their length', () => {
  for (const part of ['\r', 'cd ', 'BASH_SOURCE ', 'FILESDIR/', ' '])
    assert.deepEqual(readsOf(`${part.repeat(2 ** 17 / part.length)}inherit x`).eclasses, ['x'])
})
