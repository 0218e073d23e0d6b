// The files that catalyst is given, in their folder.

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { putFile } from '../../src/catalyst/text/written-file.js'
import { temporary } from './store-helpers.js'

test('FEATURES come behind what a definition’s own profile says, written once or twice', async (t) => {
  const folder = await temporary(t)
  const own = path.join(folder, 'own')
  mkdirSync(path.join(own, 'profile'), { recursive: true })
  const name = 'profile/make.defaults'
  const copy = { path: 'portage', copyOf: own }
  const features = { path: `portage/${name}`, text: 'FEATURES="x"\n', after: path.join(own, name) }
  const written = async (): Promise<string> => {
    for (const file of [copy, features, copy, features]) await putFile(path.join(folder, 'run'), file)
    return readFileSync(path.join(folder, 'run/portage', name), 'utf8')
  }
  assert.equal(await written(), 'FEATURES="x"\n')
  writeFileSync(path.join(own, name), 'USE="a"')
  assert.equal(await written(), 'USE="a"\nFEATURES="x"\n')
})

test('a link takes the place of one', async (t) => {
  const folder = await temporary(t)
  for (const link of ['/a', '/b']) await putFile(folder, { path: 'portage/patches', link })
  assert.equal(readlinkSync(path.join(folder, 'portage/patches')), '/b')
})
