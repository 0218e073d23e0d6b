import assert from 'node:assert/strict'
import test from 'node:test'
import { nextStep, passedOver, type StageFacts, type Step } from '../../../src/bootstrap/next-step.js'
import { SdkError } from '../../../src/errors.js'
import type { StageName } from '../../../src/sdk/stages.js'
import type { FinishedStage } from '../../../src/stage/finished.js'
import type { StageRecord } from '../../../src/store/record.js'

/** A finished stage: what is decided depends on its seed's digest alone. */
const finished = (stage: StageName, seed = 'seed', sha256 = `${stage}-output`): FinishedStage => ({
  record: { stage, inputs: { seed: { sha256: seed, path: '' } } } as unknown as StageRecord,
  output: { path: `/builds/${stage}.tar.zst`, sha256 },
})

const UNREADABLE = new SdkError('SDK_CHAIN', 'a record that nobody can read')

/** Nothing is there, nothing is asked for. */
const facts = (
  stage: StageName,
  before: StageName | undefined,
  more: Partial<StageFacts> = {},
): StageFacts => ({
  ...{ stage, before, version: '1.0.0+a', rebuild: false, exact: false },
  ...{ last: undefined, given: undefined, found: undefined, foundBefore: undefined, changed: [] },
  ...more,
})
const first = (more: Partial<StageFacts> = {}): StageFacts => facts('stage1', undefined, more)
const later = (more: Partial<StageFacts> = {}): StageFacts => facts('stage3', 'stage2', more)

const stage2 = finished('stage2')
const built = { stage: 'stage2', isNew: true, seed: { path: '/builds/stage2.tar.zst' } } as const
const kept = { stage: 'stage2', isNew: false, seed: stage2.output } as const
const gap = { stage: 'stage1', isNew: true, seed: {} } as const
const mine = finished('stage3', stage2.output.sha256)

const words = (step: Step): string =>
  step.action === 'skip' ? `skip: ${step.reason}` : `run on ${step.seed.from}: ${step.reason}`

/** What this run has left in the store, of the same bytes and of others. */
const left = { ...kept, isNew: true, isLeft: true } as const
const other = { ...left, seed: { sha256: 'other' } } as const

const TABLE: [string, StageFacts, string][] = [
  ['finished, upon bytes that stay in the store', later({ last: left, found: mine }), 'skip: finished'],
  [
    'the store has other bytes below it',
    later({ last: other, found: mine }),
    'run on last: its seed is built anew',
  ],
  [
    'changed, --exact, upon bytes that stay in the store',
    later({ last: left, found: mine, changed: ['the repo a'], exact: true }),
    'run on last: --exact, and the repo a changed since',
  ],
  ['nothing is there', first(), 'run on first: not built yet'],
  ['finished', first({ found: finished('stage1') }), 'skip: finished'],
  [
    'finished, and something has changed since',
    first({ found: finished('stage1'), changed: ['the repo a', 'the stage scripts'] }),
    'skip: finished; built before the repo a, the stage scripts changed (--exact builds it again)',
  ],
  [
    'changed, --exact',
    first({ found: finished('stage1'), changed: ['the repo a'], exact: true }),
    'run on first: --exact, and the repo a changed since',
  ],
  ['unchanged, --exact', first({ found: finished('stage1'), exact: true }), 'skip: finished'],
  ['--rebuild', first({ found: finished('stage1'), rebuild: true }), 'run on first: --rebuild'],
  [
    '--rebuild of what cannot be read',
    first({ found: UNREADABLE, rebuild: true }),
    'run on first: --rebuild',
  ],
  ['the given seed', first({ given: { sha256: 'seed' }, found: finished('stage1') }), 'skip: finished'],
  [
    'a given seed whose digest is not known yet',
    first({ given: {}, found: finished('stage1') }),
    'skip: finished',
  ],
  [
    'another seed is given, --exact',
    first({ given: { sha256: 'other' }, found: finished('stage1'), exact: true }),
    'run on first: --exact, and its seed is another one',
  ],
  ['a seed is given', first({ given: { sha256: 'other' } }), 'run on first: not built yet'],
  ['asked for by itself', later({ foundBefore: stage2 }), 'run on finished: not built yet'],
  ['asked for by itself, nothing before it', later(), 'run on first: not built yet'],
  ['by itself, upon a given seed', later({ foundBefore: stage2, given: {} }), 'run on first: not built yet'],
  [
    'by itself and finished, whatever is before it',
    later({ found: mine, foundBefore: UNREADABLE }),
    'skip: finished',
  ],
  [
    'follows what was built just now',
    later({ last: built, found: mine }),
    'run on last: its seed is built anew',
  ],
  [
    'follows what was built just now, for the first time',
    later({ last: built }),
    'run on last: not built yet',
  ],
  ['follows a finished one', later({ last: kept, foundBefore: stage2 }), 'run on finished: not built yet'],
  ['follows a finished one, and is finished', later({ last: kept, found: mine }), 'skip: finished'],
  [
    'follows another one than it was built from, --exact',
    later({ last: kept, found: finished('stage3', 'older'), foundBefore: stage2, exact: true }),
    'run on finished: --exact, and its seed is another one',
  ],
  ['after a gap', later({ last: gap, foundBefore: stage2 }), 'run on finished: not built yet'],
  ['after a gap, finished', later({ last: gap, found: finished('stage3', 'any') }), 'skip: finished'],
]

for (const [situation, known, expected] of TABLE)
  test(`next step: ${situation}`, () => assert.equal(words(nextStep(known)), expected))

const REFUSED: [string, StageFacts, RegExp][] = [
  [
    'another seed is given',
    first({ given: { sha256: 'other', path: '/seed.tar' }, found: finished('stage1') }),
    /^stage1 of 1\.0\.0\+a was built from another seed: expected other \(\/seed\.tar\), its record says seed$/,
  ],
  [
    'the stage before it was built again alone',
    later({ last: kept, found: finished('stage3', 'older') }),
    /^stage3 of 1\.0\.0\+a was built from another seed: expected stage2-output \(\/builds\/.*\), its record says older$/,
  ],
  [
    'a gap, and nothing is there',
    later({ last: gap }),
    /^stage3 needs stage2 of version 1\.0\.0\+a, which is not/,
  ],
  ['its record cannot be read', later({ found: UNREADABLE }), /nobody can read/],
  ['the record before it cannot be read', later({ foundBefore: UNREADABLE }), /nobody can read/],
]

for (const [situation, known, message] of REFUSED)
  test(`next step, refused: ${situation}`, () => {
    assert.throws(() => nextStep(known), { code: 'SDK_CHAIN', message })
  })

test('a given seed that takes the place of a finished stage is told of, one that is that stage is not', () => {
  const passed = (of: StageFacts, upon: string): string | undefined => {
    const step = nextStep(of)
    assert.equal(step.action, 'run')
    return step.action === 'run' ? passedOver(of, step, upon)?.message : undefined
  }
  const given = { given: {}, foundBefore: stage2 }
  assert.equal(
    passed(later(given), 'other'),
    'stage3 is built upon the seed that was given, not upon stage2 of 1.0.0+a, which is finished',
  )
  assert.equal(passed(later(given), stage2.output.sha256), undefined)
  assert.equal(passed(later({ given: {} }), 'other'), undefined)
  assert.equal(passed(later({ foundBefore: stage2 }), 'other'), undefined)
  assert.equal(passed(later({ given: {}, foundBefore: UNREADABLE }), 'other'), undefined)
  assert.equal(passed(first({ given: {} }), 'other'), undefined)
})
