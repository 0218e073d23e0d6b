import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { outwardLinks } from '../../../src/files/links.js'
import { kindAtSync, placeProblem, problemOf } from '../../../src/files/look.js'
import { openFileSync, readBytes, readText, streamFile } from '../../../src/files/read.js'

/** A folder with one thing of each kind. */
function withKinds(act: (at: (name: string) => string) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'files-'))
    const at = (name: string): string => path.join(folder, name)
    try {
      writeFileSync(at('file'), 'text\n')
      mkdirSync(at('folder'))
      execFileSync('mkfifo', [at('fifo')])
      for (const [name, target] of [
        ['link', 'file'],
        ['dangling', 'nowhere'],
        ['loop', 'loop'],
        ['device', '/dev/zero'],
      ] as const)
        symlinkSync(target, at(name))
      await act(at)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
}

test(
  'only files are read, and nothing is waited for',
  withKinds(async (at) => {
    assert.equal(await readText(at('link')), 'text\n')
    for (const [name, found] of [
      ['fifo', /expected a file, found a FIFO/],
      ['folder', /expected a file, found a folder/],
      ['device', /expected a file, found a device/],
      ['dangling', /ENOENT/],
      ['loop', /ELOOP/],
    ] as const) {
      for (const read of [readText, readBytes, streamFile]) await assert.rejects(read(at(name)), found)
      assert.throws(() => openFileSync(at(name)), found)
    }
    truncateSync(at('file'), 65 * 2 ** 20)
    await assert.rejects(readText(at('file')), /at most 67108864 bytes, found 68157440/)
    writeFileSync(at('file'), Buffer.from([0xc3, 0x28]))
    await assert.rejects(readText(at('file')), /expected text in UTF-8/)
  }),
)

test(
  'what a path leads to, in words',
  withKinds(async (at) => {
    const long = at('x'.repeat(300))
    const table: [string, string | undefined, string | undefined][] = [
      ['file', undefined, 'a file'],
      ['link', undefined, 'a file'],
      ['folder', 'a folder', undefined],
      ['fifo', 'a FIFO', 'a FIFO'],
      ['device', 'a device', 'a device'],
      ['dangling', 'a link that leads nowhere', 'a link that leads nowhere'],
      ['loop', 'links that lead in a circle', 'links that lead in a circle'],
      ['none', 'none', 'none'],
    ]
    for (const [name, file, folder] of table) {
      const expected = (wanted: string, found: string | undefined): string | undefined =>
        found === undefined ? undefined : `expected a ${wanted}, found ${found}`
      assert.equal(await problemOf(at(name), 'file'), expected('file', file))
      assert.equal(await problemOf(at(name), 'folder'), expected('folder', folder))
    }
    assert.match((await problemOf(long, 'file')) ?? '', /too long/)
    assert.equal(await placeProblem(at('none')), undefined)
    assert.match((await placeProblem(at('fifo'))) ?? '', /found a FIFO/)
    assert.deepEqual([kindAtSync(at('link')), kindAtSync(at('loop'))], ['a file', undefined])
  }),
)

test(
  'links that lead out of a folder are found, those inside it are not',
  withKinds(async (at) => {
    const folder = at('folder')
    const link = (name: string, target: string): void => symlinkSync(target, path.join(folder, name))
    writeFileSync(path.join(folder, 'own'), '')
    link('inside', 'own')
    link('outside', '../file')
    link('absolute', at('link'))
    link('make.profile', '/nowhere')
    const wanted = (name: string): boolean => name !== 'make.profile'
    const found = await outwardLinks(folder, wanted)
    assert.deepEqual(
      found.map(({ name, target }) => [name, path.basename(target)]),
      [
        ['absolute', 'file'],
        ['outside', 'file'],
      ],
    )
    await assert.rejects(
      outwardLinks(folder, () => true),
      /found a link that leads nowhere: .*make\.profile/,
    )
  }),
)
