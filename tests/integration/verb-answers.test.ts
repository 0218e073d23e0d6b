// Each verb that takes --json, run for real: what it writes is what schemas/ says. The verbs are those of the table, so that a new one
// without an answer here fails.

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, test } from 'node:test'
import { OPTIONS } from '../../src/cli/arguments/options/table.js'
import type { VerbName } from '../../src/cli/arguments/verbs.js'
import { requireAnswer, schemaCheck } from '../helpers/answers.js'
import { at, ONE_OF_EACH } from '../helpers/events.js'
import { MAIN } from '../helpers/program.js'
import { makeKey, NO_REGISTRY, startRegistry } from '../helpers/registry-server.js'
import { wholeRun } from '../helpers/report-events.js'
import { needsRoot } from './store-helpers.js'
import { cli, finishStage, type Ground, ground, smallTree } from './verbs-helpers.js'

/** Verbs that write events with --json, or nothing but an error, which is one. */
const TELL_EVENTS: readonly VerbName[] = ['build', 'fetch', 'enter']

/** A version with finished stages, a journal and logs, and a seed to plan upon. */
async function furnished(t: Parameters<typeof ground>[0]): Promise<Ground & { seed: string }> {
  const made = await ground(t)
  const { folder, layout } = made
  const tree = (name: string): string => smallTree(path.join(folder, name), name)
  const one = await finishStage(layout, 'stage1', {
    tree: tree('one'),
    cpvs: ['sys-libs/zlib-1.3'],
    inputs: { key: '1'.repeat(64) },
  })
  const seed = one.record.output.sha256
  await finishStage(layout, 'stage4', { tree: tree('four'), seed, cpvs: ['sys-libs/zlib-1.3'] })
  mkdirSync(path.dirname(layout.journal), { recursive: true })
  const again = path.join(path.dirname(layout.journal), '../1.0.0+b/journal.jsonl')
  mkdirSync(path.dirname(again), { recursive: true })
  const lines = (events: ReturnType<typeof wholeRun>): string =>
    events.map((event) => `${JSON.stringify(event)}\n`).join('')
  writeFileSync(layout.journal, lines(wholeRun()))
  writeFileSync(again, lines([...wholeRun(), at(9, ONE_OF_EACH['stage-failed'])]))
  const logs = layout.stageLog('stage1')
  mkdirSync(logs, { recursive: true })
  writeFileSync(path.join(logs, 'sys-libs:zlib-1.3:20260101-000000.log'), 'made\n')
  const file = path.join(folder, 'seed.tar.gz')
  execFileSync('tar', ['-C', folder, '-czf', file, 'test'])
  return { ...made, seed: file }
}

const done = new Set<VerbName>(TELL_EVENTS)
// What is left out here must be left out on purpose.
after(() => {
  if (NO_REGISTRY !== false) done.add('store')
  if (needsRoot().skip !== false) for (const verb of ['export', 'verify'] as const) done.add(verb)
  assert.deepEqual([...done].sort(), [...OPTIONS.json.verbs].sort())
})

/** Runs a verb that is to succeed, or to end with one of `codes`, and holds its answer to the schema. */
async function answered(
  words: readonly string[],
  { place }: Pick<Ground, 'place'>,
  codes: readonly number[] = [0],
): Promise<Record<string, unknown>> {
  const { exitCode, stdout, stderr } = await cli([...words, ...place, '--json'])
  assert.ok(codes.includes(exitCode ?? -1), `${words.join(' ')}: ${exitCode}: ${stderr}`)
  done.add(words[0] as VerbName)
  return requireAnswer(words[0] ?? '', stdout)
}

test('what looks: plan, status, log, why, report, doctor, compare, clean, config', async (t) => {
  const made = await furnished(t)
  const { folder, layout, seed } = made
  const upon = ['--seed_tarball', seed]
  const planned = await answered(
    ['plan', ...upon, '--version', '1.0.0+c', '--write_specs', path.join(folder, 's')],
    made,
  )
  assert.equal((planned.stages as unknown[]).length, 4)
  assert.ok(Array.isArray((await answered(['plan', '--matrix', 'github', ...upon], made)).jobs))
  const { versions } = (await answered(['status'], made)) as {
    versions: { stages: { stage1: { state: string } } }[]
  }
  assert.ok(versions.some(({ stages }) => stages.stage1.state === 'finished'))
  assert.equal((await answered(['log', 'zlib', '--version', '1.0.0+a'], made)).package, 'sys-libs/zlib-1.3')
  assert.equal((await answered(['why', 'zlib', '--version', '1.0.0+a'], made)).version, '1.0.0+a')
  assert.ok(((await answered(['report', '--version', '1.0.0+a'], made)).packages as unknown[]).length > 0)
  assert.equal((await answered(['report', '--compare', '1.0.0+a', '1.0.0+b'], made)).after, '1.0.0+b')
  await answered(['doctor'], made, [0, 3])
  const sides = [layout.archive('stage1', 'zstd'), layout.archive('stage4', 'zstd')]
  assert.equal((await answered(['compare', ...sides], made, [7])).equal, false)
  assert.equal((await answered(['clean', '--dry_run', '--keep', '1'], made)).dryRun, true)
  assert.ok(Array.isArray((await answered(['config', 'show'], { place: [] })).options))
  const bundle = path.join(folder, 'logs.tar.gz')
  assert.equal((await answered(['collect-logs', bundle, '--version', '1.0.0+b'], made)).file, bundle)
})

test('what acts: export and verify', needsRoot(), async (t) => {
  const made = await furnished(t)
  const exported = await answered(['export', 'sdk', '--oci', path.join(made.folder, 'image')], made)
  assert.match(String(exported.digest), /^sha256:/)
  const verified = await answered(['verify', '--version', '1.0.0+a'], made, [0, 7])
  assert.equal((verified.archives as unknown[]).length, 2)
})

test('serve says its address', async (t) => {
  const { place } = await furnished(t)
  const child = spawn(process.execPath, [MAIN, 'serve', ...place, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  const [said] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string]
  assert.match(String(requireAnswer('serve', said).url), /^http:\/\/127\.0\.0\.1:/)
  done.add('serve')
})

test('store push, ls, pull and gc', { skip: NO_REGISTRY }, async (t) => {
  const made = await furnished(t)
  const { folder, place } = made
  const server = await startRegistry(t)
  const key = makeKey(folder, 'ci')
  const store = { place: [...place, '--store', `oci://${server.host}/sdk`, '--store_keys', `${key}.pub`] }
  const pushed = await answered(['store', 'push', '--version', '1.0.0+a', '--store_sign', key], store)
  assert.equal((pushed.stages as unknown[]).length, 1)
  assert.equal(((await answered(['store', 'ls'], store)).stages as unknown[]).length, 1)
  const pulled = await answered(['store', 'pull', '11111111', path.join(folder, 'pulled')], store)
  assert.ok((pulled.files as unknown[]).length >= 4)
  const gone = await answered(['store', 'gc', '--keep', '1', '--min_age', '1d', '--dry_run'], store)
  assert.equal(gone.dryRun, true)
})

test('build, fetch and enter tell an error as an event', async (t) => {
  const { folder, place } = await ground(t)
  writeFileSync(path.join(folder, 'test/sdk.toml'), 'format = 1\nname = "a\\nb"\n')
  const check = schemaCheck('event')
  for (const verb of TELL_EVENTS) {
    const { stdout } = await cli([verb, ...place, '--json'])
    assert.ok(check(JSON.parse(stdout)), `${verb}: ${stdout}`)
  }
})
