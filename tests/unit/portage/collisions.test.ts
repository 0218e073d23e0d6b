import assert from 'node:assert/strict'
import test from 'node:test'
import { describeCollisions, readCollisions } from '../../../src/portage/collisions.js'

const lines = (found: string): string[] => [
  'compiling',
  ' * This package will overwrite one or more files that may belong to other',
  ' * ',
  ' * Detected file collision(s):',
  ' * ',
  ' * \t/tmp/stage1root/usr/bin/a',
  ' * \t/tmp/stage1root/usr/bin/b',
  ' * ',
  ' * Searching all installed packages for file collisions...',
  ' * ',
  ' * Press Ctrl-C to Stop',
  ' * ',
  ...found.split('\n').map((line) => ` * ${line}`),
  ' * ',
  " * Package 'y/two-1' NOT merged due to file collisions. If necessary, refer",
  ' * to your elog messages for the whole content of the above message.',
]

const OWNED =
  'x/one-1.2-r3:0::main\n\t/tmp/stage1root/usr/bin/a\n\nz/other-2:2/3\n\t/tmp/stage1root/usr/bin/b'

test('each file that a package would overwrite has its owner, in the root', () => {
  const found = readCollisions(lines(OWNED), '/tmp/stage1root')
  assert.deepEqual(found, [
    { path: '/usr/bin/a', owner: 'x/one-1.2-r3' },
    { path: '/usr/bin/b', owner: 'z/other-2' },
  ])
  assert.equal(
    describeCollisions('y/two-1', found),
    'y/two-1 is not merged: it would overwrite /usr/bin/a, which is a file of x/one-1.2-r3, and 1 more',
  )
})

test('files that no package claims are named as that', () => {
  const found = readCollisions(lines('None of the installed packages claim the file(s).'), '/tmp/stage1root')
  assert.deepEqual(found, [{ path: '/usr/bin/a' }, { path: '/usr/bin/b' }])
  assert.match(
    describeCollisions('y/two-1', found.slice(1)),
    /overwrite \/usr\/bin\/b, which no package owns$/,
  )
})

test('a package that is merged all the same, or fails otherwise, has none', () => {
  const merged = lines(OWNED).map((line) => line.replace('NOT merged due to', 'merged despite'))
  assert.deepEqual(readCollisions(merged, '/'), [])
  assert.deepEqual(readCollisions([' * ERROR: y/two-1 failed (compile phase):'], '/'), [])
})
