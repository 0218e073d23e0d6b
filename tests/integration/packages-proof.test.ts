// Binary packages are looked at before Portage sees them: what is damaged is found, told and kept away from it.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { checkBinaryPackage } from '../../src/archive/binary-package.js'
import { type BadPackage, provePackages } from '../../src/stage/packages/proved-packages.js'
import { makePackage } from '../helpers/binary-package.js'
import { temporary } from './store-helpers.js'

/** Changes one byte where `text` is; size and time stay. */
function flip(file: string, text: string): void {
  const bytes = readFileSync(file)
  const at = bytes.indexOf(text)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(file, bytes)
  utimesSync(file, 1, 1)
}

test('a binary package proves itself by the digests in it', async (t) => {
  const folder = await temporary(t)
  const file = path.join(folder, 'a-1-1.gpkg.tar')
  for (const algorithms of [['SHA512', 'BLAKE2B'], ['BLAKE2B'], ['SHA512']]) {
    makePackage(file, 'content of the image', algorithms)
    assert.ok('identity' in (await checkBinaryPackage(file)), algorithms.join())
  }
  const faults: [string, () => void, RegExp][] = [
    ['emptied', () => truncateSync(file), /holds no tar stream/],
    ['cut', () => truncateSync(file, 2048), /truncated/],
    ['a flipped byte of the image', () => flip(file, 'content of the image'), /^its image\.tar\.zst is not/],
    ['a flipped byte of its metadata', () => flip(file, 'about: '), /^its metadata\.tar\.zst is not/],
    ['something else', () => writeFileSync(file, '<html>'), /not a tar|truncated/],
    ['weak digests only', () => makePackage(file, 'x', ['MD5']), /none of BLAKE2B and SHA512/],
  ]
  for (const [what, act, fault] of faults) {
    makePackage(file, 'content of the image')
    act()
    const check = await checkBinaryPackage(file)
    assert.match('fault' in check ? check.fault : 'good', fault, what)
  }
})

test('one with more parts than any has, and one with a part twice, is none', async (t) => {
  const folder = await temporary(t)
  const file = path.join(folder, 'a-1.gpkg.tar')
  makePackage(file, 'content')
  // Appended, so that the last of a name is what the Manifest tells of.
  const extra = path.join(folder, 'other')
  mkdirSync(extra)
  writeFileSync(path.join(extra, 'image.tar.zst'), 'content')
  execFileSync('tar', ['-C', folder, '-rf', file, 'other/image.tar.zst'])
  assert.deepEqual(await checkBinaryPackage(file), { fault: 'it has image.tar.zst twice' })
  const many = path.join(folder, 'b-1.gpkg.tar')
  makePackage(many, 'content')
  for (let index = 0; index < 100; index++) writeFileSync(path.join(extra, `part-${index}`), '')
  execFileSync('tar', ['-C', folder, '-rf', many, 'other'])
  assert.deepEqual(await checkBinaryPackage(many), { fault: 'it has more than 32 parts' })
})

test('a damaged one gets out of the way whatever it is called', async (t) => {
  const folder = await temporary(t)
  const long = `${'x'.repeat(246)}.gpkg.tar`
  // As a stage may leave them: the name has no room for a suffix, or what would be its name is a folder.
  for (const name of [long, 'y.gpkg.tar']) writeFileSync(path.join(folder, name), 'none')
  mkdirSync(path.join(folder, 'y.gpkg.tar.damaged'))
  const first = await provePackages(folder, { isOwn: true, canBeMade: true })
  assert.deepEqual(first.bad.map(({ name }) => name).sort(), [long, 'y.gpkg.tar'])
  assert.deepEqual(await provePackages(folder, { isOwn: true, canBeMade: true }), { bad: [], gone: [] })
})

test('one of the older format is whole when its index is where its end says', async (t) => {
  const file = path.join(await temporary(t), 'a-1.tbz2')
  const index = Buffer.from('XPAKPACK\0\0\0\0\0\0\0\0XPAKSTOP', 'latin1')
  const end = Buffer.alloc(4)
  end.writeUInt32BE(index.length)
  const whole = Buffer.concat([Buffer.from('BZh9 content'), index, end, Buffer.from('STOP')])
  for (const [bytes, isWhole] of [
    [whole, true],
    [whole.subarray(0, -1), false],
    [whole.subarray(5), true],
    [Buffer.alloc(0), false],
    [Buffer.alloc(whole.length), false],
  ] as const) {
    writeFileSync(file, bytes)
    assert.equal('identity' in (await checkBinaryPackage(file)), isWhole)
  }
})

test('damaged, swapped and missing packages are told; the good ones are read once', async (t) => {
  const folder = await temporary(t)
  const file = (name: string): string => path.join(folder, `cat/${name}/${name}-1-1.gpkg.tar`)
  const names = (found: BadPackage[]): string[] => found.map(({ name }) => path.basename(path.dirname(name)))
  for (const name of ['good', 'empty', 'other', 'lost']) {
    mkdirSync(path.dirname(file(name)), { recursive: true })
    makePackage(file(name), name)
  }
  const own = { isOwn: true, canBeMade: false }
  assert.deepEqual(await provePackages(folder, own), { bad: [], gone: [] })
  truncateSync(file('empty'))
  makePackage(file('other'), 'of another SDK')
  renameSync(file('lost'), path.join(folder, 'away'))
  const found = await provePackages(folder, own)
  assert.deepEqual([names(found.bad), names(found.gone)], [['empty', 'other'], ['lost']])
  assert.match(found.bad[1]?.why ?? '', /another one than was kept/)
  assert.deepEqual([existsSync(file('empty')), existsSync(`${file('empty')}.damaged`)], [false, true])
  // Who cannot make them again is told again.
  const again = await provePackages(folder, own)
  assert.deepEqual([names(again.bad), names(again.gone)], [[], ['empty', 'lost', 'other']])
  await provePackages(folder, { isOwn: true, canBeMade: true })
  assert.deepEqual(await provePackages(folder, own), { bad: [], gone: [] })
  // In a folder of the user's another package may have the name; a damaged one may not.
  makePackage(file('good'), 'by somebody else')
  assert.deepEqual((await provePackages(folder, { isOwn: false, canBeMade: true })).bad, [])
  truncateSync(file('good'), 100)
  assert.deepEqual(names((await provePackages(folder, { isOwn: false, canBeMade: true })).bad), ['good'])
})
