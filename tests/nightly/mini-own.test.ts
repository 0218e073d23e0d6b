// What `init` makes upon the miniature SDK is built whole, and its program runs in it; so is what `init --bare` makes, upon a seed of
// the distribution. Needs root, apt's sources and pip's index.

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { removeTree } from '../../src/store/disk/remove.js'
import { MiniPlace, SKIP } from '../e2e/mini-place.js'
import { runCommand } from '../e2e/run-command.js'
import { miniSeed } from '../helpers/mini-sdk.js'

const VERSION = '1.0.0+own'

describe('an SDK of one of our own', { skip: SKIP }, () => {
  let place: MiniPlace

  before(() => {
    place = new MiniPlace()
  })
  after(async () => {
    await removeTree(place.folder, path.dirname(place.folder))
  })

  test('is made by init, built, and entered', async () => {
    const sdk = path.join(place.folder, 'mine')
    const made = await runCommand(['init', sdk, '--sdk', place.sdk])
    assert.equal(made.exitCode, 0, made.stderr)
    const seed = await miniSeed(sdk, path.join(place.folder, 'work'))
    const where = ['--sdk', sdk, '--catalyst_root', place.root, '--version', VERSION]
    const built = await runCommand([...where, '--seed_tarball', seed])
    assert.equal(built.exitCode, 0, built.stderr)
    assert.match(built.stderr, /what next:\n.* enter sdk /)
    assert.ok(built.stderr.includes(` --sdk ${sdk} --seed_tarball `), built.stderr)
    const entered = await runCommand(['enter', 'sdk', ...where, '--', 'hello-mine'])
    assert.deepEqual([entered.exitCode, entered.stdout], [0, 'hello from mine\n'], entered.stderr)
  })

  test('is made from nothing by init --bare, built, and entered', async () => {
    const sdk = path.join(place.folder, 'tiny')
    const made = await runCommand(['init', sdk, '--bare'])
    assert.equal(made.exitCode, 0, made.stderr)
    const where = ['--sdk', sdk, '--catalyst_root', place.root, '--version', VERSION]
    const built = await runCommand(where)
    assert.equal(built.exitCode, 0, built.stderr)
    const entered = await runCommand(['enter', 'sdk', ...where, '--', 'hello-tiny'])
    assert.deepEqual([entered.exitCode, entered.stdout], [0, 'hello from tiny\n'], entered.stderr)
    // A Manifest, as the tutorial has it made.
    const [repo, sources] = [path.join(sdk, 'overlay'), path.join(place.folder, 'sources')]
    const other = path.join(repo, 'app-misc/other')
    for (const each of [sources, other]) mkdirSync(each)
    writeFileSync(path.join(sources, 'other-1.tar.gz'), 'a source')
    const own = readFileSync(path.join(repo, 'app-misc/hello-tiny/hello-tiny-1.ebuild'), 'utf8')
    const uri = 'SRC_URI="https://example.org/other-1.tar.gz"'
    writeFileSync(path.join(other, 'other-1.ebuild'), own.replace('EAPI=8\n', `EAPI=8\n${uri}\n`))
    const binds = ['--bind', `${repo}:/mnt/repo`, '--bind', `${sources}:/var/cache/distfiles`]
    const ebuild = ['ebuild', '/mnt/repo/app-misc/other/other-1.ebuild', 'manifest']
    const manifest = await runCommand(['enter', 'sdk', ...where, ...binds, '--', ...ebuild])
    assert.equal(manifest.exitCode, 0, manifest.stderr)
    assert.match(readFileSync(path.join(other, 'Manifest'), 'utf8'), /^DIST other-1\.tar\.gz 8 BLAKE2B /m)
    const verified = await runCommand(['verify', ...where])
    assert.equal(verified.exitCode, 0, verified.stderr)
  })
})
