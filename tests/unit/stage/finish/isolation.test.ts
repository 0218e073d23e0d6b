// What is said of a finished root: what fails it, and what was not proven of it.

import assert from 'node:assert/strict'
import path from 'node:path'
import test from 'node:test'
import type { Fact } from '../../../../src/events/event.js'
import { loadDefinition } from '../../../../src/sdk/read/load.js'
import type { Finished, SeedTraces } from '../../../../src/stage/finish/finish.js'
import { reportCarried, warnOfUnowned } from '../../../../src/stage/finish/isolation.js'
import { placedFiles } from '../../../../src/stage/finish/placed-files.js'
import type { StagePlan } from '../../../../src/stage/plan/plan.js'
import { createLayout } from '../../../../src/store/layout.js'

const SDK = path.resolve(import.meta.dirname, '../../../../../tests/fixtures/mini-sdk')
const NOTHING: SeedTraces = {
  ...{ by: 'layers', packages: [], files: 0, names: [], generated: 0, compilers: {}, compiled: [] },
}

/** A stage of the miniature SDK, whose profile carries nothing. */
async function plan(stage: StagePlan['stage']): Promise<StagePlan> {
  const definition = await loadDefinition(SDK, path.dirname(SDK))
  return {
    stage,
    definition,
    profile: definition.profile,
    layout: { builds: '/r/builds/x' },
    again: () => ['verify'],
  } as unknown as StagePlan
}

/** What is said of `carried`. */
async function said(stage: StagePlan['stage'], carried: SeedTraces | undefined): Promise<string[]> {
  const facts: Fact[] = []
  reportCarried(await plan(stage), { traces: carried } as Finished, (fact) => void facts.push(fact))
  return facts.map((fact) => (fact.type === 'warning' ? fact.message : fact.type))
}

test('files that came from nowhere are named in stages 3 and 4, and fail nothing', async () => {
  const said = async (stage: StagePlan['stage'], names: string[]): Promise<string[]> => {
    const facts: Fact[] = []
    const scan = { unowned: { files: names.length, names } } as unknown as Finished['scan']
    warnOfUnowned(await plan(stage), { scan } as Finished, (fact) => void facts.push(fact))
    return facts.map((fact) => (fact.type === 'warning' ? fact.message : fact.type))
  }
  for (const stage of ['stage3', 'stage4'] as const) {
    const [message = '', ...more] = await said(stage, ['/usr/bin/a', '/usr/bin/b'])
    assert.match(message, /^stage\d: 2 files belong to no package, .*: \/usr\/bin\/a; \/usr\/bin\/b$/)
    assert.deepEqual([more, await said(stage, [])], [[], []])
  }
  assert.deepEqual(await said('stage2', ['/usr/bin/a']), [])
})

test('what stage 4 places has no owner: overlay, repos, cross overlay', async () => {
  const layout = createLayout({ root: '/r', type: 'x', arch: 'amd64', version: '1' })
  const { definition, ...rest } = await plan('stage4')
  const planned = { ...rest, definition, layout, repos: definition.repos } as unknown as StagePlan
  assert.deepEqual(placedFiles(planned), {
    over: [['/r', 'work', 'x/stage4-amd64-1/input/root-overlay'].join('/')],
    at: ['/usr/local/portage/crossdev', '/var/gentoo/repos/main', '/var/gentoo/repos/overlay'],
  })
  assert.deepEqual(placedFiles({ ...planned, stage: 'stage3' }), { over: [], at: [] })
})

test('what was not proven of stages 3 and 4 is said', async () => {
  assert.deepEqual(await said('stage3', NOTHING), [])
  assert.deepEqual(await said('stage2', undefined), [])
  for (const stage of ['stage3', 'stage4'] as const) {
    const [chain = '', ...more] = await said(stage, undefined)
    assert.match(chain, /^stage\d: .* records of the stages before it, .* are missing in \/r\/builds\/x$/)
    const [files = '', ...others] = await said(stage, { ...NOTHING, by: 'packages' })
    assert.match(files, /^stage\d: files that no package owns may be the seed's: /)
    assert.deepEqual([...more, ...others], [])
  }
})

test('a definition without stage 1 promises nothing of what came before', async () => {
  const { definition, ...rest } = await plan('stage3')
  const alone: StagePlan = { ...rest, definition: { ...definition, stages: ['stage3'] } }
  const facts: Fact[] = []
  reportCarried(alone, { traces: { ...NOTHING, packages: ['a/b-1'] } } as unknown as Finished, (fact) =>
    facts.push(fact),
  )
  assert.deepEqual(facts, [])
})

test('what is left of the seed fails stages 3 and 4', async () => {
  const left: SeedTraces = { ...NOTHING, packages: ['a/b-1'], files: 2, names: ['/x (a/b-1)'] }
  await assert.rejects(said('stage3', left), /still has of its seed: packages .*: a\/b-1; and 2 files: \/x/)
  assert.deepEqual(await said('stage2', left), [])
})
