import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import type { SdkDefinition } from '../../../src/sdk/definition.js'
import { loadDefinition } from '../../../src/sdk/read/load.js'
import { readGroups } from '../../../src/seed/distribution/groups.js'
import {
  cachedSeed,
  cachedSeedBySize,
  rememberSeed,
  requireSameKey,
  scriptsNamedBy,
  seedKey,
} from '../../../src/seed/seed-cache.js'
import { sha256File } from '../../../src/store/digest/digest.js'

test('a cached seed is one whose record fits; planning looks at its size, building at its bytes', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'seed-cache-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = path.join(folder, 'seed.tar.zst')
  writeFileSync(file, 'twelve bytes')
  const seed = { path: file, sha256: await sha256File(file) }
  assert.equal(await cachedSeedBySize(file, 'key'), undefined)
  await rememberSeed(file, { key: 'key', sha256: seed.sha256, bytes: 12 })
  assert.deepEqual(await cachedSeedBySize(file, 'key'), seed)
  assert.deepEqual(await cachedSeed(file, 'key'), seed)
  assert.equal(await cachedSeed(file, 'another key'), undefined)
  writeFileSync(file, 'other bytes!')
  assert.deepEqual(await cachedSeedBySize(file, 'key'), seed)
  assert.equal(await cachedSeed(file, 'key'), undefined)
  for (const text of ['', '{', 'null', '{"format":2}']) {
    writeFileSync(`${file}.seed.json`, text)
    assert.equal(await cachedSeed(file, 'key'), undefined, text)
  }
})

const PROJECT = path.resolve(import.meta.dirname, '../../../..')

test('whatever reaches the merge of a distribution seed is in its key', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'seed-key-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const loaded = await loadDefinition('embedded', path.join(PROJECT, 'sdks'))
  const groups = await readGroups(loaded.seed.distribution?.groups ?? '')
  const repos = loaded.repos.map((repo) => ({ ...repo, path: path.join(folder, repo.name) }))
  for (const [index, repo] of repos.entries())
    cpSync(path.join(loaded.repos[index]?.path ?? '', 'metadata'), path.join(repo.path, 'metadata'), {
      recursive: true,
      filter: (source) => !source.includes('md5-cache'),
    })
  const definition: SdkDefinition = { ...loaded, repos }
  const host = { id: 'debian', codename: 'bookworm', sources: [], aptOptions: [] }
  const key = (changed: Partial<SdkDefinition> = {}): Promise<string> =>
    seedKey({ definition: { ...definition, ...changed }, groups, host, profile: loaded.profile })
  const before = await key()
  for (const [what, changed] of Object.entries({
    chost: { chost: 'x86_64-other-linux-gnu' },
    cflags: { cflags: '-O1' },
    features: { features: ['-nodoc'] },
    'variables of make.conf': { makeConf: { USE: 'bindist' } },
    'the place of a repo': { repos: repos.map((repo) => ({ ...repo, archive: `${repo.archive}-x` })) },
  }))
    assert.notEqual(await key(changed), before, what)
  const patch = path.join(folder, 'portage.patch')
  const patched = (text: string): Promise<string> => {
    writeFileSync(patch, text)
    const portage = { ...groups.portage, patches: [path.relative(path.dirname(groups.file), patch)] }
    return seedKey({ definition, groups: { ...groups, portage }, host, profile: loaded.profile })
  }
  assert.notEqual(await patched('one'), await patched('another'), 'what a patch of Portage says')
  assert.equal(await key({ type: 'x', stages: ['stage1'], cross: [] }), before, 'what only stages read')
  const layout = path.join(repos[0]?.path ?? '', 'metadata/layout.conf')
  mkdirSync(path.dirname(layout), { recursive: true })
  writeFileSync(layout, 'masters =\nthin-manifests = false\n')
  assert.notEqual(await key(), before, 'layout.conf is taken over from the repo')
  // As when it was edited while the seed was made.
  const inputs = { definition, groups, host, profile: loaded.profile }
  await requireSameKey(inputs, await key())
  await assert.rejects(requireSameKey(inputs, before), {
    code: 'SDK_CHAIN',
    message: /^the seed of embedded: .* have changed since it was begun$/,
  })
})

test('scripts that a script sources or runs are found, by way of others too', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'scripts-'))
  t.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(path.join(folder, 'lib'))
  const texts = {
    'seed.sh': 'source "$dir/lib/a.sh"',
    'lib/a.sh': 'python3 list.py',
    'lib/list.py': '',
    'b.sh': '',
  }
  for (const [name, text] of Object.entries(texts)) writeFileSync(path.join(folder, name), text)
  const named = async (at: string): Promise<string[]> =>
    (await scriptsNamedBy('seed.sh', at)).map((file) => path.relative(at, file))
  assert.deepEqual(await named(folder), ['lib/a.sh', 'lib/list.py', 'seed.sh'])
  // portage.sh runs distfiles.py.
  const own = await named(path.join(PROJECT, 'stages'))
  assert.deepEqual(own, [
    'lib/cached-compiler.sh',
    'lib/ccache.sh',
    'lib/contract.sh',
    'lib/distfiles.py',
    'lib/live.bash',
    'lib/live.py',
    'lib/portage.sh',
    'seed.sh',
  ])
})
