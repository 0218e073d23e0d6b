// Faults of the machine that belong to no single room: killed while unpacking, disks that fail, file systems, stopped runs, bugs.

import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import test from 'node:test'
import { pathToFileURL } from 'node:url'
import { finalizeArchive } from '../../src/archive/pack.js'
import { treeMembers } from '../../src/archive/tree-members.js'
import { unpackArchive } from '../../src/archive/unpack.js'
import { SdkError } from '../../src/errors.js'
import { unpackedTree } from '../../src/stage/run/unpacked.js'
import { sha256File } from '../../src/store/digest/digest.js'
import { removeTree } from '../../src/store/disk/remove.js'
import { createLayout } from '../../src/store/layout.js'
import { openTreeStore } from '../../src/store/trees/trees.js'
import { MAIN } from '../helpers/program.js'
import { makeTree, packTree } from './archive-helpers.js'
import { needs } from './publish-helpers.js'
import { machine, VERSION } from './seed-helpers.js'
import { needsRoot, temporary } from './store-helpers.js'

const SOURCES = path.resolve(import.meta.dirname, '../../src')
const module = (file: string): string => JSON.stringify(pathToFileURL(path.join(SOURCES, file)).href)

/** Processes whose arguments name `word`. */
function naming(word: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(word)
      } catch {
        return false
      }
    })
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    assert.ok(tries < 1500, `for 30 s it was not so that ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Lets `use` have a file system of some kind, below the folder `below`. */
async function onDisk(below: string, kind: string, use: (at: string) => Promise<void>): Promise<void> {
  const at = path.join(below, kind)
  const store = path.join(below, `${kind}.store`)
  const mounted: string[] = []
  const mount = (place: string, ...words: string[]): void => {
    mkdirSync(place)
    execFileSync('mount', [...words, place])
    mounted.unshift(place)
  }
  try {
    if (kind === 'overlay') {
      mount(store, '-t', 'tmpfs', 'store')
      for (const name of ['lower', 'upper', 'work']) mkdirSync(path.join(store, name))
      const options = `lowerdir=${store}/lower,upperdir=${store}/upper,workdir=${store}/work`
      mount(at, '-t', 'overlay', '-o', options, 'overlay')
    } else if (kind === 'tmpfs') mount(at, '-t', 'tmpfs', 'disk')
    else {
      execFileSync('truncate', ['-s', '400M', store])
      execFileSync(`mkfs.${kind}`, ['-q', store])
      mount(at, '-o', 'loop', store)
    }
    await use(at)
  } finally {
    for (const place of mounted) execFileSync('umount', [place])
  }
}

test(
  'kill -9 while a seed is unpacked: no process stays, and the next run unpacks it anew',
  needsRoot(),
  async (t) => {
    const root = await temporary(t)
    const tree = path.join(root, 'tree')
    mkdirSync(tree)
    for (let at = 0; at < 1200; at++) writeFileSync(path.join(tree, `${at}`), `${at}`.repeat(2000))
    const archive = path.join(root, 'seed.tar')
    execFileSync('tar', ['-C', tree, '-cf', archive, '.'])
    const layout = createLayout({
      root: path.join(root, 'cr'),
      type: 'test-sdk',
      arch: 'amd64',
      version: '1.0',
    })
    const known = { archive, sha256: await sha256File(archive) }
    const script = `
    import { openTreeStore } from ${module('store/trees/trees.js')}
    import { createLayout } from ${module('store/layout.js')}
    import { unpackedTree } from ${module('stage/run/unpacked.js')}
    import { treeMembers } from ${module('archive/tree-members.js')}
    const [root, inside, archive, sha256] = process.argv.slice(1)
    const layout = createLayout({ root, type: 'test-sdk', arch: 'amd64', version: '1.0' })
    await unpackedTree(await openTreeStore(layout, treeMembers), { archive, sha256 }, { inside, signal: undefined })`
    const words = ['--input-type=module', '-e', script, layout.root, layout.store, archive, known.sha256]
    const child = spawn(process.execPath, words, { stdio: 'inherit' })
    const end = once(child, 'exit')
    const scratch = path.join(layout.store, 'scratch')
    await until('something is unpacked', () => {
      const [id] = existsSync(scratch) ? readdirSync(scratch) : []
      return id !== undefined && readdirSync(path.join(scratch, id)).length > 20
    })
    child.kill('SIGKILL')
    assert.deepEqual(await end, [null, 'SIGKILL'])
    await until('tar has ended', () => naming(scratch).length === 0)

    const trees = await openTreeStore(layout, treeMembers)
    t.after(() => trees.close())
    assert.equal(await trees.find(known.sha256), undefined, 'the half of a tree is none')
    await trees.collect(new Set())
    assert.deepEqual(readdirSync(scratch), [])
    const { layers } = await unpackedTree(trees, known, { inside: layout.store, signal: undefined })
    assert.equal(readdirSync(layers[0] ?? '').length, 1200)
  },
)

/** Runs `script` while its `when`th fsync fails with an input/output error; gives what it prints. */
function withFailingSync(script: string, words: string[], when: number): string {
  const inject = ['-e', 'trace=fsync', '-e', `inject=fsync:error=EIO:when=${when}`]
  return execFileSync(
    'strace',
    [
      '-f',
      '-qqq',
      '-o',
      '/dev/null',
      ...inject,
      process.execPath,
      '--input-type=module',
      '-e',
      script,
      ...words,
    ],
    // strace counts the calls of each thread: there is to be one that makes them.
    { encoding: 'utf8', env: { ...process.env, UV_THREADPOOL_SIZE: '1' } },
  )
}

const PUBLISH = `
  import { giveFinalName, writeFileAtomic } from ${module('store/disk/atomic.js')}
  import { EXIT_CODES } from ${module('errors.js')}
  const [folder] = process.argv.slice(1)
  try {
    await giveFinalName(folder + '/temporary', folder + '/archive')
    await writeFileAtomic(folder + '/record', 'finished')
    console.log('finished')
  } catch (error) {
    console.log(error.code, EXIT_CODES[error.code], error.message)
  }`

test(
  'a disk that fails while a file is synced: exit code 6, and nothing has its name',
  needs('strace'),
  async (t) => {
    const folder = await temporary(t)
    writeFileSync(path.join(folder, 'temporary'), 'whole')
    assert.match(withFailingSync(PUBLISH, [folder], 1), /^SDK_SPACE 6 .*archive.*(input\/output|I\/O) error/i)
    assert.deepEqual(readdirSync(folder), [])
  },
)

test(
  'a disk that fails while a folder is synced: exit code 6, no record, and the next run has it done',
  needs('strace'),
  async (t) => {
    const folder = await temporary(t)
    writeFileSync(path.join(folder, 'temporary'), 'whole')
    assert.match(withFailingSync(PUBLISH, [folder], 2), /^SDK_SPACE 6 .*archive/)
    assert.deepEqual(readdirSync(folder), ['archive'], 'it has its name, but no record vouches for it')
    writeFileSync(path.join(folder, 'temporary'), 'whole')
    assert.equal(withFailingSync(PUBLISH, [folder], 99), 'finished\n')
    assert.deepEqual(readdirSync(folder).sort(), ['archive', 'record'])
  },
)

test('names that differ by case or by Unicode form alone are different files', needsRoot(), async (t) => {
  const root = await temporary(t)
  const names = ['a', 'A', 'ä', 'a\u0308', 'Ä', 'ß', 'SS', 'ss', 'İ', 'i']
  mkdirSync(path.join(root, 'tree'))
  for (const name of names) writeFileSync(path.join(root, 'tree', name), name)
  const packed = await packTree(path.join(root, 'tree'), path.join(root, 'seed'))
  await finalizeArchive(packed)
  await unpackArchive({ file: packed.target, target: path.join(root, 'out') })
  for (const name of names) assert.equal(readFileSync(path.join(root, 'out', name), 'utf8'), name)
})

test(
  'a tree in which files are open and a process has its folder is removed; one with a busy mount is refused, and the mount stays',
  needsRoot(),
  async (t) => {
    const root = await temporary(t)
    const [open, busy] = [path.join(root, 'open'), path.join(root, 'busy')]
    for (const folder of [open, path.join(busy, 'mount')]) mkdirSync(folder, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', 'busy', path.join(busy, 'mount')])
    const sleepers = [open, path.join(busy, 'mount')].map((cwd) =>
      spawn('sh', ['-c', 'exec 3>file; echo; exec sleep infinity'], {
        cwd,
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
    )
    const end = async (): Promise<void> => {
      for (const sleeper of sleepers) {
        const gone = once(sleeper, 'exit')
        if (sleeper.kill('SIGKILL')) await gone
      }
      execFileSync('umount', [path.join(busy, 'mount')])
    }
    try {
      await Promise.all(sleepers.map((sleeper) => once(sleeper.stdout, 'data')))
      await removeTree(open, root)
      assert.equal(existsSync(open), false)
      await assert.rejects(removeTree(busy, root), (error: SdkError) => {
        assert.match(error.message, /busy\/mount/)
        return error instanceof SdkError
      })
      assert.ok(existsSync(path.join(busy, 'mount/file')), 'nothing of it was removed')
      assert.match(readFileSync('/proc/self/mountinfo', 'utf8'), new RegExp(`${busy}/mount `))
    } finally {
      await end()
    }
    await removeTree(busy, root)
    assert.equal(existsSync(busy), false)
  },
)

test(
  'a tree is packed to the same bytes from ext4, XFS, btrfs, tmpfs and an overlay',
  needsRoot(),
  async (t) => {
    const root = await temporary(t)
    makeTree(path.join(root, 'tree'))
    const packed = await packTree(path.join(root, 'tree'), path.join(root, 'seed'))
    await finalizeArchive(packed)
    const known = readFileSync('/proc/filesystems', 'utf8').split(/\s+/)
    // Those that this kernel has as modules are there after a mount.
    const kinds = ['ext4', 'xfs', 'btrfs', 'tmpfs', 'overlay'].filter(
      (kind) => known.includes(kind) || spawnSync('modprobe', [kind]).status === 0,
    )
    t.diagnostic(kinds.join())
    assert.ok(kinds.length >= 3)
    for (const kind of kinds) {
      await onDisk(root, kind, async (at) => {
        const target = path.join(at, 'tree')
        await unpackArchive({ file: packed.target, target })
        const again = await packTree(target, path.join(root, 'again'))
        assert.equal(again.tarSha256, packed.tarSha256, kind)
      })
    }
  },
)

test('a run that is stopped and continued goes on', needsRoot(), async (t) => {
  let asked = 0
  const server = createServer((_, response) => {
    asked++
    // Only when it runs again it can hear this.
    setTimeout(() => response.writeHead(404).end(), 300)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { place } = await machine(t, {
    urls: [`http://127.0.0.1:${(server.address() as AddressInfo).port}`],
    versionFile: `FLATCAR_VERSION_ID=2.0.0\nFLATCAR_SDK_VERSION=${VERSION}\n`,
  })
  const child = spawn(process.execPath, [MAIN, 'stage1', '--no_host_setup', ...place], { stdio: 'ignore' })
  const end = once(child, 'exit')
  await until('it asks for its seed', () => asked > 0)
  // Where nobody could continue it (an orphaned process group, as in CI) the kernel drops SIGTSTP.
  child.kill('SIGSTOP')
  await until('it is stopped', () => / T /.test(readFileSync(`/proc/${child.pid}/stat`, 'utf8')))
  child.kill('SIGCONT')
  assert.deepEqual(await end, [4, null], 'it ends as it would have ended')
})

test('a bug is exit code 70 with its place and what to do, and leaves nothing', needsRoot(), async (t) => {
  const { place } = await machine(t, {
    urls: ['file:///nowhere'],
    versionFile: `FLATCAR_VERSION_ID=2.0.0\nFLATCAR_SDK_VERSION=${VERSION}\n`,
  })
  const broken = 'data:text/javascript,globalThis.performance={}'
  const run = (node: string[]) =>
    new Promise<{ code: number | null; said: string }>((resolve) => {
      const child = spawn(process.execPath, [...node, MAIN, 'stage1', '--no_host_setup', ...place], {
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      let said = ''
      child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
      child.on('close', (code) => resolve({ code, said }))
    })
  const bug = await run(['--import', broken])
  assert.equal(bug.code, 70, bug.said)
  assert.match(bug.said, /internal error, please report it with the text below/)
  assert.match(bug.said, /TypeError: performance\.now is not a function\n +at /)
  const after = await run([])
  assert.equal(after.code, 4, `no lock and no half of anything is in the way: ${after.said}`)
})

test(
  'work and store that are links, or on two disks, are refused before anything is built; other links are not',
  needsRoot(),
  async (t) => {
    const options = {
      urls: ['file:///nowhere'],
      versionFile: `FLATCAR_VERSION_ID=2.0.0\nFLATCAR_SDK_VERSION=${VERSION}\n`,
    }
    const build = (place: readonly string[]): { status: number | null; stderr: string } =>
      spawnSync(process.execPath, [MAIN, 'stage1', '--no_host_setup', ...place], { encoding: 'utf8' })
    const { layout, place } = await machine(t, options)
    const root = layout.root
    const elsewhere = path.join(path.dirname(root), 'elsewhere')
    for (const name of ['work', 'store', 'packages', 'distfiles', 'log', 'seeds', 'builds']) {
      mkdirSync(path.join(elsewhere, name), { recursive: true })
      rmSync(path.join(root, name), { recursive: true, force: true })
      symlinkSync(path.join(elsewhere, name), path.join(root, name))
      const { status, stderr } = build(place)
      // 4: there is not a seed to be had.
      assert.equal(status, name === 'work' ? 3 : 4, `${name}: ${stderr}`)
      if (name === 'work') assert.match(stderr, /\/work is a symbolic link: expected a folder/)
      rmSync(path.join(root, name))
    }
    mkdirSync(path.join(root, 'work'), { recursive: true })
    await onDisk(elsewhere, 'tmpfs', async (at) => {
      rmSync(path.join(root, 'store'), { recursive: true, force: true })
      symlinkSync(at, path.join(root, 'store'))
      const { status, stderr } = build(place)
      assert.equal(status, 3, stderr)
      assert.match(
        stderr,
        /\/work and \S+\/store are on different file systems \(mounted at \S+ and \S+elsewhere\/tmpfs\)/,
      )
      assert.deepEqual(readdirSync(at), [])
      rmSync(path.join(root, 'store'))
    })
  },
)
