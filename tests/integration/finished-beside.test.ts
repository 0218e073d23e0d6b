// A stage is archived while the next one runs: what comes first, who waits for whom, and what is left where one of both fails.
// The stages are small trees; what surrounds them is the whole of a run.

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import { finalizeArchive } from '../../src/archive/pack.js'
import { bootstrap } from '../../src/bootstrap/bootstrap.js'
import { requestLayout, withSession } from '../../src/bootstrap/session.js'
import { SdkError } from '../../src/errors.js'
import type { Fact } from '../../src/events/event.js'
import type { StageName } from '../../src/sdk/stages.js'
import { chooseSeed } from '../../src/seed/choose.js'
import type { StagePlan } from '../../src/stage/plan/plan.js'
import type { Finishing, RootDone, StageServices } from '../../src/stage/runner.js'
import { readRecord } from '../../src/store/record.js'
import { packTree } from './archive-helpers.js'
import { requestFor } from './publish-helpers.js'
import { needsRoot } from './store-helpers.js'
import { finishStage, type Ground, ground, smallTree } from './verbs-helpers.js'

/** What a stage does, beside making a small tree. */
interface Acts {
  /** Its run; by its signal it can hear of the end of the run. */
  run?: (stage: StageName, services: StageServices) => Promise<void>
  /** While it is archived. */
  archive?: (stage: StageName, how: Finishing) => Promise<void>
  /** Puts it into the shared store; without it there is none. */
  give?: (stage: StageName) => Promise<void>
  /** Hears what is stated. */
  heard?: (fact: Fact) => void
}

interface Ended {
  /** What happened, in its order. */
  readonly said: string[]
  readonly error: unknown
  /** Stages that have a record. */
  readonly finished: string[]
}

/** Builds stages 1 and 2 upon a small seed, with `jobs`. */
async function build(place: Ground, jobs: number, acts: Acts, signal?: AbortSignal): Promise<Ended> {
  const pack = await packTree(smallTree(path.join(place.folder, 'seed-tree'), 'seed'), `${place.folder}/seed`)
  await finalizeArchive(pack)
  const said: string[] = []
  const emit = (fact: Fact): void => {
    acts.heard?.(fact)
    if (fact.type === 'info') said.push(fact.message)
    if (/^stage-(started|finished|failed)$/.test(fact.type))
      said.push(`${fact.type} ${(fact as { stage: string }).stage}`)
  }
  const asked = await requestFor(place)
  const seed = await chooseSeed({ definition: asked.definition, seedTarball: pack.target })
  const request = { ...asked, jobs, seed, stages: ['stage1', 'stage2'] as const }
  const layout = await requestLayout(request)
  const isThere = (stage: StageName): boolean => existsSync(`${layout.archive(stage, 'zstd')}.record.json`)
  const run = async (plan: StagePlan, services: StageServices): Promise<RootDone> => {
    const { stage, key = '' } = plan
    await acts.run?.(stage, services)
    const before = plan.seed.sha256 === undefined ? (await plan.seed.archived).seed : plan.seed
    said.push(
      `root of ${stage}${stage === 'stage2' ? `, stage1 ${isThere('stage1') ? 'has' : 'lacks'} its record` : ''}`,
    )
    const placed = { configuration: {}, overlay: {} }
    const finish = async (how: Finishing) => {
      await acts.archive?.(stage, how)
      said.push(`archive of ${stage}${how.isBeside ? ', beside' : ''}`)
      const tree = smallTree(path.join(place.folder, `built-${stage}`), stage)
      const inputs = { key, seed: { sha256: before.sha256, path: before.path } }
      const { archive, record } = await finishStage(plan.layout, stage, { tree, inputs })
      services.emit({
        type: 'stage-finished',
        stage,
        archive,
        digest: '',
        bytes: 0,
        durationMs: 0,
        engineMs: 0,
      })
      return { seed: { path: archive, sha256: record.output.sha256, key }, layers: [] }
    }
    return {
      root: { path: plan.layout.archive(stage, 'zstd'), key, keptBy: key, layers: [], placed },
      finish,
    }
  }
  const error = await withSession(request, { layout, emit, signal }, (session) =>
    bootstrap({
      ...session,
      services: { ...session.services, runner: { name: 'native', run } },
      shared: { ...session.shared, give: async ({ record }) => acts.give?.(record.stage) },
    }),
  ).then(
    () => undefined,
    (cause: unknown) => cause,
  )
  mkdirSync(layout.builds, { recursive: true })
  const finished = readdirSync(layout.builds).filter((name) => name.endsWith('.record.json'))
  for (const name of finished) assert.ok(await readRecord(path.join(layout.builds, name)))
  return { said, error, finished: finished.map((name) => name.slice(0, 'stageN'.length)).sort() }
}

/** A promise, and what settles it. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

const stopped = (signal: AbortSignal | undefined): Promise<never> =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))

const open = (t: TestContext): Promise<Ground> => ground(t)

test(
  'the next stage runs while a root is archived, and waits for the record before it looks at its own',
  needsRoot(),
  async (t) => {
    const begun = gate()
    const { said, error, finished } = await build(await open(t), 2, {
      run: async (stage) => void (stage === 'stage2' && begun.open()),
      archive: async (stage) => void (stage === 'stage1' && (await begun.opened)),
    })
    assert.equal(error, undefined)
    assert.deepEqual(said, [
      ...['stage-started stage1', 'root of stage1', 'stage-started stage2', 'archive of stage1, beside'],
      ...['stage-finished stage1', 'root of stage2, stage1 has its record', 'archive of stage2'],
      'stage-finished stage2',
    ])
    assert.deepEqual(finished, ['stage1', 'stage2'])
  },
)

for (const jobs of [1, 2])
  test(
    `no stage waits until the one before is in the store, but the run does (${jobs})`,
    needsRoot(),
    async (t) => {
      const built = gate()
      const given: string[] = []
      const { said, error } = await build(await open(t), jobs, {
        heard: (fact) => void (fact.type === 'stage-finished' && fact.stage === 'stage2' && built.open()),
        async give(stage) {
          await built.opened
          given.push(stage)
        },
      })
      assert.equal(error, undefined)
      assert.ok(said.includes('root of stage2, stage1 has its record'))
      assert.deepEqual(given, ['stage1', 'stage2'])
    },
  )

test(
  'a stage of which the store has other bytes is the run’s error, when all is there',
  needsRoot(),
  async (t) => {
    const given: string[] = []
    const { error, finished } = await build(await open(t), 2, {
      async give(stage) {
        given.push(stage)
        if (stage === 'stage1') throw new SdkError('SDK_VERIFY', 'stage1 is not reproducible')
      },
    })
    assert.ok(error instanceof SdkError)
    assert.deepEqual([error.code, error.message], ['SDK_VERIFY', 'stage1 is not reproducible'])
    assert.deepEqual(
      [given, finished],
      [
        ['stage1', 'stage2'],
        ['stage1', 'stage2'],
      ],
    )
  },
)

test(
  'where a stage fails, what was being put into the store is, and an error of that is named too',
  needsRoot(),
  async (t) => {
    const failed = gate()
    const given: string[] = []
    const { error } = await build(await open(t), 1, {
      async run(stage) {
        if (stage === 'stage2') throw new SdkError('SDK_STAGE', 'stage2: a/b-1 failed')
      },
      heard: ({ type }) => void (type === 'stage-failed' && failed.open()),
      async give(stage) {
        await failed.opened
        given.push(stage)
        throw new SdkError('SDK_VERIFY', 'stage1 is not reproducible')
      },
    })
    assert.ok(error instanceof SdkError)
    assert.equal(error.code, 'SDK_STAGE')
    assert.match(
      error.message,
      /^stage2: a\/b-1 failed\nand an earlier stage: stage1 is not reproducible \[SDK_VERIFY\]$/,
    )
    assert.deepEqual(given, ['stage1'])
  },
)

test('with one job a stage is finished before the next one begins', needsRoot(), async (t) => {
  const { said, error } = await build(await open(t), 1, {})
  assert.equal(error, undefined)
  assert.deepEqual(said, [
    ...['stage-started stage1', 'root of stage1', 'archive of stage1', 'stage-finished stage1'],
    ...['stage-started stage2', 'root of stage2, stage1 has its record', 'archive of stage2'],
    'stage-finished stage2',
  ])
})

test('an archive that fails ends the stage beside it, and its error is the run’s', needsRoot(), async (t) => {
  const begun = gate()
  const { said, error, finished } = await build(await open(t), 2, {
    async run(stage, { signal }) {
      if (stage === 'stage1') return
      begun.open()
      await stopped(signal)
    },
    async archive() {
      await begun.opened
      throw new SdkError('SDK_SPACE', 'no room for the archive of stage 1')
    },
  })
  assert.ok(error instanceof SdkError)
  assert.equal(error.code, 'SDK_SPACE')
  assert.match(error.message, /^no room for the archive of stage 1/)
  assert.deepEqual(said, [
    'stage-started stage1',
    'root of stage1',
    'stage-started stage2',
    'stage-failed stage1',
  ])
  assert.deepEqual(finished, [])
})

test('where the next stage fails, the one before still gets its record', needsRoot(), async (t) => {
  const failed = gate()
  const { said, error, finished } = await build(await open(t), 2, {
    async run(stage) {
      if (stage === 'stage1') return
      throw new SdkError('SDK_STAGE', 'stage2 failed')
    },
    archive: () => failed.opened,
    heard: ({ type }) => void (type === 'stage-failed' && failed.open()),
  })
  assert.ok(error instanceof SdkError)
  assert.equal(error.message, 'stage2 failed')
  const [told] = said.filter((line) => line.startsWith('stage1: its archive is still being made'))
  assert.deepEqual(
    said.slice(2).filter((line) => line !== told),
    ['stage-started stage2', 'stage-failed stage2', 'archive of stage1, beside', 'stage-finished stage1'],
  )
  assert.ok(told !== undefined)
  assert.deepEqual(finished, ['stage1'])
})

test('where both fail, the run’s error names both', needsRoot(), async (t) => {
  const failed = gate()
  const { said, error, finished } = await build(await open(t), 2, {
    async run(stage) {
      if (stage === 'stage2') throw new SdkError('SDK_STAGE', 'stage2: a/b-1 failed')
    },
    async archive() {
      await failed.opened
      throw new SdkError('SDK_SPACE', 'no room for the archive of stage 1', { hint: 'make room' })
    },
    heard: (fact) => void (fact.type === 'stage-failed' && fact.stage === 'stage2' && failed.open()),
  })
  assert.ok(error instanceof SdkError)
  assert.equal(error.code, 'SDK_SPACE')
  assert.match(
    error.message,
    /^no room for the archive of stage 1[\s\S]*beside it[\s\S]*stage2: a\/b-1 failed \[SDK_STAGE\]$/,
  )
  assert.ok(said.includes('stage-failed stage1') && said.includes('stage-failed stage2'))
  assert.deepEqual(finished, [])
})

test('a signal ends both, and neither has failed', needsRoot(), async (t) => {
  const caller = new AbortController()
  const why = new SdkError('SDK_STAGE', 'the signal')
  const { said, error, finished } = await build(
    await open(t),
    2,
    {
      async run(stage, { signal }) {
        if (stage === 'stage1') return
        setImmediate(() => caller.abort(why))
        await stopped(signal)
      },
      archive: (_, { signal }) => stopped(signal),
    },
    caller.signal,
  )
  assert.equal(error, why)
  assert.deepEqual(said, ['stage-started stage1', 'root of stage1', 'stage-started stage2'])
  assert.deepEqual(finished, [])
})
