// The miniature SDK and a shared store: what one catalyst root has built, others have without building, whatever their version,
// jobs and umask are; a store that is gone is a warning; other bytes under one key are found. Needs root and pip's index.

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { removeTree } from '../../src/store/disk/remove.js'
import type { StageRecord } from '../../src/store/record.js'
import { once } from '../helpers/prepared.js'
import { hex, keptBlob, makeKey, type RegistryServer, startRegistry } from '../helpers/registry-server.js'
import { MiniPlace, SKIP, stages } from './mini-place.js'
import { type Run, type RunOptions, runCommand } from './run-command.js'

const VERSION = '1.0.0+2026-01-01-0000'
const OTHER = '2.0.0+other'
const ALL = ['stage1', 'stage2', 'stage3', 'stage4'] as const

describe('the miniature SDK and a shared store', { skip: SKIP }, () => {
  const place = new MiniPlace()
  const ends: (() => Promise<void>)[] = []
  let server: RegistryServer
  let words: string[]
  let key: string

  const build = (
    root: string,
    version: string,
    more: readonly string[],
    options: RunOptions = {},
  ): Promise<Run> =>
    runCommand(
      [
        ...[
          '--json',
          '--sdk',
          place.sdk,
          '--seed_tarball',
          place.seed,
          '--catalyst_root',
          path.join(place.folder, root),
        ],
        ...['--version', version, ...words, ...more],
      ],
      options,
    )
  const fileOf = (root: string, version: string, stage: string): string =>
    path.join(place.folder, root, `builds/mini-sdk/${stage}-amd64-${version}.tar.zst`)
  const recordOf = (root: string, version: string, stage: string): StageRecord =>
    JSON.parse(readFileSync(`${fileOf(root, version, stage)}.record.json`, 'utf8')) as StageRecord
  const built = (run: Run): string[] =>
    run.events.flatMap((event) =>
      event.type === 'package-merged' ? [`${event.stage} ${event.package}`] : [],
    )

  before(async () => {
    await place.makeSeed()
    server = await startRegistry({
      after: (end) => void ends.push(async () => await (end as () => Promise<void>)()),
    })
    key = makeKey(path.join(place.folder, 'keys'), 'ci')
    words = ['--store', `oci://${server.host}/mini/store`]
    const first = await build('first', VERSION, ['--jobs', '2', '--store_mode', 'write', '--store_sign', key])
    assert.equal(first.exitCode, 0, first.stderr)
    assert.deepEqual(stages(first, 'stage-started'), [...ALL])
  })
  after(async () => {
    for (const end of ends) await end()
    await place.assertIntact()
    await removeTree(place.folder, path.dirname(place.folder))
  })

  /** A build that takes all that it can. */
  const other = once(async () => {
    const asked = ['--jobs', '1', '--store_keys', `${key}.pub`]
    const strange = { before: ['bash', '-c', 'umask 077; exec "$0" "$@"'] }
    const planned = await build('other', OTHER, [...asked, 'plan'])
    const run = await build('other', OTHER, asked, strange)
    assert.equal(run.exitCode, 0, run.stderr)
    return { planned, run }
  })

  test('another root, version, umask and number of jobs: stages 1 to 3 are taken, and no package of them is built', async () => {
    const { planned, run } = await other()
    const { stages: forecast } = JSON.parse(planned.stdout) as { stages: { stage: string; action: string }[] }
    assert.deepEqual(
      forecast.map(({ action }) => action),
      ['take', 'take', 'take', 'run'],
    )
    assert.deepEqual(stages(run, 'stage-skipped'), ['stage1', 'stage2', 'stage3'])
    assert.deepEqual(stages(run, 'stage-started'), ['stage4'])
    for (const event of run.events)
      if (event.type === 'stage-skipped') assert.equal(event.reason, 'taken from the store')
    assert.deepEqual(
      built(run).filter((each) => !each.startsWith('stage4')),
      [],
    )
    for (const stage of ALL.slice(0, 3))
      assert.equal(
        hex(readFileSync(fileOf('other', OTHER, stage))),
        hex(readFileSync(fileOf('first', VERSION, stage))),
        stage,
      )
    // What is built upon a taken stage knows what of it is stage 1's.
    for (const stage of ['stage2', 'stage3', 'stage4']) {
      assert.deepEqual(
        recordOf('other', OTHER, stage).carried,
        recordOf('first', VERSION, stage).carried,
        stage,
      )
      assert.equal(recordOf('other', OTHER, stage).carried?.by, 'layers')
    }
    const verified = await runCommand([
      ...['verify', '--json', '--sdk', place.sdk, '--catalyst_root', path.join(place.folder, 'other')],
      ...['--version', OTHER],
    ])
    assert.equal(verified.exitCode, 0, verified.stdout)
  })

  test('the same version elsewhere: nothing at all is built', async () => {
    const run = await build('same', VERSION, ['--store_keys', `${key}.pub`])
    assert.equal(run.exitCode, 0, run.stderr)
    assert.deepEqual(stages(run, 'stage-skipped'), [...ALL])
    assert.deepEqual(built(run), [])
    assert.deepEqual(
      ALL.map((stage) => recordOf('same', VERSION, stage).output),
      ALL.map((stage) => recordOf('first', VERSION, stage).output),
    )
    assert.ok(existsSync(path.join(place.folder, `same/builds/mini-sdk/mini-sdk-amd64-${VERSION}.tar.zst`)))
    // The next run has them, and asks nobody.
    const again = await build('same', VERSION, [])
    assert.deepEqual(stages(again, 'stage-skipped'), [...ALL])
  })

  test('who has built without a store puts all there with the next run, the seed too', async () => {
    const sign = ['--store', `oci://${server.host}/mini/later`, '--store_mode', 'write', '--store_sign', key]
    const run = await build('first', VERSION, sign)
    assert.equal(run.exitCode, 0, run.stderr)
    assert.deepEqual(stages(run, 'stage-skipped'), [...ALL])
    const { stdout } = await runCommand([
      'store',
      'ls',
      '--json',
      ...sign.slice(0, 2),
      '--store_keys',
      `${key}.pub`,
    ])
    const there = JSON.parse(stdout) as { stages: unknown[]; seeds: { key: string }[] }
    assert.equal(there.stages.length, ALL.length)
    assert.deepEqual(
      there.seeds.map((each) => each.key),
      [hex(readFileSync(place.seed))],
    )
  })

  test('a job that needs no bytes of a stage fetches none, and one that builds fetches what it builds upon', async () => {
    // Nor has its machine the seed, but by what it is.
    const seed = ['--seed_tarball', `sha256:${hex(readFileSync(place.seed))}`]
    const job = (root: string, version: string, asked: readonly string[]): Promise<Run> =>
      build(root, version, [...asked, ...seed, '--store_take', 'needed', '--store_keys', `${key}.pub`])
    const seedsIn = (root: string): string[] => {
      const folder = path.join(place.folder, root, 'seeds')
      return existsSync(folder) ? readdirSync(folder).filter((name) => /^given-.*\.zst$/.test(name)) : []
    }
    const archives = (root: string): string[] =>
      ALL.filter((stage) => [VERSION, OTHER].some((version) => existsSync(fileOf(root, version, stage))))
    const only = await job('job', VERSION, ['stage1', 'stage2'])
    assert.equal(only.exitCode, 0, only.stderr)
    assert.deepEqual([stages(only, 'stage-skipped'), archives('job')], [['stage1', 'stage2'], []])
    assert.deepEqual(seedsIn('job'), [])
    const last = await job('job', VERSION, ALL)
    assert.equal(last.exitCode, 0, last.stderr)
    assert.deepEqual([stages(last, 'stage-skipped'), archives('job')], [[...ALL], ['stage4']])
    assert.ok(existsSync(path.join(place.folder, `job/builds/mini-sdk/mini-sdk-amd64-${VERSION}.tar.zst`)))
    // Finished upon the same bytes: nothing is done again, by plan and run.
    const planned = await job('job', VERSION, ['plan'])
    const { stages: forecast } = JSON.parse(planned.stdout) as { stages: { action: string }[] }
    assert.deepEqual(
      forecast.map(({ action }) => action),
      ['take', 'take', 'take', 'skip'],
    )
    const again = await job('job', VERSION, ALL)
    assert.deepEqual([stages(again, 'stage-started'), archives('job')], [[], ['stage4']])
    const builds = await job('builds', OTHER, ALL)
    assert.equal(builds.exitCode, 0, builds.stderr)
    assert.deepEqual(stages(builds, 'stage-started'), ['stage4'])
    assert.deepEqual(archives('builds'), ['stage3', 'stage4'])
    assert.deepEqual(seedsIn('builds'), [])
    // As where all stages were fetched: the pool, the proofs, the bytes.
    await other()
    const [own, all] = ['builds', 'other'].map((root) => recordOf(root, OTHER, 'stage4'))
    assert.equal(own?.output.sha256, all?.output.sha256)
    assert.deepEqual(own?.carried, all?.carried)
    const first = recordOf('first', VERSION, 'stage1').inputs.seed.sha256
    assert.equal(recordOf('builds', OTHER, 'stage3').taken?.firstSeed, first)
    const verified = await runCommand([
      ...['verify', '--json', '--sdk', place.sdk, '--catalyst_root', path.join(place.folder, 'builds')],
      ...['--version', OTHER],
    ])
    assert.equal(verified.exitCode, 0, verified.stdout)
    // With a stage 1 of its own it needs the seed itself.
    const alone = await job('own', OTHER, ['stage1', '--rebuild'])
    assert.equal(alone.exitCode, 0, alone.stderr)
    assert.deepEqual(stages(alone, 'stage-started'), ['stage1'])
    assert.equal(seedsIn('own').length, 1)
    assert.equal(recordOf('own', OTHER, 'stage1').inputs.seed.sha256, first)
  })

  test('who builds other bytes under a key ends with 7, and has both records', async () => {
    // What app-misc/alpha sees of its build is in its files.
    const sign = ['--store_mode', 'write', '--store_sign', key]
    // For theirs the record alone is fetched: the archive need not even be there.
    const archive = keptBlob(server, recordOf('first', VERSION, 'stage1').output.sha256)
    renameSync(archive, `${archive}.away`)
    const run = await build('second', VERSION, ['stage1', '--rebuild', ...sign])
    renameSync(`${archive}.away`, archive)
    assert.equal(run.exitCode, 7, run.stderr)
    assert.match(run.stdout, /stage1 is not reproducible/)
    const theirs = path.join(place.folder, `second/log/mini-sdk/stage1-amd64-${VERSION}/store.record.json`)
    const record = JSON.parse(readFileSync(theirs, 'utf8')) as StageRecord
    assert.equal(record.output.sha256, recordOf('first', VERSION, 'stage1').output.sha256)
    assert.notEqual(recordOf('second', VERSION, 'stage1').output.sha256, record.output.sha256)
  })

  test('a key that is not believed, and a store that is gone, are warnings: the stage is built', async () => {
    mkdirSync(path.join(place.folder, 'keys/foreign'))
    const foreign = makeKey(path.join(place.folder, 'keys/foreign'), 'somebody')
    const run = await build('alone', VERSION, ['plan', '--store_keys', `${foreign}.pub`])
    const { notices, stages: planned } = JSON.parse(run.stdout) as {
      notices: string[]
      stages: { action: string }[]
    }
    assert.ok(notices.some((each) => /foreign key/.test(each)))
    assert.equal(planned[0]?.action, 'run')
    await server.kill()
    const gone = await build('alone', VERSION, ['stage1', '--store_keys', `${key}.pub`])
    assert.equal(gone.exitCode, 0, gone.stderr)
    assert.deepEqual(stages(gone, 'stage-started'), ['stage1'])
    const warned = gone.events.filter(
      (event) => event.type === 'warning' && /the store oci/.test(event.message),
    )
    assert.equal(warned.length, 1)
  })
})
