import assert from 'node:assert/strict'
import test from 'node:test'
import { judgeMount } from '../../../src/doctor/catalyst-root.js'
import type { Event, Fact } from '../../../src/events/event.js'
import { attemptSpec, copySpec } from '../../../src/inspect/enter.js'
import { attemptOf, enterableOf } from '../../../src/inspect/enterable.js'
import { lastRunOf } from '../../../src/inspect/last-run.js'
import { archIn } from '../../../src/inspect/sdks.js'
import { rootFindings } from '../../../src/inspect/verify/verify.js'
import {
  type StageState,
  type VersionState,
  versionOfFile,
  versionOfFolder,
} from '../../../src/inspect/versions.js'
import { visitEnvironment } from '../../../src/inspect/visit.js'
import { isTemporary } from '../../../src/store/disk/temporary.js'
import { createLayout } from '../../../src/store/layout.js'
import { parseLockInfo } from '../../../src/store/lock.js'
import { makeElfTable } from '../../../src/toolchain/elf/table.js'

test('versions are read from the names of archives, of what lies beside them, and of folders', () => {
  const names = { type: 'my-sdk', arch: 'amd64' }
  const cases: [string, string | undefined][] = [
    ['stage1-amd64-1.0.0+a.tar.zst', '1.0.0+a'],
    ['stage4-amd64-1.0.0+a.tar.bz2.CONTENTS.gz', '1.0.0+a'],
    ['my-sdk-amd64-2.tar.xz.record.json', '2'],
    ['stage1-amd64-1.0.0+a.tar.zst.tar.zst', '1.0.0+a.tar.zst'],
    ['stage1-amd64-1.0.0+a.tar.zst.tar.zst.DIGESTS', '1.0.0+a.tar.zst'],
    ['stage1-arm64-1.0.0.tar.zst', undefined],
    ['.stage1-amd64-1.tar.zst.partial-00', undefined],
    ['seed-x1', undefined],
  ]
  for (const [name, version] of cases) assert.equal(versionOfFile(name, names), version, name)
  for (const version of ['1.0.0+2026-01-01-0000', '1.0.0+a.tar.zst'])
    assert.equal(versionOfFolder(`stage2-amd64-${version}`, names), version)
})

test('of what a stage is, as far as its name tells', () => {
  const cases: [string, string | undefined][] = [
    ['stage1-amd64-1.0.0+a.tar.zst', 'amd64'],
    ['stage3-k8-20260102T030405Z', 'k8'],
    ['stage3-k8-sse3-20260102T030405Z.tar.bz2.record.json', 'k8-sse3'],
    ['stage3-amd64-latest.tar.bz2', undefined],
    ['stage3-vax-1.tar.bz2', undefined],
    ['my-sdk-amd64-1.tar.bz2', undefined],
  ]
  for (const [name, arch] of cases) assert.equal(archIn(name), arch, name)
})

test('temporary folders of other work than stages are known by their names', () => {
  for (const name of [
    'enter-a1B2c3',
    'verify-a1B2c3',
    'store-a1B2c3',
    'packages-a1B2c3',
    'apt-17',
    'publish-a1B2c3',
    'seed-0123456789abcdef',
  ])
    assert.ok(isTemporary(name), name)
  for (const name of ['embedded-sdk', 'enter', 'packages-sdk', 'seed-sdk', 'apt-a', 'verify-a1B2c3/x'])
    assert.ok(!isTemporary(name), name)
})

test('the text of a lock is taken for what it is', () => {
  assert.deepEqual(parseLockInfo('{"pid":7,"startedAt":"now","purpose":"enter"}'), {
    ...{ pid: 7, startedAt: 'now', purpose: 'enter' },
  })
  for (const text of ['', '{', 'null', '7', '{"pid":"7"}', '{"pid":-1}', '{"pid":1.5}'])
    assert.equal(parseLockInfo(text), undefined, text)
})

const event = (fact: Fact, time: string): Event => ({ v: 1, time, elapsedMs: 0, ...fact })
const begin: Fact = { type: 'run-started', version: '1', sdk: 's', stages: [], root: '/r', pid: 1 }

test('the newest run of a journal: how it ended, or that it did not', () => {
  const failed = {
    type: 'run-failed',
    code: 'SDK_STAGE',
    message: 'm',
    exitCode: 5,
    durationMs: 1,
    facts: {},
  } as const
  assert.equal(lastRunOf([]), undefined)
  assert.deepEqual(lastRunOf([event(begin, 'a'), event(failed, 'b')]), {
    ...{ started: 'a', outcome: 'failed', ended: 'b', code: 'SDK_STAGE', message: 'm' },
  })
  assert.deepEqual(lastRunOf([event(begin, 'a'), event(failed, 'b'), event(begin, 'c')]), {
    ...{ started: 'c', outcome: 'open' },
  })
})

const finished: StageState = {
  ...{ state: 'finished', archive: '/a', sha256: 'b', bytes: 1, finished: 'c', durationMs: 1 },
}
const unfinished: StageState = { state: 'unfinished', work: '/w', since: 'd' }
const version = (stage3: StageState, stage4: StageState): VersionState => ({
  ...{ version: '1', newest: '', lock: undefined, release: undefined },
  stages: { stage1: { state: 'none' }, stage2: { state: 'none' }, stage3, stage4 },
})

test('an attempt can be entered by its name, the SDK only when it is finished', () => {
  const asked = { lastStage: 'stage4', version: undefined } as const
  const state = version(unfinished, unfinished)
  assert.equal(enterableOf(state, { ...asked, target: 'sdk' }), undefined)
  assert.equal(enterableOf(state, { ...asked, target: 'stage1' }), undefined)
  assert.equal(enterableOf(state, { ...asked, target: 'stage4' })?.kind, 'attempt')
  assert.equal(enterableOf(version(unfinished, finished), { ...asked, target: 'sdk' })?.kind, 'finished')
  assert.match(attemptOf(state) ?? '', /at stage4, which `.*enter stage4 --version 1.*` enters$/)
  assert.equal(attemptOf(version(finished, finished)), undefined)
})

const visit = { command: [], binds: [], network: false, keep: undefined, place: 'sdk 1' }

test('a shell works upon the root of stage 1 from outside, and upon the others from inside', () => {
  const sandbox: Parameters<typeof attemptSpec>[0] = {
    root: { kind: 'layers', layers: ['/l'] },
    ...{ mounts: [], hostname: 'h', network: 'off', cwd: '/' },
    env: { PATH: '/bin', TERM: 'dumb' },
  }
  const how = { term: 'xterm', visit, mounts: [] }
  const one = attemptSpec(sandbox, 'stage1', how)
  assert.deepEqual(
    [one.env, one.argv[0]],
    [{ PATH: '/bin', TERM: 'xterm', ROOT: '/tmp/stage1root', ...visitEnvironment(visit) }, '/bin/bash'],
  )
  const two = attemptSpec(sandbox, 'stage2', how)
  assert.deepEqual(two.env, { PATH: '/bin', TERM: 'xterm', ...visitEnvironment(visit) })
  assert.deepEqual(two.argv, ['chroot', '/tmp/stage2root', '/bin/bash', '-l'])
  const command = { ...how, visit: { ...visit, command: ['ls', 'a b'], network: true } }
  const run = attemptSpec(sandbox, 'stage1', command)
  assert.deepEqual([run.network, run.argv.slice(-3)], ['host', ['bash', 'ls', 'a b']])
})

test('the next SDK can be built in a finished one only', () => {
  const layout = createLayout({ root: '/cr', type: 'sdk', arch: 'amd64', version: '1' })
  const copy = { layers: ['/l'], upper: '/u', work: '/w' }
  const sdk = copySpec(copy, [], { canBuild: true, layout, term: 'xterm', visit })
  assert.deepEqual([sdk.root.kind, sdk.network, sdk.cwd], ['nest', 'off', '/root'])
  assert.deepEqual(sdk.mounts.at(-1), {
    ...{ kind: 'bind', source: '/cr', target: '/root/build/catalyst', readOnly: false },
  })
  const stage = copySpec(copy, [], { canBuild: false, layout, term: 'xterm', visit })
  assert.deepEqual([stage.root.kind, stage.cwd], ['layers', '/'])
  assert.ok(stage.mounts.every((mount) => mount.kind !== 'bind'))
})

test('a file system is judged by its kind and its options', () => {
  const verdict = (fileSystem: string, ...options: string[]): string =>
    judgeMount({ mountPoint: '/', options, superOptions: [], fileSystem, source: '' }).verdict
  assert.equal(verdict('ext4', 'rw', 'relatime'), 'ok')
  assert.equal(verdict('tmpfs', 'rw'), 'warning')
  assert.equal(verdict('xfs', 'rw', 'nodev'), 'warning')
  for (const kind of ['nfs4', 'overlay', 'fuse.sshfs', 'vfat'])
    assert.equal(verdict(kind, 'rw'), 'missing', kind)
  assert.equal(verdict('ext4', 'rw', 'noexec'), 'missing')
})

test('a library that is missing fails every stage but the first', () => {
  const lists = { interpreters: [], mixed: [], runpaths: [], problems: [], sysroots: [], mounts: [] }
  const unreadable = [{ path: '/p', reason: 'EIO' }]
  const missing = [{ file: '/bin/x', soname: 'libx.so', package: 'app/x-1' }]
  const table = makeElfTable([], new Map())
  const elf = { ...lists, files: 1, checked: 1, missing, unreadable, left: 0, table }
  const root = { elf, unowned: { files: 1, count: 0, names: [] } }
  const tree = { check: 'tree', problem: '/p cannot be read: EIO' }
  assert.deepEqual(rootFindings('stage1', root), [tree])
  assert.deepEqual(rootFindings('stage2', root), [
    tree,
    { check: 'elf', problem: '/bin/x (app/x-1) needs libx.so' },
  ])
})
