// What is shown of work that takes long: an archive, a download.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fact } from '../../../src/events/event.js'
import { createProgress, type ProgressOptions } from '../../../src/progress/choose.js'
import { at, BufferStream, manualTiming, ONE_OF_EACH } from '../../helpers/events.js'
import { screen } from '../../helpers/screen.js'

const GiB = 2 ** 30
const MiB = 2 ** 20
const NAME = 'stage1-amd64-1.0.0.tar.zst'

const archive = (done: number, seconds: number): Extract<Fact, { type: 'work-progress' }> => ({
  ...{ type: 'work-progress', stage: 'stage1', work: 'archive', name: NAME },
  ...{ done, bytes: 2 * GiB, durationMs: seconds * 1000 },
})

/** 64 MiB a second in the first 20 s, and 16 MiB a second from there. */
const RUN: readonly [seconds: number, fact: Fact][] = [
  [0, { ...ONE_OF_EACH['run-started'] }],
  [0, { type: 'step-started', stage: 'stage1', step: 'archive' }],
  ...Array.from({ length: 20 }, (_, i): [number, Fact] => [i + 1, archive(64 * MiB * (i + 1), i + 1)]),
  ...Array.from({ length: 30 }, (_, i): [number, Fact] => [
    i + 21,
    archive(1280 * MiB + 16 * MiB * (i + 1), i + 21),
  ]),
]

/** What is written until `seconds` of the run, on a stream of so many columns. */
function played(seconds: number, columns: number, { facts = RUN, ...more }: Playing = {}): string {
  const stream = new BufferStream()
  Object.assign(stream, { columns, rows: 24 })
  const timing = manualTiming()
  const terminal = { term: 'xterm', color: false }
  const progress = createProgress({ stream, json: false, timing, terminal, isTTY: true, ...more })
  for (const [when, fact] of facts.filter(([each]) => each <= seconds)) {
    timing.pass(when * 1000 - timing.monotonicMs())
    progress.on(at(timing.monotonicMs(), fact))
  }
  timing.pass(seconds * 1000 + 500 - timing.monotonicMs())
  return stream.text
}

interface Playing extends Partial<ProgressOptions> {
  readonly facts?: readonly (readonly [seconds: number, fact: Fact])[]
}

const pane = (seconds: number, columns = 80, facts: Playing['facts'] = RUN): string[] =>
  screen(played(seconds, columns, { facts }), columns).slice(1)

test('an archive says how many bytes of how many, how fast it is now, and how long it will take', () => {
  assert.deepEqual(pane(10), [
    'stage1 (1 of 2) | archive | 10 s | 10 s in all',
    `archiving ${NAME}: 640.0 MiB of 2.0 GiB, 22 s left`,
  ])
  assert.deepEqual(pane(10, 120).at(-1), `archiving ${NAME}: 640.0 MiB of 2.0 GiB, 64.0 MiB/s, 22 s left`)
  // It is the last ten seconds that count.
  assert.deepEqual(pane(50, 120).at(-1), `archiving ${NAME}: 1.7 GiB of 2.0 GiB, 16.0 MiB/s, 18 s left`)
})

test('40 columns: how far it is stays, its name goes', () => {
  assert.equal(pane(10, 40).at(-1), 'archiving: 640.0 MiB, 22 s left')
})

test('what has ended is gone, what has no known size has no end, and more than was said is no whole', () => {
  assert.equal(pane(12, 80, [...RUN.slice(0, 12), [11, { ...archive(GiB, 11), ended: true }]]).length, 1)
  const sizeless = { ...archive(640 * MiB, 10), bytes: undefined }
  assert.equal(
    pane(10, 120, [...RUN.slice(0, 2), [10, sizeless]]).at(-1),
    `archiving ${NAME}: 640.0 MiB, 64.0 MiB/s`,
  )
  assert.equal(
    pane(10, 120, [...RUN.slice(0, 2), [10, archive(3 * GiB, 10)]]).at(-1),
    `archiving ${NAME}: 3.0 GiB, 307.2 MiB/s`,
  )
})

test('a download has a rate and an end, and what a server calls it is no command to the terminal', () => {
  const download = (done: number): Fact => ({
    type: 'download-progress',
    file: 'sdk\x1b[2J.tar',
    done,
    bytes: 200 * MiB,
  })
  const facts: [number, Fact][] = [
    [0, ONE_OF_EACH['run-started']],
    [2, { type: 'download-started', file: 'sdk\x1b[2J.tar', url: 'https://m.invalid/sdk.tar' }],
    [7, download(50 * MiB)],
  ]
  assert.deepEqual(pane(7, 100, facts).slice(1), [
    'preparing | 7 s',
    'downloading sdk.tar: 50.0 MiB of 200.0 MiB, 10.0 MiB/s, 15 s left',
  ])
  assert.equal(pane(8, 100, [...facts, [8, { ...ONE_OF_EACH['download-failed'] }]]).at(-1), 'preparing | 8 s')
})

test('without a terminal a line tells of work that takes half a minute, and of its end nothing', () => {
  const lines = played(50, 80, { isTTY: false }).split('\n').slice(1, -1)
  assert.deepEqual(lines, [`[  30.0s] still archiving ${NAME}: 1.4 GiB of 2.0 GiB, 20.8 MiB/s, 30 s left`])
})

test('a verb that only looks says what it does', () => {
  const digest: Fact = { type: 'work-progress', work: 'digest', name: 'a.tar', done: MiB, durationMs: 1000 }
  const looking = { doing: 'verifying a.tar', facts: [[1, digest]] as const }
  assert.deepEqual(screen(played(3, 80, looking), 80), [
    'verifying a.tar | 3 s',
    'digesting a.tar: 1.0 MiB, 1.0 MiB/s',
  ])
  const lines = played(70, 80, { ...looking, isTTY: false }).split('\n')
  assert.match(lines[0] ?? '', /^\[ {2}30\.0s\] still digesting a\.tar: 1\.0 MiB, 1\.0 MiB\/s$/)
})
