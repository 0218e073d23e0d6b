import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { archive, member } from '../helpers/tar-maker.js'
import { isRoot, listing, makeTree, workDirectory } from './archive-helpers.js'
import { compareChanged, ours } from './listing-fuzz.js'

test('every format that GNU tar writes is read as GNU tar reads it', async (t) => {
  if (!isRoot(t)) return
  const work = await workDirectory(t)
  makeTree(join(work, 'tree'))
  const kinds = [
    ['--format=gnu', '--sparse'],
    ['--format=oldgnu', '--sparse'],
    ['--format=ustar', '--exclude=long-name', '--exclude=nnn*'],
    ['--format=v7', '--exclude=long-name', '--exclude=nnn*', '--exclude=dev', '--exclude=queue'],
    ['--format=posix', '--xattrs', '--xattrs-include=*'],
    ...['0.0', '0.1', '1.0'].map((version) => ['--format=posix', '--sparse', `--sparse-version=${version}`]),
  ]
  for (const kind of kinds) {
    const file = join(work, 'a.tar')
    execFileSync('tar', [...kind, '--sort=name', '-C', join(work, 'tree'), '-cf', file, '.'])
    assert.equal(ours(file), listing(file), kind.join(' '))
  }
})

test('a file that is called "/" is a folder for nobody: tar cannot unpack it, and so it is refused', async (t) => {
  const file = join(await workDirectory(t), 'a.tar')
  writeFileSync(file, archive(member({ path: '/' })))
  assert.equal(ours(file), undefined)
  assert.match(listing(file), /^-.* \/\n$/)
  // Two of them are one: BSD's convention.
  writeFileSync(file, archive(member({ path: '//' })))
  assert.equal(ours(file), listing(file))
  assert.match(listing(file), /^d/)
})

test('GNU tar never sees other members than we do, whatever was changed in the headers', async (t) => {
  // tests/nightly has more.
  compareChanged(join(await workDirectory(t), 'a.tar'), 250, 7)
})
