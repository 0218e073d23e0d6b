// What anything in a stage writes on its event channel, prints and logs is bounded: with the heap that the command has, the
// engine's own readers come to the end of it.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import type { SdkError } from '../../src/errors.js'
import { stageBounds } from '../../src/sandbox/limits/control-group.js'
import { runLogged } from '../../src/stage/watch/logged.js'
import { place, privileged } from './sandbox-helpers.js'

const SOURCE = path.resolve(import.meta.dirname, '../../src')

/** Reads what `shell` prints by `program` (of `feed`, a stream) with a small heap; what it says of it. */
function readBy(program: string, shell: string): { facts: number; bytes: number; said: string } {
  const code = `
    let facts = 0, bytes = 0, said = ''
    const kept = []
    const emit = (fact) => { if (fact.type === 'output') return; facts++; bytes += JSON.stringify(fact).length; kept.push(fact); if (fact.type === 'warning') said = fact.message }
    const feed = process.stdin
    ${program}
    console.log(JSON.stringify({ facts, bytes, said }))`
  const command = `(${shell}) | "$1" --max-old-space-size=96 --input-type=module -e "$2"`
  const done = spawnSync('bash', ['-c', command, '-', process.execPath, code], { encoding: 'utf8' })
  assert.equal(done.status, 0, done.stderr.slice(-2000))
  return JSON.parse(done.stdout) as { facts: number; bytes: number; said: string }
}

const EVENTS = `const { readEvents } = await import('${SOURCE}/stage/watch/events.js')
  await readEvents(feed, 'stage1', { emit, failure: {} })`

const OUTPUT = `const { createEmergeProgress } = await import('${SOURCE}/portage/emerge-progress.js')
  const progress = createEmergeProgress({ stage: 'stage1', emit, monotonicMs: () => 0 })
  for await (const chunk of feed) progress.write(chunk)
  progress.end()`

test('an endless line on the event channel is read past, and the next one heard', () => {
  const line = `{"type":"info","text":"after"}`
  const { facts } = readBy(EVENTS, `head -c 600M /dev/zero | tr '\\0' x; printf '\\n%s\\n' '${line}'`)
  assert.equal(facts, 1)
})

test('of 300,000 events, as many are told as a script may state, and that there were more', () => {
  const { facts, said } = readBy(EVENTS, `yes '{"type":"info","text":"again"}' | head -n 300000`)
  assert.equal(facts, 10_001)
  assert.match(said, /^stage1: its script says more than 10000 things/)
})

test('long events are told up to a number of bytes', () => {
  const { facts, bytes } = readBy(
    EVENTS,
    `text=$(head -c 50000 /dev/zero | tr '\\0' x); yes "{\\"type\\":\\"phase\\",\\"text\\":\\"$text\\"}" | head -n 5000`,
  )
  assert.ok(facts > 10 && bytes < 8 * 2 ** 20, `${facts} facts of ${bytes} bytes`)
})

test('lines that look like emerge’s are listened to up to a number, of names up to a length', () => {
  const { facts } = readBy(
    OUTPUT,
    `perl -e 'print ">>> Emerging ($_ of 999999) a/b-$_\\n" for 1..200000; print ">>> Emerging (1 of 1) a/" . ("x" x 60000) . "\\n" for 1..2000'`,
  )
  assert.equal(facts, 60_000)
})

test('a stage that writes a log without end is ended, and says which log', privileged, async (t) => {
  const { root, scratch, spec } = place(t)
  const log = path.join(root, 'run.log')
  const progress = { write: (): void => {}, end: (): void => {} }
  const logged = { scratch, signal: undefined, log, progress, logBytes: 2 ** 20 }
  await assert.rejects(runLogged(spec('yes'), logged), ({ code, message }: SdkError) => {
    assert.equal(message, `${log}: the stage wrote more than 1048576 bytes to its output`)
    return code === 'SDK_STAGE'
  })
  assert.ok(fs.statSync(log).size <= 2 ** 20)
})

test('a sandbox that cannot begin leaves neither its log open nor a control group', privileged, async (t) => {
  const { root, scratch, spec } = place(t)
  const log = path.join(root, 'run.log')
  const progress = { write: (): void => {}, end: (): void => {} }
  const logged = { scratch, signal: undefined, log, progress, bounds: stageBounds({}) }
  const before = groups()
  await assert.rejects(runLogged({ ...spec('true'), hostname: 'no host' }, logged), /refuses the host name/)
  const open = fs.readdirSync('/proc/self/fd').flatMap((fd) => {
    const file = `/proc/self/fd/${fd}`
    return fs.existsSync(file) ? [fs.readlinkSync(file)] : []
  })
  assert.ok(!open.includes(log))
  assert.deepEqual(groups(), before)
})

/** Control groups of this program, wherever they are. */
const groups = (): string[] =>
  spawnSync('find', ['/sys/fs/cgroup', '-type', 'd', '-name', `bootstrap_sdk-*-${process.pid}-*`], {
    encoding: 'utf8',
  })
    .stdout.split('\n')
    .filter(Boolean)
