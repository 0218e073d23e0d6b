// Seeds as other programs leave them: what GNU tar and the compressor's own program unpack is unpacked to the same tree.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { unpackArchive } from '../../src/archive/unpack.js'
import { SdkError } from '../../src/errors.js'
import { isRoot, makeTree, workDirectory } from './archive-helpers.js'

/** By name: a shell command in the tree that writes the archive to stdout. */
const WRITERS: Readonly<Record<string, string>> = {
  'GNU tar, names without ./': 'tar -c *',
  'GNU tar, absolute names': "tar -cP --transform='s,^\\./,/,;s,^\\.$,/,' .",
  'GNU tar, the formats of old': 'tar -c --format=v7 etc usr',
  'GNU tar, ustar': 'tar -c --format=ustar etc usr',
  'GNU tar, sparse 0.0': 'tar -c --sparse --sparse-version=0.0 .',
  'GNU tar, oldgnu sparse': 'tar -c --sparse --format=oldgnu .',
  'GNU tar, a label': 'tar -c --label=SEED .',
  'GNU tar, a label in PAX': 'tar -c --label=SEED --format=posix .',
  'GNU tar, incremental': 'tar -c --listed-incremental=/dev/null .',
  'GNU tar, incremental in PAX': 'tar -c --listed-incremental=/dev/null --format=posix .',
  bsdtar: 'bsdtar -c --numeric-owner -f - .',
  'bsdtar, v7': 'bsdtar -c --format=v7tar -f - etc usr',
  'bsdtar, gnutar': 'bsdtar -c --format=gnutar -f - .',
  'cpio, ustar': 'find . -xdev ! -path "./long-name*" -print0 | cpio -0 --quiet -o -H ustar',
  'cpio, tar': 'find . -xdev ! -path "./long-name*" -print0 | cpio -0 --quiet -o -H tar',
  'Python, as programs for containers write':
    'python3 -c "import sys,tarfile,os;t=tarfile.open(fileobj=sys.stdout.buffer,mode=\'w|\');[t.add(n) for n in sorted(os.listdir())];t.close()"',
  'one block of zeros at the end': 'tar -c -b1 . | head -c -512',
  'a megabyte of zeros behind the end': 'tar -c .; head -c 1000000 /dev/zero',
  'zstd --long=30': 'tar -c . | zstd -q --long=30',
  'zstd with frames to be skipped':
    "printf '\\120*M\\030\\4\\0\\0\\0abcd'; tar -c . | zstd -q; printf '\\136*M\\030\\4\\0\\0\\0abcd'",
  'gzip, padded': 'tar -c . | gzip; head -c 5000 /dev/zero',
  'bzip2, padded': 'tar -c . | bzip2; head -c 5000 /dev/zero',
  'xz, padded, in blocks and streams': 'tar -c . | xz --block-size=4096; head -c 4096 /dev/zero',
}

/** Type, mode, owner, size, time, links and content of all that is below `tree`, but for its top. */
const listing = (tree: string): string =>
  execFileSync(
    'bash',
    [
      '-c',
      'find . -mindepth 1 -printf "%P %y %m %U:%G %s %T@ %n %l\\n" | sort; find . -type f -print0 | sort -z | xargs -0 sha256sum',
    ],
    {
      cwd: tree,
      encoding: 'latin1',
    },
  )

async function unpackBoth(work: string, file: string): Promise<[ours: string, theirs: string]> {
  const [ours, theirs] = [join(work, 'ours'), join(work, 'theirs')]
  for (const tree of [ours, theirs]) rmSync(tree, { recursive: true, force: true })
  mkdirSync(theirs)
  await unpackArchive({ file, target: ours })
  const decompress = ['zstd -dq --long=31', 'bzip2 -dq', 'xz -dq', 'gzip -dq', 'cat']
  const script = `for program in ${decompress.map((each) => `'${each}'`).join(' ')}; do
    if $program <"$1" >"$1.plain" 2>/dev/null; then break; fi; done
    exec tar -xpf "$1.plain" --numeric-owner --delay-directory-restore 2>/dev/null`
  execFileSync('bash', ['-c', script, 'bash', file], { cwd: theirs })
  return [listing(ours), listing(theirs)]
}

async function madeTree(t: TestContext): Promise<{ work: string; tree: string }> {
  const work = await workDirectory(t)
  const tree = join(work, 'tree')
  await mkdir(tree)
  makeTree(tree)
  truncateSync(join(tree, 'etc/empty'), 100_000)
  writeFileSync(join(tree, 'etc/empty'), 'x', { flag: 'a' })
  return { work, tree }
}

test('archives of other programs and times are unpacked as GNU tar unpacks them', async (t) => {
  if (!isRoot(t)) return
  const { work, tree } = await madeTree(t)
  const file = join(work, 'seed.tar')
  for (const [name, command] of Object.entries(WRITERS)) {
    // What a format cannot hold its writer leaves out, and says so by its exit code.
    const bytes = execFileSync('bash', ['-c', `{ ${command}; } 2>/dev/null; true`], {
      cwd: tree,
      maxBuffer: 2 ** 28,
    })
    await writeFile(file, bytes)
    const [ours, theirs] = await unpackBoth(work, file)
    assert.ok(theirs.includes('usr/bin/su'), name)
    assert.equal(ours, theirs, name)
  }
})

for (const [program, named] of [
  ['xz --format=lzma', /compressed with lzma/],
  ['cpio -o -H newc', /a cpio archive/],
] as const)
  test(`what ${program} writes is refused by name`, async (t) => {
    const { work, tree } = await madeTree(t)
    const command = program.startsWith('cpio')
      ? `find . -print0 | ${program} -0 --quiet`
      : `tar -c . | ${program}`
    const file = join(work, 'seed.tar')
    await writeFile(file, execFileSync('bash', ['-c', command], { cwd: tree, maxBuffer: 2 ** 28 }))
    await assert.rejects(unpackArchive({ file, target: join(work, 'ours') }), (error: unknown) => {
      assert.ok(error instanceof SdkError && error.code === 'SDK_ARCHIVE')
      assert.match(error.message, named)
      return true
    })
  })

test('garbage behind a padded bzip2 stream is no padding', async (t) => {
  if (!isRoot(t)) return
  const { work, tree } = await madeTree(t)
  const file = join(work, 'seed.tar.bz2')
  execFileSync('bash', ['-c', 'tar -cj -f "$1" .; printf "\\0\\0garbage\\0" >>"$1"', 'bash', file], {
    cwd: tree,
  })
  assert.ok((await readFile(file)).length > 100 && readFileSync(file).includes('garbage'))
  await assert.rejects(
    unpackArchive({ file, target: join(work, 'ours') }),
    /does not end where its bzip2 stream does/,
  )
})
