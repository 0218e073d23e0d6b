// Runs by hand for the page of a report: one with everything that a page can show, and one whose every text is hostile.

import type { Event, Fact } from '../../src/events/event.js'
import type { PageFacts, ShownPackage } from '../../src/report/facts.js'
import { at, ONE_OF_EACH } from './events.js'

const STARTED = { ...ONE_OF_EACH['run-started'], stages: ['stage1', 'stage2'] }

/** `text` wherever a build can put a text of its own. */
export function plantedEvents(text: string): Event[] {
  const place = { stage: text, package: text, index: 1, total: 1, binary: false }
  const facts: Fact[] = [
    { ...STARTED, sdk: text, version: text, root: text },
    { ...ONE_OF_EACH['stage-started'], stage: text, seed: text, reason: text },
    { type: 'step-started', stage: text, step: text },
    { type: 'phase-started', stage: text, phase: text },
    { type: 'package-started', ...place },
    { type: 'package-phase', stage: text, package: text, phase: text },
    { type: 'package-merged', ...place, durationMs: 3 },
    { type: 'package-started', ...place },
    { type: 'package-failed', stage: text, package: text, log: text },
    { type: 'warning', message: text, hint: text },
    { type: 'info', message: text },
    {
      ...ONE_OF_EACH['stage-failed'],
      ...{ stage: text, step: text, package: text, log: text, enter: text },
      ...{ causes: [{ line: 1, text }], problem: [text], tail: [text] },
    },
    { ...ONE_OF_EACH['run-failed'], code: text, message: text, hint: text, resume: text },
    { ...STARTED, sdk: text, version: text },
    { ...ONE_OF_EACH['stage-skipped'], stage: text, reason: text, archive: text },
    { type: 'step-started', stage: text, step: text },
    { type: 'package-started', ...place },
    { type: 'package-merged', ...place, durationMs: 900 },
    { ...ONE_OF_EACH['run-finished'], artifacts: [text], carried: [text] },
  ]
  return facts.map((fact, index) => at(index * 1000, fact))
}

/** `text` in all that the page is told beside the events. Addresses are made by us, of escaped names. */
export function plantedFacts(text: string): PageFacts {
  const link = { text, href: encodeURIComponent(text) }
  const facts: ShownPackage = { name: text, origin: text, why: text, bytes: 1, needs: [text] }
  return {
    stages: [
      {
        ...{ stage: text, packages: [facts], carried: [text], files: [link] },
        checks: [{ what: text, found: text, isGood: false }],
      },
    ],
    logs: [
      { ...link, stage: text },
      { ...link, stage: text, package: text },
    ],
    tables: [{ title: text, rows: [[text, text]] }],
    before: {
      version: text,
      packages: new Map([[`${text} ${text}`, { name: text, workMs: 60_000 }]]),
      stages: new Map([[text, 1]]),
    },
  }
}

const NAMES = ['sys-libs/zlib-1.3.1', 'sys-devel/gcc-14.2.0', 'app-shells/bash-5.2', 'app-arch/xz-utils-5.8']

/** A run with phases and samples in which each of four packages builds in two stages, and the one before it, which failed. */
export function wholeRun(): Event[] {
  const stages = ['stage1', 'stage2'].flatMap((stage, which) => oneStage(stage, 10_000 + which * 100_000))
  return [
    at(0, STARTED),
    at(5, { ...ONE_OF_EACH['run-failed'], message: 'no space' }),
    at(0, STARTED),
    ...stages,
    at(210_000, { type: 'warning', message: 'little space left', hint: 'clean' }),
    at(210_000, { ...ONE_OF_EACH['run-finished'], durationMs: 210_000 }),
  ]
}

function oneStage(stage: string, beginMs: number): Event[] {
  const on = (ms: number, fact: Fact): Event => at(beginMs + ms, fact)
  const packages = NAMES.flatMap((name, index) => {
    const fromMs = 5000 + index * 20_000
    const place = { stage, package: name, index: index + 1, total: NAMES.length, binary: index === 3 }
    const phase = (ms: number, phase: string): Event =>
      on(fromMs + ms, { type: 'package-phase', stage, package: name, phase })
    return [
      on(fromMs, { type: 'package-started', ...place }),
      ...[phase(1000, 'compile'), phase(9000, 'wait'), phase(12_000, 'merge')],
      on(fromMs + 13_000 + index, { type: 'package-merged', ...place, durationMs: 13_000 + index }),
    ]
  })
  const samples = [10, 30, 50, 70].map((second) =>
    on(second * 1000, {
      ...{ type: 'resources-measured', stage, periodMs: 20_000, cpuMs: second * 500 },
      ...{ memoryBytes: second * 1e7, freeBytes: 1e11 - second * 1e8, processes: 3 },
    }),
  )
  const all = [
    on(0, { ...ONE_OF_EACH['stage-started'], stage }),
    on(1000, { type: 'step-started', stage, step: 'run' }),
    ...[...packages, ...samples].sort((a, b) => a.elapsedMs - b.elapsedMs),
    on(90_000, { type: 'step-finished', stage, step: 'run', durationMs: 89_000 }),
    on(91_000, { ...ONE_OF_EACH['stage-finished'], stage }),
  ]
  return all
}

/** What may be known of {@link wholeRun}: each package needs the one before it, but the last. */
export const WHOLE_FACTS: PageFacts = {
  stages: ['stage1', 'stage2'].map((stage) => ({
    stage,
    packages: NAMES.map((name, index) => ({
      ...{ name, origin: index === 3 ? 'carried' : 'source', why: 'it is so', bytes: (index + 1) * 1000 },
      needs: index === 3 ? [] : NAMES.slice(Math.max(0, index - 1), index),
    })),
    carried: ['app-arch/xz-utils-5.8'],
    checks: [{ what: 'Libraries', found: 'all inside', isGood: true }],
    files: [{ text: 'archive', href: `../${stage}.tar.zst` }],
  })),
  logs: NAMES.map((name) => ({
    stage: 'stage1',
    package: name,
    text: name,
    href: `../logs/${encodeURIComponent(name)}`,
  })),
  tables: [{ title: 'The seed', rows: [['SHA-256', 'ab'.repeat(32)]] }],
  before: {
    version: '0.9.0',
    packages: new Map(NAMES.map((name) => [`stage2 ${name.replace(/-\d.*$/, '')}`, { name, workMs: 5000 }])),
    stages: new Map(),
  },
}
