import assert from 'node:assert/strict'
import test from 'node:test'
import { parsePackageIndex, renderPackageIndex } from '../../../src/portage/package-index.js'

const TEXT = `ARCH: amd64
PACKAGES: 9
VERSION: 0

BUILD_ID: 2
CPV: app-arch/tar-1.35-r1
DESC: CPV: is not here
PATH: app-arch/tar/tar-1.35-r1-2.gpkg.tar

CPV: app-shells/bash-5.2

`

test('an index is read, and written again with the number of its packages', () => {
  const index = parsePackageIndex(TEXT)
  assert.deepEqual(index.head, ['ARCH: amd64', 'PACKAGES: 9', 'VERSION: 0'])
  assert.deepEqual(
    index.entries.map(({ cpv, path }) => [cpv, path]),
    [
      ['app-arch/tar-1.35-r1', 'app-arch/tar/tar-1.35-r1-2.gpkg.tar'],
      ['app-shells/bash-5.2', 'app-shells/bash-5.2.tbz2'],
    ],
  )
  assert.equal(renderPackageIndex(index), TEXT.replace('PACKAGES: 9', 'PACKAGES: 2'))
  assert.equal(renderPackageIndex({ ...index, entries: [] }), 'ARCH: amd64\nPACKAGES: 0\nVERSION: 0\n\n')
})

test('a package whose path leads out, or that has no name, is left out', () => {
  for (const block of ['CPV: a/b-1\nPATH: ../b.tar', 'CPV: a/b-1\nPATH: /etc/passwd', 'PATH: a/b.tar', ''])
    assert.deepEqual(parsePackageIndex(`ARCH: x\n\n${block}\n\n`).entries, [], block)
})
