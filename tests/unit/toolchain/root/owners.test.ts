// Who owns what in a root, and which files nobody owns.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, it } from 'node:test'
import { contentsPaths, ownerIndex } from '../../../../src/toolchain/root/owners.js'
import { strayFiles } from '../../../../src/toolchain/root/stray-files.js'
import { ruleMatcher, unownedFiles } from '../../../../src/toolchain/root/unowned.js'

const root = mkdtempSync(join(tmpdir(), 'elf-owners-'))
after(() => rmSync(root, { recursive: true }))

function write(name: string | Buffer, text = ''): void {
  const path = Buffer.concat([Buffer.from(`${root}/`), Buffer.from(name as string)])
  mkdirSync(dirname(path.toString('latin1')), { recursive: true })
  writeFileSync(path, text)
}

it('cuts CONTENTS lines where their fields are', () => {
  const text = 'dir /a b\nobj /a b/c d 0123 1\nsym /x y -> z w 9\nfif /p q\ndev /d\nobj relative 0 0\n\n'
  assert.deepEqual([...contentsPaths(text)], ['/a b/c d', '/x y', '/p q', '/d'])
})

it('finds owners through usr-merge and lists what nobody owns', async () => {
  symlinkSync('usr/bin', join(root, 'bin'))
  write('usr/bin/sh')
  symlinkSync('sh', join(root, 'usr/bin/bash'))
  write('usr/bin/stray')
  write(Buffer.from([0x75, 0x73, 0x72, 0x2f, 0xff]))
  write('usr/lib/python/__pycache__/m.pyc')
  write('etc/profile.env')
  write('etc/mine.conf')
  const contents = 'sym /bin -> usr/bin 1\nobj /bin/sh 00 1\nsym /bin/bash -> sh 1\nobj /gone/file 00 1\n'
  write('var/db/pkg/app-shells/sh-1-r2/CONTENTS', contents)
  const owners = ownerIndex(root)
  assert.equal(owners.get('/usr/bin/sh'), 'app-shells/sh-1-r2')
  assert.equal(owners.get('/usr/bin/bash'), 'app-shells/sh-1-r2')
  assert.equal(owners.get('/gone/file'), 'app-shells/sh-1-r2')
  const report = await unownedFiles(root, { ignore: [{ pattern: '/etc/mine.conf', why: 'test' }] })
  assert.deepEqual(report.unowned, ['/usr/bin/stray', '/usr/\xff'])
  assert.deepEqual(report.ignored, {
    '*.pyc': 1,
    '/etc/profile.env': 1,
    '/etc/mine.conf': 1,
    '/var/db/pkg/': 1,
  })
})

it('lists files that came from nowhere: no links, nothing that was placed', () => {
  const overlay = mkdtempSync(join(tmpdir(), 'elf-overlay-'))
  after(() => rmSync(overlay, { recursive: true }))
  for (const name of ['bin/placed', 'etc/mine.conf']) {
    mkdirSync(dirname(join(overlay, name)), { recursive: true })
    writeFileSync(join(overlay, name), '')
  }
  write('usr/bin/placed')
  write('srv/repo/x.ebuild')
  write('srv/repository')
  const placed = { over: [overlay], at: ['/srv/repo'] }
  const { files, names } = strayFiles(root, { placed, owners: ownerIndex(root) })
  assert.deepEqual([files, names], [3, ['/srv/repository', '/usr/bin/stray', '/usr/\xff']])
})

it('matches exact names, directories, beginnings and endings', () => {
  const rule = ruleMatcher(['/a', '/d/', '/e/p-*', '*.pyc'].map((pattern) => ({ pattern, why: '' })))
  assert.deepEqual(['/a', '/ab', '/d/x', '/e/p-1', '/x.pyc'].map(rule), [
    '/a',
    undefined,
    '/d/',
    '/e/p-*',
    '*.pyc',
  ])
})
