import assert from 'node:assert/strict'
import test from 'node:test'
import { parseDependencies, parseParagraph, portageVersion } from '../../../../src/seed/distribution/dpkg.js'

const VERSIONS: readonly [string, string][] = [
  ['1:1.2.13.dfsg-1', '1.2.13'],
  ['2.36-9+deb12u13', '2.36'],
  ['5.2.15-2+b7', '5.2.15'],
  ['12.2.0-14+deb12u1', '12.2.0'],
  ['6.1.192-1', '6.1.192'],
  ['9.1-1', '9.1'],
  ['2.40.90~rc2-1', '2.40.90_rc2'],
  ['3.0.22-1~deb12u2', '3.0.22'],
  ['1.3.dfsg+really1.3.1-1', '1.3'],
  ['4.9b-2', '4.9b'],
  ['20230311ubuntu0.1', '20230311'],
  ['git-abc', '0'],
]

for (const [debian, portage] of VERSIONS)
  test(`version ${debian} is ${portage} for Portage`, () => assert.equal(portageVersion(debian), portage))

test('dependencies lose limits and architectures, and keep alternatives', () => {
  assert.deepEqual(parseDependencies('libc6 (>= 2.36), python3:any | python2, gcc [amd64]'), [
    ['libc6'],
    ['python3', 'python2'],
    ['gcc'],
  ])
  assert.deepEqual(parseDependencies(''), [])
})

test('a paragraph has its fields by lower-case name, continuation lines joined', () => {
  const fields = parseParagraph('Package: bash\nDescription: a shell\n that is free\n')
  assert.equal(fields.get('package'), 'bash')
  assert.equal(fields.get('description'), 'a shell\nthat is free')
})
