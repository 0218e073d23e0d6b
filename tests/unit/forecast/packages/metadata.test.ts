import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { cacheKey } from '../../../../src/forecast/packages/metadata.js'
import { countPackages, installedVersion } from '../../../../src/forecast/packages/seed-database.js'

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
  // In a stage it leads to a folder of the root, here to one of the machine.
  mkdirSync(path.join(folder, 'machine/gawk-5'), { recursive: true })
  symlinkSync(path.join(folder, 'machine'), path.join(folder, 'lower/var/db/pkg/sys-libs'))
  assert.equal(await installedVersion(layers, 'sys-libs/gawk'), undefined)
})

test('the packages of a database of any length are counted in little memory', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'database-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const long = 'n'.repeat(250)
  for (const at of Array(400).keys()) {
    mkdirSync(path.join(folder, `db/${long}/${long}-${at}`), { recursive: true })
    for (const name of ['SLOT', 'xSLOT'])
      writeFileSync(path.join(folder, `db/${long}/${long}-${at}/${name}`), '')
  }
  const tar = path.join(folder, 'database.tar')
  execFileSync('tar', ['-C', folder, '-cf', tar, 'db'])
  assert.equal(await countPackages({ tar }), 400)
  writeFileSync(tar, 'none')
  await assert.rejects(countPackages({ tar }), /tar exited with 2/)
})
