// The whole thing, for real: the quick embedded SDK from nothing, killed in stage 3; what the SDK can do; stage 1 of the next
// generation from it, offline, with poisoned and changed repos. tests/nightly has the rest. Needs root, apt and about
// 20 minutes on two cores.

import assert from 'node:assert/strict'
import { cpSync, readFileSync, readlinkSync, renameSync, statSync, truncateSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { must } from '../../src/process/run.js'
import { treeDigest } from '../../src/repos/digest.js'
import { STAGES } from '../../src/sdk/stages.js'
import { sideFiles } from '../../src/store/layout.js'
import { leftoversOf, members } from '../e2e/archive-facts.js'
import { embeddedPlace, REPOS } from '../e2e/embedded-place.js'
import { testFullStage2 } from '../e2e/full-stage2.js'
import { SKIP } from '../e2e/mini-place.js'
import { afterPackages, assertNothingLeft, PROJECT, type Run, runCommand } from '../e2e/run-command.js'
import { once } from '../helpers/prepared.js'
import { provide } from '../helpers/provide.js'
import { CROSS_TUPLES, Trial } from '../toolchains/trial.js'

describe('the quick embedded SDK', { skip: SKIP }, () => {
  const place = embeddedPlace()
  const { folder, first } = place

  // What later tests begin with: each makes it, unless a test before has.

  const fetched = once(() => place.fetch())

  /** Stages 1 and 2 are finished, and four packages of stage 3. */
  const killed = once(async () => {
    await fetched()
    const run = await first.offline([], { killAt: afterPackages('stage3', 4) })
    await assertNothingLeft(folder)
    return run
  })

  const finished = once(async () => {
    await killed()
    const run = await first.offline()
    assert.equal(run.exitCode, 0, run.stderr)
    return run
  })

  const unpacked = once(async () => {
    await finished()
    const root = path.join(folder, 'unpacked')
    await must({ argv: ['mkdir', root] })
    await must({ argv: ['tar', '-C', root, '-xf', first.archive('stage4')] })
    return root
  })

  test('fetch gets the seed and all sources', async () => {
    const run = await fetched()
    assert.equal(run.exitCode, 0, run.stderr)
    assert.ok(run.events.some((event) => event.type === 'distfile-fetched'))
  })

  test('kill -9 in stage 3 leaves nothing, and its finished packages are used again', async () => {
    const run = await killed()
    assert.equal(run.signal, 'SIGKILL', run.stderr)
  })

  test('the same version goes on to the SDK, offline, in little memory', async () => {
    const run = await finished()
    const skipped = run.events.flatMap((event) => (event.type === 'stage-skipped' ? [event.stage] : []))
    assert.deepEqual(skipped, ['stage1', 'stage2'])
    assert.ok(run.peakKib > 0 && run.peakKib <= 150 * 1024, `the engine took ${run.peakKib} KiB`)
    const origins = new Set(first.record('stage3').packages.map((each) => each.origin))
    assert.ok(origins.has('reused'), 'stage 3 was killed after some packages; they were to be used again')
  })

  test('a second run skips everything and unpacks nothing', async () => {
    await finished()
    const run = await first.run()
    assert.equal(run.exitCode, 0, run.stderr)
    assert.equal(run.events.filter((event) => event.type === 'stage-skipped').length, 4)
    assert.ok(!run.events.some((event) => event.type === 'step-started'))
  })

  test('verify finds nothing wrong: records, digests, chain, ELF files, owners', async () => {
    await finished()
    const run = await first.run(['verify'])
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

  test('the archives: latest links, one release with its own DIGESTS, nothing of the run or the machine', async () => {
    await finished()
    for (const stage of STAGES) {
      const file = first.archive(stage)
      assert.equal(readlinkSync(first.archive(stage, 'latest')), path.basename(file))
      assert.deepEqual(leftoversOf(file), [], stage)
      assert.ok(members(file).includes('./tmp/') && members(file).includes('./var/tmp/'), stage)
    }
    const { release } = first
    assert.equal(statSync(release).ino, statSync(first.archive('stage4')).ino)
    const digests = readFileSync(sideFiles(release).digests, 'utf8')
    const names = [release, sideFiles(release).contents].map((file) => path.basename(file))
    assert.deepEqual([...new Set(digests.match(/\S+\.tar\.\S+$/gm))], names)
    const algorithms = ['MD5', 'SHA1', 'SHA512', 'BLAKE2B']
    assert.deepEqual(
      [...digests.matchAll(/^# (\S+) HASH$/gm)].map(([, name]) => name),
      [...algorithms, ...algorithms],
    )
  })

  test('stages 2 and 3 build with what is new: after the stage before was finished, and after they began', async () => {
    await finished()
    for (const [stage, before] of [
      ['stage2', 'stage1'],
      ['stage3', 'stage2'],
    ] as const) {
      const { packages: list } = first.record(stage)
      const built = list.filter(({ origin }) => origin === 'source' || origin === 'reused')
      const finished = Date.parse(first.record(before).timing.finished) / 1000
      assert.ok(
        built.some(({ cpv }) =>
          cpv.startsWith(stage === 'stage2' ? 'sys-devel/binutils-' : 'app-shells/bash-'),
        ),
      )
      for (const { cpv, buildTime } of built) assert.ok(buildTime >= Math.floor(finished), `${stage}: ${cpv}`)
    }
  })

  test('both repos are in the SDK, byte for byte, and its version is in os-release', async () => {
    const root = await unpacked()
    const main = await treeDigest(path.join(root, 'var/gentoo/repos/gentoo'))
    assert.equal(main, await treeDigest(path.join(REPOS, 'portage-stable')))
    // This one has the program among its files.
    const overlay = await treeDigest(path.join(root, 'var/gentoo/repos/coreos-overlay'))
    const { repos } = first.record('stage4').inputs
    assert.deepEqual(
      repos.map(({ digest }) => digest),
      [main, overlay],
    )
    assert.match(
      readFileSync(path.join(root, 'usr/lib/os-release'), 'utf8'),
      new RegExp(`^VERSION="${first.version.replace(/\+/, '\\+')}"$`, 'm'),
    )
  })

  test('in the SDK emerge works, and all three compilers build C and C++ programs that run', async () => {
    await finished()
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
      const sysroot = path.join(await unpacked(), 'usr/aarch64-cros-linux-gnu')
      const said = await must({ argv: ['qemu-aarch64-static', '-L', sysroot, file] })
      assert.equal(said, name === 'arm-c' ? 'ARM cross C\n' : 'ARM cross C++ 42\n')
    }
  })

  test('in the SDK there is the program that built it, and all that it needs to build the next one', async () => {
    await finished()
    const run = await enterSdk('bootstrap_sdk doctor && bootstrap_sdk plan --json')
    assert.equal(run.exitCode, 0, run.stderr)
    assert.match(run.stdout, /^this machine can build$/m)
    const { seed, repos } = JSON.parse(run.stdout.trimEnd().split('\n').at(-1) ?? '') as {
      seed: { kind: string; sha256: string }
      repos: { digest: string }[]
    }
    const { inputs, output } = first.record('stage4')
    assert.deepEqual([seed.kind, seed.sha256], ['own SDK', output.sha256])
    assert.deepEqual(
      repos.map(({ digest }) => digest),
      inputs.repos.map(({ digest }) => digest),
    )
  })

  test('both cross toolchains: dynamic, static and -flto, threads, exceptions across libraries', async () => {
    const place = path.join(folder, 'toolchains')
    await must({ argv: ['mkdir', place] })
    const layers = [await unpacked()]
    const trial = new Trial({ layers, folder: place, archive: first.archive('stage4') })
    const { ok } = await trial.run('programs.sh', 'few', ...CROSS_TUPLES)
    assert.ok(ok.length >= 24, ok.join('\n'))
  })

  test('as an image it runs in a container engine, and compiles there', async () => {
    await finished()
    await provide('podman', 'runc')
    const file = path.join(folder, 'sdk.tar')
    const place = ['--catalyst_root', first.root, '--version', first.version, '--json']
    const exported = await runCommand(['export', 'sdk', ...place, '--docker_archive', file])
    assert.equal(exported.exitCode, 0, exported.stderr)
    const { name, tag } = JSON.parse(exported.stdout) as { name: string; tag: string }
    const image = `localhost/${name}:${tag}`
    await must({ argv: ['podman', 'load', '--quiet', '--input', file] })
    try {
      const script =
        'echo "int main(void) { return 42; }" >/tmp/a.c && gcc -o /tmp/a /tmp/a.c; /tmp/a; echo "said $?"'
      // No limit above those that the test itself has.
      const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024']
      const run = ['podman', '--runtime', 'runc', 'run', '--rm', '--network', 'none', ...limits] as const
      assert.equal(await must({ argv: [...run, image, 'bash', '-c', script] }), 'said 42\n')
    } finally {
      await must({ argv: ['podman', 'rmi', '--force', image] })
    }
  })

  test('stage 1 of the next generation: from that SDK, offline, its own repos, whatever the checkout has', async () => {
    await finished()
    await place.buildNext(['stage1'])
    assert.ok(place.next.packages('stage1').includes('sys-apps/baselayout-2'))
  })

  testFullStage2({
    folder: () => folder,
    async stage1() {
      await finished()
      return first.archive('stage1')
    },
  })

  test('a truncated stage archive is never taken for a finished stage', async () => {
    await finished()
    const archive = first.archive('stage3')
    const kept = path.join(folder, 'kept.tar.zst')
    renameSync(archive, kept)
    cpSync(kept, archive)
    truncateSync(archive, 1000)
    const run = await first.run()
    renameSync(kept, archive)
    assert.equal(run.exitCode, 4, run.stderr)
    assert.ok(run.events.some((event) => event.type === 'run-failed' && event.code === 'SDK_CHAIN'))
  })

  const enterSdk = (input: string): Promise<Run> =>
    runCommand(['enter', 'sdk', '--catalyst_root', first.root, '--version', first.version], { input })
})

function section(stdout: string, name: string): string {
  const begin = stdout.indexOf(`begin ${name}\n`)
  assert.ok(begin >= 0, `no ${name} in the output`)
  return stdout.slice(begin + `begin ${name}\n`.length, stdout.indexOf(`end ${name}\n`))
}
