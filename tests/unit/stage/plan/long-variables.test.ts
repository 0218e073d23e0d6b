// The longest variable that a program can be given, by the kernel itself.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import test from 'node:test'
import { requireShortVariables } from '../../../../src/stage/plan/long-variables.js'

const NONE = { file: '/x.spec', features: [], makeConf: {}, environment: {} }

/** Whether the kernel starts a program that has it. */
const canBegin = (name: string, value: string): boolean =>
  spawnSync('/bin/true', [], { env: { [name]: value } }).error === undefined

test('a variable is refused exactly when no program can be started with it', () => {
  for (const name of ['CFLAGS', 'EXTRA_ECONF', 'X'])
    for (const bytes of [131_072 - name.length - 2, 131_072 - name.length - 1]) {
      const value = 'ä'.repeat(100) + 'x'.repeat(bytes - 200)
      for (const definition of [
        { ...NONE, makeConf: { [name]: value } },
        { ...NONE, environment: { [name]: value } },
        ...(name === 'CFLAGS' ? [{ ...NONE, cflags: value }] : []),
      ])
        if (canBegin(name, value)) requireShortVariables(definition)
        else
          assert.throws(() => requireShortVariables(definition), {
            code: 'SDK_DEFINITION',
            message: `/x.spec: ${name}: expected at most ${bytes - 1} bytes, found ${bytes}: programs get it in their environment`,
          })
    }
})

test('USE of make.conf may be as long as it likes: a package gets the flags that it has', () => {
  const USE = 'x '.repeat(100_000)
  requireShortVariables({ ...NONE, makeConf: { USE } })
  assert.throws(() => requireShortVariables({ ...NONE, environment: { USE } }), { code: 'SDK_DEFINITION' })
})
