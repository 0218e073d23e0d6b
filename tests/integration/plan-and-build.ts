// `plan` says what `build` does: both are run over a table of situations, with real archives and records. Stages are
// built by a runner that packs a small tree; everything around it is the real run. The integration tests have each pair of what
// is asked, its flags, and what is there; the nightly ones have them all.

import assert from 'node:assert/strict'
import { appendFileSync, cpSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { finalizeArchive } from '../../src/archive/pack.js'
import { bootstrap } from '../../src/bootstrap/bootstrap.js'
import { requestLayout, runSettings, withSession } from '../../src/bootstrap/session.js'
import { SdkError } from '../../src/errors.js'
import type { Fact } from '../../src/events/event.js'
import { forecastRun } from '../../src/forecast/forecast.js'
import type { Request } from '../../src/request/request.js'
import { STAGES, type StageName } from '../../src/sdk/stages.js'
import { chooseSeed } from '../../src/seed/choose.js'
import { type RunSettings, type StagePlan, stageRepos } from '../../src/stage/plan/plan.js'
import { settingsDigest } from '../../src/stage/plan/settings-digest.js'
import { scriptDigests } from '../../src/stage/run/input.js'
import type { Runner } from '../../src/stage/runner.js'
import { sha256File } from '../../src/store/digest/digest.js'
import type { StageRecord } from '../../src/store/record.js'
import { packTree } from './archive-helpers.js'
import { requestFor } from './publish-helpers.js'
import { finishStage, type Ground, ground, smallTree } from './verbs-helpers.js'

/** The inputs that a stage of `run` has now, as far as a later run compares them. */
async function inputsNow(run: RunSettings, stage: StageName): Promise<Partial<StageRecord['inputs']>> {
  const repos = stageRepos(run, stage).map(({ name, source, edited, tree }) => ({
    ...{ name, ...source, edited },
    digest: tree?.digest ?? '0'.repeat(64),
  }))
  const config = { settings: settingsDigest(run, stage) }
  return { repos, config, script: await scriptDigests(), profile: run.profile }
}

/** Packs a tree that no other stage has. */
const packing = (folder: string): Runner => ({
  name: 'native',
  async run(plan: StagePlan) {
    const tree = smallTree(
      path.join(folder, `built-${plan.stage}`),
      `${plan.stage} on ${plan.seed.sha256}, anew`,
    )
    const { key } = plan
    const inputs = { ...(await inputsNow(plan, plan.stage)), ...(key === undefined ? {} : { key }) }
    const { seed: given } = plan
    if (given.sha256 === undefined) throw new Error('no stage was finished beside this one')
    const seed = { sha256: given.sha256, path: given.path }
    const { archive, record } = await finishStage(plan.layout, plan.stage, {
      tree,
      inputs: { ...inputs, seed },
    })
    const output = { path: archive, sha256: record.output.sha256, key }
    return { root: undefined, finish: async () => ({ seed: output, layers: [] }) }
  },
})

/** One line a stage, or the error. */
async function linesOf(act: () => Promise<string[]>): Promise<string[]> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof SdkError) return [`${error.code}: ${error.message}`]
    throw error
  }
}

/** What `plan` says. */
const planned = (request: Request): Promise<string[]> =>
  linesOf(async () => {
    const { stages } = await forecastRun(request, await requestLayout(request))
    return stages.map(({ stage, action, reason, seed, archive, key }) =>
      action === 'skip'
        ? `${stage} skip ${reason} ${archive}`
        : `${stage} run ${reason} ${seed?.path} ${key}`,
    )
  })

/** What `build` does. */
const done = (request: Request, folder: string): Promise<string[]> =>
  linesOf(async () => {
    const lines: string[] = []
    const emit = (fact: Fact): void => {
      if (fact.type === 'stage-skipped') lines.push(`${fact.stage} skip ${fact.reason} ${fact.archive}`)
      if (fact.type === 'stage-started')
        lines.push(`${fact.stage} run ${fact.reason} ${fact.seed} ${fact.key}`)
    }
    const layout = await requestLayout(request)
    await withSession(request, { layout, emit, signal: undefined }, (session) =>
      bootstrap({ ...session, services: { ...session.services, runner: packing(folder) } }),
    )
    return lines
  })

/** A catalyst root in which the first `count` stages are finished, and two seeds: the one that they go back to, and another. */
async function begun(t: TestContext, count: number): Promise<Ground & { seeds: string[]; request: Request }> {
  const place = await ground(t)
  const seeds: string[] = []
  for (const name of ['seed', 'other']) {
    const pack = await packTree(
      smallTree(path.join(place.folder, `${name}-tree`), name),
      path.join(place.folder, name),
    )
    await finalizeArchive(pack)
    seeds.push(pack.target)
  }
  const request = await requestFor(place)
  const run = await runSettings(request, place.layout)
  let seed = await sha256File(seeds[0] as string)
  // Records of an older program have no key.
  const keys: Partial<Record<StageName, string>> = { stage2: 'b'.repeat(64) }
  for (const stage of STAGES.slice(0, count)) {
    const tree = smallTree(path.join(place.folder, stage), stage)
    const key = keys[stage]
    const known = key === undefined ? {} : { key }
    const inputs = { ...(await inputsNow(run, stage)), ...known, seed: { sha256: seed, path: '/seed' } }
    seed = (await finishStage(place.layout, stage, { tree, inputs })).record.output.sha256
  }
  return { ...place, seeds, request }
}

const ASKED: readonly (readonly StageName[])[] = [
  STAGES,
  ['stage1'],
  ['stage3'],
  ['stage1', 'stage3'],
  ['stage2', 'stage4'],
]
const FLAGS = [{}, { rebuild: true }, { exact: true }]
const CHANGES = ['nothing', 'a repo', 'the archive of stage 2', 'the record of stage 1'] as const

interface Situation {
  readonly stages: readonly StageName[]
  readonly flags: Partial<Request>
  readonly seedTarball: string | undefined
  readonly what: (typeof CHANGES)[number]
}

/** What is there when a run begins: a seed that is given, or one change of what earlier runs have left. */
function* everyStart(
  seeds: readonly string[],
  count: number,
): Generator<Pick<Situation, 'seedTarball' | 'what'>> {
  for (const what of count === 0 ? CHANGES.slice(0, 1) : CHANGES)
    for (const seedTarball of what === 'nothing' ? [undefined, ...seeds] : [undefined])
      yield { seedTarball, what }
}

/** How many of the situations are tried: one for each pair of their three parts, or each of them. */
export type HowMany = 'pairs' | 'all'

function* everySituation(seeds: readonly string[], count: number, howMany: HowMany): Generator<Situation> {
  for (const [row, stages] of ASKED.entries())
    for (const [column, start] of [...everyStart(seeds, count)].entries())
      for (const [index, flags] of FLAGS.entries())
        if (howMany === 'all' || index === (row + column) % FLAGS.length) yield { stages, flags, ...start }
}

/** Changes one thing of what earlier runs have left. */
function change(what: (typeof CHANGES)[number], { folder, layout }: Ground): void {
  const archive = (stage: string): string => layout.archive(stage, 'zstd')
  if (what === 'a repo') appendFileSync(path.join(folder, 'test/repo/profiles/repo_name'), '\n')
  if (what === 'the archive of stage 2') rmSync(archive('stage2'), { force: true })
  if (what === 'the record of stage 1' && existsSync(archive('stage1')))
    appendFileSync(`${archive('stage1')}.record.json`, 'x')
}

/** Holds `plan` and `build` equal, with `count` stages that are finished, in so many of the situations. */
export async function saysWhatItDoes(t: TestContext, count: number, howMany: HowMany): Promise<void> {
  const place = await begun(t, count)
  const clean = path.join(place.folder, 'clean')
  mkdirSync(place.layout.root, { recursive: true })
  cpSync(place.layout.root, clean, { recursive: true })
  const repo = path.join(place.folder, 'test')
  cpSync(repo, path.join(place.folder, 'test-clean'), { recursive: true })
  for (const { stages, flags, seedTarball, what } of everySituation(place.seeds, count, howMany)) {
    for (const [from, to] of [
      [clean, place.layout.root],
      [path.join(place.folder, 'test-clean'), repo],
    ] as const) {
      rmSync(to, { recursive: true })
      cpSync(from, to, { recursive: true })
    }
    change(what, place)
    const seed = await chooseSeed({ definition: place.request.definition, seedTarball })
    const request = { ...place.request, ...flags, stages, seed }
    const said = await planned(request)
    const words = `${stages}; ${JSON.stringify(flags)}; ${path.basename(seedTarball ?? 'no seed')}; ${what}`
    assert.deepEqual(await done(request, place.folder), said, words)
  }
}
