import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isRoot, workDirectory } from './archive-helpers.js'

test('a disk that is full, or cannot hold attributes, is named as such', async (t) => {
  if (!isRoot(t)) return
  const work = await workDirectory(t)
  const mount = join(work, 'small')
  await mkdir(mount)
  const module = (name: string): string => new URL(`../../src/archive/${name}.js`, import.meta.url).href
  const script = `
    import { execFileSync } from 'node:child_process'
    import { writeFileSync } from 'node:fs'
    import { randomBytes } from 'node:crypto'
    import { Readable } from 'node:stream'
    const [mount, file, unpack, pack, maker] = process.argv.slice(1)
    const { unpackArchive } = await import(unpack)
    const { packStream } = await import(pack)
    const { archive, member, pax } = await import(maker)
    const big = archive(member({ path: './big' }, randomBytes(3_000_000)))
    writeFileSync(file, big)
    const many = archive(...Array.from({ length: 200 }, (_, i) => member({ path: './' + i })))
    writeFileSync(file + '2', many)
    const tell = (promise) => promise.then(() => 'done', (error) => error.code + ' ' + error.message)
    const fresh = (options) => {
      execFileSync('umount', [mount])
      execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'none', mount])
    }
    execFileSync('mount', ['-t', 'tmpfs', 'none', mount])
    fresh('size=1m')
    const results = [await tell(unpackArchive({ file, target: mount + '/tree' }))]
    fresh('size=1m')
    const tar = Readable.from([big], { objectMode: false })
    results.push(await tell(packStream({ tar, tarDone: Promise.resolve(), target: mount + '/a.tar.zst', format: 'zstd' })))
    fresh('nr_inodes=50')
    results.push(await tell(unpackArchive({ file: file + '2', target: mount + '/tree' })))
    execFileSync('umount', [mount])
    execFileSync('mount', ['-t', 'ramfs', 'none', mount])
    writeFileSync(file + '3', archive(pax([['SCHILY.xattr.user.note', 'x']]), member({ path: './noted' })))
    results.push(await tell(unpackArchive({ file: file + '3', target: mount + '/tree' })))
    process.stdout.write(JSON.stringify(results))`
  const maker = new URL('../helpers/tar-maker.js', import.meta.url).href
  const args = [mount, join(work, 'big.tar'), module('unpack'), module('pack'), maker]
  const output = execFileSync(
    'unshare',
    ['--mount', '--propagation', 'private', process.execPath, '--input-type=module', '-e', script, ...args],
    { encoding: 'utf8' },
  )
  const [unpacked, packed, inodes, lost] = JSON.parse(output) as string[]
  assert.match(unpacked ?? '', /^SDK_SPACE .*no space left .*mounted at .*small/)
  assert.match(packed ?? '', /^SDK_SPACE .*a\.tar\.zst/)
  assert.match(lost ?? '', /^SDK_HOST .*cannot hold what the archive holds:\n.*user\.note/)
  assert.match(inodes ?? '', /^SDK_SPACE .*no inodes left/)
})
