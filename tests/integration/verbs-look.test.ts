import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { treeDigest } from '../../src/repos/digest.js'
import { createLayout, sideFiles } from '../../src/store/layout.js'
import { acquireLock } from '../../src/store/lock.js'
import { needsRoot } from './store-helpers.js'
import { cli, finishStage, ground, NOBODY, smallTree } from './verbs-helpers.js'

test('plan says what would run and why, without root, and makes nothing', needsRoot(), async (t) => {
  const { folder, place } = await ground(t)
  const before = readdirSync(folder)
  const seed = path.join(folder, 'seed.tar.gz')
  execFileSync('tar', ['-C', folder, '-czf', seed, 'test'])
  const all = await cli(['plan', ...place, '--json', '--seed_tarball', seed, '--version', '1.0.0+new'], {
    before: NOBODY,
  })
  assert.equal(all.exitCode, 0, all.stderr)
  const plan = JSON.parse(all.stdout)
  assert.deepEqual(
    plan.stages.map((each: { stage: string; action: string }) => [each.stage, each.action]),
    ['stage1', 'stage2', 'stage3', 'stage4'].map((stage) => [stage, 'run']),
  )
  assert.deepEqual(
    [plan.format, plan.version, plan.seed.kind],
    [1, { text: '1.0.0+new', isNew: false }, 'given'],
  )
  assert.match(plan.repos[0].digest, /^[0-9a-f]{64}$/)
  const text = await cli(['plan', ...place, 'stage1', '--seed_tarball', seed])
  assert.match(text.stdout, /^version +1\.0\.0\+\S+ \(new\)$/m)
  assert.match(text.stdout, /^stage1 {2}run: not built yet$/m)
  rmSync(seed)
  assert.deepEqual(readdirSync(folder), before)
})

/** A second repo, for the end of a definition. */
const OVERLAY = `[[repos]]
name = "overlay"
path = "overlay"
archive = "/var/gentoo/repos/overlay"
`

test('plan names the trees given for stage 1, and says that the seed is updated', async (t) => {
  const { folder, place } = await ground(t)
  const tree = path.join(folder, 'given')
  cpSync(path.join(folder, 'test/repo'), tree, { recursive: true })
  writeFileSync(path.join(tree, 'profiles/note'), 'another state')
  const seed = path.join(folder, 'seed.tar.gz')
  execFileSync('tar', ['-C', folder, '-czf', seed, 'test'])
  const plain = ['plan', ...place, 'stage1', 'stage2', '--seed_tarball', seed]
  const given = [...plain, '--stage1_portage_path', tree]
  const stagesOf = async (args: readonly string[]): Promise<Record<string, unknown>[]> => {
    const { exitCode, stdout, stderr } = await cli([...args, '--json'])
    assert.equal(exitCode, 0, stderr)
    return JSON.parse(stdout).stages
  }
  const trees = [{ name: 'main-repo', source: tree, digest: await treeDigest(tree) }]
  const facts = ({ repos, given: theirs, updatesSeed }: Record<string, unknown>): unknown[] => [
    repos,
    theirs,
    updatesSeed,
  ]
  const [first = {}, second = {}] = await stagesOf(given)
  assert.deepEqual(facts(first), ['given', trees, true])
  assert.deepEqual(facts(second), ['checkout', [], false])
  assert.deepEqual(facts((await stagesOf(plain))[0] ?? {}), ['seed', [], false])
  const words = `main-repo ${trees[0]?.digest.slice(0, 16)} of ${tree}`
  const all = await cli(given)
  assert.match(all.stdout, /^ {2}seed .*\n {11}its packages are updated first\n {2}repos/m)
  assert.ok(all.stdout.includes(`\n  repos    ${words}\n  key      `), all.stdout)
  assert.match(all.stdout, /^stage2 [\s\S]*^ {2}repos {4}the checkout's$/m)
  // With a repo that no tree is given for.
  appendFileSync(path.join(folder, 'test/sdk.toml'), OVERLAY)
  cpSync(path.join(folder, 'test/repo'), path.join(folder, 'test/overlay'), { recursive: true })
  writeFileSync(path.join(folder, 'test/overlay/profiles/repo_name'), 'overlay\n')
  const [mixed = {}] = await stagesOf(given)
  assert.deepEqual(facts(mixed), ['seed', trees, true])
  const some = await cli(given)
  assert.ok(some.stdout.includes(`\n  repos    ${words}\n           the others: those inside the seed\n`))
})

test(
  'files for catalyst that are not root’s are said to be copied with their owner',
  needsRoot(),
  async (t) => {
    const { folder, place } = await ground(t)
    const seed = path.join(folder, 'seed.tar.gz')
    execFileSync('tar', ['-C', folder, '-czf', seed, 'test'])
    const told = async (name: string, before: readonly string[]): Promise<string[]> => {
      const specs = path.join(folder, name)
      mkdirSync(specs)
      chmodSync(specs, 0o777)
      const words = ['--json', '--seed_tarball', seed, '--write_specs', specs]
      const { exitCode, stdout, stderr } = await cli(['plan', ...place, ...words], { before })
      assert.equal(exitCode, 0, stderr)
      const { unsaid } = JSON.parse(stdout).specs as { unsaid: { key: string; why: string }[] }
      return unsaid.flatMap(({ key, why }) => (key === 'stage4.root_overlay' ? [why] : []))
    }
    assert.deepEqual(await told('root', []), [])
    assert.match((await told('nobody', NOBODY)).join(), /chown -R root:root/)
  },
)

test('plan skips finished stages, and fails as the build would when the chain does not fit', async (t) => {
  const { folder, layout, place } = await ground(t)
  const version = ['--version', layout.version]
  const one = await finishStage(layout, 'stage1', { tree: smallTree(path.join(folder, 't1'), 'one') })
  const seed = one.record.output.sha256
  const two = await finishStage(layout, 'stage2', { tree: smallTree(path.join(folder, 't2'), 'two'), seed })
  const text = await cli(['plan', ...place, ...version])
  assert.equal(text.exitCode, 0, text.stderr)
  assert.match(text.stdout, /^seed +none needed/m)
  assert.match(
    text.stdout,
    /^stage2 {2}skip: finished; built before the stage scripts, the settings of the definition changed/m,
  )
  assert.match(
    text.stdout,
    new RegExp(
      `^stage3 {2}run: not built yet\\n {2}seed +stage2 \\(sha256 ${two.record.output.sha256.slice(0, 16)}`,
      'm',
    ),
  )
  const gap = await cli(['plan', ...place, ...version, 'stage2', 'stage4'])
  assert.deepEqual([gap.exitCode, /stage4 needs stage3/.test(gap.stderr)], [4, true])
  truncateSync(one.archive, 10)
  const cut = await cli(['plan', ...place, ...version])
  assert.deepEqual([cut.exitCode, /expected \d+ bytes, got 10 bytes/.test(cut.stderr)], [4, true])
})

test('status tells finished, broken, unfinished and running stages apart, newest version first', async (t) => {
  const { folder, layout, place } = await ground(t)
  const tree = smallTree(path.join(folder, 't1'), 'one')
  await finishStage(layout, 'stage1', { tree })
  const two = await finishStage(layout, 'stage2', { tree })
  renameSync(two.archive, `${two.archive}.away`)
  const three = await finishStage(layout, 'stage3', { tree })
  writeFileSync(sideFiles(three.archive).record, '{')
  mkdirSync(layout.work('stage4'), { recursive: true })
  mkdirSync(path.join(layout.root, 'work/test-sdk/stage1-amd64-no version'))
  mkdirSync(path.join(layout.root, 'log/test-sdk/1.0.0+later'), { recursive: true })
  writeFileSync(path.join(layout.root, 'log/test-sdk/1.0.0+later/journal.jsonl'), '')
  const states = async (): Promise<string[]> => {
    const { stdout, stderr } = await cli(['status', ...place, '--json'])
    assert.equal(stderr, '')
    const { versions } = JSON.parse(stdout)
    assert.deepEqual(
      versions.map((each: { version: string }) => each.version),
      ['1.0.0+later', '1.0.0+a'],
    )
    return Object.values(versions[1].stages).map((each) => (each as { state: string }).state)
  }
  assert.deepEqual(await states(), ['finished', 'broken', 'broken', 'unfinished'])
  // What a lock file says is not believed unless its process has it open.
  const lock = await acquireLock(layout.versionLock, {})
  assert.deepEqual(await states(), ['finished', 'broken', 'broken', 'running'])
  lock.release()
  assert.deepEqual(await states(), ['finished', 'broken', 'broken', 'unfinished'])
  const text = await cli(['status', ...place])
  assert.match(text.stdout, /^ {2}stage1 {2}finished +2026-01-01 00:01 UTC +1 min 0 s/m)
})

test('status lists what specs and other definitions have left below the root, too', async (t) => {
  const { folder, layout, place } = await ground(t)
  const { root } = layout
  const tree = smallTree(path.join(folder, 't1'), 'one')
  const spec = createLayout({ root, type: '23.0/default', arch: 'k8-sse3', version: '20260102T030405Z' })
  await finishStage(spec, 'stage3', { tree })
  mkdirSync(createLayout({ ...layout, type: 'other-sdk' }).work('stage1'), { recursive: true })
  const { stdout } = await cli(['status', ...place, '--json'])
  const { versions, others } = JSON.parse(stdout)
  assert.deepEqual(versions, [])
  type Other = {
    type: string
    arch: string
    versions: { version: string; stages: Record<string, { state: string }> }[]
  }
  const found = (others as Other[]).map(({ type, arch, versions: [first] }) => [
    ...[type, arch, first?.version],
    Object.values(first?.stages ?? {}).map(({ state }) => state),
  ])
  assert.deepEqual(found, [
    ['23.0/default', 'k8-sse3', '20260102T030405Z', ['none', 'none', 'finished', 'none']],
    ['other-sdk', 'amd64', '1.0.0+a', ['unfinished', 'none', 'none', 'none']],
  ])
  const only = await cli(['status', ...place, '--json', '--version', '1.0.0+a'])
  assert.deepEqual(JSON.parse(only.stdout).others.length, 1)
})

test('status of a catalyst root that is not there makes none', async (t) => {
  const { layout, place } = await ground(t)
  const { exitCode, stdout } = await cli(['status', ...place])
  assert.deepEqual([exitCode, /no version yet/.test(stdout), existsSync(layout.root)], [0, true, false])
})

test('doctor checks everything and makes nothing', async (t) => {
  const { layout, place } = await ground(t)
  const [, sdk = '', , root = ''] = place
  const { exitCode, stdout } = await cli(['doctor', '--sdk', sdk, '--catalyst_root', root, '--json'])
  const { ok, checks } = JSON.parse(stdout)
  assert.equal(exitCode, ok ? 0 : 3)
  const names = checks.map((each: { name: string }) => each.name)
  for (const name of [
    'Node.js',
    'root',
    'tar',
    'namespaces',
    'overlayfs',
    'free space',
    'programs of aarch64',
  ])
    assert.ok(names.includes(name), name)
  assert.equal(existsSync(layout.root), false)
})
