// Two packages with one file, by real Portage with a stage's make.conf: the second is not merged, and its log, which is all that
// a background build leaves, names both. Needs root and pip's index.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { readCollisions } from '../../src/portage/collisions.js'
import { removeTree } from '../../src/store/disk/remove.js'
import { portageHost, runPortage } from '../helpers/portage-host.js'
import { privileged } from './sandbox-helpers.js'

const ebuild = (name: string): string =>
  `EAPI=8\nSLOT=0\nKEYWORDS=amd64\nS=\${WORKDIR}\nsrc_install() {\n\techo ${name} >both\n\tinsinto /usr/share\n\tdoins both\n}\n`

test(
  'a package that would overwrite a file of another is not merged, and both are named',
  privileged,
  async (t) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'collisions-'))
    t.after(() => removeTree(folder, path.dirname(folder)))
    writeFileSync(path.join(folder, 'one-1.ebuild'), ebuild('one'))
    await portageHost(folder, path.join(folder, 'one-1.ebuild'))
    mkdirSync(path.join(folder, 'repo/app-misc/two'))
    writeFileSync(path.join(folder, 'repo/app-misc/two/two-1.ebuild'), ebuild('two'))
    const tmp = path.join(folder, 'tmp')
    const merge = 'emerge --oneshot --nodeps --quiet-build=y --jobs=2'
    const script = `${merge} app-misc/one || exit 1\n! ${merge} app-misc/two || exit 1\ncp -r /var/log/portage /var/tmp/log`
    await runPortage(folder, [], { tmp, env: { ROOT: '/var/tmp/root' }, under: ['sh', '-c', script] })
    assert.equal(readFileSync(path.join(tmp, 'root/usr/share/both'), 'utf8'), 'one\n')
    const log = readdirSync(path.join(tmp, 'log')).find((name) => name.startsWith('app-misc:two-1:'))
    const lines = readFileSync(path.join(tmp, 'log', log ?? ''), 'utf8').split('\n')
    assert.deepEqual(readCollisions(lines, '/var/tmp/root'), [
      { path: '/usr/share/both', owner: 'app-misc/one-1' },
    ])
  },
)
