// What a person sees while packages build, cell by cell, on terminals of three sizes.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fact } from '../../../src/events/event.js'
import { createProgress } from '../../../src/progress/choose.js'
import { createHistory, type History } from '../../../src/progress/estimate/history.js'
import { at, BufferStream, manualTiming, ONE_OF_EACH } from '../../helpers/events.js'
import { screen } from '../../helpers/screen.js'

const stage = 'stage2'
const place = (index: number) => ({ stage, index, total: 90, binary: false })

/** Three packages at once, in the second of three stages: a minute of a build that took 20 the last time. */
const BUILD: readonly [seconds: number, fact: Fact][] = [
  [0, { ...ONE_OF_EACH['run-started'], stages: ['stage1', 'stage2', 'stage3'] }],
  [0, { ...ONE_OF_EACH['stage-skipped'] }],
  [0, ONE_OF_EACH['stage-started']],
  [0, ONE_OF_EACH['step-started']],
  [0, { type: 'phase-started', stage, phase: 'merge @world' }],
  [0, { type: 'package-started', package: 'sys-devel/gcc-14.2.1_p20241221', ...place(1) }],
  [2, { type: 'package-phase', stage, package: 'sys-devel/gcc-14.2.1_p20241221', phase: 'configure' }],
  [9, { type: 'package-started', package: 'dev-util/日本語-1', ...place(2) }],
  [
    10,
    { type: 'package-output', stage, package: 'dev-util/日本語-1', line: 'checking \x1b[2Jfor 日本語… yes' },
  ],
  [20, { type: 'package-phase', stage, package: 'sys-devel/gcc-14.2.1_p20241221', phase: 'compile' }],
  [
    21,
    {
      type: 'package-output',
      stage,
      package: 'sys-devel/gcc-14.2.1_p20241221',
      line: 'x86_64-pc-linux-gnu-g++ -fno-PIE -c -DIN_GCC -O2 -pipe ../../gcc/tree-vect-loop.cc -o tree-vect-loop.o',
    },
  ],
  [22, { type: 'package-merged', package: 'app-arch/gzip-1.13', ...place(3), durationMs: 4100 }],
  [23, { type: 'package-started', package: 'sys-libs/zlib-1.3.1', ...place(4), binary: true }],
  [55, { ...ONE_OF_EACH['resources-measured'], periodMs: 5000, cpuMs: 9460 }],
  [60, { type: 'output', stage, line: '>>> Jobs: 1 of 90 complete, 3 running' }],
]

const piece = (ms: number) => [{ step: 'run', name: 'sys-devel/gcc', binary: false, ms }]

const HISTORY: History = createHistory([
  { kind: 'package', package: 'sys-devel/gcc-14.2.1_p20241221', ms: 570_000 },
  { kind: 'package', package: 'dev-util/日本語-0', ms: 75_000 },
  { kind: 'stage', stage, pieces: piece(1_200_000) },
  { kind: 'stage', stage: 'stage3', pieces: piece(8_000_000) },
])

/** The rows of the status area after a minute. */
function pane(columns: number, rows: number, history: History = HISTORY): string[] {
  const stream = new BufferStream()
  Object.assign(stream, { columns, rows })
  const timing = manualTiming()
  const terminal = { term: 'xterm', color: true }
  const progress = createProgress({ stream, json: false, timing, terminal, isTTY: true, history })
  for (const [seconds, fact] of BUILD) {
    timing.pass(seconds * 1000 - timing.monotonicMs())
    progress.on(at(timing.monotonicMs(), fact))
  }
  timing.pass(1000)
  const shown = screen(stream.text, columns)
  return shown.slice(shown.findIndex((line) => /^stage2 .*\|/.test(line)))
}

test('160 columns: each package with its phase, the time in it, all of its time and the usual one, and what it says', () => {
  assert.deepEqual(pane(160, 50), [
    'stage2 (2 of 3) | run | merge @world | 1 min 0 s | 1 min 0 s in all',
    '[------------------------] 0 %, about 2 h 30 min left, 1 of 90 packages',
    '  sys-devel/gcc-14.2.1_p20241221  compile  40 s  1 min 0 s, usually 9 min 30 s  > x86_64-pc-linux-gnu-g++ -fno-PIE -c -DIN_GCC -O2 -pipe ../../gcc/tree-vect-l…',
    '  dev-util/日本語-1               setup          51 s, usually 1 min 15 s  > checking for 日本語… yes',
    '  sys-libs/zlib-1.3.1             install        37 s',
    'using 1.9 cores, 810.6 MiB of memory; 41.2 GiB of disk left',
  ])
})

test('80 × 24: what packages say has one line for all', () => {
  assert.deepEqual(pane(80, 24), [
    'stage2 (2 of 3) | run | merge @world | 1 min 0 s | 1 min 0 s in all',
    '[------------------------] 0 %, about 2 h 30 min left, 1 of 90 packages',
    '  sys-devel/gcc-14.2.1_p20241221  compile  40 s  1 min 0 s, usually 9 min 30 s',
    '  dev-util/日本語-1               setup          51 s, usually 1 min 15 s',
    '  sys-libs/zlib-1.3.1             install        37 s',
    'using 1.9 cores, 810.6 MiB of memory; 41.2 GiB of disk left',
    '> checking for 日本語… yes',
  ])
})

test('40 columns: nothing of importance is cut off', () => {
  assert.deepEqual(pane(40, 24), [
    'stage2 (2 of 3) | run | 1 min 0 s',
    '[----------] 0 %, about 2 h 30 min left',
    'gcc-14.2.1_p202…  compile  1:00/9:30',
    '日本語-1          setup    0:51/1:15',
    'zlib-1.3.1        install  0:37',
    '1.9 cores, 810.6 MiB, 41.2 GiB left',
    '> checking for 日本語… yes',
  ])
})

test('few rows: the area leaves half of them to the log, and says how many packages it leaves out', () => {
  assert.deepEqual(pane(80, 10), [
    'stage2 (2 of 3) | run | merge @world | 1 min 0 s | 1 min 0 s in all',
    '[------------------------] 0 %, about 2 h 30 min left, 1 of 90 packages',
    '  sys-devel/gcc-14.2.1_p20241221  compile  40 s  1 min 0 s, usually 9 min 30 s',
    '  and 2 more',
    'using 1.9 cores, 810.6 MiB of memory; 41.2 GiB of disk left',
    '> checking for 日本語… yes',
  ])
  assert.equal(pane(80, 3).length, 2)
})

test('a first build has no usual times, and its bar counts packages', () => {
  const shown = pane(80, 24, createHistory([]))
  assert.equal(shown[1], '[------------------------] 1 of 90 packages')
  assert.equal(shown[2], '  sys-devel/gcc-14.2.1_p20241221  compile  40 s  1 min 0 s')
})
