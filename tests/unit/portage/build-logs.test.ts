import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import type { Fact } from '../../../src/events/event.js'
import { createBuildLogs } from '../../../src/portage/build-logs.js'

/** Logs of a stage; `look` returns what is stated. */
function logs(t: { after(act: () => void): void }) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'build-logs-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const told: Fact[] = []
  const watch = createBuildLogs({ stage: 'stage2', folder, emit: (fact) => told.push(fact) })
  const place = { stage: 'stage2', index: 1, total: 2, binary: false }
  return {
    folder,
    write: (name: string, text: string) => appendFileSync(path.join(folder, name), text),
    start: (name: string) => watch.take({ type: 'package-started', package: name, ...place }),
    merged: (name: string) => watch.take({ type: 'package-merged', package: name, ...place, durationMs: 1 }),
    merging: (name: string) =>
      watch.take({ type: 'package-phase', stage: 'stage2', package: name, phase: 'merge' }),
    told,
    look() {
      told.length = 0
      watch.look()
      return told.map((fact) =>
        fact.type === 'package-phase' ? fact.phase : fact.type === 'package-output' ? fact.line : fact.type,
      )
    },
  }
}

const LOG = 'sys-libs:zlib-1.3:20260101-000001.log'

test('the phases that Portage names in the log of a package, and its last line', (t) => {
  const { write, start, look, merging } = logs(t)
  start('sys-libs/zlib-1.3')
  assert.deepEqual(look(), [])
  write(LOG, ' * Package:  sys-libs/zlib-1.3\n>>> Unpacking source...\n')
  assert.deepEqual(look(), ['unpack', '>>> Unpacking source...'])
  assert.deepEqual(look(), [])
  write(LOG, '>>> Preparing source in /x ...\n>>> Configuring source in /x ...\nchecking for gcc... ')
  assert.deepEqual(look(), ['configure', 'checking for gcc...'])
  write(LOG, 'gcc\n>>> Compiling source in /x ...\n 10 %\r 20 %\r\n')
  assert.deepEqual(look(), ['compile', '20 %'])
  write(LOG, '>>> Test phase: sys-libs/zlib-1.3\n')
  assert.equal(look()[0], 'test')
  write(LOG, '>>> Install sys-libs/zlib-1.3 into /x/image\n>>> Done.\n')
  assert.deepEqual(look(), ['install', '>>> Done.'])
  write(LOG, '>>> Creating binpkg\n')
  assert.equal(look()[0], 'package')
  write(LOG, '>>> Done.\n')
  assert.equal(look()[0], 'wait')
  merging('sys-libs/zlib-1.3')
  write(LOG, '>>> Compiling source in /x ...\n')
  assert.deepEqual(look(), ['>>> Compiling source in /x ...'])
})

test('a package that is built once more has a log of its own; others with longer names have theirs', (t) => {
  const { write, start, look, merged } = logs(t)
  write('sys-libs:zlib-1.3-r1:20260101-000009.log', '>>> Compiling source in /x ...\n')
  write(LOG, '>>> Unpacking source...\n')
  start('sys-libs/zlib-1.3')
  assert.equal(look()[0], 'unpack')
  merged('sys-libs/zlib-1.3')
  start('sys-libs/zlib-1.3')
  assert.deepEqual(look(), [])
  write('sys-libs:zlib-1.3:20260101-000002.log', '>>> Compiling source in /x ...\n')
  assert.equal(look()[0], 'compile')
})

test('nothing that a stage puts in the place of a log is followed, waited for, or shown as it is', (t) => {
  const { folder, write, start, look } = logs(t)
  writeFileSync(path.join(folder, 'secret'), 'secret\n')
  symlinkSync('secret', path.join(folder, 'a:link-1:1.log'))
  execFileSync('mkfifo', [path.join(folder, 'a:fifo-1:1.log')])
  mkdirSync(path.join(folder, 'a:folder-1:1.log'))
  for (const name of ['a/link-1', 'a/fifo-1', 'a/folder-1', '../../x-1', 'a/evil-1']) start(name)
  assert.deepEqual(look(), [])
  write('a:evil-1:1.log', `\x1b]0;title\x07\x1b[2Jred\x9b0m \u202e${'y'.repeat(100_000)}\n\n`)
  const [line = ''] = look()
  assert.match(line, /^red +y+$/)
  assert.ok(line.length <= 500)
})

test('of a folder with more names than there are packages no more are looked at', (t) => {
  const { folder, start, look, write } = logs(t)
  start('sys-libs/zlib-1.3')
  const first = path.join(folder, 'sys-libs:zlib-1.3:1.log')
  writeFileSync(first, '')
  const most = 30_001
  for (let index = 0; index < most; index++) linkSync(first, path.join(folder, `sys-libs:zlib-1.3:0${index}`))
  write('sys-libs:zlib-1.3:2.log', 'seen\n')
  assert.deepEqual(look(), [])
  for (let index = 0; index < most; index++) unlinkSync(path.join(folder, `sys-libs:zlib-1.3:0${index}`))
  assert.deepEqual(look(), ['seen'])
})

test('of a log that grows by megabytes its end is read, and one that was cut short is gone on with', (t) => {
  const { folder, write, start, look } = logs(t)
  start('sys-libs/zlib-1.3')
  write(LOG, `>>> Unpacking source...\n${'x\n'.repeat(1_000_000)}the end\n`)
  assert.deepEqual(look(), ['the end'])
  truncateSync(path.join(folder, LOG), 10)
  assert.deepEqual(look(), [])
  write(LOG, '\n>>> Compiling source in /x ...\n')
  assert.equal(look()[0], 'compile')
})

test('phases without end are not told without end', (t) => {
  const { write, start, look } = logs(t)
  start('sys-libs/zlib-1.3')
  let told = 0
  for (let round = 0; round < 100; round++) {
    write(LOG, round % 2 === 0 ? '>>> Unpacking source...\n' : '>>> Compiling source in /x ...\n')
    told += look().filter((each) => each === 'unpack' || each === 'compile').length
  }
  assert.equal(told, 40)
})

test('it is said how long a log is, also when its last line is the one before', (t) => {
  const { write, start, look, told } = logs(t)
  start('sys-libs/zlib-1.3')
  for (const bytes of [5, 10]) {
    write(LOG, 'same\n')
    assert.deepEqual(look(), ['same'])
    assert.deepEqual(
      told.map((fact) => fact.type === 'package-output' && fact.logBytes),
      [bytes],
    )
  }
})
