import assert from 'node:assert/strict'
import test from 'node:test'
import { carries, carryGlobs, isCarryGlob } from '../../../src/sdk/carry.js'
import type { SdkDefinition } from '../../../src/sdk/definition.js'
import { resolveProfile } from '../../../src/sdk/profile.js'
import { parseLayer } from '../../../src/sdk/read/layers.js'
import { parseSdkToml, toDefinition } from '../../../src/sdk/read/parse.js'
import type { StageName } from '../../../src/sdk/stages.js'
import { CARRY_CASES } from '../../helpers/carry-cases.js'

/** A definition with these lines in [carry]. */
function definition(carry: string): SdkDefinition {
  const file = '/sdks/x/sdk.toml'
  const text = `format = 1
name = "x"
type = "x-sdk"
version_id = "1.0"
arch = "amd64"
chost = "x86_64-pc-linux-gnu"
profile = "default"
repos = [
  { name = "main", path = "m", archive = "/m", main = true },
  { name = "over", path = "o", archive = "/o" },
]
[carry]
${carry}
`
  return toDefinition(parseSdkToml([parseLayer({ file, text })]), file, { version: { id: '1.0' } })
}

test('globs', () => {
  for (const text of ['*/*', '-*/*', 'sys-libs/zlib', '-cross-*/*', 'a/gtk+'])
    assert.ok(isCarryGlob(text), text)
  for (const text of ['', '*', 'zlib', 'a/b/c', '--a/b', '!a/b', 'a/b c', '/b', 'a/', '[a]/b']) {
    assert.ok(!isCarryGlob(text), text)
  }
})

test('the last glob that matches a package decides', () => {
  for (const [globs, name, carried] of CARRY_CASES)
    assert.equal(carries(globs, name), carried, `${globs.join(' ')} on ${name}`)
})

test('the longest key that fits the profile counts', () => {
  const sdk = definition(`"quick" = { stage1 = ["a/1"] }
"sdk/quick" = { stage1 = ["a/2"], stage2 = ["a/3"] }
"over:sdk/quick" = { stage1 = ["a/4"] }
"over:coreos/sdk" = { stage1 = ["a/5"] }`)
  for (const [profile, stage, globs] of [
    ['main:x/quick', 'stage1', ['a/1']],
    ['quick', 'stage1', ['a/1']],
    ['x/sdk/quick', 'stage1', ['a/2']],
    ['main:x/sdk/quick', 'stage2', ['a/3']],
    ['over:x/sdk/quick', 'stage1', ['a/4']],
    ['over:x/sdk/quick', 'stage2', []],
    ['over:coreos/sdk', 'stage1', ['a/5']],
    ['main:coreos/sdk', 'stage1', []],
    ['coreos/sdk', 'stage1', []],
    ['main:slowquick', 'stage1', []],
    ['not a profile', 'stage1', []],
  ] as const satisfies readonly [string, StageName, readonly string[]][]) {
    assert.deepEqual(carryGlobs(sdk, profile, stage), globs, `${profile} ${stage}`)
  }
})

test('a profile gets its full name, or is refused', () => {
  const sdk = definition('')
  assert.equal(resolveProfile(sdk, 'a/b'), 'main:a/b')
  assert.equal(resolveProfile(sdk, 'over:a/b'), 'over:a/b')
  assert.throws(() => resolveProfile(sdk, 'ovre:a/b'), {
    code: 'SDK_USAGE',
    message: /did you mean "over"\?/,
  })
  for (const text of ['', 'a:', ':a', 'a:b:c', '../a', 'a b']) {
    assert.throws(() => resolveProfile(sdk, text), { code: 'SDK_USAGE', message: /not a profile name/ }, text)
  }
})
