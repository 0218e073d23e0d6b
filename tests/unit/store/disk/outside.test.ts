import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { inTemporaryFolder } from '../../../../src/store/disk/outside.js'

/** A folder for temporary files of its own, as TMPDIR names it. */
function place(t: test.TestContext): string {
  const [folder, before] = [mkdtempSync(path.join(tmpdir(), 'outside-')), process.env.TMPDIR]
  process.env.TMPDIR = folder
  t.after(() => {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
    rmSync(folder, { recursive: true })
  })
  return folder
}

test('a folder is there while it is worked in, and goes when that fails', async (t) => {
  const parent = place(t)
  const failing = inTemporaryFolder('trial', (folder) => {
    assert.deepEqual(readdirSync(parent), [path.basename(folder)])
    return Promise.reject(new Error('of the work'))
  })
  await assert.rejects(failing, /^Error: of the work$/)
  assert.deepEqual(readdirSync(parent), [])
})

test('what a killed process left is removed by the next one; what one that lives has, and what others called alike, is not', async (t) => {
  const parent = place(t)
  mkdirSync(path.join(parent, 'bootstrap_sdk-trial-of-somebody'))
  const module = path.resolve(import.meta.dirname, '../../../../src/store/disk/outside.js')
  const script = `const { inTemporaryFolder } = await import(${JSON.stringify(module)})
    await inTemporaryFolder('trial', async (folder) => {
      console.log(folder)
      await new Promise((resolve) => setTimeout(resolve, 600_000))
    })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  const left = said.toString().trim()
  await inTemporaryFolder('trial', async () => assert.ok(existsSync(left)))
  assert.ok(existsSync(left))
  child.kill('SIGKILL')
  await once(child, 'exit')
  assert.ok(existsSync(left))
  await inTemporaryFolder('trial', async () => assert.ok(!existsSync(left)))
  assert.deepEqual(readdirSync(parent), ['bootstrap_sdk-trial-of-somebody'])
})
