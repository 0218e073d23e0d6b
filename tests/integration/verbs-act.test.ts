import assert from 'node:assert/strict'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'
import { gzipSync } from 'node:zlib'
import type { Captured } from '../../src/process/run.js'
import { createLayout, sideFiles } from '../../src/store/layout.js'
import { acquireLock } from '../../src/store/lock.js'
import type { StageRecord } from '../../src/store/record.js'
import { rewriteRecord } from '../helpers/records.js'
import { needsRoot } from './store-helpers.js'
import { cli, finishStage, ground, miniRoot, smallTree } from './verbs-helpers.js'

/** Changes one bit in the middle of `file`; size and time stay. */
function flipByte(file: string): void {
  const { atime, mtime } = statSync(file)
  const bytes = readFileSync(file)
  const middle = Math.floor(bytes.length / 2)
  bytes[middle] = (bytes[middle] ?? 0) ^ 1
  writeFileSync(file, bytes)
  utimesSync(file, atime, mtime)
}

const FINDINGS = /^ {2}(\S+): (.*)$/gm

test(
  'verify finds nothing wrong with what is right, and names everything that is wrong',
  needsRoot(),
  async (t) => {
    const { folder, layout, place } = await ground(t)
    const one = await finishStage(layout, 'stage1', { tree: smallTree(path.join(folder, 't1'), 'one') })
    const seed = one.record.output.sha256
    const two = await finishStage(layout, 'stage2', { tree: smallTree(path.join(folder, 't2'), 'two'), seed })
    const three = await finishStage(layout, 'stage3', {
      tree: smallTree(path.join(folder, 't3'), 'three'),
      seed: two.record.output.sha256,
    })
    const good = await cli(['verify', ...place])
    assert.equal(good.exitCode, 0, good.stderr)
    assert.equal(good.stdout.match(/^ok {2}/gm)?.length, 3)
    assert.match(good.stdout, /2 members; 0 ELF files, 0 missing libraries; 1 file without an owner/)
    flipByte(one.archive)
    writeFileSync(sideFiles(two.archive).contents, gzipSync('a\n'))
    appendFileSync(three.archive, 'x')
    const bad = await cli(['verify', ...place])
    assert.equal(bad.exitCode, 7)
    const found = [...bad.stderr.matchAll(FINDINGS)].map(([, file, problem]) => `${file}: ${problem}`)
    for (const finding of [
      /^stage1.*expected sha256/,
      /^stage1.*expected md5/,
      /^stage2.*CONTENTS\.gz: expected md5/,
      /^stage2.*expected 2 lines, found 1/,
      /^stage3.*expected \d+ bytes, found \d+/,
      /^stage3.*expected md5/,
    ])
      assert.ok(
        found.some((each) => finding.test(each)),
        `${finding}: ${bad.stderr}`,
      )
    assert.ok(!found.some((each) => /^stage1.* bytes/.test(each)), bad.stderr)
    const named = await cli(['verify', ...place, '--json', one.archive])
    assert.deepEqual([named.exitCode, JSON.parse(named.stdout).archives.length], [7, 1])
    assert.deepEqual(readdirSync(path.join(layout.root, 'work')), [])
  },
)

test(
  'verify finds a record that is of something else, and one of another root below',
  needsRoot(),
  async (t) => {
    const { folder, layout, place } = await ground(t)
    const one = await finishStage(layout, 'stage1', { tree: smallTree(path.join(folder, 't1'), 'one') })
    const seed = one.record.output.sha256
    const two = await finishStage(layout, 'stage2', { tree: smallTree(path.join(folder, 't2'), 'two'), seed })
    const file = (archive: string): string => sideFiles(archive).record
    const write = (archive: string, change: (record: StageRecord) => object): void =>
      rewriteRecord(file(archive), change)
    const found = async (): Promise<string> => {
      const { exitCode, stderr } = await cli(['verify', ...place, '--version', layout.version])
      assert.equal(exitCode, 7, stderr)
      return stderr
    }
    const whole = readFileSync(file(two.archive))
    for (const [key, value] of Object.entries({
      type: 'other',
      arch: 'mips',
      version: '9',
      stage: 'stage3',
    })) {
      write(two.archive, () => ({ [key]: value }))
      assert.ok(
        (await found()).includes(`not what its name says: its record is of ${key} ${value}, expected `),
        key,
      )
      writeFileSync(file(two.archive), whole)
    }
    write(two.archive, ({ output }) => ({ output: { ...output, file: 'other.tar.zst' } }))
    assert.match(await found(), /stage2.*: its record is of other\.tar\.zst, expected stage2-amd64-/)
    writeFileSync(file(two.archive), whole)
    write(two.archive, ({ output }) => ({
      output: { ...output, digests: { ...output.digests, sha512: 'c'.repeat(128) } },
    }))
    assert.match(
      await found(),
      /stage2.*: its record says sha512 c{128}, expected [0-9a-f]{128} as in .*DIGESTS/,
    )
    writeFileSync(file(two.archive), whole)
    const roots = ['a'.repeat(64), 'b'.repeat(64)]
    write(one.archive, ({ output }) => ({ output: { ...output, rootSha256: roots[0] } }))
    write(two.archive, ({ inputs }) => ({ inputs: { ...inputs, seed: { ...inputs.seed, root: roots[1] } } }))
    assert.match(
      await found(),
      /stage2.*: built upon the root b{16}, but that of stage1 of this version is a{16}/,
    )
  },
)

test('verify finds what vouches for an archive that is not there', needsRoot(), async (t) => {
  const { folder, layout, place } = await ground(t)
  const { archive } = await finishStage(layout, 'stage1', { tree: smallTree(path.join(folder, 't1'), 'one') })
  const release = layout.release('zstd')
  const { record, digests, contents } = sideFiles(release)
  const lone = [
    record,
    digests,
    contents,
    `${release}.sig`,
    sideFiles(layout.archive('stage2', 'zstd')).digests,
  ]
  for (const file of lone) cpSync(sideFiles(archive).digests, file)
  symlinkSync('gone', layout.latestLink('stage1', 'zstd'))
  const found = await cli(['verify', ...place])
  assert.equal(found.exitCode, 7)
  for (const file of lone) {
    const problem = `${path.basename(file)} is there, but not the archive that it is about`
    assert.ok(found.stderr.includes(problem), `${problem}: ${found.stderr}`)
  }
  assert.match(found.stderr, /stage1-amd64-latest.*: the link leads to an archive that is not there/)
  for (const file of [...lone, layout.latestLink('stage1', 'zstd')]) rmSync(file)
  cpSync(archive, release)
  const incomplete = await cli(['verify', ...place, '--json'])
  assert.equal(incomplete.exitCode, 7)
  assert.match(incomplete.stderr, /^ {2}test-sdk-amd64.*: the release is there, but not its record/m)
  assert.equal(JSON.parse(incomplete.stdout).ok, false)
})

test(
  'a tree of the store that was changed: plan says so, verify finds it, and enter unpacks it again',
  needsRoot(),
  async (t) => {
    const { folder, layout, place } = await ground(t)
    const tree = path.join(folder, 't4')
    await miniRoot(tree, ['bash', 'cat'])
    writeFileSync(path.join(tree, 'etc/conf'), 'right')
    const { archive } = await finishStage(layout, 'stage1', { tree })
    assert.equal((await cli(['verify', ...place])).exitCode, 0)
    const layers = path.join(layout.store, 'layers')
    const everyConf = (act: (file: string) => void): void => {
      for (const layer of readdirSync(layers)) act(path.join(layers, layer, 'root/etc/conf'))
    }
    const plan = (): Promise<Captured> => cli(['plan', ...place, '--version', layout.version])
    assert.doesNotMatch((await plan()).stdout, /was touched/)
    everyConf((file) => chownSync(file, 1000, 1000))
    const touched = await plan()
    assert.equal(touched.exitCode, 0, touched.stderr)
    assert.ok(touched.stdout.includes(`the unpacked tree of ${archive} in the store was touched`))
    const found = await cli(['verify', ...place])
    assert.equal(found.exitCode, 7)
    assert.match(
      found.stderr,
      /stage1.*: the unpacked tree of .* was changed .*etc\/conf: owner was 0\/0, is 1000\/1000/,
    )
    assert.equal((await cli(['verify', ...place])).exitCode, 0, 'unpacked again')
    everyConf((file) => writeFileSync(file, 'wrong'))
    const enter = (): Promise<Captured> =>
      cli(['enter', 'stage1', ...place, '--version', layout.version], { input: 'cat /etc/conf\n' })
    const entered = await enter()
    assert.equal(entered.stdout, 'right', entered.stderr)
    assert.match(entered.stderr, /etc\/conf: .*; it is unpacked again/)
    everyConf((file) => writeFileSync(file, 'wrong'))
    flipByte(archive)
    const refused = await enter()
    assert.deepEqual([refused.exitCode, refused.stdout], [4, ''])
    assert.match(refused.stderr, /was changed after it was made: .*; it cannot be unpacked again: /)
  },
)

test(
  'verify: a replaced stage breaks the chain, and a library that is not there is a finding',
  needsRoot(),
  async (t) => {
    const { folder, layout, place } = await ground(t)
    await finishStage(layout, 'stage1', { tree: smallTree(path.join(folder, 't1'), 'one') })
    const tree = path.join(folder, 'broken')
    mkdirSync(path.join(tree, 'usr/bin'), { recursive: true })
    writeFileSync(path.join(tree, 'usr/bin/bash'), await readFile('/bin/bash'))
    await finishStage(layout, 'stage2', { tree })
    const { exitCode, stderr } = await cli(['verify', ...place])
    assert.equal(exitCode, 7)
    assert.match(stderr, /built from the seed aaaaaaaaaaaaaaaa, but stage1 of this version is/)
    assert.match(stderr, /\/usr\/bin\/bash \(no package\) needs libc\.so\.6/)
  },
)

test('verify: a missing file is a usage error, and so is a version that is not there', async (t) => {
  const { place } = await ground(t)
  for (const more of [['/no/such.tar.zst'], ['/'], [], ['--version', '9']])
    assert.equal((await cli(['verify', ...place, ...more])).exitCode, 2, more.join(' '))
})

test(
  'enter: a copy of a finished stage, thrown away; commands come from standard input',
  needsRoot(),
  async (t) => {
    const { folder, layout, place } = await ground(t)
    const tree = path.join(folder, 'tree')
    await miniRoot(tree, ['bash', 'chroot', 'ls', 'touch'])
    await finishStage(layout, 'stage4', { tree })
    const input = 'touch /made\nls -d /made /proc/self /dev/null\nexit 7\n'
    for (const round of [1, 2]) {
      const first = await cli(['enter', ...place], { input: round === 1 ? input : 'ls /made\n' })
      assert.equal(first.exitCode, round === 1 ? 7 : 2, first.stderr)
      assert.equal(first.stdout, round === 1 ? '/dev/null\n/made\n/proc/self\n' : '')
    }
    assert.deepEqual(readdirSync(path.join(layout.root, 'work')), [])
    const lock = await acquireLock(layout.versionLock, {})
    assert.equal((await cli(['enter', ...place])).exitCode, 75)
    lock.release()
    assert.equal((await cli(['enter', 'stage2', ...place])).exitCode, 2)
  },
)

test(
  'enter: a command with its exit code, folders of the machine, and a copy that is kept',
  needsRoot(),
  async (t) => {
    const { folder, layout, place } = await ground(t)
    const tree = path.join(folder, 'tree')
    await miniRoot(tree, ['bash', 'chroot', 'ls', 'touch', 'cat'])
    await finishStage(layout, 'stage4', { tree })
    const enter = (words: string[], ...command: string[]): Promise<Captured> =>
      cli(['enter', 'sdk', ...words, ...place, '--', ...command])
    const failed = await enter([], 'bash', '-c', 'echo "$1"; exit 42', 'bash', '--a b')
    assert.deepEqual([failed.exitCode, failed.stdout], [42, '--a b\n'])
    assert.doesNotMatch(failed.stderr, /bootstrap_sdk/)
    const where = await enter([], 'bash', '-c', 'PS1="$ "; eval "$PROMPT_COMMAND"; echo "$PS1"')
    assert.equal(where.stdout, `(${layout.type} ${layout.version}) $ \n`)
    writeFileSync(path.join(folder, 'given'), 'of the machine\n')
    const binds = ['--bind', `${folder}:/srv/here:ro`, '--bind', `${folder}/given:/etc/given`]
    const bound = await enter(
      binds,
      'bash',
      '-c',
      'cat /srv/here/given; echo more >/etc/given; touch /srv/here/x',
    )
    assert.deepEqual([bound.exitCode, bound.stdout], [1, 'of the machine\n'])
    assert.match(bound.stderr, /Read-only file system/)
    assert.equal(readFileSync(path.join(folder, 'given'), 'utf8'), 'more\n')
    assert.equal((await enter(['--bind', `${folder}/none:/x`], 'ls')).exitCode, 2)
    assert.equal((await enter(['--keep', 'mine'], 'touch', '/made')).exitCode, 0)
    assert.equal((await enter(['--keep', 'mine'], 'ls', '/made')).stdout, '/made\n')
    assert.equal((await enter(['--keep', 'other'], 'ls', '/made')).exitCode, 2)
    assert.equal((await cli(['clean', '--catalyst_root', layout.root])).exitCode, 0)
    assert.equal((await enter(['--keep', 'mine'], 'ls', '/made')).stdout, '/made\n')
    const own = await enter([], 'cat', '/proc/net/dev')
    const host = await enter(['--network'], 'cat', '/proc/net/dev')
    assert.deepEqual([own.exitCode, host.exitCode], [0, 0])
    assert.notEqual(own.stdout, host.stdout)
  },
)

test('enter: an attempt that failed, in its own sandbox', needsRoot(), async (t) => {
  const { folder, layout, place } = await ground(t)
  const tree = path.join(folder, 'tree')
  await miniRoot(tree, ['bash', 'chroot', 'ls'])
  mkdirSync(path.join(layout.root, 'store'), { recursive: true })
  for (const stage of ['stage1', 'stage2']) {
    const work = layout.work(stage)
    for (const name of ['mnt', 'root', 'ovl']) mkdirSync(path.join(work, name), { recursive: true })
    chmodSync(path.join(work, 'root'), 0o755)
    writeFileSync(path.join(work, 'root/left'), '')
    const stageRoot = `/tmp/${stage}root`
    const clone =
      stage === 'stage1'
        ? { kind: 'bind', source: path.join(work, 'root'), target: stageRoot, readOnly: false }
        : {
            kind: 'overlay',
            layers: [tree],
            upper: path.join(work, 'root'),
            work: path.join(work, 'ovl'),
            target: stageRoot,
          }
    const mounts = [{ kind: 'tmpfs', target: '/tmp', mode: '1777' }, clone]
    const env = { PATH: '/usr/bin:/bin', HELLO: stage }
    const sandbox = {
      root: { kind: 'layers', layers: [tree] },
      mounts,
      hostname: stage,
      network: 'off',
      cwd: '/',
      env,
    }
    writeFileSync(path.join(work, 'sandbox.json'), JSON.stringify({ sandbox, stage }))
    const input = `echo $HELLO $ROOT; ls -d ${stage === 'stage1' ? '$ROOT' : ''}/left\n`
    const { exitCode, stdout, stderr } = await cli(['enter', stage, ...place], { input })
    assert.equal(exitCode, 0, stderr)
    assert.equal(
      stdout,
      stage === 'stage1' ? 'stage1 /tmp/stage1root\n/tmp/stage1root/left\n' : 'stage2\n/left\n',
    )
  }
  writeFileSync(path.join(layout.work('stage2'), 'sandbox.json'), '{}')
  assert.equal((await cli(['enter', 'stage2', ...place], { input: '' })).exitCode, 5)
})

test(
  'clean removes what can be rebuilt, keeps the rest, and refuses while a run is going on',
  needsRoot(),
  async (t) => {
    const { folder, layout, place } = await ground(t)
    const { archive } = await finishStage(layout, 'stage1', {
      tree: smallTree(path.join(folder, 't1'), 'one'),
    })
    assert.equal((await cli(['verify', ...place])).exitCode, 0)
    const file = (name: string): string => path.join(layout.root, name)
    for (const name of [
      'store/repos/DIGEST',
      'packages/test-sdk/stage1-amd64/KEY',
      'work/seed-x',
      'distfiles',
      'seeds',
      'log',
    ]) {
      mkdirSync(file(name), { recursive: true })
      writeFileSync(file(`${name}/file`), name)
    }
    symlinkSync(archive, file('work/link'))
    linkSync(archive, file('work/hard'))
    const lock = await acquireLock(layout.versionLock, {})
    assert.equal((await cli(['clean', ...place])).exitCode, 75)
    lock.release()
    assert.equal(existsSync(file('work/seed-x')), true)
    const { exitCode, stdout, stderr } = await cli(['clean', ...place])
    assert.equal(exitCode, 0, stderr)
    assert.match(stdout, /^freed /)
    for (const gone of ['store/layers', 'store/trees', 'store/repos', 'packages', 'work'])
      assert.deepEqual(readdirSync(file(gone)), [], gone)
    for (const kept of ['distfiles/file', 'seeds/file', 'log/file'])
      assert.equal(existsSync(file(kept)), true, kept)
    assert.equal((await cli(['verify', ...place])).exitCode, 0)
  },
)

test(
  'clean --keep: the newest versions stay, with their logs; --dry_run only says so',
  needsRoot(),
  async (t) => {
    const { folder, layout, place } = await ground(t)
    const names = { root: layout.root, type: layout.type, arch: layout.arch }
    // One is named like another and more.
    const versions = ['1.0.0+a', '1.0.0+a.tar.zst', '1.0.0+b']
    const made: { its: typeof layout; archive: string }[] = []
    for (const [index, version] of versions.entries()) {
      const its = createLayout({ ...names, version })
      const { archive } = await finishStage(its, 'stage1', {
        tree: smallTree(path.join(folder, version), version),
      })
      // What only some stages have, their lineage, this one has not.
      for (const file of Object.values(sideFiles(archive)).filter((each) => existsSync(each)))
        utimesSync(file, index + 1, index + 1)
      utimesSync(archive, index + 1, index + 1)
      mkdirSync(its.stageLog('stage1'), { recursive: true })
      mkdirSync(path.dirname(its.journal), { recursive: true })
      writeFileSync(its.journal, '')
      utimesSync(its.journal, index + 1, index + 1)
      made.push({ its, archive })
    }
    mkdirSync(path.join(layout.root, 'locks'), { recursive: true })
    writeFileSync(layout.storeLock, '')
    writeFileSync(path.join(layout.builds, 'notes.txt'), 'of a user\n')
    symlinkSync(path.basename(made[0]?.archive ?? ''), layout.latestLink('stage1', 'zstd'))
    const there = (): string[] =>
      made.filter(({ archive }) => existsSync(archive)).map(({ its }) => its.version)
    const rehearsal = await cli(['clean', ...place, '--keep', '2', '--dry_run', '--json'])
    assert.equal(rehearsal.exitCode, 0, rehearsal.stderr)
    const told = JSON.parse(rehearsal.stdout) as {
      dryRun: boolean
      versions: { version: string; freed: number }[]
    }
    assert.deepEqual([told.dryRun, told.versions.map(({ version }) => version)], [true, ['1.0.0+a']])
    assert.ok((told.versions[0]?.freed ?? 0) > 0)
    assert.deepEqual(there(), versions)
    assert.equal((await cli(['clean', ...place, '--keep', '2'])).exitCode, 0)
    assert.deepEqual(there(), versions.slice(1))
    const [first, second] = made
    assert.ok(first !== undefined && second !== undefined)
    for (const gone of [
      ...Object.values(sideFiles(first.archive)),
      first.its.stageLog('stage1'),
      first.its.journal,
    ])
      assert.ok(!existsSync(gone), gone)
    for (const kept of [sideFiles(second.archive).record, second.its.stageLog('stage1'), second.its.journal])
      assert.ok(existsSync(kept), kept)
    assert.deepEqual(
      readdirSync(layout.builds).filter((name) => /latest|notes/.test(name)),
      ['notes.txt'],
    )
    assert.equal((await cli(['clean', ...place, '--keep', 'three'])).exitCode, 2)
    assert.equal((await cli(['clean', ...place, '--older_than', '36500', '--max_size', '1TiB'])).exitCode, 0)
    assert.deepEqual(there(), versions.slice(1))
    assert.equal((await cli(['clean', ...place, '--max_size', '0'])).exitCode, 0)
    assert.equal(there().length, 1)
  },
)

test('clean of a catalyst root that is not there makes none', needsRoot(), async (t) => {
  const { layout, place } = await ground(t)
  assert.deepEqual([(await cli(['clean', ...place])).exitCode, existsSync(layout.root)], [0, false])
})
