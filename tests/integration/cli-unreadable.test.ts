// What the user who plans may not read, at any depth below what a definition names: one error that names it, exit code 2 or
// 4; what is left out of a build, the folder of git, is left out here too.

import assert from 'node:assert/strict'
import { chmodSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { SdkError } from '../../src/errors.js'
import { at, definition, makeGround, place, plan, removeGround } from './cli-input-helpers.js'
import { needsRoot } from './store-helpers.js'

const NOBODY = 65534

before(makeGround)
after(removeGround)

/** `plan` as a user without rights: what this process starts has the same. */
async function planAsNobody(): Promise<unknown> {
  process.setegid?.(NOBODY)
  process.seteuid?.(NOBODY)
  try {
    return await plan(['--sdk', at('d'), ...place()])
  } finally {
    process.seteuid?.(0)
    process.setegid?.(0)
  }
}

test('whatever may not be read is named, at any depth', needsRoot(), async () => {
  mkdirSync(at('d'))
  const keys = {
    'repos.*.path': at('repo'),
    'more_repos.*.path': at('more'),
    portage_confdir: at('conf'),
    'stage4.root_overlay': at('root'),
    'stage4.release_files': at('rel'),
    'stage4.fsscript': at('fs.sh'),
    'stage4.ssh_public_keys.*': at('key.pub'),
    'seed.settings_file': at('urls'),
  }
  writeFileSync(path.join(at('d'), 'sdk.toml'), definition(keys))
  // Below the repo, as git and Portage have it: two levels, a file that only the digest reads.
  mkdirSync(at('repo/app-misc/a/files'), { recursive: true })
  writeFileSync(at('repo/app-misc/a/files/patch'), 'x')
  mkdirSync(at('repo/.git/objects'), { recursive: true })
  assert.equal(await planAsNobody(), undefined)
  const below = Object.values(keys).flatMap((top) => [top, ...belowOf(top)])
  assert.ok(below.length > 20, below.join('\n'))
  for (const file of below) {
    const error = await without(file)
    if (file.includes('/.git')) {
      assert.equal(error, undefined, file)
      continue
    }
    assert.ok(error instanceof SdkError, `${file}: ${String(error)}`)
    assert.ok([2, 4].includes(error.exitCode), `${file}: ${error.code}`)
    assert.ok(error.message.includes(file), `${file} is not named: ${error.message}`)
    assert.match(error.message, /expected .*, found what may not be read/, file)
  }
  assert.equal(await planAsNobody(), undefined)
})

function belowOf(top: string): string[] {
  if (!lstatSync(top).isDirectory()) return []
  return readdirSync(top, { recursive: true, encoding: 'utf8' }).map((name) => path.join(top, name))
}

/** What `plan` says while `file` is nobody's to read. */
async function without(file: string): Promise<unknown> {
  const { mode } = lstatSync(file)
  chmodSync(file, 0)
  try {
    return await planAsNobody()
  } finally {
    chmodSync(file, mode)
  }
}
