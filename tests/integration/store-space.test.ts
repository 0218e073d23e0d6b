import assert from 'node:assert/strict'
import path from 'node:path'
import test from 'node:test'
import { SdkError } from '../../src/errors.js'
import { explainDisk } from '../../src/store/disk/full-disk.js'
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
  const error = await requireSpace(directory, 2 ** 60).catch((thrown: unknown) => thrown)
  assert.ok(error instanceof SdkError && error.code === 'SDK_SPACE')
  assert.match(
    error.message,
    new RegExp(`mounted at ${mountPoint}\\) needs 1048576\\.0 TiB free space, has [\\d.]+ [MGT]iB$`),
  )
  // All is said: nothing is added to it, as to what only names a path.
  assert.equal(await explainDisk(error, [directory]), error)
  await assert.rejects(requireSpace('/dev/shm', 0, 2 ** 50), {
    code: 'SDK_SPACE',
    message: /free inodes, has/,
  })
})
