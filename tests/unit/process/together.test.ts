import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { together } from '../../../src/process/together.js'

const aborted = async (signal: AbortSignal): Promise<void> => {
  if (!signal.aborted) await once(signal, 'abort')
}

test('both are done at once', async () => {
  let resolve = (): void => undefined
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  const second = async (): Promise<string> => {
    resolve()
    return 'b'
  }
  const made = await together(undefined, [() => promise.then(() => 1), second])
  assert.deepEqual(made, [1, 'b'])
})

test('where one fails, the other ends, and the error is that of the first', async () => {
  const ends: string[] = []
  const failing = async (): Promise<void> => Promise.reject(new Error('the disk is full'))
  const other = async (signal: AbortSignal): Promise<void> => {
    await aborted(signal)
    ends.push('other')
    throw new Error('it was ended')
  }
  await assert.rejects(together(undefined, [failing, other]), { message: 'the disk is full' })
  await assert.rejects(together(undefined, [other, failing]), { message: 'the disk is full' })
  assert.deepEqual(ends, ['other', 'other'])
})

test('both end with the caller’s signal, and its reason', async () => {
  const controller = new AbortController()
  const run = together(controller.signal, [aborted, aborted])
  controller.abort(new Error('Ctrl-C'))
  await assert.rejects(run, { message: 'Ctrl-C' })
})
