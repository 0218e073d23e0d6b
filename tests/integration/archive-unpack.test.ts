import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { copyFile, lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { crc32 } from 'node:zlib'
import { compressorArgv, EXTENSIONS } from '../../src/archive/stream/compression.js'
import { unpackArchive } from '../../src/archive/unpack.js'
import { type ErrorCode, SdkError } from '../../src/errors.js'
import type { Compression } from '../../src/sdk/definition.js'
import { sha256File } from '../../src/store/digest/digest.js'
import { archive, member, pax } from '../helpers/tar-maker.js'
import { isRoot, workDirectory } from './archive-helpers.js'

const FORMATS: Compression[] = ['zstd', 'bz2', 'xz', 'gz']

/** Text that compresses to several blocks, so that a damage in the middle is in the middle of the tar too. */
const CONTENT = Array.from({ length: 40_000 }, (_, line) => `${line} ${(line * 7919) % 65_521}\n`).join('')
const SEED = archive(
  member({ path: './', typeflag: '5', mode: 0o755 }),
  member({ path: './etc/', typeflag: '5', mode: 0o755 }),
  member({ path: './etc/numbers', mtime: 1_500_000_000 }, CONTENT),
)

function compress(format: Compression, bytes = SEED): Buffer {
  const [program, ...args] = compressorArgv(format)
  return execFileSync(program, args, { input: bytes, maxBuffer: 2 ** 30 })
}

interface Bench {
  work: string
  unpack: (name: string, bytes: Buffer) => ReturnType<typeof unpackArchive>
}

async function bench(t: TestContext): Promise<Bench | undefined> {
  if (!isRoot(t)) return undefined
  const work = await workDirectory(t)
  let count = 0
  return {
    work,
    async unpack(name, bytes) {
      await writeFile(join(work, name), bytes)
      return await unpackArchive({ file: join(work, name), target: join(work, `tree-${count++}`) })
    },
  }
}

const isError =
  (code: ErrorCode, message: RegExp, fault?: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof SdkError, String(error))
    assert.equal(error.code, code, error.message)
    assert.match(error.message, message)
    if (fault !== undefined) assert.match(String(error.facts.fault), fault)
    return true
  }

test('every format is unpacked, and its very bytes are digested', async (t) => {
  const room = await bench(t)
  if (room === undefined) return
  for (const format of [...FORMATS, 'tar' as const]) {
    const name = `seed${EXTENSIONS[format]}`
    const packed = format === 'tar' ? SEED : compress(format)
    const unpacked = await room.unpack(name, packed)
    const sha256 = await sha256File(join(room.work, name))
    const sizes = { bytes: SEED.length, fileBytes: packed.length }
    assert.deepEqual(unpacked, { sha256, format, entries: 3, ...sizes, warnings: [] })
  }
  const file = join(room.work, 'tree-3/etc/numbers')
  assert.equal(await readFile(file, 'utf8'), CONTENT)
  assert.equal((await lstat(file)).mtimeMs, 1_500_000_000_000)
})

test('the magic counts, and a name that contradicts it is a warning', async (t) => {
  const room = await bench(t)
  if (room === undefined) return
  const unpacked = await room.unpack('seed.tar.bz2', compress('zstd'))
  assert.equal(unpacked.format, 'zstd')
  assert.match(unpacked.warnings.join(), /named \.tar\.bz2, but it is \.tar\.zst/)
})

for (const format of FORMATS) {
  test(`${format}: truncated, bit-flipped, with garbage behind it, and with a second stream`, async (t) => {
    const room = await bench(t)
    if (room === undefined) return
    const name = `seed${EXTENSIONS[format]}`
    const whole = compress(format)
    for (const length of [20, Math.floor(whole.length / 2), whole.length - 1])
      await assert.rejects(
        room.unpack(name, whole.subarray(0, length)),
        isError('SDK_ARCHIVE', /truncated|corrupt|empty/, /truncated|corrupt/),
        `cut to ${length}`,
      )
    for (const part of [0.3, 0.6, 0.9]) {
      const flipped = Buffer.from(whole)
      const at = Math.floor(whole.length * part)
      flipped[at] = (flipped[at] ?? 0) ^ 0x10
      await assert.rejects(room.unpack(name, flipped), isError('SDK_ARCHIVE', /seed/))
    }
    const garbage = Buffer.concat([whole, Buffer.from('garbage behind the end of the archive')])
    await assert.rejects(room.unpack(name, garbage), isError('SDK_ARCHIVE', /corrupt/), 'garbage')
    const twice = Buffer.concat([whole, whole])
    await assert.rejects(room.unpack(name, twice), isError('SDK_ARCHIVE', /data follows the end/), 'twice')
    const half = Math.floor(SEED.length / 1024) * 512
    const split = Buffer.concat([
      compress(format, SEED.subarray(0, half)),
      compress(format, SEED.subarray(half)),
    ])
    assert.equal((await room.unpack(name, split)).entries, 3, 'one tar in two streams')
  })
}

test('what is not an archive is named for what it is', async (t) => {
  const room = await bench(t)
  if (room === undefined) return
  const page = Buffer.from('<!DOCTYPE html><html><title>404</title></html>')
  await assert.rejects(
    room.unpack('a.tar.bz2', page),
    isError('SDK_ARCHIVE', /a\.tar\.bz2: .*looks like HTML/),
  )
  await assert.rejects(room.unpack('a.tar.bz2', Buffer.alloc(0)), isError('SDK_ARCHIVE', /an empty file/))
  await assert.rejects(room.unpack('a.tar', SEED.subarray(0, 2000)), isError('SDK_ARCHIVE', /truncated/))
  await assert.rejects(
    room.unpack('a.tar.zst', compress('zstd', page)),
    isError('SDK_ARCHIVE', /a\.tar\.zst: /, /truncated|not-a-tar/),
  )
  await assert.rejects(
    room.unpack('a.tar.xz', compress('xz', Buffer.alloc(4096, 'words '))),
    isError('SDK_ARCHIVE', /not a tar archive/, /not-a-tar/),
  )
  await assert.rejects(
    room.unpack('a.tar.gz', compress('gz', Buffer.alloc(0))),
    isError('SDK_ARCHIVE', /empty/),
  )
  const target = join(room.work, 'x')
  await assert.rejects(
    unpackArchive({ file: join(room.work, 'none'), target }),
    isError('SDK_ARCHIVE', /cannot open/),
  )
  await assert.rejects(
    unpackArchive({ file: room.work, target }),
    isError('SDK_ARCHIVE', /found a directory/),
  )
  execFileSync('mkfifo', [join(room.work, 'fifo')])
  await assert.rejects(
    unpackArchive({ file: join(room.work, 'fifo'), target }),
    isError('SDK_ARCHIVE', /not a regular file/),
  )
  assert.equal(existsSync(target), false, 'nothing is made before the archive is known')
})

test('the target is new or an empty directory', async (t) => {
  const room = await bench(t)
  if (room === undefined) return
  const file = join(room.work, 'seed.tar')
  await writeFile(file, SEED)
  await mkdir(join(room.work, 'empty'))
  await symlink('empty', join(room.work, 'link'))
  await mkdir(join(room.work, 'full'))
  await copyFile(file, join(room.work, 'full/x'))
  const refused = (name: string, message: RegExp): Promise<void> =>
    assert.rejects(unpackArchive({ file, target: join(room.work, name) }), isError('SDK_HOST', message))
  await refused('link', /found a symlink/)
  await refused('full', /found files in it/)
  await refused('seed.tar', /found a file/)
  await unpackArchive({ file, target: join(room.work, 'empty') })
  assert.deepEqual(await readdir(join(room.work, 'empty')), ['etc'])
})

test('hostile archives leave the host alone', async (t) => {
  const room = await bench(t)
  if (room === undefined) return
  const canary = join(room.work, 'canary')
  await writeFile(canary, 'alive')
  const link = (path: string, to: string): Buffer => member({ path, typeflag: '2', link: to })
  const hostile = [
    archive(member({ path: '../canary' }, 'dead')),
    archive(link('./l', room.work), member({ path: '/l/canary' }, 'dead')),
    archive(link('./l', room.work), member({ path: './l/canary' }, 'dead')),
    archive(link('./l', canary), member({ path: './l' }, 'dead')),
    archive(member({ path: './h', typeflag: '1', link: canary }), member({ path: './h' }, 'dead')),
    archive(member({ path: './h', typeflag: '1', link: '../canary' }), member({ path: './h' }, 'dead')),
    archive(member({ path: './dev/sda', typeflag: '4', major: 8 })),
  ]
  for (const bytes of hostile) {
    await assert.rejects(
      room.unpack('seed.tar.zst', compress('zstd', bytes)),
      isError('SDK_ARCHIVE', /member/, /unsafe/),
    )
    assert.equal(readFileSync(canary, 'utf8'), 'alive')
  }
  assert.deepEqual(await readdir(join(room.work, 'tree-6')), [], 'tar never saw the node')
})

test('an absolute name means a place below the target', async (t) => {
  const room = await bench(t)
  if (room === undefined) return
  const canary = join(room.work, 'canary')
  await writeFile(canary, 'alive')
  const first = member({ path: canary }, 'below')
  const second = member({ path: '/a', typeflag: '1', link: canary })
  const { warnings } = await room.unpack('seed.tar', archive(first, second))
  assert.equal(readFileSync(canary, 'utf8'), 'alive')
  assert.equal(readFileSync(join(room.work, 'tree-0', canary), 'utf8'), 'below')
  assert.equal((await lstat(join(room.work, 'tree-0/a'))).nlink, 2)
  assert.deepEqual(warnings, [])
})

test('a bomb is cut off', async (t) => {
  const room = await bench(t)
  if (room === undefined) return
  const file = join(room.work, 'bomb.tar.zst')
  const size = 600 * 2 ** 20
  const header = join(room.work, 'header')
  await writeFile(header, member({ path: './zeros', size }))
  // 600 MiB of zeros as the content of a member, in 60 kB.
  execFileSync('sh', [
    '-c',
    '(cat "$1"; head -c "$2" /dev/zero; head -c 10240 /dev/zero) | zstd -q > "$3"',
    'sh',
    header,
    String(size),
    file,
  ])
  await assert.rejects(
    unpackArchive({ file, target: join(room.work, 'tree') }),
    isError('SDK_ARCHIVE', /more than 500 times its size/, /too-large/),
  )
})

test('an archive that wants more memory than any compressor does is refused', async (t) => {
  const room = await bench(t)
  if (room === undefined) return
  const packed = execFileSync('xz', ['--stdout', '--threads=1', '--check=crc32'], { input: SEED })
  // The block header (xz-file-format, 3.1): a dictionary of 4 GiB less a byte, and the header's CRC32.
  packed[16] = 40
  packed.writeUInt32LE(crc32(packed.subarray(12, 20)), 20)
  await assert.rejects(room.unpack('seed.tar.xz', packed), isError('SDK_ARCHIVE', /[Mm]emory usage limit/))
})

test('an abort ends the unpacking with its reason', async (t) => {
  const room = await bench(t)
  if (room === undefined) return
  const file = join(room.work, 'seed.tar.xz')
  await writeFile(file, compress('xz'))
  const stop = new AbortController()
  const running = unpackArchive({ file, target: join(room.work, 'tree'), signal: stop.signal })
  stop.abort(new Error('stopped by the user'))
  await assert.rejects(running, /stopped by the user/)
})

test('what overlayfs would obey in a layer is not unpacked', async (t) => {
  const room = await bench(t)
  if (room === undefined) return
  const opaque = [
    ['SCHILY.xattr.trusted.overlay.opaque', 'y'],
    ['SCHILY.xattr.user.kept', 'y'],
  ] as const
  await room.unpack('opaque.tar', archive(pax(opaque), member({ path: './d', typeflag: '5', mode: 0o755 })))
  const folder = join(room.work, 'tree-0/d')
  const listed = execFileSync('getfattr', ['-m', '-', '--absolute-names', folder], { encoding: 'utf8' })
  assert.deepEqual(listed.match(/^\w+\..*$/gm), ['user.kept'])
})

test('an attribute that is lost is an error, whatever its name', async (t) => {
  const room = await bench(t)
  if (room === undefined) return
  for (const [count, name] of ['nowhere.a', 'no\nwhere.a', '\n'].entries()) {
    const bytes = archive(pax([[`SCHILY.xattr.${name}`, 'x']]), member({ path: './a' }))
    await assert.rejects(
      room.unpack(`${count}.tar`, bytes),
      isError('SDK_ARCHIVE', /has the extended attribute "\S+", of a kind that Linux has not/),
    )
  }
})
