import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { cacheKey } from '../../../../src/forecast/packages/metadata.js'
import { installedVersion } from '../../../../src/forecast/packages/seed-database.js'

test('an md5-cache is kept by the trees and by the Portage that made it', () => {
  const repos = [
    { name: 'main', digest: 'a' },
    { name: 'overlay', digest: 'b' },
  ]
  const key = cacheKey(repos, '3.0.65')
  assert.equal(cacheKey([...repos], '3.0.65'), key)
  assert.notEqual(cacheKey(repos, '3.0.66'), key)
  assert.notEqual(cacheKey([repos[0], { name: 'overlay', digest: 'c' }] as typeof repos, '3.0.65'), key)
})

test('the version of an installed package is that of the uppermost layer', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'installed-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const layer = (name: string, ...packages: string[]): string => {
    const at = path.join(folder, name)
    for (const each of packages) mkdirSync(path.join(at, 'var/db/pkg', each), { recursive: true })
    return at
  }
  const layers = [
    layer('stand-ins'),
    layer('upper', 'sys-apps/portage-3.0.66-r1', 'sys-apps/portage-utils-0.97'),
    layer('lower', 'sys-apps/portage-3.0.65', 'sys-apps/sed-4.9'),
  ]
  // A removed package of a lower layer: anything but a folder.
  writeFileSync(path.join(folder, 'upper/var/db/pkg/sys-apps/sed-4.8'), '')
  assert.equal(await installedVersion(layers, 'sys-apps/portage'), '3.0.66-r1')
  assert.equal(await installedVersion(layers, 'sys-apps/sed'), '4.9')
  assert.equal(await installedVersion(layers, 'sys-apps/gawk'), undefined)
})
