import assert from 'node:assert/strict'
import path from 'node:path'
import test from 'node:test'
import { seedFile } from '../../../../src/cli/request/seed-file.js'

test('a seed is a file or a digest; an address is refused, without its login', async () => {
  assert.equal(await seedFile(undefined), undefined)
  assert.equal(await seedFile('some/seed.tar'), path.resolve('some/seed.tar'))
  const digest = `sha256:${'a'.repeat(64)}`
  assert.equal(await seedFile(digest), digest)
  for (const address of ['https://sdk.example/seed.tar.zst', 'HTTP://sdk.example', 'file:///seed.tar'])
    await assert.rejects(seedFile(address), { code: 'SDK_USAGE', message: /found the address "/ })
  await assert.rejects(
    seedFile('https://me:hunter2@sdk.example/x'),
    (error: Error) => /sdk\.example/.test(error.message) && !error.message.includes('hunter2'),
  )
})
