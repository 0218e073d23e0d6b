// The live view on a real terminal: a pseudo terminal that gets another size in the middle of a build.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { test } from 'node:test'
import { screen } from '../helpers/screen.js'

const DRIVER = path.resolve(import.meta.dirname, '../../../tests/fixtures/on-terminal.py')

/** A run that builds one package; it goes on when a key is pressed, and ends at the second one. */
const RUN = `
  const [{ createProgress }, { createBus }, { ONE_OF_EACH }] = await Promise.all(process.argv.slice(1, 4).map((m) => import(m)))
  const terminal = { term: process.env.TERM, color: process.env.NO_COLOR === undefined }
  const progress = createProgress({ stream: process.stderr, json: false, terminal, isTTY: process.stderr.isTTY === true })
  const { emit } = createBus([progress])
  process.stdin.setRawMode(true)
  let [pressed, wanted, go] = [0, 0, () => {}]
  process.stdin.on('data', (keys) => {
    pressed += keys.length
    if (pressed >= wanted) go()
  })
  const key = () => new Promise((done) => {
    wanted++
    if (pressed >= wanted) done()
    else go = done
  })
  setTimeout(() => process.exit(9), 20_000).unref()
  const stage = 'stage2', name = { stage, package: 'sys-devel/gcc-14.2.1_p20241221' }
  emit({ ...ONE_OF_EACH['run-started'], root: '/' })
  emit(ONE_OF_EACH['stage-started'])
  emit(ONE_OF_EACH['step-started'])
  emit({ type: 'package-started', ...name, index: 1, total: 12, binary: false })
  emit({ type: 'package-phase', ...name, phase: 'compile' })
  emit({ type: 'package-output', ...name, line: 'gcc -c first.c '.padEnd(60, '\\u65e5') })
  await key()
  emit({ type: 'package-output', ...name, line: 'gcc -c second.c' })
  await key()
  progress.close()
  process.exit(0)`

interface Session {
  readonly exitCode: number
  readonly output: string
  readonly isAsBefore: boolean
  readonly steps: readonly unknown[]
}

function play(columns: number, steps: readonly object[], environment: Record<string, string> = {}): Session {
  const modules = ['../../src/progress/choose.js', '../../src/events/bus.js', '../helpers/events.js'].map(
    (module) => new URL(module, import.meta.url).href,
  )
  const program = [process.execPath, '--input-type=module', '-e', RUN, ...modules]
  const argv = [DRIVER, '24', String(columns), JSON.stringify(steps), '--', ...program]
  const env = { PATH: process.env.PATH ?? '', TERM: 'xterm', ...environment }
  const { stdout, stderr } = spawnSync('python3', argv, { encoding: 'utf8', env })
  assert.equal(stderr, '')
  return JSON.parse(stdout) as Session
}

/** The rows when `output` had been written up to `end`, as a terminal of `columns` shows them; it turns line feeds into CR LF. */
const rowsAt = (output: string, end: number, columns: number): string[] =>
  screen(output.slice(0, end).replaceAll('\r\n', '\n'), columns)

const KEY = { type: 'x' }

test('a terminal that is made narrower is drawn anew by its signal, and nothing of the old area is left', () => {
  const wide = 'first.c'
  const narrow = '  gcc-14.2.1_p20241221  compile'
  const steps = [{ until: wide }, { size: [24, 40] }, { until: narrow }, KEY, { until: 'second.c' }, KEY]
  const session = play(100, steps)
  assert.deepEqual([session.exitCode, session.isAsBefore, session.steps], [0, true, []])
  const before = rowsAt(session.output, session.output.indexOf(wide) + wide.length, 100)
  assert.match(
    before.at(-1) ?? '',
    /^ {2}sys-devel\/gcc-14\.2\.1_p20241221 {2}compile {2}\d+ s {2}\d+ s {2}> gcc -c first\.c/,
  )
  // Both lines of the area had become two rows each: it went up over them.
  assert.match(session.output.slice(0, session.output.indexOf(narrow)), /\x1b\[[45]A\x1b\[J\x1b\[1mstage2/)
  const drawn = session.output.slice(session.output.indexOf('\x1b[3A'))
  const after = rowsAt(drawn, drawn.indexOf('second.c') + 'second.c'.length, 40)
  assert.match(after.at(-4) ?? '', /^stage2 \(2 of 2\) \| run \| \d+ s/)
  assert.match(after.at(-2) ?? '', /^ {2}gcc-14\.2\.1_p20241221 {2}compile {2}\d+ s$/)
  assert.equal(after.at(-1), '> gcc -c second.c')
})

test('NO_COLOR: no colour, and the area is drawn all the same', () => {
  const plain = play(80, [{ until: 'first.c' }, KEY, { until: 'second.c' }, KEY], { NO_COLOR: '1' })
  assert.match(plain.output, /\x1b\[\d*A?\x1b\[J|\x1b\[J/)
  assert.doesNotMatch(plain.output, /\x1b\[\d*m/)
  assert.match(play(80, [{ until: 'first.c' }, KEY, KEY]).output, /\x1b\[1mstage2/)
})

test('TERM=dumb: lines alone, without a control character', () => {
  const { output, exitCode } = play(80, [{ until: 'stage2: started' }, KEY, KEY], { TERM: 'dumb' })
  assert.equal(exitCode, 0)
  assert.doesNotMatch(output.replaceAll('\r\n', ''), /[\x00-\x1f\x7f]/)
})
