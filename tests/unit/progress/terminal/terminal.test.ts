import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fact } from '../../../../src/events/event.js'
import { createProgress, type ProgressOptions } from '../../../../src/progress/choose.js'
import { at, BufferStream, manualTiming, ONE_OF_EACH } from '../../../helpers/events.js'
import { screen } from '../../../helpers/screen.js'

/** A terminal of `columns` whose renderer gets facts at the time of the manual clock. */
function terminal(columns: number | undefined, more: Partial<ProgressOptions> = {}) {
  const stream = new BufferStream()
  stream.columns = columns
  const timing = manualTiming()
  const how = { terminal: { term: 'xterm', color: false }, isTTY: true, ...more }
  const progress = createProgress({ stream, json: false, timing, ...how })
  const tell = (...facts: Fact[]): void => {
    for (const fact of facts) progress.on(at(timing.monotonicMs(), fact))
  }
  return { stream, timing, progress, tell, rows: () => screen(stream.text, stream.columns || 80) }
}

const started = ONE_OF_EACH['run-started']
const stage = ONE_OF_EACH['stage-started']
const merge = (index: number, total = 12): Fact => ({
  ...ONE_OF_EACH['package-merged'],
  package: `a/p${index}-1`,
  index,
  total,
})
const begin = (index: number, total = 12): Fact => ({
  ...ONE_OF_EACH['package-started'],
  package: `a/p${index}-1`,
  index,
  total,
})

test('the log scrolls above the status: stage and step, how far it is, packages, last output', () => {
  const { timing, tell, rows } = terminal(80)
  tell(started, stage, ONE_OF_EACH['step-started'])
  for (const index of [1, 2, 3]) {
    tell(begin(index))
    timing.pass(60_000)
    tell(merge(index))
  }
  tell(begin(4), { type: 'output', stage: 'stage2', line: 'checking \x1b[2Jfor gcc... \x07gcc' })
  timing.pass(5100)
  assert.deepEqual(rows(), [
    '[   0.0s] building SDK embedded 1.0.0 (stage1, stage2) in /c',
    '[   0.0s] stage2: started (not built yet) from /c/stage1.tar.zst',
    '[  60.0s] stage2: merged a/p1-1 (1 of 12, 4.1 s)',
    '[ 120.0s] stage2: merged a/p2-1 (2 of 12, 4.1 s)',
    '[ 180.0s] stage2: merged a/p3-1 (3 of 12, 4.1 s)',
    'stage2 (2 of 2) | run | 3 min 5 s | 3 min 5 s in all',
    '[##--------] 25 % of the stage, about 9 min left, 3 of 12 packages',
    '  a/p4-1  setup    5 s',
    '> checking for gcc... gcc',
  ])
})

test('never more than ten redraws a second, and one write for each', () => {
  const { stream, timing, tell } = terminal(80)
  tell(started, stage)
  const before = stream.writes.length
  for (let index = 0; index < 1000; index++) {
    tell({ type: 'output', stage: 'stage2', line: `line ${index}` })
    timing.pass(1)
  }
  assert.ok(stream.writes.length - before <= 10, `${stream.writes.length - before} writes in 1 s`)
  timing.pass(100)
  assert.match(stream.writes.at(-1) ?? '', /> line 999$/)
})

test('a status that did not change is not drawn again', () => {
  const { stream, timing, tell } = terminal(80)
  tell(started, { type: 'info', message: 'x' })
  timing.pass(100)
  const before = stream.writes.length
  tell({ type: 'output', stage: 'stage1', line: '' })
  assert.equal(stream.writes.length, before)
})

test('lines are cut to the width, wide characters and all; the rest of the screen stays', () => {
  const { timing, tell, rows } = terminal(20)
  tell(started, stage, { type: 'output', stage: 'stage2', line: '日本語日本語日本語日本語' })
  timing.pass(1000)
  const shown = rows().slice(-2)
  assert.deepEqual(shown, ['stage2 | 0 s', '> 日本語日本語日本…'])
})

for (const columns of [0, undefined]) {
  test(`a terminal that says it has ${columns} columns is taken for 80`, () => {
    const { timing, tell, rows } = terminal(columns)
    tell(started, stage, { type: 'output', stage: 'stage2', line: 'x'.repeat(200) })
    timing.pass(1000)
    assert.equal(rows().at(-1)?.length, 79)
  })
}

test('after the terminal was made narrower, the wrapped rows of the old area are cleared', () => {
  const { stream, timing, tell } = terminal(80)
  tell(started, stage, { type: 'output', stage: 'stage2', line: 'x'.repeat(200) })
  timing.pass(1000)
  stream.columns = 40
  timing.pass(1000)
  // Of the two lines, the second, of 79 cells, has become two rows.
  assert.ok(stream.writes.at(-1)?.startsWith('\r\x1b[2A\x1b[J'), JSON.stringify(stream.writes.at(-1)))
})

test('a terminal that gets another size is drawn anew at once, and one that is closed not again', () => {
  const { stream, tell, rows, progress } = terminal(80)
  tell(started, stage, { type: 'output', stage: 'stage2', line: 'x'.repeat(200) })
  stream.columns = 30
  stream.emit('resize')
  assert.equal(rows().at(-1), `> ${'x'.repeat(26)}…`)
  progress.close()
  const { length } = stream.writes
  stream.emit('resize')
  assert.equal(stream.writes.length, length)
})

test('before the first event, and where there is none for long, the clock goes on', () => {
  const { timing, tell, rows } = terminal(80)
  timing.pass(3000)
  assert.deepEqual(rows(), ['preparing | 3 s'])
  tell(started)
  timing.pass(100)
  for (const seconds of [1, 2, 3]) {
    timing.pass(1000)
    assert.equal(rows().at(-1), `preparing | ${3 + seconds} s`)
  }
})

test('a failure is told at once and whole; nothing is left of the status area', () => {
  const { progress, tell, rows } = terminal(80)
  tell(started, stage, ONE_OF_EACH['step-started'], ONE_OF_EACH['package-failed'])
  const tail = Array.from({ length: 45 }, (_, index) => `line ${index} ${'x'.repeat(90)}`)
  tell({ ...ONE_OF_EACH['stage-failed'], tail })
  tell({
    ...ONE_OF_EACH['run-failed'],
    message: 'stage2: emerge exited with 1:\nlast\x1b[2J words',
    look: ['sdk log', 'sdk collect-logs'],
  })
  progress.close()
  const shown = rows().filter((line) => !line.startsWith('  | ') && !/^x+$/.test(line))
  assert.deepEqual(shown.slice(2), [
    '[   0.0s] stage2: failed sys-libs/zlib-1.3.1',
    '',
    '==== stage2 failed after 30.0 s ====',
    'step:     run',
    'package:  sys-libs/zlib-1.3.1',
    'log:      /c/log/zlib.log',
    'the last 40 lines of the log:',
    'to look into the failed root:',
    '  sudo ./bootstrap_sdk enter stage2',
    '',
    '',
    '==== failed after 1 min 1 s ====',
    'SDK_STAGE: stage2: emerge exited with 1:',
    'last words',
    'hint: see the log',
    'to read its log, or to pack all logs for a report:',
    '  sdk log',
    '  sdk collect-logs',
    '(exit code 5)',
    '',
    '',
  ])
  assert.equal(rows().filter((line) => line.startsWith('  | line ')).length, 40)
  assert.equal(rows().filter((line) => line.startsWith('  | line 4 ')).length, 0)
})

test('a run that is stopped says what it was at', () => {
  const { progress, tell, rows, timing } = terminal(80)
  const gcc = { stage: 'stage2', package: 'sys-devel/gcc-14' }
  tell(started, stage, { type: 'package-started', ...gcc, index: 1, total: 2, binary: false })
  tell({ type: 'package-phase', ...gcc, phase: 'compile' })
  timing.pass(185_000)
  tell({ type: 'package-output', ...gcc, line: 'linking cc1plus' })
  tell({ ...ONE_OF_EACH['run-failed'], code: 'SIGTERM', message: 'interrupted by SIGTERM', exitCode: 143 })
  progress.close()
  const shown = rows()
  assert.match(
    shown[shown.indexOf('it was at:') + 1] ?? '',
    /^ {2}sys-devel\/gcc-14 \(compile for \S.*\): linking cc1plus$/,
  )
})

test('a failure whose cause is known: what it says is said once', () => {
  const { tell, rows, progress } = terminal(80)
  const { package: _, ...ofScript } = ONE_OF_EACH['stage-failed']
  const gone = "cp: cannot stat '/gone': No such file or directory"
  const problem = ['the fsscript ended with 1', 'about to copy', 'about to copy', gone]
  tell(started, stage, { ...ofScript, problem, causes: [{ line: 12, text: gone }] })
  tell({ ...ONE_OF_EACH['run-failed'], message: `stage2 failed (run): ${problem.join('\n  ')}` })
  progress.close()
  const shown = rows()
  assert.deepEqual(shown.slice(shown.indexOf('why, by the line of the log:')).slice(0, 4), [
    ...['why, by the line of the log:', `  12 | ${gone}`, 'what was said last:', '  | about to copy'],
  ])
  for (const each of [gone, 'about to copy', 'the fsscript ended'])
    assert.equal(shown.filter((line) => line.includes(each)).length, 1, each)
})

test('files that a package would overwrite are listed, with those whose they are', () => {
  const { tell, rows, progress } = terminal(80)
  const collisions = [{ path: '/usr/bin/bash', owner: 'sys-apps/host-1' }, { path: '/etc/x' }]
  tell(started, stage, { ...ONE_OF_EACH['stage-failed'], tail: [], collisions })
  tell({
    ...ONE_OF_EACH['run-failed'],
    message: 'stage2 failed (prepare): circular dependencies:\n  a needs b',
  })
  progress.close()
  const shown = rows()
  assert.deepEqual(shown.slice(shown.indexOf('it would overwrite:')).slice(1, 3), [
    ...['  /usr/bin/bash (sys-apps/host-1)', '  /etc/x (of no package)'],
  ])
})

test('the end: a line per stage, the carried packages wrapped, the artifacts', () => {
  const { progress, tell, rows } = terminal(60)
  tell(started, ONE_OF_EACH['stage-skipped'], ONE_OF_EACH['stage-finished'])
  const carried = ['sys-devel/gcc-14.2', 'sys-libs/glibc-2.41', 'dev-lang/python-3.13', 'dev-lang/perl-5.40']
  tell({ ...ONE_OF_EACH['run-finished'], carried })
  progress.close()
  assert.deepEqual(rows().slice(rows().indexOf('[   0.0s] finished in 3 min 12 s')), [
    '[   0.0s] finished in 3 min 12 s',
    '',
    'stage1  skipped  finished before',
    'stage2  built    1 min 3 s    (engine 4.1 s)       45.2 MiB',
    'carried from the seed, not built: 4 packages',
    '  sys-devel/gcc-14.2 sys-libs/glibc-2.41',
    '  dev-lang/python-3.13 dev-lang/perl-5.40',
    'artifacts:',
    '  /c/x.tar.zst',
    '',
  ])
})

test('close takes the area away also when the run has no end', () => {
  const { progress, tell, rows } = terminal(80)
  tell(started, stage)
  progress.close()
  assert.equal(rows().at(-1), '')
  assert.equal(rows().length, 3)
})

test('colours, where they are wanted', () => {
  const isColored = (color: boolean): boolean => {
    const { stream, tell } = terminal(80, { terminal: { term: 'xterm', color } })
    tell(ONE_OF_EACH.warning)
    return stream.text.includes('\x1b[33m')
  }
  assert.deepEqual([isColored(true), isColored(false)], [true, false])
})
