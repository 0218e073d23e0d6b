// The whole thing, for real: the quick embedded SDK from nothing, killed in every stage; what the SDK can do; the next
// generation from it, offline, with poisoned and changed repos. Needs root, apt and about 20 minutes on two cores.

import assert from 'node:assert/strict'
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Event } from '../../src/events/event.js'
import { must } from '../../src/process/run.js'
import { treeDigest } from '../../src/repos/digest.js'
import { sideFiles } from '../../src/store/layout.js'
import type { StageRecord } from '../../src/store/record.js'
import { removeTree } from '../../src/store/remove.js'
import { CROSS_TUPLES, Trial } from '../toolchains/trial.js'
import { leftoversOf, members } from './archive-facts.js'
import { testFullStage2 } from './full-stage2.js'
import { assertNothingLeft, PROJECT, type Run, runCommand } from './run-command.js'

const VERSION = '1.0.0+2026-01-01-0000'
const NEXT = '1.0.0+2026-02-02-0000'
const STAGES = ['stage1', 'stage2', 'stage3', 'stage4']
const REPOS = path.join(PROJECT, 'sdks/embedded/repos')
const SKIP = process.getuid?.() === 0 || process.env.CI !== undefined ? false : 'needs root'

let folder = ''
const first = (): string => path.join(folder, 'first')
const second = (): string => path.join(folder, 'second')
const builds = (root: string): string => path.join(root, 'builds/embedded-sdk')
const archive = (root: string, stage: string, version: string): string =>
  path.join(builds(root), `${stage}-amd64-${version}.tar.zst`)
const record = (root: string, stage: string, version: string): StageRecord =>
  JSON.parse(readFileSync(`${archive(root, stage, version)}.record.json`, 'utf8')) as StageRecord
const packages = (root: string, stage: string, version: string): string[] =>
  record(root, stage, version).packages.map((each) => each.cpv)

const build = (...args: string[]): string[] => [
  '--catalyst_root',
  first(),
  '--version',
  VERSION,
  '--json',
  ...args,
]

/** Where each stage is killed: in the middle of its packages. */
const KILLS: readonly [stage: string, merged: number][] = [
  ['stage1', 20],
  ['stage2', 2],
  ['stage3', 4],
  ['stage4', 1],
]

function killAfter(stage: string, merged: number): (event: Event) => boolean {
  let count = 0
  return (event) => event.type === 'package-merged' && event.stage === stage && ++count === merged
}

describe('the quick embedded SDK', { skip: SKIP }, () => {
  before(() => {
    folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'bootstrap-e2e-')))
  })
  after(async () => {
    await assertNothingLeft(folder)
    await removeTree(folder, path.dirname(folder))
  })

  test('fetch gets the seed and all sources', async () => {
    const run = await runCommand(['fetch', ...build()])
    assert.equal(run.exitCode, 0, run.stderr)
    assert.ok(run.events.some((event) => event.type === 'distfile-fetched'))
  })

  for (const [stage, merged] of KILLS)
    test(`kill -9 in ${stage} leaves nothing, and its finished packages are used again`, async () => {
      const killed = await runCommand(build(), {
        before: ['unshare', '--net'],
        killAt: killAfter(stage, merged),
      })
      assert.equal(killed.signal, 'SIGKILL', killed.stderr)
      await assertNothingLeft(folder)
    })

  test('the same version goes on to the SDK, offline, in little memory', async () => {
    const run = await runCommand(build(), { before: ['unshare', '--net'] })
    assert.equal(run.exitCode, 0, run.stderr)
    const skipped = run.events.flatMap((event) => (event.type === 'stage-skipped' ? [event.stage] : []))
    assert.deepEqual(skipped, ['stage1', 'stage2', 'stage3'])
    assert.ok(run.peakKib > 0 && run.peakKib <= 150 * 1024, `the engine took ${run.peakKib} KiB`)
    const origins = new Set(record(first(), 'stage3', VERSION).packages.map((each) => each.origin))
    assert.ok(origins.has('reused'), 'stage 3 was killed after some packages; they were to be used again')
  })

  test('a second run skips everything and unpacks nothing', async () => {
    const run = await runCommand(build())
    assert.equal(run.exitCode, 0, run.stderr)
    assert.equal(run.events.filter((event) => event.type === 'stage-skipped').length, 4)
    assert.ok(!run.events.some((event) => event.type === 'step-started'))
  })

  test('verify finds nothing wrong: records, digests, chain, ELF files, owners', async () => {
    const run = await runCommand(['verify', '--catalyst_root', first(), '--version', VERSION, '--json'])
    assert.equal(run.exitCode, 0, run.stderr)
    const { archives } = JSON.parse(run.stdout) as {
      archives: { stage: string; unowned: { names: string[] } }[]
    }
    assert.ok(archives.length >= 4)
    // Only what stage 4 itself puts in has no package: the files that name the SDK, and the overlay of the cross toolchains.
    const own = /^\/(usr\/lib\/os-release|etc\/(os|lsb)-release|usr\/local\/portage\/crossdev\/.*)$/
    for (const { stage, unowned } of archives) {
      const strangers = unowned.names.filter((name) => stage !== 'stage4' || !own.test(name))
      assert.deepEqual(strangers, [], stage)
    }
  })

  test('the archives: latest links, one release with its own DIGESTS, nothing of the run or the machine', () => {
    for (const stage of STAGES) {
      const file = archive(first(), stage, VERSION)
      assert.equal(readlinkSync(archive(first(), stage, 'latest')), path.basename(file))
      assert.deepEqual(leftoversOf(file), [], stage)
      assert.ok(members(file).includes('./tmp/') && members(file).includes('./var/tmp/'), stage)
    }
    const release = path.join(builds(first()), `embedded-sdk-amd64-${VERSION}.tar.zst`)
    assert.equal(statSync(release).ino, statSync(archive(first(), 'stage4', VERSION)).ino)
    const digests = readFileSync(sideFiles(release).digests, 'utf8')
    const names = [release, sideFiles(release).contents].map((file) => path.basename(file))
    assert.deepEqual([...new Set(digests.match(/\S+\.tar\.\S+$/gm))], names)
    const algorithms = ['MD5', 'SHA1', 'SHA512', 'BLAKE2B']
    assert.deepEqual(
      [...digests.matchAll(/^# (\S+) HASH$/gm)].map(([, name]) => name),
      [...algorithms, ...algorithms],
    )
  })

  test('stages 2 and 3 build with what is new: after the stage before was finished, and after they began', () => {
    for (const [stage, before] of [
      ['stage2', 'stage1'],
      ['stage3', 'stage2'],
    ] as const) {
      const { packages: list } = record(first(), stage, VERSION)
      const built = list.filter(({ origin }) => origin === 'source' || origin === 'reused')
      const finished = Date.parse(record(first(), before, VERSION).timing.finished) / 1000
      assert.ok(
        built.some(({ cpv }) =>
          cpv.startsWith(stage === 'stage2' ? 'sys-devel/binutils-' : 'app-shells/bash-'),
        ),
      )
      for (const { cpv, buildTime } of built) assert.ok(buildTime >= Math.floor(finished), `${stage}: ${cpv}`)
    }
  })

  test('both repos are in the SDK, byte for byte, and its version is in os-release', async () => {
    const root = path.join(folder, 'unpacked')
    await must({ argv: ['mkdir', root] })
    await must({ argv: ['tar', '-C', root, '-xf', archive(first(), 'stage4', VERSION)] })
    const main = await treeDigest(path.join(root, 'var/gentoo/repos/gentoo'))
    assert.equal(main, await treeDigest(path.join(REPOS, 'portage-stable')))
    // This one has the program among its files.
    const overlay = await treeDigest(path.join(root, 'var/gentoo/repos/coreos-overlay'))
    const { repos } = record(first(), 'stage4', VERSION).inputs
    assert.deepEqual(
      repos.map(({ digest }) => digest),
      [main, overlay],
    )
    assert.match(
      readFileSync(path.join(root, 'usr/lib/os-release'), 'utf8'),
      new RegExp(`^VERSION="${VERSION.replace(/\+/, '\\+')}"$`, 'm'),
    )
  })

  test('in the SDK emerge works, and all three compilers build C and C++ programs that run', async () => {
    const run = await enterSdk(readFileSync(path.join(PROJECT, 'tests/e2e/try-sdk.sh'), 'utf8'))
    assert.equal(run.exitCode, 0, run.stderr)
    assert.match(run.stdout, /^Portage 3\./m)
    for (const line of ['native C', 'native C++ 42', 'x86 cross C', 'x86 cross C++ 42'])
      assert.match(run.stdout, new RegExp(`^${line.replaceAll('+', '\\+')}$`, 'm'))
    for (const name of ['arm-c', 'arm-c++']) {
      const file = path.join(folder, name)
      await must(
        { argv: ['sh', '-c', 'base64 --decode >"$1" && chmod 755 "$1"', 'sh', file] },
        'SDK_INTERNAL',
        section(run.stdout, name),
      )
      const sysroot = path.join(folder, 'unpacked/usr/aarch64-cros-linux-gnu')
      const said = await must({ argv: ['qemu-aarch64-static', '-L', sysroot, file] })
      assert.equal(said, name === 'arm-c' ? 'ARM cross C\n' : 'ARM cross C++ 42\n')
    }
  })

  test('in the SDK there is the program that built it, and all that it needs to build the next one', async () => {
    const run = await enterSdk('bootstrap_sdk doctor && bootstrap_sdk plan --json')
    assert.equal(run.exitCode, 0, run.stderr)
    assert.match(run.stdout, /^this machine can build$/m)
    const { seed, repos } = JSON.parse(run.stdout.trimEnd().split('\n').at(-1) ?? '') as {
      seed: { kind: string; sha256: string }
      repos: { digest: string }[]
    }
    const { inputs, output } = record(first(), 'stage4', VERSION)
    assert.deepEqual([seed.kind, seed.sha256], ['own SDK', output.sha256])
    assert.deepEqual(
      repos.map(({ digest }) => digest),
      inputs.repos.map(({ digest }) => digest),
    )
  })

  test('both cross toolchains: dynamic, static and -flto, threads, exceptions across libraries', async () => {
    const place = path.join(folder, 'toolchains')
    await must({ argv: ['mkdir', place] })
    const layers = [path.join(folder, 'unpacked')]
    const trial = new Trial({ layers, folder: place, archive: archive(first(), 'stage4', VERSION) })
    const { ok } = await trial.run('programs.sh', 'few', ...CROSS_TUPLES)
    assert.ok(ok.length >= 24, ok.join('\n'))
  })

  test('the next generation: from that SDK, offline, its own repos in stage 1, the poisoned and changed checkout after it', async () => {
    const [portageStable, overlay] = poisonedRepos()
    cpSync(path.join(first(), 'distfiles'), path.join(second(), 'distfiles'), { recursive: true })
    const seed = path.join(builds(first()), `embedded-sdk-amd64-${VERSION}.tar.zst`)
    const args = ['--catalyst_root', second(), '--version', NEXT, '--json', '--seed_tarball', seed]
    const run = await runCommand([...args, '--portage_stable', portageStable, '--coreos_overlay', overlay], {
      before: ['unshare', '--net'],
    })
    assert.equal(run.exitCode, 0, run.stderr)
    for (const stage of STAGES)
      assert.ok(
        packages(second(), stage, NEXT).includes(`sys-apps/baselayout-${stage === 'stage1' ? 2 : 3}`),
        stage,
      )
    // The first generation was killed in every stage, this one was not: the packages are the same. (Stage 2 still holds
    // what stage 1 took from another seed.)
    for (const stage of ['stage3', 'stage4'])
      assert.deepEqual(sameBut(second(), stage, NEXT), sameBut(first(), stage, VERSION))
  })

  testFullStage2({ folder: () => folder, stage1: () => archive(first(), 'stage1', VERSION) })

  test('a truncated stage archive is never taken for a finished stage', async () => {
    truncateSync(archive(second(), 'stage3', NEXT), 1000)
    const run = await runCommand(['--catalyst_root', second(), '--version', NEXT, '--json'])
    assert.equal(run.exitCode, 4, run.stderr)
    assert.ok(run.events.some((event) => event.type === 'run-failed' && event.code === 'SDK_CHAIN'))
  })
})

const sameBut = (root: string, stage: string, version: string): string[] =>
  packages(root, stage, version).filter((cpv) => !cpv.startsWith('sys-apps/baselayout-'))

function section(stdout: string, name: string): string {
  const begin = stdout.indexOf(`begin ${name}\n`)
  assert.ok(begin >= 0, `no ${name} in the output`)
  return stdout.slice(begin + `begin ${name}\n`.length, stdout.indexOf(`end ${name}\n`))
}

const enterSdk = (input: string): Promise<Run> =>
  runCommand(['enter', 'sdk', '--catalyst_root', first(), '--version', VERSION], { input })

/** Copies of both repos, each with an ebuild that is none, and a newer baselayout. */
function poisonedRepos(): [string, string] {
  const copies = ['portage-stable', 'coreos-overlay'].map((name) => {
    const copy = path.join(folder, 'checkout', name)
    cpSync(path.join(REPOS, name), copy, { recursive: true })
    rmSync(path.join(copy, 'metadata/md5-cache'), { recursive: true, force: true })
    return copy
  }) as [string, string]
  const [main, overlay] = copies
  for (const copy of [path.join(main, 'sys-apps/poison'), path.join(overlay, 'coreos-devel/poison')]) {
    cpSync(path.join(main, 'sys-apps/baselayout'), copy, { recursive: true })
    renameSync(path.join(copy, 'baselayout-2.ebuild'), path.join(copy, 'poison-1.ebuild'))
    appendFileSync(path.join(copy, 'poison-1.ebuild'), 'die "poison" ; if then fi ((\n')
  }
  const baselayout = path.join(main, 'sys-apps/baselayout')
  renameSync(path.join(baselayout, 'baselayout-2.ebuild'), path.join(baselayout, 'baselayout-3.ebuild'))
  return copies
}
