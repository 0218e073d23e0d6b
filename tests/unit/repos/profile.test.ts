// Parents of profiles that Portage would stop at, each told before a stage begins.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { requireSoundProfile } from '../../../src/repos/profile.js'
import type { SdkDefinition } from '../../../src/sdk/definition.js'

/** Two repos with the profiles main:base, over:mid and over:sdk, whose parents are these. */
function tree(t: TestContext, parents: string): { definition: SdkDefinition; folder: string } {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'profile-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const profiles = {
    'main/profiles/base': '',
    'over/profiles/mid': 'main:base\n',
    'over/profiles/sdk': parents,
  }
  for (const [name, text] of Object.entries(profiles)) {
    mkdirSync(path.join(folder, name), { recursive: true })
    writeFileSync(path.join(folder, name, 'parent'), text)
  }
  symlinkSync('.', path.join(folder, 'over/profiles/here'))
  const repos = ['main', 'over'].map((name) => ({ name, path: path.join(folder, name) }))
  return { definition: { repos } as unknown as SdkDefinition, folder }
}

const CASES: readonly (readonly [parents: string, wrong: RegExp | undefined])[] = [
  ['main:base\n../mid # and more\n\n# ../nope\n:mid\n', undefined],
  ['../sdk\n', /over\/profiles\/sdk\/parent: it leads back to .*\/over\/profiles\/sdk$/],
  ['../here/here/sdk\n', /parent: it leads back to .*\/over\/profiles\/sdk$/],
  ['../nope\n', /parent: there is no .*\/over\/profiles\/nope, of the line \.\.\/nope$/],
  ['main:nope\n', /parent: there is no .*\/main\/profiles\/nope, of the line main:nope$/],
  ['nope:base\n', /parent: expected a profile of main, over, found nope:base$/],
  // Where the repos of a stage are, only the stage knows.
  ['../../../main/profiles/nope\n/var/db/repos/main/profiles/nope\n', undefined],
]

test('parents that are not there, or lead back, are told with their file', async (t) => {
  for (const [parents, wrong] of CASES) {
    const { definition } = tree(t, parents)
    const found = requireSoundProfile(definition, 'over:sdk')
    if (wrong === undefined) await found
    else await assert.rejects(found, { code: 'SDK_REPO', message: wrong }, parents)
  }
})

test('a circle of several is one, too', async (t) => {
  const { definition, folder } = tree(t, ':mid\n')
  writeFileSync(path.join(folder, 'over/profiles/mid/parent'), 'over:sdk\n')
  await assert.rejects(
    requireSoundProfile(definition, 'over:sdk'),
    /profiles\/mid\/parent: it leads back to .*sdk$/,
  )
})

test('an EAPI that Portage would stop at is told with its file, of parents too', async (t) => {
  const cases: [eapi: string, wrong: RegExp | undefined][] = [
    ['8\n', undefined],
    [' 7 \n# another line is not read: 99\n', undefined],
    ['9-pre1', undefined],
    ['99\n', /main\/profiles\/base\/eapi: expected an EAPI of 0 to 9, found "99"$/],
    ['8 # the newest\n', /base\/eapi: .* found "8 # the newest"$/],
    ['', /base\/eapi: .* found ""$/],
  ]
  for (const [eapi, wrong] of cases) {
    const { definition, folder } = tree(t, ':mid\n')
    writeFileSync(path.join(folder, 'main/profiles/base/eapi'), eapi)
    const found = requireSoundProfile(definition, 'over:sdk')
    if (wrong === undefined) await found
    else await assert.rejects(found, { code: 'SDK_REPO', message: wrong }, eapi)
  }
})
