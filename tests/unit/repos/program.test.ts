// The ebuild that puts this program into an SDK fits the program.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { programFiles } from '../../../src/repos/program.js'
import { loadDefinition } from '../../../src/sdk/read/load.js'

const PROJECT = path.resolve(import.meta.dirname, '../../../..')
const { version, dependencies } = JSON.parse(readFileSync(path.join(PROJECT, 'package.json'), 'utf8')) as {
  version: string
  dependencies: Record<string, string>
}

test('the package of this program is of its version, and brings the npm packages that it needs', async () => {
  const { repos } = await loadDefinition(path.join(PROJECT, 'sdks/embedded'), PROJECT)
  const repo = repos.find(({ program }) => program !== undefined)
  const folder = path.join(repo?.path ?? '', repo?.program ?? '')
  const ebuilds = readdirSync(folder).filter((name) => name.endsWith('.ebuild'))
  assert.deepEqual(ebuilds, [`${path.basename(folder)}-${version}.ebuild`])
  const sources = readFileSync(path.join(folder, ebuilds[0] ?? ''), 'utf8').match(/mirror:\S+/g)
  assert.deepEqual(
    sources,
    Object.entries(dependencies).map(([name, wanted]) => `mirror://npm/${name}/-/${name}-${wanted}.tgz`),
  )
  const lock = JSON.parse(readFileSync(path.join(PROJECT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { integrity?: string }>
  }
  const manifest = readFileSync(path.join(folder, 'Manifest'), 'utf8')
  for (const name of Object.keys(dependencies)) {
    const [, digest = ''] = /^sha512-(.+)$/.exec(lock.packages[`node_modules/${name}`]?.integrity ?? '') ?? []
    assert.match(manifest, new RegExp(`SHA512 ${Buffer.from(digest, 'base64').toString('hex')}`), name)
  }
})

test('the program is all that an installation runs, and no more', async () => {
  const files = [...(await programFiles(PROJECT)).keys()]
  for (const name of ['bootstrap_sdk', 'dist/src/cli/main.js', 'src/sandbox/enter.sh', 'stages/stage4.sh'])
    assert.ok(files.includes(name), name)
  assert.ok(files.includes('sdks/embedded/repos/portage-stable/profiles/repo_name'))
  assert.deepEqual(
    files.filter((name) => /\.(?:ts|map)$|^dist\/tests|^node_modules|tsconfig/.test(name)),
    [],
  )
  for (const file of files) assert.ok(existsSync(path.join(PROJECT, file)), file)
})
