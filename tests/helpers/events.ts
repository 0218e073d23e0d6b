// A clock that stands until the test moves it, and the stream that a renderer writes to.

import { Writable } from 'node:stream'
import { EVENT_SCHEMA, type Event, type Fact } from '../../src/events/event.js'
import type { Timing } from '../../src/progress/estimate/timing.js'

/** A clock in the test's hand; alarms go off while it is moved. */
export interface ManualTiming extends Timing {
  pass(ms: number): void
}

export function manualTiming(): ManualTiming {
  let nowMs = 0
  let alarms: { dueMs: number; act: () => void }[] = []
  return {
    monotonicMs: () => nowMs,
    after(ms, act) {
      const alarm = { dueMs: nowMs + ms, act }
      alarms.push(alarm)
      return () => {
        alarms = alarms.filter((other) => other !== alarm)
      }
    },
    pass(ms) {
      const endMs = nowMs + ms
      for (;;) {
        const [next] = alarms.filter((alarm) => alarm.dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs)
        if (next === undefined) break
        alarms = alarms.filter((alarm) => alarm !== next)
        nowMs = Math.max(nowMs, next.dueMs)
        next.act()
      }
      nowMs = endMs
    },
  }
}

/** A stream that keeps what is written, write by write. */
export class BufferStream extends Writable {
  readonly writes: string[] = []
  columns: number | undefined

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.writes.push(chunk.toString('utf8'))
    done()
  }

  get text(): string {
    return this.writes.join('')
  }
}

/** A fact as an event at `elapsedMs`. */
export function at(elapsedMs: number, fact: Fact): Event {
  return { v: EVENT_SCHEMA, time: new Date(elapsedMs).toISOString(), elapsedMs, ...fact }
}

/** One fact of each type, with every optional field. */
export const ONE_OF_EACH: { [T in Fact['type']]: Extract<Fact, { type: T }> } = {
  'run-started': {
    type: 'run-started',
    version: '1.0.0',
    sdk: 'embedded',
    stages: ['stage1', 'stage2'],
    root: '/c',
    pid: 7,
  },
  'run-finished': {
    type: 'run-finished',
    durationMs: 192_000,
    artifacts: ['/c/x.tar.zst'],
    carried: ['sys-devel/gcc-14'],
  },
  'run-failed': {
    type: 'run-failed',
    code: 'SDK_STAGE',
    message: 'stage2: emerge exited with 1',
    hint: 'see the log',
    exitCode: 5,
    durationMs: 61_000,
    facts: { exitCode: 1 },
  },
  'seed-started': { type: 'seed-started', kind: 'distribution', source: 'trixie' },
  'seed-finished': {
    type: 'seed-finished',
    path: '/c/seed.tar',
    digest: 'ab12',
    cached: false,
    durationMs: 1500,
  },
  'stage-skipped': {
    type: 'stage-skipped',
    stage: 'stage1',
    reason: 'finished before',
    archive: '/c/stage1.tar.zst',
  },
  'stage-started': {
    type: 'stage-started',
    stage: 'stage2',
    seed: '/c/stage1.tar.zst',
    seedDigest: 'cd34',
    repos: 'ef56',
    reason: 'not built yet',
  },
  'stage-finished': {
    type: 'stage-finished',
    stage: 'stage2',
    archive: '/c/stage2.tar.zst',
    digest: '78',
    bytes: 47_395_635,
    durationMs: 63_000,
    engineMs: 4100,
  },
  'stage-failed': {
    type: 'stage-failed',
    stage: 'stage2',
    step: 'run',
    package: 'sys-libs/zlib-1.3.1',
    log: '/c/log/zlib.log',
    tail: ['cc -c x.c', 'x.c:1: error'],
    enter: 'sudo ./bootstrap_sdk enter stage2',
    durationMs: 30_000,
  },
  'step-started': { type: 'step-started', stage: 'stage2', step: 'run' },
  'step-finished': { type: 'step-finished', stage: 'stage2', step: 'unpack', durationMs: 1234 },
  'phase-started': { type: 'phase-started', stage: 'stage2', phase: 'toolchain' },
  'package-started': {
    type: 'package-started',
    stage: 'stage2',
    package: 'sys-libs/zlib-1.3.1',
    index: 3,
    total: 12,
    binary: false,
  },
  'package-merged': {
    type: 'package-merged',
    stage: 'stage2',
    package: 'sys-libs/zlib-1.3.1',
    index: 3,
    total: 12,
    binary: false,
    durationMs: 4100,
  },
  'package-failed': {
    type: 'package-failed',
    stage: 'stage2',
    package: 'sys-libs/zlib-1.3.1',
    log: '/var/log/portage/zlib.log',
  },
  'distfiles-planned': { type: 'distfiles-planned', stage: 'stage2', files: 12, missing: 3, bytes: 2048 },
  'distfile-fetched': {
    type: 'distfile-fetched',
    file: 'zlib-1.3.1.tar.gz',
    bytes: 1_500_000,
    durationMs: 900,
  },
  'publish-started': {
    type: 'publish-started',
    target: 'rsync://mirror.example/sdk/amd64/1.0.0',
    files: 12,
    bytes: 180_000_000,
  },
  'publish-finished': {
    type: 'publish-finished',
    target: 'rsync://mirror.example/sdk/amd64/1.0.0',
    files: 12,
    bytes: 180_000_000,
    durationMs: 9000,
  },
  output: { type: 'output', stage: 'stage2', line: 'checking for gcc... gcc' },
  info: { type: 'info', message: 'using 2 jobs' },
  warning: { type: 'warning', message: 'little space left', hint: 'bootstrap_sdk clean' },
  'download-started': { type: 'download-started', file: 'sdk.tar.bz2', url: 'https://m.invalid/sdk.tar.bz2' },
  'download-progress': { type: 'download-progress', file: 'sdk.tar.bz2', done: 1_000_000, bytes: 5_000_000 },
  'download-finished': {
    type: 'download-finished',
    file: 'sdk.tar.bz2',
    bytes: 5_000_000,
    durationMs: 2000,
  },
  'download-failed': {
    type: 'download-failed',
    file: 'sdk.tar.bz2',
    url: 'https://m.invalid/sdk.tar.bz2',
    reason: 'HTTP 404 Not Found',
  },
  'package-phase': {
    type: 'package-phase',
    stage: 'stage2',
    package: 'sys-libs/zlib-1.3.1',
    phase: 'compile',
  },
  'package-output': {
    type: 'package-output',
    stage: 'stage2',
    package: 'sys-libs/zlib-1.3.1',
    line: 'cc -c adler32.c',
    logBytes: 4096,
  },
  'resources-measured': {
    type: 'resources-measured',
    stage: 'stage2',
    periodMs: 5000,
    cpuMs: 9500,
    memoryBytes: 850_000_000,
    freeBytes: 44_200_000_000,
    processes: 12,
  },
  'packages-planned': {
    type: 'packages-planned',
    stage: 'stage2',
    packages: [
      { package: 'sys-libs/zlib-1.3.1', binary: false },
      { package: 'sys-apps/sed-4.9', binary: true },
    ],
  },
  'work-progress': {
    type: 'work-progress',
    stage: 'stage1',
    work: 'archive',
    name: 'stage1-amd64-1.0.0.tar.zst',
    done: 1_610_612_736,
    bytes: 3_221_225_472,
    durationMs: 8000,
    ended: true,
  },
}
