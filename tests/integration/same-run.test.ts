// `--version V` alone goes on with the very same run: what a run was asked is kept, printed commands come back to it, and what
// contradicts finished stages is refused.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import { toolEnvironment } from '../../src/process/environment.js'
import { capture } from '../../src/process/run.js'
import { writeKept } from '../../src/request/kept-request.js'
import { findStageRecord } from '../../src/store/find-record.js'
import { createLayout, sideFiles } from '../../src/store/layout.js'
import { MAIN } from '../helpers/program.js'
import { screen } from '../helpers/screen.js'
import { machine } from './seed-helpers.js'
import { needsRoot, temporary } from './store-helpers.js'
import { cli, finishStage, type Ground, ground, smallTree } from './verbs-helpers.js'

const DIST = path.resolve(import.meta.dirname, '../..')
const VERSION = '2.0.0+same'

/** A machine whose seed never comes: a run waits for it until it is ended. */
async function waiting(t: TestContext) {
  let asked = (): void => {}
  const server = createServer(() => asked()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const versionFile = 'FLATCAR_VERSION_ID=2.0.0\nFLATCAR_SDK_VERSION=1.2.3\n'
  const { place, layout } = await machine(t, { urls: [url], versionFile })
  return {
    place,
    layout: createLayout({ ...layout, version: VERSION }),
    /** Runs the command until it has asked for its seed, then ends it by the signal. */
    async stopped(words: readonly string[], signal: NodeJS.Signals, shell = false) {
      const question = new Promise<void>((resolve) => {
        asked = resolve
      })
      const argv = shell ? ['/bin/sh', '-c', `exec ${words.join(' ')}`] : [process.execPath, MAIN, ...words]
      const child = spawn(argv[0] as string, argv.slice(1), {
        env: toolEnvironment(),
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      let said = ''
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text
      })
      const end = once(child, 'close')
      // A run that never asks has ended by itself, and says why.
      if ((await Promise.race([question, end])) === undefined) child.kill(signal)
      const [exitCode] = (await end) as [number]
      return { exitCode, said }
    },
  }
}

test(
  'a run that a signal has ended says so, and its printed command goes on with the very same run',
  needsRoot(),
  async (t) => {
    const { place, layout, stopped } = await waiting(t)
    const asked = ['--jobs', '3', '--compression', 'xz', '--mirror', "a=file:///it's", '--no_host_setup']
    const first = await stopped([...place, '--version', VERSION, ...asked, 'stage1', 'stage2'], 'SIGTERM')
    assert.equal(first.exitCode, 143, first.said)
    assert.match(
      first.said,
      /==== stopped by SIGTERM after .* ====\nversion: {2}2\.0\.0\+same\nto go on with it:\n/,
    )
    assert.doesNotMatch(first.said, /failed|SDK_|enter/)
    const command = /to go on with it:\n {2}(.*)\n/.exec(first.said)?.[1] ?? ''
    // It has the place and the version, and nothing that is kept.
    assert.ok(command.endsWith(`${MAIN} --version ${VERSION} --catalyst_root ${layout.root}`), command)
    const second = await stopped([command], 'SIGINT', true)
    assert.equal(second.exitCode, 130, second.said)
    assert.ok(
      second.said.includes(`: building SDK test ${VERSION} (stage1, stage2) in`) ||
        /building SDK \S+ 2\.0\.0\+same \(stage1, stage2\)/.test(second.said),
      second.said,
    )
    assert.match(
      second.said,
      /goes on with what 2\.0\.0\+same was asked: .*--jobs 3 .*--compression xz.* stage1 stage2/,
    )
    assert.ok(second.said.includes(`to go on with it:\n  ${command}\n`), second.said)
    // The looking verbs know it, too: they need no definition to be named.
    const at = ['--version', VERSION, '--catalyst_root', layout.root]
    const plan = await cli(['plan', '--json', ...at])
    const { compression, jobs, sdk } = JSON.parse(plan.stdout || '{}') as Record<string, unknown> & {
      sdk: { type: string }
    }
    assert.deepEqual([compression, jobs, sdk.type], ['xz', 3, 'test-sdk'], plan.stderr)
    const status = await cli(['status', ...at])
    assert.match(status.stdout, /asked for .*--jobs 3 .*stage1 stage2\n {2}last run stopped by SIGINT/)
    const json = JSON.parse((await cli(['status', '--json', ...at])).stdout) as {
      versions: { asked: { stages: string[] }; lastRun: { outcome: string } }[]
    }
    assert.deepEqual(json.versions[0]?.asked.stages, ['stage1', 'stage2'])
    assert.equal(json.versions[0]?.lastRun.outcome, 'stopped')
  },
)

test(
  'the launcher: the printed command begins with the name that it was called by',
  needsRoot(),
  async (t) => {
    const { place, stopped } = await waiting(t)
    const folder = realpathSync(await temporary(t))
    const launcher = path.join(folder, 'a launcher')
    // The real one, but for the preparations of a checkout.
    const text = readFileSync(path.join(DIST, '../bootstrap_sdk'), 'utf8')
      .replace(/^project=.*$/m, `project='${path.join(DIST, '..')}'`)
      .replace(/^(require_node|prepare_project)$/gm, ':')
      .replace('$project/lib/cli', '$project/dist/src/cli')
    writeFileSync(launcher, text, { mode: 0o755 })
    const words = [...place, '--version', VERSION, '--no_host_setup'].map((word) => `'${word}'`)
    const { said } = await stopped([`'${launcher}'`, ...words], 'SIGTERM', true)
    assert.ok(said.includes(`to go on with it:\n  '${launcher}' --version ${VERSION} --catalyst_root`), said)
  },
)

test('a second signal leaves the terminal clean', async (t) => {
  const folder = realpathSync(await temporary(t))
  const script = path.join(folder, 'run.mjs')
  const layout = `createLayout({ root: ${JSON.stringify(path.join(folder, 'cr'))}, type: 'x', arch: 'amd64', version: '1.0' })`
  writeFileSync(
    script,
    `const at = (file) => import(${JSON.stringify(DIST)} + '/src/' + file)
const { handleSignals } = await at('cli/host/signals.js')
const { withEvents } = await at('cli/run-events.js')
const { readEnvironment } = await at('cli/environment.js')
const { createLayout } = await at('store/layout.js')
const caller = { environment: readEnvironment({ TERM: 'xterm' }), interrupt: handleSignals([]) }
const options = { json: false, debug: false }
setInterval(() => {}, 1000)
// What runs does not let itself be ended.
await withEvents(options, { layout: ${layout}, caller, resume: () => undefined }, (emit) => {
  emit({ type: 'run-started', version: '1.0', sdk: 'x', stages: ['stage1'], root: '/r', pid: process.pid })
  emit({ type: 'stage-started', stage: 'stage1', seed: 's', seedDigest: 'd', repos: 'r', reason: 'why' })
  emit({ type: 'step-started', stage: 'stage1', step: 'unpack' })
  setTimeout(() => process.kill(process.pid, 'SIGINT'), 300)
  setTimeout(() => process.kill(process.pid, 'SIGINT'), 600)
  return new Promise(() => {})
})
`,
  )
  const command = `'${process.execPath}' '${script}'`
  const { stdout } = await capture({
    argv: ['script', '-qefc', command, '/dev/null'],
    env: toolEnvironment({ TERM: 'xterm' }),
  })
  assert.match(stdout, /stage1 \(1 of 1\) \| unpack/)
  const rows = screen(stdout.replaceAll('\r\n', '\n').replace(/\n/g, '\r\n'), 80).filter((row) => row !== '')
  assert.deepEqual(
    rows.map((row) => row.replace(/^\[.*?\] /, '')),
    ['building SDK x 1.0 (stage1) in /r', 'stage1: started (why) from s'],
  )
})

/** A version whose stage 1 is finished, from trees and a seed. */
async function finished(t: TestContext): Promise<Ground & { seed: string; repo: string }> {
  const place = await ground(t)
  const repo = path.join(place.folder, 'test/repo')
  mkdirSync(path.join(repo, 'profiles/other'), { recursive: true })
  const seed = path.join(place.folder, 'seed.tar')
  const archive = async (name: string): Promise<string> => {
    const file = path.join(place.folder, name)
    await capture({
      argv: ['tar', '-C', smallTree(path.join(place.folder, `tree-${name}`), name), '-cf', file, '.'],
    })
    return file
  }
  await archive('seed.tar')
  await archive('other.tar')
  const { createHash } = await import('node:crypto')
  const sha256 = createHash('sha256').update(readFileSync(seed)).digest('hex')
  const repos = [
    { name: 'main-repo', digest: 'b'.repeat(64), edited: false, from: 'tree' as const, path: repo },
  ]
  const tree = smallTree(path.join(place.folder, 'one'), 'one')
  await finishStage(place.layout, 'stage1', { tree, seed: sha256, inputs: { repos } })
  await finishStage(place.layout, 'stage2', { tree, inputs: { repos } })
  cpSync(repo, path.join(place.folder, 'copy'), { recursive: true })
  return { ...place, seed, repo }
}

test('what contradicts finished stages is refused with 4, by plan and build, unless it is meant', async (t) => {
  const { folder, place, layout, seed } = await finished(t)
  const at = [...place, '--version', layout.version]
  const other = path.join(folder, 'other.tar')
  const copy = path.join(folder, 'copy')
  const cases: readonly [string[], RegExp][] = [
    [
      ['--profile', 'main-repo:other'],
      /--profile main-repo:other contradicts .* \(stage1, stage2\): expected main-repo:sdk/,
    ],
    [['--profile', 'other', 'stage3'], /--profile other contradicts/],
    [['--seed_tarball', other], /--seed_tarball \S+ contradicts .*: expected \/seed\.tar\.zst \(sha256/],
    [['--seed_tarball', other, 'stage3'], /--seed_tarball/],
    [['--portage_stable', copy], /--portage_stable \S+copy contradicts .*expected \S+test\/repo/],
    [['--stage1_portage_path', copy], /--stage1_portage_path \S+copy contradicts/],
    // What is rebuilt is not all that rests on it.
    [['--profile', 'main-repo:other', '--rebuild', 'stage2'], /\(stage1\): expected/],
  ]
  for (const [words, message] of cases)
    for (const verb of words === cases[0]?.[0] ? ['plan', 'build'] : ['plan']) {
      const { exitCode, stderr } = await cli([verb, '--no_host_setup', ...at, ...words])
      assert.equal(exitCode, 4, `${verb} ${words.join(' ')}: ${stderr}`)
      assert.match(stderr, message)
      assert.match(stderr, /SDK_CHAIN.*\n.*--exact .*--rebuild /)
    }
  for (const words of [
    ['--profile', 'sdk'],
    ['--profile', 'main-repo:other', '--exact'],
    ['--profile', 'main-repo:other', '--rebuild'],
    ['--seed_tarball', other, '--rebuild'],
    ['--seed_tarball', seed],
    // The seed of a stage by itself: what the version's own stage 1 has put out.
    ['--seed_tarball', layout.archive('stage1', 'zstd'), 'stage3'],
    ['--portage_stable', path.join(folder, 'test/../test/repo')],
    ['--jobs', '3', '--compression', 'xz'],
  ])
    assert.doesNotMatch((await cli(['plan', ...at, ...words])).stderr, /contradicts/, words.join(' '))
  assert.ok(!existsSync(layout.asked))
})

test('what a configuration file says since, and another definition of the same type, contradict as well', async (t) => {
  const { folder, place, layout } = await finished(t)
  const [, sdk = '', ...root] = place
  const config = path.join(folder, 'bootstrap_sdk.toml')
  const plan = (...words: string[]) =>
    cli(['plan', ...root, '--version', layout.version, ...words, 'stage1'], { cwd: folder })
  const keep = { format: 1 as const, isDone: false, gentooMirrors: [], withheld: [], stages: [] }
  const begun = new Date().toISOString()
  await writeKept(layout, { ...keep, begun, options: { sdk: [sdk] } })
  writeFileSync(config, 'profile = "main-repo:other"\n')
  const { exitCode, stderr } = await plan()
  assert.equal(exitCode, 4, stderr)
  assert.match(
    stderr,
    /--profile main-repo:other contradicts .*: expected main-repo:sdk .*\n.*configuration file/,
  )
  for (const words of [['--profile', 'sdk'], ['--exact']])
    assert.doesNotMatch((await plan(...words)).stderr, /contradicts/, words.join(' '))
  // It said so when the version was begun.
  await writeKept(layout, { ...keep, begun, options: { sdk: [sdk], profile: ['main-repo:sdk'] } })
  assert.doesNotMatch((await plan()).stderr, /contradicts/)
  rmSync(config)
  symlinkSync(sdk, path.join(folder, 'the same'))
  assert.doesNotMatch((await plan('--sdk', path.join(folder, 'the same'))).stderr, /contradicts/)
  // Of a version that was begun without a word about it, the records say which definition that was.
  await writeKept(layout, { ...keep, begun, options: {} })
  assert.doesNotMatch((await plan('--sdk', sdk)).stderr, /contradicts/)
  const toml = path.join(sdk, 'sdk.toml')
  writeFileSync(toml, readFileSync(toml, 'utf8').replace('name = "test"', 'name = "mine"'))
  assert.match((await plan('--sdk', sdk)).stderr, /--sdk \S+ contradicts .*: expected the definition test/)
})

test('status tells what variables said to the runs of a version as the options that they stand for', async (t) => {
  const { place, layout } = await finished(t)
  const keep = { format: 1 as const, isDone: false, gentooMirrors: [], withheld: [], stages: [] }
  const standing = { store: 'oci://registry.example/x' }
  await writeKept(layout, { ...keep, begun: new Date().toISOString(), options: { jobs: ['3'] }, standing })
  const { stdout, stderr } = await cli(['status', ...place])
  assert.match(stdout, /asked for --jobs 3 --store oci:\/\/registry\.example\/x/, stderr)
})

test('what --rebuild has built again is told by the attempts, not by a clock', needsRoot(), async (t) => {
  const { place, layout, seed } = await finished(t)
  const at = [...place, '--version', layout.version]
  // Of another seed than this stage 1.
  rmSync(sideFiles(layout.archive('stage2', 'zstd')).record)
  const actions = async (): Promise<string[]> => {
    const { stdout, stderr } = await cli(['plan', '--json', ...at])
    const { stages = [] } = JSON.parse(stdout || '{}') as { stages?: { stage: string; action: string }[] }
    return stages.length === 0
      ? [stderr]
      : stages.map(({ stage, action }) => `${stage} ${action}`).slice(0, 2)
  }
  const { started } = (await findStageRecord(layout, 'stage1'))?.record.timing ?? { started: '' }
  const keep = { format: 2 as const, isDone: false, gentooMirrors: [], withheld: [], stages: [] }
  const options = { rebuild: true, seed_tarball: [seed] }
  for (const begun of ['1970-01-01T00:00:00.000Z', '2037-01-01T00:00:00.000Z']) {
    // As a run notes it that begins now, and as one that has built stage 1 since.
    await writeKept(layout, { ...keep, begun, options })
    assert.deepEqual(await actions(), ['stage1 run', 'stage2 run'], begun)
    await writeKept(layout, { ...keep, begun, options, before: { stage1: `${started}?` } })
    assert.equal((await actions())[0], 'stage1 skip', begun)
  }
})

test('the seed of an earlier run is for the stage that it was given for, and for no other', async (t) => {
  const { place, layout, seed } = await finished(t)
  const at = [...place, '--version', layout.version]
  const seedOf = async (words: readonly string[]): Promise<string | undefined> => {
    const { stdout, stderr } = await cli(['plan', '--json', ...at, ...words])
    const { stages } = JSON.parse(stdout || '{}') as {
      stages?: { action: string; seed?: { path?: string } }[]
    }
    return stages?.find(({ action }) => action === 'run')?.seed?.path ?? stderr
  }
  const keep = { begun: new Date().toISOString(), isDone: true, gentooMirrors: [], withheld: [] }
  const options = { seed_tarball: [seed] }
  await writeKept(layout, { format: 1, ...keep, stages: [], options })
  assert.equal(await seedOf(['--rebuild', 'stage2']), layout.archive('stage1', 'zstd'))
  assert.equal(await seedOf(['stage3']), layout.archive('stage2', 'zstd'))
  assert.equal(await seedOf(['--rebuild']), seed)
  assert.equal(await seedOf(['--rebuild', 'stage2', '--seed_tarball', seed]), seed)
  const passed = /stage2 is built upon the seed that was given, not upon stage1 of \S+, which is finished/
  const told = async (words: readonly string[]): Promise<string> => {
    const { stdout, stderr } = await cli(['plan', ...at, '--rebuild', 'stage2', ...words])
    return stdout + stderr
  }
  assert.match(await told(['--seed_tarball', seed]), passed)
  assert.doesNotMatch(await told(['--seed_tarball', layout.archive('stage1', 'zstd')]), passed)
  assert.doesNotMatch(await told([]), passed)
  // Stage 3 was built by itself: going on with that is another thing than building stage 2 again.
  await writeKept(layout, {
    format: 1,
    ...keep,
    isDone: false,
    stages: ['stage3'],
    seedFor: 'stage3',
    options,
  })
  assert.equal(await seedOf([]), seed)
  assert.equal(await seedOf(['--rebuild', 'stage2']), layout.archive('stage1', 'zstd'))
})
