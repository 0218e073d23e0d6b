import assert from 'node:assert/strict'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { removeUnusedRoot } from '../../src/bootstrap/unused-root.js'
import { capture, must } from '../../src/process/run.js'
import { createLayout, ROOT_FOLDERS, rootFolders, sideFiles } from '../../src/store/layout.js'
import { acquireLock } from '../../src/store/lock.js'
import { MAIN } from '../helpers/program.js'
import { needsRoot, temporary, temporaryLayout } from './store-helpers.js'
import { cli, finishStage, ground, smallTree } from './verbs-helpers.js'

test('a catalyst root that can be none: exit code 2, one error, for every verb', async (t) => {
  const { folder, place } = await ground(t)
  const sdk = place.slice(0, 2)
  writeFileSync(path.join(folder, 'file'), '')
  symlinkSync('nowhere', path.join(folder, 'dangling'))
  symlinkSync('loop', path.join(folder, 'loop'))
  const places = ['file', 'dangling', 'dangling/x', 'loop', 'file/x', 'x'.repeat(300)]
  for (const name of places)
    for (const verb of ['status', 'plan', 'clean', 'doctor']) {
      const root = path.join(folder, name)
      const ended = await cli([verb, ...sdk, '--catalyst_root', root])
      const what = `${verb} ${name}: ${ended.stderr}`
      assert.equal(ended.exitCode, 2, what)
      assert.match(
        ended.stderr,
        /^bootstrap_sdk: error: --catalyst_root: expected a folder, .*\[SDK_USAGE\]\n$/,
        what,
      )
    }
})

test('a place that lets nobody make folders ends the run at once', needsRoot(), async (t) => {
  const { place } = await ground(t)
  for (const root of ['/proc', '/proc/1', '/proc/x/y', '/sys']) {
    const ended = await cli(['fetch', ...place.slice(0, 2), '--catalyst_root', root, '--no_host_setup'])
    assert.equal(ended.exitCode, 3, `${root}: ${ended.stderr}`)
    assert.match(ended.stderr, /the folder \/(proc|sys)\S+ cannot be made: /)
  }
})

test(
  'a folder of the catalyst root that can be none is named before anything is built',
  needsRoot(),
  async (t) => {
    const { folder, place } = await ground(t)
    const root = path.join(folder, 'other')
    const run = () => cli(['stage1', ...place.slice(0, 2), '--catalyst_root', root, '--no_host_setup'])
    const cases = rootFolders((each) => each !== ROOT_FOLDERS.locks).map(
      (name) => [name, 'nowhere', 'a link that leads nowhere'] as const,
    )
    for (const [name, target, found] of [
      ...cases,
      ['distfiles', 'distfiles', 'links that lead in a circle'] as const,
    ]) {
      mkdirSync(root, { recursive: true })
      symlinkSync(target, path.join(root, name))
      const { exitCode, stderr } = await run()
      assert.equal(exitCode, 3, stderr)
      assert.ok(
        stderr.includes(`${path.join(root, name)}: expected a folder, or a place for one, found ${found}`),
        stderr,
      )
      rmSync(root, { recursive: true })
    }
    mkdirSync(root)
    writeFileSync(path.join(root, 'packages'), 'precious')
    assert.match((await run()).stderr, /other\/packages: expected a folder, or a place for one, found a file/)
    assert.equal(readFileSync(path.join(root, 'packages'), 'utf8'), 'precious')
  },
)

test('clean touches nothing where no run has been', needsRoot(), async (t) => {
  const { layout, place } = await ground(t)
  const files = ['packages/app/main.ts', 'work/thesis', 'store/x'].map((name) => path.join(layout.root, name))
  for (const file of files) {
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, 'precious')
  }
  const ended = await cli(['clean', ...place])
  assert.equal(ended.exitCode, 2)
  assert.match(ended.stderr, /is not a catalyst root: expected locks/)
  for (const file of files) assert.equal(readFileSync(file, 'utf8'), 'precious')
})

test('an archive that was renamed is not taken for the stage whose name it has', async (t) => {
  const { folder, layout, place } = await ground(t)
  const two = await finishStage(layout, 'stage2', { tree: smallTree(path.join(folder, 't'), 'two') })
  const rename = (to: string): void => {
    renameSync(two.archive, to)
    renameSync(sideFiles(two.archive).record, sideFiles(to).record)
  }
  const one = layout.archive('stage1', 'zstd')
  rename(one)
  const plan = await cli(['plan', ...place, '--version', layout.version])
  assert.equal(plan.exitCode, 4)
  assert.match(
    plan.stderr,
    /stage1-\S+ is not what its name says: its record is of stage stage2, expected stage1/,
  )
  const status = await cli(['status', ...place])
  assert.match(status.stdout, /broken/)
  const again = await cli([
    'plan',
    ...place,
    '--version',
    layout.version,
    '--rebuild',
    '--seed_tarball',
    one,
    'stage1',
  ])
  assert.match(again.stdout, /stage1 {2}run: --rebuild/, again.stderr)
})

test('a record that is not a file does not keep anybody waiting', async (t) => {
  const { layout, place } = await ground(t)
  mkdirSync(layout.builds, { recursive: true })
  const record = sideFiles(layout.archive('stage1', 'zstd')).record
  await must({ argv: ['mkfifo', record] })
  const plan = await cli(['plan', ...place, '--version', layout.version])
  assert.equal(plan.exitCode, 4)
  assert.match(plan.stderr, /expected a file, found a FIFO/)
})

test('files of the command line that are none', async (t) => {
  const folder = await temporary(t)
  const fifo = path.join(folder, 'fifo')
  await must({ argv: ['mkfifo', fifo] })
  for (const [file, found] of [
    [fifo, 'a FIFO'],
    [folder, 'a folder'],
    ['/dev/null', 'a device'],
  ] as const) {
    const ended = await cli(['plan', '--file', file])
    assert.equal(ended.exitCode, 2)
    assert.match(ended.stderr, new RegExp(`${file}: expected a file, found ${found}`))
  }
})

test('what cannot be written to standard output is no success', async () => {
  const argv = ['bash', '-c', '"$0" "$1" --help >/dev/full', process.execPath, MAIN] as const
  const full = await capture({ argv })
  assert.equal(full.exitCode, 6)
  assert.match(full.stderr, /standard output: no space/)
})

test('standard output that is closed is no success, but for who has nothing to say there', async () => {
  const launcher = path.join(path.dirname(MAIN), '../../bootstrap_sdk')
  for (const closed of ['>&-', '<&- >&-'])
    for (const words of [['--version_info'], ['help', 'plan'], ['completion', 'bash']]) {
      const ended = await capture({ argv: ['bash', '-c', `"$0" "$@" ${closed}`, launcher, ...words] })
      assert.equal(ended.exitCode, 3, `${words} ${closed}: ${ended.stderr}`)
      assert.match(ended.stderr, /standard output is closed/)
    }
  for (const place of ['/dev/full', '&-']) {
    const argv = ['bash', '-c', `"$0" plan --sdk none >${place}`, launcher] as const
    const wrong = await capture({ argv })
    assert.equal(wrong.exitCode, 2)
    assert.doesNotMatch(wrong.stderr, /standard output/)
  }
})

test(
  'a place whose file system can hold no root is refused before anything is made',
  needsRoot(),
  async (t) => {
    const { folder, place } = await ground(t)
    const parts = ['lower', 'upper', 'work', 'disk'].map((name) => path.join(folder, `overlay-${name}`))
    const [lower, upper, work, disk = ''] = parts
    for (const part of parts) mkdirSync(part)
    const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`
    await must({ argv: ['mount', '-t', 'overlay', 'overlay', '-o', options, disk] })
    try {
      for (const [verb, root] of [
        ['build', disk],
        ['fetch', path.join(disk, 'a/b')],
      ] as const) {
        const ended = await cli([verb, ...place.slice(0, 2), '--catalyst_root', root, '--no_host_setup'])
        assert.equal(ended.exitCode, 3, ended.stderr)
        assert.match(ended.stderr, /work: expected a file system that .*, found overlay, mounted at .*disk/)
        assert.match(ended.stderr, /give a --catalyst_root on a local file system/)
        assert.deepEqual(readdirSync(disk), [])
      }
    } finally {
      await must({ argv: ['umount', disk] })
    }
  },
)

test('a current folder that is gone', async (t) => {
  const folder = await temporary(t)
  const script = 'mkdir gone && cd gone && rmdir ../gone && "$0" "$1" status'
  const ended = await capture({ argv: ['bash', '-c', script, process.execPath, MAIN], cwd: folder })
  assert.equal(ended.exitCode, 3)
  assert.match(ended.stderr, /the current folder does not exist any more/)
})

test('what a terminal obeys is not written, whatever a folder is called', async (t) => {
  const { folder, place, layout } = await ground(t)
  const hostile = path.join(folder, 'a\u009b31mb\u202ec')
  cpSync(place[1] ?? '', hostile, { recursive: true })
  const args = ['--sdk', hostile, '--catalyst_root', layout.root]
  for (const verb of ['plan', 'status']) {
    const ended = await cli([verb, ...args, ...(verb === 'plan' ? ['--seed_tarball', '/dev/null'] : [])])
    assert.doesNotMatch(`${ended.stdout}${ended.stderr}`, /[\u0080-\u009f\u202e]/)
  }
  mkdirSync(layout.builds, { recursive: true })
  const { archive } = await finishStage(layout, 'stage1', { tree: smallTree(path.join(folder, 't'), 'one') })
  const moved = path.join(folder, 'a\u009b31mb.tar.zst')
  renameSync(archive, moved)
  const verified = await cli(['verify', moved, ...args])
  assert.match(verified.stdout, /ab\.tar\.zst/)
  assert.doesNotMatch(`${verified.stdout}${verified.stderr}`, /\u009b/)
})

test('compare without a temporary folder', async (t) => {
  const folder = await temporary(t)
  const sides = ['a', 'b'].map((name) => smallTree(path.join(folder, name), `content of ${name}`))
  const ended = await cli(['compare', ...sides], { env: { TMPDIR: path.join(folder, 'none') } })
  assert.equal(ended.exitCode, 3)
  assert.match(ended.stderr, /no temporary folder can be made in .*none.*\[SDK_HOST\]/)
})

test(
  'only a root of which nothing has come is removed, and what others put there stays',
  needsRoot(),
  async (t) => {
    const names = async () => {
      const root = path.join(await temporary(t), 'a/b/cr')
      return createLayout({ root, type: 'test-sdk', arch: 'amd64', version: '1.0' })
    }
    const begin = async (layout: Awaited<ReturnType<typeof names>>): Promise<string> => {
      mkdirSync(layout.work('stage1'), { recursive: true })
      mkdirSync(path.dirname(layout.journal), { recursive: true })
      writeFileSync(layout.journal, '')
      for (const file of [layout.versionLock, layout.storeLock]) (await acquireLock(file, {})).release()
      return path.resolve(layout.root, '../..')
    }
    const unused = await names()
    const top = await begin(unused)
    await removeUnusedRoot(unused, top)
    assert.equal(existsSync(top), false)

    const foreign = await names()
    const above = await begin(foreign)
    writeFileSync(path.join(above, 'notes'), 'mine')
    await removeUnusedRoot(foreign, above)
    assert.deepEqual([existsSync(foreign.root), existsSync(path.join(above, 'notes'))], [false, true])

    const built = await names()
    await begin(built)
    mkdirSync(built.builds, { recursive: true })
    writeFileSync(built.archive('stage1', 'zstd'), 'an archive')
    await removeUnusedRoot(built, built.root)
    assert.ok(existsSync(built.archive('stage1', 'zstd')) && existsSync(built.journal))

    const shared = await names()
    await begin(shared)
    writeFileSync(path.join(shared.locks, 'test-sdk-amd64-2.0.lock'), '')
    await removeUnusedRoot(shared, shared.root)
    assert.ok(existsSync(shared.journal))

    const used = await names()
    await begin(used)
    const lock = await acquireLock(used.storeLock, {}, { shared: true })
    await removeUnusedRoot(used, used.root)
    lock.release()
    assert.ok(existsSync(used.journal))
    rmSync(used.journal)
  },
)

test('the lock of a full disk holds without its facts', needsRoot(), async (t) => {
  const { root } = await temporaryLayout(t)
  const script = `
    mount -t tmpfs -o size=64k none "$1" && mkdir "$1/locks" && : >"$1/locks/store.lock" &&
    { head -c 1M /dev/zero >"$1/fill"; "$2" "$3" clean --catalyst_root "$1"; }`
  const argv = ['unshare', '--mount', 'bash', '-c', script, 'test', root, process.execPath, MAIN] as const
  const said = await must({ argv: [...argv] })
  assert.match(said, /^freed /)
})
