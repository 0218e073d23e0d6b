import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { createBus } from '../../../src/events/bus.js'
import { createJournal, isFleeting, readJournal } from '../../../src/events/journal.js'
import { at, ONE_OF_EACH } from '../../helpers/events.js'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'journal-'))
after(() => fs.rmSync(folder, { recursive: true }))
const place = (name: string): string => path.join(folder, name, 'journal.jsonl')

test('every event but output and progress comes back as it was written', () => {
  const events = Object.values(ONE_OF_EACH).map((fact, index) => at(index, fact))
  const journal = createJournal(place('all'))
  for (const event of events) journal.on(event)
  journal.close()
  assert.deepEqual(
    readJournal(place('all')),
    events.filter((event) => !isFleeting(event)),
  )
  const fleeting = events.filter(isFleeting).map(({ type }) => type)
  assert.deepEqual(fleeting.sort(), ['download-progress', 'output', 'package-output', 'work-progress'])
})

test('what is no plain file is not written through, nor waited for', () => {
  const kinds = {
    'a link to a file': (file: string) => fs.symlinkSync(path.join(folder, 'precious'), file),
    'a link to nothing': (file: string) => fs.symlinkSync(path.join(folder, 'made'), file),
    'a link to itself': (file: string) => fs.symlinkSync('journal.jsonl', file),
    'a FIFO': (file: string) => execFileSync('mkfifo', [file]),
    'a folder': (file: string) => fs.mkdirSync(file),
  }
  fs.writeFileSync(path.join(folder, 'precious'), 'mine')
  for (const [name, make] of Object.entries(kinds)) {
    const file = place(name)
    fs.mkdirSync(path.dirname(file))
    make(file)
    assert.throws(() => createJournal(file), {
      code: 'SDK_HOST',
      message: /^the journal cannot be written: expected a file, found a (?:symbolic link|FIFO|folder)/,
    })
  }
  assert.equal(fs.readFileSync(path.join(folder, 'precious'), 'utf8'), 'mine')
  assert.ok(!fs.existsSync(path.join(folder, 'made')))
})

test('a journal goes on after a torn line, and the reader leaves that line out', () => {
  const file = place('torn')
  fs.mkdirSync(path.dirname(file))
  fs.writeFileSync(file, `${JSON.stringify(at(0, ONE_OF_EACH.info))}\n{"v":1,"type":"inf`)
  const journal = createJournal(file)
  journal.on(at(1, ONE_OF_EACH.warning))
  journal.close()
  const torn: number[] = []
  const events = readJournal(file, (line) => torn.push(line))
  assert.deepEqual(
    events.map((event) => event.type),
    ['info', 'warning'],
  )
  assert.deepEqual(torn, [2])
})

test('an unknown event type is left out, unknown fields are kept', () => {
  const file = place('newer')
  fs.mkdirSync(path.dirname(file))
  const newer = { ...at(0, ONE_OF_EACH.info), color: 'red' }
  fs.writeFileSync(file, `${JSON.stringify({ ...newer, type: 'weather' })}\n${JSON.stringify(newer)}\n`)
  assert.deepEqual(readJournal(file), [newer])
})

for (const [what, line, message] of [
  [
    'another schema version',
    { ...at(0, ONE_OF_EACH.info), v: 2 },
    /journal\.jsonl:1: event schema 2, this version reads 1/,
  ],
  [
    'a field of the wrong kind',
    { ...at(0, ONE_OF_EACH.info), message: 7 },
    /:1: not an event: message: expected string, found 7/,
  ],
  ['a list', [], /:1: not an event: v: expected "v", found undefined/],
  [
    'an inherited name as its type',
    { ...at(0, ONE_OF_EACH.info), type: 'constructor', v: 3 },
    /event schema 3/,
  ],
] as const) {
  test(`a journal with ${what} is refused`, () => {
    const file = place(what)
    fs.mkdirSync(path.dirname(file))
    fs.writeFileSync(file, `${JSON.stringify(line)}\n`)
    assert.throws(() => readJournal(file), { code: 'SDK_VERIFY', message })
  })
}

test('a journal of any size is read in the small heap of the command, and only the newest of it is kept', () => {
  const file = place('large')
  fs.mkdirSync(path.dirname(file))
  const { 'stage-finished': finished, 'package-merged': merged } = ONE_OF_EACH
  const lines = (count: number): string => `${JSON.stringify(at(1, merged))}\n`.repeat(count)
  fs.writeFileSync(
    file,
    `${JSON.stringify(at(0, ONE_OF_EACH['run-started']))}\n${JSON.stringify(at(1, finished))}\n`,
  )
  for (let index = 0; index < 6; index++) fs.appendFileSync(file, lines(10_000))
  // What is no line at all: a hole, as some file systems leave it after a power cut.
  fs.truncateSync(file, fs.statSync(file).size + 20_000_000)
  fs.appendFileSync(file, `\n${lines(1)}`)
  const [journal, keep, lastRun] = ['events/journal', 'report/keep', 'inspect/last-run'].map(
    (name) => new URL(`../../../src/${name}.js`, import.meta.url).href,
  )
  const script = `
    const [{ readJournal }, { keepReport }, { lastRun }] = await Promise.all(process.argv.slice(2).map((m) => import(m)))
    const [, journal] = process.argv
    const torn = []
    const events = readJournal(journal, (line) => torn.push(line), 100_000)
    const place = { journal, report: journal + '.html', assets: () => ({ style: '', script: '' }), facts: async () => ({ stages: [], logs: [], tables: [] }) }
    const kept = keepReport(place, (text) => { throw new Error(text) })
    kept.on({ type: 'run-finished' })
    await kept.settled()
    console.log(JSON.stringify([events.length < 2000, events[0].type, events[1].type, torn, lastRun(journal).outcome]))`
  const argv = ['--max-old-space-size=32', '--input-type=module', '-e', script, file, journal, keep, lastRun]
  const said = JSON.parse(execFileSync(process.execPath, argv as string[], { encoding: 'utf8' })) as unknown
  assert.deepEqual(said, [true, 'run-started', 'stage-finished', [60_003], 'open'])
  assert.match(fs.readFileSync(`${file}.html`, 'utf8'), /<td>finished<\/td>/)
})

test('a full disk reaches the end of the run as SDK_SPACE', { skip: !fs.existsSync('/dev/full') }, () => {
  const bus = createBus([createJournal('/dev/full')])
  bus.emit(ONE_OF_EACH.info)
  bus.emit(ONE_OF_EACH.warning)
  assert.throws(() => bus.close(), { code: 'SDK_SPACE', message: /^\/dev\/full: no space/ })
})

test('a writer killed at any moment leaves whole lines and at most one torn one', async () => {
  const file = place('killed')
  const modules = ['../../../src/events/journal.js', '../../helpers/events.js'].map(
    (name) => new URL(name, import.meta.url).href,
  )
  const script = `
    const [{ createJournal }, { at, ONE_OF_EACH }] = await Promise.all(process.argv.slice(2).map((m) => import(m)))
    const journal = createJournal(process.argv[1])
    for (let i = 0; ; i++) { journal.on(at(i, ONE_OF_EACH['stage-failed'])); if (i === 500) console.log('go') }`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, file, ...modules], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'close')
  let torn = 0
  const events = readJournal(file, () => torn++)
  assert.ok(events.length > 500 && torn <= 1)
  assert.deepEqual(
    events.map((event) => event.elapsedMs),
    events.map((_, index) => index),
  )
})
