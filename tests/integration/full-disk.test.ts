// A full or broken disk, met by programs, by sandboxes and by the log of a stage: said as what it is, with the disk.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { mkdir } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import { SdkError } from '../../src/errors.js'
import { must } from '../../src/process/run.js'
import { runInSandbox } from '../../src/sandbox/run.js'
import type { Mount } from '../../src/sandbox/spec.js'
import { runLogged } from '../../src/stage/watch/logged.js'
import { writeFileAtomic } from '../../src/store/disk/atomic.js'
import { explainDisk, findFullDisk, saidCode } from '../../src/store/disk/full-disk.js'
import { removeTree } from '../../src/store/disk/remove.js'
import { place, privileged, processes } from './sandbox-helpers.js'

/** A small file system of this test, full after {@link fill}. */
function smallDisk(t: TestContext, options: string): { disk: string; fill: () => void } {
  const disk = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'small-disk-')))
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'small', disk])
  t.after(() => {
    execFileSync('umount', [disk])
    fs.rmdirSync(disk)
  })
  const fill = (): void => {
    try {
      for (;;) fs.appendFileSync(path.join(disk, 'filler'), Buffer.alloc(4096))
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
    }
  }
  return { disk, fill }
}

const explained = async (error: unknown, places: readonly string[]): Promise<SdkError> => {
  const result = await explainDisk(error, places)
  assert.ok(result instanceof SdkError, String(result))
  return result
}

test('what programs, Node and Python say of a full disk is found in any error', async () => {
  for (const [said, what] of [
    ["cp: error writing '/x/y': No space left on device", 'no space left'],
    ['OSError: [Errno 28] No space left on device', 'no space left'],
    ['Error: ENOSPC: no space left on device, write', 'no space left'],
    ['tar: ./big: Wrote only 512 of 10240 bytes', 'no space left'],
    ['sqlite3.OperationalError: database or disk is full', 'no space left'],
    ["mkdir: cannot create directory 'x': Disk quota exceeded", 'the quota is used up'],
    [
      'zstd: error 70 : Write error : cannot write block : File too large',
      'a file would be larger than one may be',
    ],
    [
      '/store/scratch/1: tar was killed by SIGXFSZ while unpacking:',
      'a file would be larger than one may be',
    ],
    ['emerge.sh: line 3: 41 File size limit exceeded cp a b', 'a file would be larger than one may be'],
  ] as const)
    for (const error of [
      new SdkError('SDK_STAGE', `/bin/bash exited with 1:\nnoise\n${said}\nmore`),
      new SdkError('SDK_STAGE', 'stage1 failed (run): line 41 of portage.sh failed', {
        facts: { tail: ['noise', said] },
      }),
      new SdkError('SDK_SEED', 'mmdebstrap exited with 1', { facts: { stderr: said } }),
      new Error(said),
    ]) {
      const { code, message, facts } = await explained(error, ['/tmp'])
      assert.equal(code, 'SDK_SPACE')
      assert.ok(message.startsWith(`${what} on the file system mounted at /`), message)
      assert.match(message, /: .* free\n/)
      assert.ok(message.endsWith(said), message)
      assert.ok(facts.disk !== undefined)
    }
})

test('what a compressor says is the error that it has met', () => {
  for (const [said, code] of [
    ['zstd: error 70 : Write error : cannot write block : No space left on device', 'ENOSPC'],
    ['xz: (stdout): Write error: Disk quota exceeded', 'EDQUOT'],
    ['pigz: abort: write error on <stdout> (File too large)', 'EFBIG'],
    ['zstd: error 35 : unsupported', undefined],
  ] as const)
    assert.equal(saidCode(said), code)
})

test('errors of the system are found in the chain of causes, each in its words', async () => {
  for (const [code, words] of [
    ['ENOSPC', /^\/tmp\/x: no (?:space|inodes) left on the file system mounted at /],
    ['EDQUOT', /^\/tmp\/x: the quota is used up on the file system/],
    ['EFBIG', /^\/tmp\/x: a file would be larger than one may be on the file system/],
    ['EIO', /^\/tmp\/x: the disk reported an input\/output error on the file system/],
    ['EROFS', /^\/tmp\/x: nothing can be written on the file system/],
  ] as const) {
    const cause = Object.assign(new Error(`${code}: write`), { code, path: '/tmp/x' })
    const error = await explained(cause, ['/'])
    assert.equal(error.code, 'SDK_SPACE')
    assert.match(error.message, words)
    assert.equal((await explained(new SdkError('SDK_HOST', 'no', { cause }), ['/'])).code, 'SDK_SPACE')
  }
})

test('a quota that is used up, which Node has no name for', privileged, async (t) => {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'quota-')))
  const [image, disk] = [path.join(folder, 'image'), path.join(folder, 'disk')]
  fs.mkdirSync(disk)
  fs.closeSync(fs.openSync(image, 'w'))
  fs.truncateSync(image, 256 * 2 ** 20)
  await must({ argv: ['mkfs.btrfs', '--quiet', image] })
  execFileSync('mount', ['-o', 'loop', image, disk])
  t.after(() => {
    execFileSync('umount', [disk])
    fs.rmSync(folder, { recursive: true })
  })
  const tree = path.join(disk, 'tree')
  await must({ argv: ['btrfs', 'quota', 'enable', disk] })
  await must({ argv: ['btrfs', 'subvolume', 'create', tree] })
  await must({ argv: ['btrfs', 'qgroup', 'limit', '4M', tree] })
  const fill = async (): Promise<void> => {
    for (let count = 0; count < 64; count += 1)
      await writeFileAtomic(path.join(tree, String(count)), Buffer.alloc(2 ** 18, `${count}`))
  }
  const error = await explained(await fill().catch((thrown: unknown) => thrown), ['/'])
  assert.deepEqual([error.code, error.exitCode], ['SDK_SPACE', 6])
  assert.match(error.message, /tree\/\d+: the quota is used up on .*btrfs/)
  // What can be removed then has to be.
  await removeTree(path.join(tree, '0'), disk)
  assert.ok(!fs.existsSync(path.join(tree, '0')))
})

test('what has nothing to do with a disk stays as it is', async () => {
  for (const error of [
    new SdkError('SDK_STAGE', 'stage1 failed (run): app-misc/alpha-1'),
    new SdkError('SDK_PUBLISH', 'rsync: write failed on "/there": No space left on device (28)'),
    Object.assign(new Error('ENOENT'), { code: 'ENOENT' }),
    new Error('interrupted by SIGINT'),
  ])
    assert.equal(await explainDisk(error, ['/tmp']), error)
  assert.equal(
    await findFullDisk({ headline: 'stage1 failed (run)', said: ['error: no'], places: ['/tmp'] }),
    undefined,
  )
})

test('a stage that fails without a word about it, while its disk is full', privileged, async (t) => {
  for (const [options, words] of [
    ['size=1m', /^stage1 failed \(run\): no space left on .* \(tmpfs, small\): \d+ B and \d+ inodes free$/],
    ['size=1m,nr_inodes=3', /^stage1 failed \(run\): no inodes left on .* and [0-3] inodes? free$/],
  ] as const) {
    const { disk, fill } = smallDisk(t, options)
    if (!options.includes('inodes')) fill()
    const said = ['!!! the fsscript ended with 1']
    const full = await findFullDisk({ headline: 'stage1 failed (run)', said, places: ['/tmp', disk] })
    assert.match(full?.message ?? '', words)
  }
})

test('folders that Node cannot make, of which it says ENOENT', privileged, async (t) => {
  const { root } = place(t)
  const { disk } = smallDisk(t, 'size=1m,nr_inodes=8')
  const make = async (): Promise<unknown> => {
    for (let n = 0; n < 9; n++) await mkdir(path.join(disk, `a${n}/b/c`), { recursive: true })
    return undefined
  }
  const error = await make().catch((found: unknown) => found)
  assert.equal((error as NodeJS.ErrnoException).code, 'ENOENT')
  const { code, message } = await explained(error, [root])
  assert.equal(code, 'SDK_SPACE', message)
  assert.match(message, /no inodes left on .*\(tmpfs, small\)/)
  const elsewhere = await mkdir(path.join(root, 'absent/folder')).catch((found: unknown) => found)
  assert.equal(await explainDisk(elsewhere, [root]), elsewhere)
})

test('a program that meets a full disk: not its exit code, but the disk', privileged, async (t) => {
  const { disk, fill } = smallDisk(t, 'size=1m')
  fill()
  const failed = await must({ argv: ['cp', process.execPath, path.join(disk, 'copy')] }).catch(
    (error: unknown) => error,
  )
  const { code, message, exitCode } = await explained(failed, [disk])
  assert.deepEqual([code, exitCode], ['SDK_SPACE', 6])
  assert.match(message, /^no space left on .*mounted at .* \(tmpfs, small\): \d+ B and .*\ncp: /)
})

test('a sandbox that a full disk stops, at each of its places', privileged, async (t) => {
  const { scratch, layer, basic, directory, spec } = place(t)
  const lower = directory('lower')
  for (const [name, mounts] of [
    ['the work folder of an overlay', (disk: string): Mount[] => [overlay(disk, '/tmp/over')]],
    [
      'a mount point in an overlay',
      (disk: string): Mount[] => [
        overlay(disk, '/tmp/over'),
        { kind: 'tmpfs', target: '/tmp/over/new', mode: '755' },
      ],
    ],
  ] as const) {
    const { disk, fill } = smallDisk(
      t,
      name.startsWith('the') ? 'size=1m,nr_inodes=4' : 'size=1m,nr_inodes=7',
    )
    for (const folder of ['upper', 'work']) fs.mkdirSync(path.join(disk, folder))
    fill()
    const failed = await runInSandbox(spec('true', { mounts: [...basic, ...mounts(disk)] }), {
      scratch,
      signal: undefined,
    }).catch((error: unknown) => error)
    const { code, message } = await explained(failed, [disk])
    assert.equal(code, 'SDK_SPACE', `${name}: ${message}`)
    assert.match(
      message,
      /the sandbox could not be made: .*[Nn]o space left on device.*mounted at .*tmpfs, small/,
      name,
    )
  }
  function overlay(disk: string, target: string): Mount {
    return { kind: 'overlay', layers: [lower], upper: `${disk}/upper`, work: `${disk}/work`, target }
  }
  assert.ok(fs.existsSync(layer))
})

test('a log that cannot be opened, or gets full, ends the program, and is said', privileged, async (t) => {
  const { scratch, spec, root } = place(t)
  const progress = { write() {}, end() {} }
  const run = (log: string, script: string) =>
    runLogged(spec(script), { scratch, signal: undefined, log, progress }).catch((error: unknown) => error)
  const { disk } = smallDisk(t, 'size=64k')
  const endless = 'while :; do echo 0123456789abcdef0123456789abcdef; done'
  const full = await explained(await run(path.join(disk, 'run.log'), endless), [root])
  assert.match(full.message, /run\.log: no space.* mounted at .* \(tmpfs, small\): 0 B/)
  const none = await explained(await run(path.join(disk, 'absent/run.log'), 'sleep 1000'), [root])
  assert.deepEqual([none.code, /run\.log cannot be written: ENOENT/.test(none.message)], ['SDK_HOST', true])
  const programs = processes((each) => fs.readFileSync(`${each}/cmdline`, 'utf8').includes(scratch))
  assert.deepEqual(programs, [])
  const log = path.join(root, 'run.log')
  const { outcome } = (await run(log, 'echo out; echo err >&2; exit 3')) as Awaited<
    ReturnType<typeof runLogged>
  >
  assert.equal(outcome.exitCode, 3)
  assert.deepEqual(fs.readFileSync(log, 'utf8').split('\n').sort(), ['', 'err', 'out'])
})
