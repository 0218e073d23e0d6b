import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import { requireRunnable } from '../../../src/toolchain/binfmt.js'

/** An entry as the kernel shows the one that Debian's qemu-user-static registers for AArch64, but for its interpreter. */
const entry = (interpreter: string, changes: { state?: string; flags?: string } = {}): string =>
  `${changes.state ?? 'enabled'}
interpreter ${interpreter}
flags: ${changes.flags ?? ''}
offset 0
magic 7f454c460201010000000000000000000200b700
mask ffffffffffffff00fffffffffffffffffeffffff
`

function folder(t: TestContext, entries: Record<string, string>): string {
  const made = mkdtempSync(path.join(os.tmpdir(), 'binfmt-'))
  t.after(() => rmSync(made, { recursive: true }))
  for (const [name, text] of Object.entries({ register: '', status: 'enabled\n', ...entries }))
    writeFileSync(path.join(made, name), text)
  return made
}

const arm = (t: TestContext, entries: Record<string, string>, interpreter: string[] = []): void =>
  requireRunnable({ arch: 'arm64', interpreter }, { folder: folder(t, entries), kernel: 'x86_64' })

test('programs of the machine itself need no emulator, nor do those that its kernel runs, too', () => {
  for (const arch of ['amd64', 'x86'])
    requireRunnable({ arch, interpreter: [] }, { folder: '/nowhere', kernel: 'x86_64' })
})

test('a foreign machine: the message says what is missing', (t) => {
  const none = {
    code: 'SDK_HOST',
    message: /^this machine \(amd64\) cannot run programs of arm64: \/\S+ has no enabled entry for them$/,
    hint: /qemu-aarch64/,
  }
  assert.throws(() => arm(t, {}), none)
  assert.throws(() => arm(t, { arm: entry('/bin/sh', { state: 'disabled' }) }), none)
  const other = entry('/bin/sh').replace('0200b700', '0200f300')
  assert.throws(() => arm(t, { riscv: other }), none)
  assert.throws(
    () => requireRunnable({ arch: 'arm64', interpreter: [] }, { folder: '/nowhere', kernel: 'x86_64' }),
    none,
  )
  assert.throws(() => arm(t, { arm: entry('/no/emulator') }), {
    message: /their emulator \/no\/emulator is not there$/,
  })
  assert.throws(() => arm(t, { arm: entry('/bin/sh') }), {
    message: /their emulator \/bin\/sh would not be there$/,
    hint: /interpreter = \["\/bin\/sh"\]/,
  })
})

test('an emulator that the kernel keeps open, or that is in every stage, will do', (t) => {
  arm(t, { arm: entry('/no/emulator', { flags: 'POCF' }) })
  arm(t, { other: 'enabled\nextension .exe\n', arm: entry('/bin/sh') }, ['/bin/sh'])
})
