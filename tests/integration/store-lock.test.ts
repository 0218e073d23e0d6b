import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import { SdkError } from '../../src/errors.js'
import { capture, must } from '../../src/process/run.js'
import { acquireLock } from '../../src/store/lock.js'
import { temporary } from './store-helpers.js'

const MODULE = JSON.stringify(new URL('../../src/store/lock.js', import.meta.url).href)

/** Another Node process that takes the lock, says so, and lives until it is killed. */
async function otherHolder(t: TestContext, file: string): Promise<ChildProcess> {
  const script = `
    import { acquireLock } from ${MODULE}
    await acquireLock(${JSON.stringify(file)}, { version: '1.0' })
    process.stdout.write('held')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}

test('a second process is told who holds the lock, and gets it after kill -9 of the holder', async (t) => {
  const file = path.join(await temporary(t), 'locks', 'a.lock')
  const holder = await otherHolder(t, file)
  const error = await acquireLock(file, {}).then(
    () => assert.fail('the lock was given twice'),
    (caught: unknown) => caught,
  )
  assert.ok(error instanceof SdkError && error.code === 'SDK_LOCKED')
  assert.match(error.message, new RegExp(`process ${holder.pid}, started \\d{4}-`))
  assert.equal(error.facts.version, '1.0')
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  const lock = await acquireLock(file, {})
  assert.equal(JSON.parse(readFileSync(file, 'utf8')).pid, process.pid)
  lock.release()
})

test('released, even twice, it can be taken again; a file with nonsense in it means nothing', async (t) => {
  const file = path.join(await temporary(t), 'a.lock')
  const first = await acquireLock(file, {})
  await assert.rejects(acquireLock(file, {}), { code: 'SDK_LOCKED' })
  first.release()
  first.release()
  const second = await acquireLock(file, { text: 'x'.repeat(5000) })
  second.release()
  const third = await acquireLock(file, {})
  assert.equal(JSON.parse(readFileSync(file, 'utf8')).text, undefined)
  third.release()
})

test('no child inherits the descriptor', async (t) => {
  const file = path.join(await temporary(t), 'a.lock')
  const lock = await acquireLock(file, {})
  const own = readdirSync('/proc/self/fd').find((fd) => linkOf(fd) === file)
  assert.match(readFileSync(`/proc/self/fdinfo/${own}`, 'utf8'), /^flags:\t0?2\d{6}$/m, 'O_CLOEXEC')
  const { stdout } = await capture({ argv: ['ls', '-l', '/proc/self/fd'] })
  assert.ok(!stdout.includes(file), stdout)
  lock.release()
})

test('shared holders exclude an exclusive one only', async (t) => {
  const file = path.join(await temporary(t), 'a.lock')
  const first = await acquireLock(file, {}, { shared: true })
  const second = await acquireLock(file, {}, { shared: true })
  await assert.rejects(acquireLock(file, {}), { code: 'SDK_LOCKED' })
  first.release()
  second.release()
  const alone = await acquireLock(file, {})
  const waiting = acquireLock(file, {}, { shared: true, waitSeconds: 60 })
  alone.release()
  ;(await waiting).release()
})

test('who waited for a file that was deleted and made anew waits for the new one', async (t) => {
  const file = path.join(await temporary(t), 'a.lock')
  const old = await acquireLock(file, {})
  let heldAnew = true
  // It has opened the old file when the call returns.
  const waiting = acquireLock(file, {}, { waitSeconds: 60 }).then((lock) => {
    assert.equal(heldAnew, false, 'two hold the lock')
    lock.release()
  })
  rmSync(file)
  const anew = await acquireLock(file, {})
  old.release()
  // The one that waits notices, and gets in line again behind this one.
  await assert.rejects(acquireLock(file, {}, { waitSeconds: 1 }), { code: 'SDK_LOCKED' })
  heldAnew = false
  anew.release()
  await waiting
})

test('where no lock file can be made, the host is at fault', async (t) => {
  const file = path.join(await temporary(t), 'file')
  writeFileSync(file, '')
  await assert.rejects(acquireLock(path.join(file, 'a.lock'), {}), { code: 'SDK_HOST' })
})

test('what has the name of a lock and is no file is neither written over, nor waited for', async (t) => {
  const folder = await temporary(t)
  const [link, pipe, precious] = ['link.lock', 'pipe.lock', 'precious'].map((name) =>
    path.join(folder, name),
  ) as [string, string, string]
  writeFileSync(precious, 'not a lock')
  symlinkSync(precious, link)
  await must({ argv: ['mkfifo', pipe] })
  for (const [file, found] of [
    [link, 'a link'],
    [pipe, 'a FIFO'],
  ] as const)
    await assert.rejects(acquireLock(file, {}), {
      code: 'SDK_HOST',
      message: `${file}: expected a file, or a place for one, found ${found}`,
    })
  assert.equal(readFileSync(precious, 'utf8'), 'not a lock')
})

function linkOf(fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return undefined
  }
}
