// The list of sources that a stage's prepare pass makes, by real Portage: whatever digests a Manifest has, each package's own,
// and what Portage would refuse by name. Needs root and pip's index.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { readDistfileList } from '../../src/stage/run/distfiles.js'
import { stagesFolder } from '../../src/stage/run/input.js'
import { removeTree } from '../../src/store/disk/remove.js'
import { portageHost, runPortage } from '../helpers/portage-host.js'
import { privileged } from './sandbox-helpers.js'

const EBUILD = 'EAPI=8\nSLOT=0\nKEYWORDS=amd64\nSRC_URI="https://nowhere.invalid/src+x@1,2.tar"\n'

describe('the list of sources', privileged, () => {
  let folder = ''

  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'distfiles-list-'))
    writeFileSync(path.join(folder, 'first-1.ebuild'), EBUILD)
    await portageHost(folder, path.join(folder, 'first-1.ebuild'))
    mkdirSync(path.join(folder, 'layer/stage'))
    writeFileSync(
      path.join(folder, 'repo/metadata/layout.conf'),
      'masters =\nthin-manifests = true\nmanifest-hashes = BLAKE2B\n',
    )
  })
  after(() => removeTree(folder, path.dirname(folder)))

  /** Lists the sources of packages by their names, whose Manifests have these digests. @returns the folder of the list */
  async function listed(manifests: Record<string, string | undefined>): Promise<string> {
    const tmp = mkdtempSync(path.join(folder, 'run-'))
    for (const [name, digests] of Object.entries(manifests)) {
      const at = path.join(folder, 'repo/app-misc', name)
      mkdirSync(at, { recursive: true })
      writeFileSync(path.join(at, `${name}-1.ebuild`), EBUILD)
      writeFileSync(
        path.join(at, 'Manifest'),
        digests === undefined ? '' : `DIST src+x@1,2.tar 5 ${digests}\n`,
      )
    }
    const lines = Object.keys(manifests).map((name) => `[ebuild  N     ] app-misc/${name}-1::host  USE=""\n`)
    writeFileSync(path.join(tmp, 'pretend'), lines.join(''))
    await runPortage(folder, [], {
      tmp,
      mounts: [{ kind: 'bind', source: stagesFolder(), target: '/stage', readOnly: true }],
      under: ['sh', '-c', 'python3 /stage/lib/distfiles.py /var/tmp/pretend >/var/tmp/distfiles.json'],
    })
    return tmp
  }

  test('one digest is enough, and two packages that mean two files are both there', async () => {
    const files = await readDistfileList(
      await listed({ first: 'BLAKE2B 0b', second: 'SHA512 05', third: 'MD5 aa FOO bb' }),
    )
    assert.deepEqual(
      files.map(({ name, package: owner, size, digests }) => ({ name, owner, size, digests })),
      [
        { owner: 'app-misc/first-1::host', digests: { BLAKE2B: '0b' } },
        { owner: 'app-misc/second-1::host', digests: { SHA512: '05' } },
        { owner: 'app-misc/third-1::host', digests: { MD5: 'aa' } },
      ].map((each) => ({ name: 'src+x@1,2.tar', size: 5, ...each })),
    )
  })

  test('no entry, and none that Portage can check: each is named with its package and Manifest', async () => {
    const output = await listed({ first: 'FOO aa', second: undefined, third: 'SHA512 05' })
    const repo = { ...{ name: 'host', main: true, location: '/repo', edited: false } }
    await assert.rejects(readDistfileList(output, [{ ...repo, source: { from: 'tree', path: '/my' } }]), {
      code: 'SDK_REPO',
      message: /^app-misc\/first-1::host: \/my\/app-misc\/first\/Manifest has no digest/,
      hint: /--bind \/my:\/mnt\/repo .* ebuild \/mnt\/repo\/app-misc\/first\/first-1\.ebuild manifest/,
    })
    await assert.rejects(readDistfileList(output, [{ ...repo, source: { from: 'seed' } }]), {
      code: 'SDK_REPO',
      message:
        'app-misc/first-1::host: /repo/app-misc/first/Manifest has no digest that Portage can check, only FOO for src+x@1,2.tar\n' +
        'app-misc/second-1::host: /repo/app-misc/second/Manifest has no entry for src+x@1,2.tar',
      hint: /`bootstrap_sdk enter sdk --bind REPO:\S+ .* -- ebuild \S+ manifest`/,
    })
    assert.match(readFileSync(path.join(output, 'distfiles.json'), 'utf8'), /third/)
  })
})
