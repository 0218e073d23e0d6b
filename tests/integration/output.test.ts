// --output: what a run gives, in a folder of its user's; whole or not there, and never where something else lies.

import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { toolEnvironment } from '../../src/process/environment.js'
import { must } from '../../src/process/run.js'
import { writeOutput } from '../../src/release/output.js'
import { isOutputName } from '../../src/request/output.js'
import { sideFiles } from '../../src/store/layout.js'
import { makeSmallDisk } from '../helpers/small-disk.js'
import { finishedSdk, gpgKey, needs } from './publish-helpers.js'
import { needsRoot, temporary } from './store-helpers.js'
import { cli, finishStage, ground, smallTree } from './verbs-helpers.js'

const VERSION = '1.0.0+a'
const RELEASE = `test-sdk-amd64-${VERSION}.tar.zst`

const all = (folder: string): string[] => (readdirSync(folder, { recursive: true }) as string[]).sort()
const files = (folder: string): string[] =>
  all(folder).filter((name) => statSync(path.join(folder, name)).isFile())
const ownersOf = (folder: string): Set<string> =>
  new Set(
    ['.', ...all(folder)].map((name) => {
      const { uid, gid } = statSync(path.join(folder, name))
      return `${uid}:${gid}`
    }),
  )

test(
  'all of a release, and the report of its run, is in a folder that belongs to who was named',
  needs('gpg', 'gpg-agent'),
  async (t) => {
    const { place, layout } = await finishedSdk(t)
    const { GNUPGHOME, key } = await gpgKey(t)
    const around = await temporary(t)
    const out = path.join(around, 'deep/out')
    const args = [...place, '--version', VERSION, '--sign', key, '--sign_digests', key, '--output', out]
    const run = await cli([...args, '--output_owner', '1234:nogroup'], { env: { GNUPGHOME } })
    assert.equal(run.exitCode, 0, run.stderr)
    const names = files(out)
    for (const suffix of ['', '.CONTENTS.gz', '.record.json', '.DIGESTS'])
      for (const name of [`${RELEASE}${suffix}`, `${RELEASE}${suffix}.sig`])
        assert.ok(names.includes(name), name)
    for (const name of [`${RELEASE}.DIGESTS.asc`, 'report.html', 'pkgs/Packages.sig', 'toolchain/Packages'])
      assert.ok(names.includes(name), name)
    assert.deepEqual(readFileSync(path.join(out, RELEASE)), readFileSync(path.join(layout.builds, RELEASE)))
    assert.equal(readFileSync(path.join(out, 'report.html'), 'utf8'), readFileSync(layout.report, 'utf8'))
    const verified = await must({
      argv: [
        'gpg',
        '--batch',
        '--status-fd',
        '1',
        '--verify',
        path.join(out, `${RELEASE}.sig`),
        path.join(out, RELEASE),
      ],
      env: toolEnvironment({ GNUPGHOME }),
    })
    assert.match(verified, /VALIDSIG/)
    const group = statSync(path.join(out, RELEASE)).gid
    assert.deepEqual([...ownersOf(out)], [`1234:${group}`])
    assert.notEqual(group, 0)
    // What is at the source is still root's, and nothing lies aside.
    assert.equal(statSync(path.join(layout.builds, RELEASE)).uid, 0)
    assert.deepEqual(readdirSync(path.dirname(out)), ['out'])
    // The folder above, which was made for it, is its owner's, too; the one that was there stays whose it was.
    assert.deepEqual(
      [path.dirname(out), around].map((folder) => statSync(folder).uid),
      [1234, 0],
    )
    // Again over what is there, also what was damaged there; by who called sudo.
    writeFileSync(path.join(out, RELEASE), 'damaged')
    const env = { GNUPGHOME, SUDO_UID: '77', SUDO_GID: '78', SUDO_COMMAND: 'x' }
    const again = await cli(args, { env })
    assert.equal(again.exitCode, 0, again.stderr)
    assert.deepEqual(files(out), names)
    assert.deepEqual(readFileSync(path.join(out, RELEASE)), readFileSync(path.join(layout.builds, RELEASE)))
    const { uid, gid } = statSync(path.join(out, RELEASE))
    assert.deepEqual([uid, gid], [77, 78])
    // Killed while it filled the folder: that is nobody else's, and goes.
    const aside = path.join(out, `.output.partial-test-sdk-amd64-${VERSION}`)
    const report = path.join(out, '.report.html.partial-0123456789ab')
    mkdirSync(aside)
    for (const file of [path.join(aside, RELEASE), report]) writeFileSync(file, 'half')
    const after = await cli(args, { env })
    assert.equal(after.exitCode, 0, after.stderr)
    assert.deepEqual(files(out), names)
    assert.ok(!existsSync(aside))
    // What cannot be replaced is named, and the rest of the folder is as it was.
    for (const [name, said] of [
      [RELEASE, /EISDIR/],
      ['pkgs', /ENOTDIR/],
    ] as const) {
      const [inTheWay, kept] = [path.join(out, name), path.join(around, name)]
      renameSync(inTheWay, kept)
      if (name === RELEASE) mkdirSync(inTheWay)
      else symlinkSync(kept, inTheWay)
      const stopped = await cli(args, { env })
      assert.equal(stopped.exitCode, 8, stopped.stderr)
      assert.match(stopped.stderr, said)
      assert.ok(stopped.stderr.includes(JSON.stringify(name)), stopped.stderr)
      assert.match(stopped.stderr, /look what stands there/)
      assert.doesNotMatch(stopped.stderr, /\/proc\/self/)
      rmSync(inTheWay, { recursive: true })
      renameSync(kept, inTheWay)
    }
  },
)

test('a run without a release gives the archive of its last stage', needsRoot(), async (t) => {
  const { folder, place, layout } = await ground(t)
  const { archive } = await finishStage(layout, 'stage1', { tree: smallTree(path.join(folder, 't'), 'one') })
  const out = path.join(await temporary(t), 'out')
  const run = await cli([...place, '--version', layout.version, 'stage1', '--output', out])
  assert.equal(run.exitCode, 0, run.stderr)
  const { contents, record, digests } = sideFiles(archive)
  assert.deepEqual(
    files(out),
    [...[archive, contents, record, digests].map((file) => path.basename(file)), 'report.html'].sort(),
  )
})

test(
  'a release is not made, and nothing given, of DIGESTS or CONTENTS that are not what the record says',
  needsRoot(),
  async (t) => {
    const { place, layout } = await finishedSdk(t)
    const out = path.join(await temporary(t), 'out')
    const { contents, digests } = sideFiles(layout.archive('stage4', 'zstd'))
    const said = readFileSync(digests, 'utf8')
    const damages: [file: string, text: string | undefined, says: RegExp][] = [
      [
        digests,
        said.replaceAll(/[0-9a-f]{128}/g, 'a'.repeat(128)),
        /expected sha512 \w+ of stage4\S+, found a+/,
      ],
      [
        digests,
        said.split('\n').slice(0, 8).join('\n'),
        /expected a md5 of stage4\S+CONTENTS\.gz, found none/,
      ],
      [contents, 'other', /CONTENTS\.gz: expected md5/],
      [contents, undefined, /expected a file, found a folder/],
    ]
    for (const [file, text, says] of damages) {
      const before = readFileSync(file)
      rmSync(file)
      if (text === undefined) mkdirSync(file)
      else writeFileSync(file, text)
      const run = await cli([...place, '--version', VERSION, '--output', out])
      assert.equal(run.exitCode, 4, run.stderr)
      assert.match(run.stderr, says)
      assert.match(run.stderr, /DIGESTS is not what the archive's record says/)
      assert.deepEqual([existsSync(out), existsSync(path.join(layout.builds, RELEASE))], [false, false])
      rmSync(file, { recursive: true })
      writeFileSync(file, before)
    }
  },
)

test('what has come into the folder while the SDK was built stays, and alone', needsRoot(), async (t) => {
  const [around, file] = [await temporary(t), path.join(await temporary(t), 'one')]
  writeFileSync(file, 'one')
  const isOwn = (name: string): boolean => isOutputName(name, { type: 'test-sdk', version: VERSION })
  const place = {
    folder: around,
    owner: undefined,
    id: `test-sdk-amd64-${VERSION}`,
    isOwn,
    signal: undefined,
  }
  const files = [{ path: file, name: RELEASE }] as never
  writeFileSync(path.join(around, 'test-sdk-amd64-2.0.0+b.tar.zst'), 'of another run')
  await assert.rejects(writeOutput(files, place), {
    ...{ code: 'SDK_PUBLISH', message: /2\.0\.0\+b\.tar\.zst" has come there meanwhile/ },
  })
  assert.deepEqual(readdirSync(around), ['test-sdk-amd64-2.0.0+b.tar.zst'])
  rmSync(path.join(around, 'test-sdk-amd64-2.0.0+b.tar.zst'))
  await writeOutput(files, place)
  assert.deepEqual(readdirSync(around), [RELEASE])
})

test(
  'an index of packages that was cut is told: nobody would miss what it does not list',
  needsRoot(),
  async (t) => {
    const { place, layout } = await finishedSdk(t)
    const packages = path.join(layout.root, 'packages')
    const [index = ''] = all(packages).filter(
      (name) => /stage4\S+Packages$/.test(name) && !name.includes('crossdev'),
    )
    const file = path.join(packages, index)
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.slice(0, text.indexOf('CPV: dev-lang/rust')))
    const run = await cli([...place, '--version', VERSION, '--output', path.join(await temporary(t), 'out')])
    assert.equal(run.exitCode, 0, run.stderr)
    assert.deepEqual(run.stderr.match(/Packages is not whole: it says \d packages, and lists \d/g), [
      'Packages is not whole: it says 3 packages, and lists 2',
    ])
  },
)

test(
  'a folder that is not whole is not there: what cannot be copied leaves nothing',
  needs('rsync'),
  async (t) => {
    const { place, layout } = await finishedSdk(t)
    const around = await temporary(t)
    const out = path.join(around, 'out')
    const args = [...place, '--version', VERSION, '--output', out]
    const disk = await makeSmallDisk(around)
    const { enter: before } = disk
    const there = (): string[] => readdirSync(disk.see(around))
    try {
      disk.remount('size=8k')
      const full = await cli(args, { before })
      assert.equal(full.exitCode, 6, full.stderr)
      // No disk of the catalyst root, whose `clean` would free nothing there.
      assert.match(full.stderr, /make room there, or name another place/)
      assert.doesNotMatch(full.stderr, /removes what can be rebuilt/)
      assert.deepEqual(there(), [])
      // The same run again still has it to do; what a killed one has left aside goes.
      disk.relieve()
      const aside = disk.see(path.join(around, `.out.partial-test-sdk-amd64-${VERSION}`))
      mkdirSync(aside)
      writeFileSync(path.join(aside, RELEASE), 'half')
      const again = await cli(['--version', VERSION, '--catalyst_root', layout.root], { before })
      assert.equal(again.exitCode, 0, again.stderr)
      assert.match(again.stderr, /goes on with what 1\.0\.0\+a was asked: .*--output \S+out/)
      assert.deepEqual(there(), ['out'])
      assert.ok(existsSync(disk.see(path.join(out, `${RELEASE}.DIGESTS`))))
      // It has been done: another run of the version does not do it again.
      rmSync(disk.see(out), { recursive: true })
      const later = await cli(['--version', VERSION, '--catalyst_root', layout.root], { before })
      assert.equal(later.exitCode, 0, later.stderr)
      assert.deepEqual(there(), [])
    } finally {
      await disk.close()
    }
  },
)

test(
  'a folder of something else, or of nobody, is refused before anything is built',
  needsRoot(),
  async (t) => {
    const { folder, place, layout } = await ground(t)
    const around = await temporary(t)
    const args = [...place, '--version', layout.version]
    const full = path.join(around, 'full')
    mkdirSync(full)
    writeFileSync(path.join(full, 'thesis.tex'), '')
    const older = path.join(around, 'older')
    mkdirSync(older)
    writeFileSync(path.join(older, 'test-sdk-amd64-0.9.0+a.tar.zst'), '')
    const link = path.join(around, 'link')
    symlinkSync(full, link)
    const refused: readonly (readonly [string, RegExp])[] = [
      ...[
        '/',
        '/etc',
        '/usr',
        '/usr/lib',
        '/var/lib',
        '/home',
        '/tmp',
        '/proc/x',
        '/dev/shm/x',
        '/sys/x',
      ].map((name) => [name, /found one of the system/] as const),
      [full, /expected an empty folder, or what \S+ has put there, found "thesis\.tex"/],
      [`${full}/`, /found "thesis\.tex"/],
      [link, /full: expected an empty folder/],
      [older, /found "test-sdk-amd64-0\.9\.0\+a\.tar\.zst"/],
      [layout.root, /in, or around, the catalyst root/],
      [path.join(layout.root, 'builds/mine'), /in, or around, the catalyst root/],
      [path.join(folder, 'test/mine'), /in, or around, the folder of the definition/],
      [path.join(folder, 'test/repo/mine'), /in, or around, the/],
      [path.dirname(layout.root), /in, or around, the|expected an empty folder/],
      [path.join(full, 'thesis.tex'), /expected a folder, or a place for one, found a file/],
      [path.join(full, 'thesis.tex/x'), /found none: a part of the path is not a folder/],
    ]
    // `plan` asks the same function: one of each kind tells.
    const planned = new Set(['/etc', full, layout.root])
    for (const [target, said] of refused)
      for (const verb of planned.has(target) ? [[], ['plan']] : [[]]) {
        const run = await cli([...verb, ...args, '--output', target])
        assert.equal(run.exitCode, 2, `${target}: ${run.stderr}`)
        assert.match(run.stderr, /--output: /, target)
        assert.match(run.stderr, said, target)
      }
    const out = path.join(around, 'out')
    for (const [owner, said] of [
      ['nobody-here', /this machine has no user "nobody-here"/],
      ['4294967295:0', /has no user/],
      ['root:no-such-group', /has no group "no-such-group"/],
      ['54321', /has no user "54321", whose group it would be/],
      ['-x:y', /expected USER:GROUP/],
      ['a b:c', /expected USER:GROUP/],
    ] as const) {
      const run = await cli([...args, '--output', out, `--output_owner=${owner}`])
      assert.equal(run.exitCode, 2, `${owner}: ${run.stderr}`)
      assert.match(run.stderr, said)
    }
    const alone = await cli([...args, '--output_owner', 'root:root'])
    assert.equal(alone.exitCode, 2, alone.stderr)
    assert.match(alone.stderr, /--output_owner needs --output/)
    assert.equal(existsSync(layout.journal), false)
    assert.deepEqual(readdirSync(full), ['thesis.tex'])
  },
)
