// The ebuild that puts this program into an SDK fits the program.

import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { programFiles } from '../../../src/repos/program.js'
import { loadDefinition } from '../../../src/sdk/read/load.js'

const PROJECT = path.resolve(import.meta.dirname, '../../../..')
const { version, dependencies } = JSON.parse(readFileSync(path.join(PROJECT, 'package.json'), 'utf8')) as {
  version: string
  dependencies?: Record<string, string>
}

test('the package of this program is of its version, and the program needs no other to be installed', async () => {
  const { repos } = await loadDefinition(path.join(PROJECT, 'sdks/embedded'), PROJECT)
  const repo = repos.find(({ program }) => program !== undefined)
  const folder = path.join(repo?.path ?? '', repo?.program ?? '')
  const ebuilds = readdirSync(folder).filter((name) => name.endsWith('.ebuild'))
  assert.deepEqual(ebuilds, [`${path.basename(folder)}-${version}.ebuild`])
  assert.doesNotMatch(readFileSync(path.join(folder, ebuilds[0] ?? ''), 'utf8'), /mirror:/)
  assert.equal(dependencies, undefined)
})

test('the program is all that an installation runs, and no more', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'program-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const name of readdirSync(PROJECT))
    if (!['lib', 'src'].includes(name)) symlinkSync(path.join(PROJECT, name), path.join(folder, name))
  for (const file of ['lib/cli/main.js', 'lib/.stamp', 'src/sandbox/enter.sh', 'src/sandbox/enter.ts']) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
    writeFileSync(path.join(folder, file), '')
  }
  const files = [...(await programFiles(folder)).keys()]
  for (const name of ['bootstrap_sdk', 'lib/cli/main.js', 'src/sandbox/enter.sh', 'stages/stage4.sh'])
    assert.ok(files.includes(name), name)
  assert.ok(files.includes('sdks/embedded/repos/portage-stable/profiles/repo_name'))
  assert.deepEqual(
    files.filter((name) => /\.(?:ts|map)$|^dist|^node_modules|tsconfig|stamp/.test(name)),
    [],
  )
  for (const file of files) assert.ok(existsSync(path.join(folder, file)), file)
})

test('a checkout whose program is not bundled is told how to bundle it', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'program-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const name of ['bootstrap_sdk', 'LICENSE', 'package.json', 'scripts'])
    symlinkSync(path.join(PROJECT, name), path.join(folder, name))
  await assert.rejects(programFiles(folder), { code: 'SDK_INTERNAL', hint: /npm run build/ })
})
