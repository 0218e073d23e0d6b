// The digest of a root: what packages are kept by that are built upon it. Equal roots have equal ones, and no others.

import assert from 'node:assert/strict'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { checkElf } from '../../../../src/toolchain/elf/check.js'

/** More than is read in one piece, of which a few bytes are read twice. */
const LONG = 3 * 512 * 1024

type Change = (at: (name: string) => string) => void

/** The digest of a small root, changed. */
async function digestOf(t: TestContext, change: Change = () => {}): Promise<string> {
  const root = mkdtempSync(path.join(tmpdir(), 'root-digest-'))
  t.after(() => rmSync(root, { recursive: true }))
  const at = (name: string): string => path.join(root, name)
  mkdirSync(at('d'))
  writeFileSync(at('x'), 'content')
  writeFileSync(at('long'), Buffer.alloc(LONG, 'abcdefg'))
  symlinkSync('b/c', at('a'))
  change(at)
  // Nothing else tells them apart.
  if (change !== time)
    for (const each of readdirSync(root, { recursive: true, withFileTypes: true }))
      if (each.isFile()) utimesSync(path.join(each.parentPath, each.name), 1, 1)
  return (await checkElf(root)).digest
}

const time: Change = (at) => {
  for (const name of ['x', 'long']) utimesSync(at(name), 1, 2)
}

test('equal roots have one digest, and each change of a file or link gives another', async (t) => {
  assert.equal(await digestOf(t), await digestOf(t))
  const relink = (at: (name: string) => string, target: string): void => {
    rmSync(at('a'))
    symlinkSync(target, at('a'))
  }
  const changeByte =
    (offset: number): Change =>
    (at) => {
      const bytes = Buffer.alloc(LONG, 'abcdefg')
      bytes[offset] = 0
      writeFileSync(at('long'), bytes)
    }
  const changes: Record<string, Change> = {
    contents: (at) => writeFileSync(at('x'), 'contenT'),
    'a mode': (at) => chmodSync(at('x'), 0o600),
    'a time': time,
    'a name': (at) => renameSync(at('x'), at('y')),
    'another folder': (at) => renameSync(at('x'), at('d/x')),
    'the target of a link': (at) => relink(at, 'b'),
    'a link for a file': (at) => {
      rmSync(at('x'))
      symlinkSync('content', at('x'))
    },
    'the first piece': changeByte(100),
    'the end of a piece': changeByte(512 * 1024 - 1),
    'the next piece': changeByte(512 * 1024),
    'the last byte': changeByte(LONG - 1),
  }
  const digests = new Map([[await digestOf(t), 'none']])
  for (const [what, change] of Object.entries(changes)) {
    const digest = await digestOf(t, change)
    assert.equal(digests.get(digest), undefined, `${what} is as ${digests.get(digest)}`)
    digests.set(digest, what)
  }
})

test('where the target of a link ends, and the next name begins, is a part of it', async (t) => {
  const links = await digestOf(t, (at) => rmSync(at('long')))
  const folders = await digestOf(t, (at) => {
    for (const name of ['a', 'long']) rmSync(at(name))
    symlinkSync('b', at('a'))
    mkdirSync(at('c'))
    renameSync(at('x'), at('c/x'))
  })
  assert.notEqual(links, folders)
})
