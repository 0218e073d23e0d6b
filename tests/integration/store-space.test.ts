import assert from 'node:assert/strict'
import path from 'node:path'
import test from 'node:test'
import { freeSpace, requireSpace } from '../../src/store/disk/space.js'
import { temporary } from './store-helpers.js'

test('free space is that of the nearest directory that exists', async (t) => {
  const directory = await temporary(t)
  const free = await freeSpace(path.join(directory, 'not/yet/there'))
  assert.ok(free.bytes > 0)
  assert.ok(directory.startsWith(free.mountPoint))
  await requireSpace(path.join(directory, 'new'), 1, 1)
})

test('too little space or too few inodes: file system, need and have are named', async (t) => {
  const directory = await temporary(t)
  const { mountPoint } = await freeSpace(directory)
  await assert.rejects(requireSpace(directory, 2 ** 60), {
    code: 'SDK_SPACE',
    message: new RegExp(`mounted at ${mountPoint}\\) needs 1073741824\\.0 GiB free space, has [\\d.]+ GiB`),
  })
  await assert.rejects(requireSpace('/dev/shm', 0, 2 ** 50), {
    code: 'SDK_SPACE',
    message: /free inodes, has/,
  })
})
