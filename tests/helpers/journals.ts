// Runs by hand, as a journal has them: what traces and test cases are made of.

import type { Event, Fact } from '../../src/events/event.js'
import { at } from './events.js'

export const STARTED = {
  type: 'run-started' as const,
  version: '1.0.0+a',
  sdk: 'tiny',
  stages: ['stage1', 'stage2', 'stage3'],
  root: '/r',
  pid: 1,
} satisfies Fact

const stage = 'stage2'
const named = (index: number, name: string) => ({
  stage,
  package: name,
  index,
  total: 3,
  binary: index === 1,
})

/** What is hard to write down: in names, in messages, in lines of logs. */
export const HARD = `<a href="x">&amp; ]]> 'q' \u0000\u0001\u000b\u001b[31m\ufffe\uffff\ud800 % # \\ é 中 \u{1f600}`

/** An event of a run that began so many milliseconds after 1970. */
const of =
  (beginMs: number) =>
  (ms: number, fact: Fact): Event => ({ ...at(ms, fact), time: new Date(beginMs + ms).toISOString() })
const later = of(10_000)

const begun = (on: typeof later): Event[] => [
  on(0, STARTED),
  on(5, { type: 'seed-started', kind: 'given', source: '/seed.tar' }),
  on(10, { type: 'step-started', stage: 'seed', step: 'unpack' }),
  on(30, { type: 'step-finished', stage: 'seed', step: 'unpack', durationMs: 20 }),
  on(40, { type: 'seed-finished', path: '/s', digest: 'ab', cached: false, durationMs: 35 }),
  on(50, { type: 'stage-skipped', stage: 'stage1', reason: 'finished before', archive: '/1' }),
  on(60, {
    ...{ type: 'stage-started', stage, seed: '/1', seedDigest: 'cd' },
    ...{ repos: 'seed', reason: 'not finished' },
  }),
  on(70, { type: 'step-started', stage, step: 'unpack' }),
  on(100, { type: 'step-finished', stage, step: 'unpack', durationMs: 30 }),
  on(100, { type: 'step-started', stage, step: 'run' }),
  on(110, { type: 'phase-started', stage, phase: 'toolchain' }),
  on(120, { type: 'package-started', ...named(1, 'sys-devel/gcc-14') }),
  on(130, { type: 'package-started', ...named(2, 'app-arch/xz-5') }),
  on(200, { type: 'package-merged', ...named(2, 'app-arch/xz-5'), durationMs: 70 }),
  on(300, { type: 'package-merged', ...named(1, 'sys-devel/gcc-14'), durationMs: 180 }),
  on(310, { type: 'phase-started', stage, phase: 'packages' }),
  on(320, { type: 'warning', message: `little space left ${HARD}` }),
]

/** Stage 1 was there, stage 2 fails in its third package, stage 3 is never begun. */
export const FAILED: readonly Event[] = [
  ...begun(at),
  at(330, { type: 'package-started', ...named(3, 'app-shells/bash-5') }),
  at(400, { type: 'package-failed', stage, package: 'app-shells/bash-5', log: '/var/log/bash.log' }),
  at(410, {
    ...{ type: 'stage-failed', stage, step: 'run', package: 'app-shells/bash-5', log: '/c/bash.log' },
    causes: [
      { line: 41, text: `x.c:1: error: ${HARD}` },
      { line: 50, text: 'make: *** Error 1' },
    ],
    ...{ tail: ['the end'], durationMs: 350 },
  }),
  at(420, {
    ...{ type: 'run-failed', code: 'SDK_STAGE', message: 'stage2: emerge exited with 1', exitCode: 5 },
    ...{ durationMs: 420, facts: {} },
  }),
]

/** The same version gone on with, ten seconds later: a package is merged twice, and all ends well. */
export const FINISHED: readonly Event[] = [
  ...begun(later),
  later(330, { type: 'package-started', ...named(2, 'app-arch/xz-5') }),
  later(340, { type: 'package-merged', ...named(2, 'app-arch/xz-5'), durationMs: 10 }),
  later(350, { type: 'distfile-fetched', file: 'bash.tar.gz', bytes: 100, durationMs: 20 }),
  later(360, { type: 'step-finished', stage, step: 'run', durationMs: 260 }),
  later(370, {
    ...{ type: 'stage-finished', stage, archive: '/2', digest: 'ef', bytes: 7 },
    ...{ durationMs: 310, engineMs: 1 },
  }),
  later(380, { type: 'stage-skipped', stage: 'stage3', reason: 'finished before', archive: '/3' }),
  later(400, { type: 'run-finished', durationMs: 400, artifacts: ['/3'], carried: [] }),
]

const upon = (name: string) => ({ stage: name, seed: '/s', repos: 'seed', reason: 'not finished' })
const built = { archive: '/a', digest: 'ef', bytes: 7, durationMs: 50, engineMs: 1 }

/** Stage 1 is archived while stage 2 runs. */
export const BESIDE: readonly Event[] = [
  at(0, STARTED),
  at(10, { type: 'stage-started', ...upon('stage1') }),
  at(20, { type: 'step-started', stage: 'stage1', step: 'archive' }),
  at(30, { type: 'stage-started', ...upon('stage2') }),
  at(40, { type: 'step-started', stage: 'stage2', step: 'run' }),
  at(60, { type: 'step-finished', stage: 'stage1', step: 'archive', durationMs: 40 }),
  at(60, { type: 'stage-finished', stage: 'stage1', ...built, besideMs: 30 }),
  at(90, { type: 'step-finished', stage: 'stage2', step: 'run', durationMs: 50 }),
  at(90, { type: 'stage-finished', stage: 'stage2', ...built }),
  at(100, { type: 'run-finished', durationMs: 100, artifacts: ['/2'], carried: [] }),
]

/** A run that could not begin. */
export const REFUSED: readonly Event[] = [
  at(5, {
    ...{
      type: 'run-failed',
      code: 'SDK_SEED',
      message: `/seed.tar: ${HARD}\nsecond line`,
      hint: 'name another',
    },
    ...{ exitCode: 4, durationMs: 5, facts: {} },
  }),
]

/** Stage 2 was at work when somebody ended it. */
export const STOPPED: readonly Event[] = [
  ...begun(at),
  at(500, {
    ...{ type: 'run-failed', code: 'SIGTERM', message: 'interrupted by SIGTERM', exitCode: 143 },
    ...{ durationMs: 500, facts: {}, version: '1.0.0+a', resume: 'bootstrap_sdk --version 1.0.0+a' },
  }),
]
