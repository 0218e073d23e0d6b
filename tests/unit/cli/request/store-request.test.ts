import assert from 'node:assert/strict'
import test from 'node:test'
import { parseCommandLine } from '../../../../src/cli/arguments/command-line.js'
import type { Options } from '../../../../src/cli/arguments/options/table.js'
import { readEnvironment } from '../../../../src/cli/environment.js'
import { storeRequest } from '../../../../src/cli/request/store-request.js'

const STORE = 'oci://registry.example/store'

/** What these words and variables make of it. */
const asked = (words: readonly string[], variables: Record<string, string> = {}) => {
  const environment = readEnvironment(variables)
  const { options } = parseCommandLine([...words], environment) as unknown as { options: Options }
  return storeRequest(options, environment)
}

test('none is no store, whatever else says one; what goes with a store does not count then', () => {
  assert.equal(asked([]), undefined)
  assert.equal(asked(['--store', STORE])?.reference.text, STORE)
  assert.equal(asked([], { BOOTSTRAP_SDK_STORE: STORE })?.reference.text, STORE)
  assert.equal(asked(['--store', 'none'], { BOOTSTRAP_SDK_STORE: STORE }), undefined)
  assert.equal(asked([], { BOOTSTRAP_SDK_STORE: 'none' }), undefined)
  assert.equal(asked(['--store', STORE], { BOOTSTRAP_SDK_STORE: 'none' })?.reference.text, STORE)
  // Said before, or by another variable.
  const rest = ['--store_mode', 'write', '--store_keys', '/gone/keys']
  assert.equal(asked(['--store', 'none', ...rest], { BOOTSTRAP_SDK_STORE_MODE: 'nothing' }), undefined)
  assert.throws(() => asked(rest), /^SdkError: --store_mode needs --store, found none/)
})

test('what is neither a repository nor none is refused, by the name of what says it', () => {
  for (const text of ['None', 'no', 'oci://none', 'registry.example/store']) {
    assert.throws(() => asked(['--store', text]), /^SdkError: --store: expected oci:/)
    assert.throws(
      () => asked([], { BOOTSTRAP_SDK_STORE: text }),
      /^SdkError: BOOTSTRAP_SDK_STORE: expected oci:/,
    )
  }
})
