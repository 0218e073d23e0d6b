import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { SdkError } from '../../src/errors.js'
import { PATH_KEYS } from '../../src/sdk/read/layers.js'
import { at, definition, judge, makeGround, place, plan, removeGround } from './cli-input-helpers.js'
import { foldersWithSpecials, makeKinds } from './cli-input-kinds.js'

before(makeGround)
after(removeGround)

/** Every key of a definition that takes a path of this machine: what it takes, and kinds that it takes besides. */
const KEYS: Readonly<Record<string, { wanted: 'file' | 'folder'; good: string; also?: readonly string[] }>> =
  {
    extends: { wanted: 'file', good: 'base/sdk.toml', also: ['an empty file'] },
    version_file: { wanted: 'file', good: 'version.txt' },
    portage_confdir: { wanted: 'folder', good: 'conf' },
    'interpreter.*': { wanted: 'file', good: 'fs.sh', also: ['an empty file'] },
    'repos.*.path': { wanted: 'folder', good: 'repo' },
    'more_repos.*.path': { wanted: 'folder', good: 'more' },
    'stage4.root_overlay': { wanted: 'folder', good: 'root' },
    'stage4.release_files': { wanted: 'folder', good: 'rel' },
    'stage4.fsscript': { wanted: 'file', good: 'fs.sh', also: ['an empty file'] },
    'stage4.ssh_public_keys.*': { wanted: 'file', good: 'key.pub', also: ['an empty file'] },
    'seed.settings_file': { wanted: 'file', good: 'urls' },
    // These are looked at when the seed is made or downloaded.
    'seed.keyring': { wanted: 'file', good: 'ring.gpg' },
    'seed.distribution.groups': { wanted: 'file', good: 'groups.toml' },
  }

/** Keys that are read only when the seed is had: what is said of them is said by others. */
const LATER = ['seed.keyring', 'seed.distribution.groups']

test('the table has every key that takes a path', () => {
  const paths = [...PATH_KEYS, 'extends', 'interpreter.*'].sort()
  assert.deepEqual(Object.keys(KEYS).sort(), paths)
})

for (const [index, [key, { wanted, good, also = [] }]] of Object.entries(KEYS).entries()) {
  if (LATER.includes(key)) continue
  test(`sdk.toml: ${key}, each kind of thing`, async () => {
    const sdk = at(`d${index}`)
    mkdirSync(sdk)
    const kinds = await makeKinds(at(`k${index}`), at(good), { wanted, base: sdk })
    for (const kind of kinds) {
      if (key === 'interpreter.*' && ['a relative path', 'a slash at the end'].includes(kind.kind)) continue
      writeFileSync(path.join(sdk, 'sdk.toml'), definition({ [key]: kind.value }))
      const error = await plan(['--sdk', sdk, ...place()])
      const works = kind.works ?? also.includes(kind.kind)
      judge(`${key}: ${kind.kind}`, error, {
        key: key.replace(/\.\*$/, '').split('.').at(-1) ?? '',
        kind,
        works,
      })
    }
    if (wanted === 'file') return
    for (const [kind, folder] of await foldersWithSpecials(at(`s${index}`), at(good))) {
      writeFileSync(path.join(sdk, 'sdk.toml'), definition({ [key]: folder }))
      const error = await plan(['--sdk', sdk, ...place()])
      assert.ok(error instanceof SdkError, `${key}: ${kind}: ${String(error)}`)
      assert.match(error.message, new RegExp(`sub/${kind}: .*found a ${kind}`, 'i'))
    }
  })
}
