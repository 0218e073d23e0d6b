import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import type { Fact } from '../../../src/events/event.js'
import { createProgress, type ProgressOptions } from '../../../src/progress/choose.js'
import { createHistory } from '../../../src/progress/estimate/history.js'
import { at, BufferStream, manualTiming, ONE_OF_EACH } from '../../helpers/events.js'

function plain(more: Partial<ProgressOptions> = {}) {
  const stream = new BufferStream()
  const timing = manualTiming()
  const progress = createProgress({
    stream,
    json: false,
    terminal: { term: '', color: false },
    isTTY: false,
    timing,
    ...more,
  })
  const tell = (...facts: Fact[]): void => {
    for (const fact of facts) progress.on(at(timing.monotonicMs(), fact))
  }
  return { stream, timing, progress, tell }
}

test('a line per fact that matters, with its time', () => {
  const { stream, timing, progress, tell } = plain()
  for (const fact of Object.values(ONE_OF_EACH).filter((fact) => !/^run-f|stage-failed/.test(fact.type))) {
    timing.pass(12_300)
    tell(fact)
  }
  progress.close()
  assert.equal(
    stream.text,
    `[  12.3s] building SDK embedded 1.0.0 (stage1, stage2) in /c
[  24.6s] seed: distribution from trixie
[  36.9s] seed: /c/seed.tar (1.5 s, sha256 ab12)
[  49.2s] stage1: skipped, finished before: /c/stage1.tar.zst
[  61.5s] stage2: started (not built yet) from /c/stage1.tar.zst
[  73.8s] stage2: finished in 1 min 3 s: /c/stage2.tar.zst (45.2 MiB)
[  98.4s] stage2: unpack done (1.2 s)
[ 110.7s] stage2: toolchain
[ 135.3s] stage2: merged sys-libs/zlib-1.3.1 (3 of 12, 4.1 s)
[ 147.6s] stage2: failed sys-libs/zlib-1.3.1
[ 159.9s] stage2: fetching 3 of 12 source files (2.0 KiB)
[ 172.2s] fetched zlib-1.3.1.tar.gz (1.4 MiB, 0.9 s)
[ 184.5s] publishing 12 files (171.7 MiB) to rsync://mirror.example/sdk/amd64/1.0.0
[ 196.8s] published 12 files to rsync://mirror.example/sdk/amd64/1.0.0 (9.0 s)
[ 221.4s] using 2 jobs
[ 233.7s] warning: little space left
          hint: bootstrap_sdk clean
[ 246.0s] downloading sdk.tar.bz2 from https://m.invalid/sdk.tar.bz2
[ 270.6s] downloaded sdk.tar.bz2 (4.8 MiB, 2.0 s)
[ 282.9s] warning: https://m.invalid/sdk.tar.bz2 is not used: HTTP 404 Not Found
[ 332.1s] stage2: 2 packages to merge, 1 of them from source
`,
  )
})

test('a long download says how far it is', () => {
  const { stream, timing, tell } = plain()
  tell(ONE_OF_EACH['run-started'], ONE_OF_EACH['download-started'], ONE_OF_EACH['download-progress'])
  timing.pass(61_000)
  tell(ONE_OF_EACH['download-finished'])
  timing.pass(60_000)
  const beats = stream.text.split('\n').filter((line) => /still (?:working|downloading)/.test(line))
  assert.deepEqual(beats, [
    '[  30.0s] still downloading sdk.tar.bz2: 976.6 KiB of 4.8 MiB',
    '[  60.0s] still downloading sdk.tar.bz2: 976.6 KiB of 4.8 MiB',
    '[ 121.0s] still working: preparing',
  ])
})

test('a plan, nothing to do and a wait are said as what they are', () => {
  const { stream, tell } = plain()
  const stage = 'stage2'
  const planned = (...binary: boolean[]): void =>
    tell({
      type: 'packages-planned',
      stage,
      packages: binary.map((each) => ({ package: 'a/b-1', binary: each })),
    })
  const waited = (durationMs: number): void =>
    tell({ type: 'step-finished', stage, step: 'wait', durationMs })
  tell(ONE_OF_EACH['run-started'], { type: 'step-started', stage, step: 'enter' })
  tell({ type: 'phase-started', stage, phase: 'merge @world' })
  for (const binaries of [[], [false], [true, true], [true, false, false]]) planned(...binaries)
  tell({ type: 'distfiles-planned', stage, files: 0, missing: 0, bytes: 0 })
  tell({ type: 'step-started', stage, step: 'run' }, { type: 'phase-started', stage, phase: 'merge @world' })
  waited(3)
  waited(2000)
  const lines = stream.text.split('\n').slice(1, -1)
  assert.deepEqual(
    lines.map((line) => line.replace(/^\[.*?\] /, '')),
    [
      'stage2: planning: merge @world',
      'stage2: no package to merge',
      'stage2: 1 package to merge, from source',
      'stage2: 2 packages to merge, from binary packages',
      'stage2: 3 packages to merge, 2 of them from source',
      'stage2: no source files are needed',
      'stage2: merge @world',
      'stage2: waited 2.0 s for the archive of the stage before',
    ],
  )
})

test('silence is broken every minute with what is going on, until the run ends', () => {
  const { stream, timing, tell } = plain()
  tell(ONE_OF_EACH['run-started'], ONE_OF_EACH['stage-started'], ONE_OF_EACH['step-started'])
  tell(ONE_OF_EACH['package-started'], ONE_OF_EACH['phase-started'])
  timing.pass(59_000)
  tell({ type: 'output', stage: 'stage2', line: `\x1b[1mcc\x07 ${'y'.repeat(200)}` })
  timing.pass(61_000)
  tell(ONE_OF_EACH['run-finished'])
  timing.pass(600_000)
  const beats = stream.text.split('\n').filter((line) => line.includes('still working'))
  const where = 'stage2 (2 of 2), run, toolchain, 0 of 12 packages, sys-libs/zlib-1.3.1'
  assert.deepEqual(beats, [
    `[  60.0s] still working: ${where} (1 min 0 s), 1 min 0 s in the stage; last line: cc ${'y'.repeat(96)}…`,
    `[ 120.0s] still working: ${where} (2 min 0 s), 2 min 0 s in the stage; last line: cc ${'y'.repeat(96)}…`,
  ])
})

test('a package that takes long is told of once a minute, also while others are merged', () => {
  const history = createHistory([{ kind: 'package', package: 'a/long-1', ms: 200_000 }])
  const { stream, timing, tell } = plain({ history })
  const list = { stage: 'stage2', total: 12, binary: false }
  tell(ONE_OF_EACH['run-started'], ONE_OF_EACH['stage-started'])
  tell({ type: 'package-started', package: 'a/long-1', index: 1, ...list })
  timing.pass(30_000)
  tell({ type: 'package-phase', stage: 'stage2', package: 'a/long-1', phase: 'compile' })
  for (let index = 2; index < 12; index++) {
    timing.pass(15_000)
    tell({ type: 'package-merged', package: `a/p${index}-1`, index, ...list, durationMs: 15_000 })
  }
  const lines = stream.text.split('\n').filter((line) => /still/.test(line))
  assert.deepEqual(lines, [
    '[  60.0s] stage2: still at a/long-1 (compile for 30 s, 1 min 0 s in all, usually 3 min 20 s)',
    '[ 120.0s] stage2: still at a/long-1 (compile for 1 min 30 s, 2 min 0 s in all, usually 3 min 20 s)',
    '[ 180.0s] stage2: still at a/long-1 (compile for 2 min 30 s, 3 min 0 s in all, usually 3 min 20 s)',
  ])
})

test('no control character ever, whatever the build prints and FORCE_COLOR says; dumb terminals are no exception', () => {
  const evil = '\x1b]0;t\x07\x1b[31mred\x9b2J\b\r\ttext'
  for (const more of [
    { terminal: { term: '', color: true } },
    { terminal: { term: 'dumb', color: true }, isTTY: true },
    { terminal: { term: '', color: true }, isTTY: true },
  ]) {
    const { stream, tell } = plain({ ...more, verbose: true })
    for (const fact of Object.values(ONE_OF_EACH)) {
      const spoilt = JSON.parse(JSON.stringify(fact), (key, value) =>
        typeof value === 'string' && !['type', 'stage'].includes(key) ? `${value}${evil}` : value,
      ) as Fact
      tell(spoilt)
    }
    assert.doesNotMatch(stream.text, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/)
    assert.match(stream.text, /red ?text/)
  }
})

test('--json: every event as it is, output only when verbose', () => {
  for (const verbose of [false, true]) {
    const { stream, tell } = plain({ json: true, isTTY: true, verbose })
    const facts = Object.values(ONE_OF_EACH)
    tell(...facts)
    const expected = facts.filter((fact) => verbose || !/output$/.test(fact.type)).map((fact) => at(0, fact))
    assert.deepEqual(
      stream.text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
      expected,
    )
  }
})

for (const [name, json] of [
  ['plain', false],
  ['json', true],
] as const) {
  test(`a reader that goes away does not end the build (${name})`, async () => {
    const modules = ['../../../src/progress/choose.js', '../../helpers/events.js'].map(
      (module) => new URL(module, import.meta.url).href,
    )
    const script = `
      const [{ createProgress }, { at, ONE_OF_EACH }] = await Promise.all(process.argv.slice(1, 3).map((m) => import(m)))
      const progress = createProgress({ stream: process.stdout, json: ${json}, terminal: { term: '', color: false }, isTTY: false })
      await new Promise((done) => process.stdin.once('end', done).resume())
      for (let i = 0; i < 2000; i++) {
        progress.on(at(i, ONE_OF_EACH.info))
        if (i % 500 === 0) await new Promise((done) => setTimeout(done, 1))
      }
      progress.close()
      process.exitCode = 42`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, ...modules], {
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    child.stdout.destroy()
    child.stdin.end()
    let complaints = ''
    child.stderr.on('data', (chunk: Buffer) => {
      complaints += chunk.toString()
    })
    const [exitCode] = (await once(child, 'close')) as [number | null]
    assert.deepEqual([exitCode, complaints], [42, ''])
  })
}

test('lists are wrapped where a terminal ends that cannot move its cursor, and at 100 in a log', () => {
  const carried = Array.from({ length: 30 }, (_, each) => `dev-libs/package-1.${each}`)
  const longest = (isTTY: boolean, columns: number): number => {
    const stream = Object.assign(new BufferStream(), { columns })
    const { progress, tell } = plain({ stream, isTTY, terminal: { term: 'dumb', color: false } })
    tell(ONE_OF_EACH['run-started'], { ...ONE_OF_EACH['run-finished'], carried, artifacts: [] })
    progress.close()
    const lines = stream.text.split('\n').filter((line) => line.includes('dev-libs/package'))
    return Math.max(...lines.map((line) => line.length))
  }
  assert.ok(longest(true, 40) <= 40)
  assert.ok(longest(true, 80) <= 80)
  assert.ok(longest(false, 40) > 80)
})
