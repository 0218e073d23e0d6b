// Trees there and back: packed by us, unpacked by us, by GNU tar and by bsdtar, and all four compared.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { finalizeArchive } from '../../src/archive/pack.js'
import { unpackArchive } from '../../src/archive/unpack.js'
import { hardFacts, makeHardTree } from '../helpers/hard-tree.js'
import { packTree } from './archive-helpers.js'

/** Who unpacks it. What an option means that is the same with both is said in archive/tar/command.ts. */
const PROGRAMS: Readonly<Record<string, (file: string, target: string) => Promise<unknown> | unknown>> = {
  us: (file, target) => unpackArchive({ file, target }),
  'GNU tar': (file, target) => {
    const options = [
      '--numeric-owner',
      '--xattrs',
      '--xattrs-include=*',
      '--acls',
      '--delay-directory-restore',
      '--warning=no-timestamp',
    ]
    run('tar', ['-C', target, ...options, '-xpf', file])
  },
  bsdtar: (file, target) =>
    run('bsdtar', ['-C', target, '--numeric-owner', '--xattrs', '--acls', '-xpf', file]),
}

/** bsdtar complains of names that are no UTF-8, and has their bytes right. */
const HARMLESS = /^(bsdtar: (Pathname|Linkname|Hardlink|.*: ).*can't be converted|bsdtar: Error exit delayed)/

function run(program: string, words: readonly string[]): void {
  const env = { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', TZ: 'UTC' }
  const { stderr } = spawnSync(program, words, { encoding: 'latin1', env, maxBuffer: 2 ** 28 })
  const said = stderr.split('\n').filter((line) => line !== '' && !HARMLESS.test(line))
  assert.deepEqual(said.slice(0, 5), [], program)
}

/** What bsdtar has otherwise: the time of the top, and a fraction of a second before 1970, which it takes for one after it. */
const BSD_TIMES = /^("(|\/meta\/\w+-time--[\d.]*\.\d+)" .*) time=\S+/

const inCommon = (name: string, lines: readonly string[]): readonly string[] =>
  name === 'bsdtar' ? lines.map((line) => line.replace(BSD_TIMES, '$1')) : lines

/** Makes the tree below `work`, with so many plain files, and compares what comes of it. @returns how many paths there are */
export async function roundTrip(work: string, files: number): Promise<number> {
  const root = path.join(work, 'tree')
  makeHardTree(root, files)
  const before = hardFacts(root)
  const packed = await packTree(root, path.join(work, 'seed'), { mtime: 2 ** 34 })
  await finalizeArchive(packed)
  assert.deepEqual(hardFacts(root), before, 'packing changes nothing')
  rmSync(root, { recursive: true })
  for (const [name, unpack] of Object.entries(PROGRAMS)) {
    const target = path.join(work, 't')
    mkdirSync(target)
    await unpack(packed.target, target)
    const [after, expected] = [hardFacts(target), before].map((lines) => inCommon(name, lines)) as [
      string[],
      string[],
    ]
    const wrong = after.filter((line, at) => line !== expected[at]).slice(0, 5)
    assert.deepEqual(after, expected, `${name}: ${wrong.join('\n').slice(0, 2000)}`)
    if (name === 'us') {
      const again = await packTree(target, path.join(work, 'again'), { mtime: 2 ** 34 })
      assert.equal(again.tarSha256, packed.tarSha256, 'packed again, it is the same tar')
    }
    rmSync(target, { recursive: true })
  }
  return packed.entries
}
