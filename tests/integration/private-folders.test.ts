// What another user of the machine can look into below a catalyst root: results, and no tree that may hold programs with
// set-user-ID bits.

import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { keptCopy } from '../../src/inspect/visit.js'
import { capture } from '../../src/process/run.js'
import { snapshotRepo } from '../../src/repos/snapshot.js'
import { makeTemporary } from '../../src/store/disk/temporary.js'
import { inRoot, type RootFolderName } from '../../src/store/layout.js'
import { hostilePlace } from '../helpers/hostile-stage.js'
import { needsRoot, temporary } from './store-helpers.js'

const NOBODY = '65534'

async function canLookInto(folder: string): Promise<boolean> {
  const user = ['setpriv', '--reuid', NOBODY, '--regid', NOBODY, '--clear-groups'] as const
  const { exitCode } = await capture({ argv: [...user, 'find', folder, '-mindepth', '1'] })
  return exitCode === 0
}

test('nobody sees builds, logs, packages and distfiles, and no tree', needsRoot(), async (t) => {
  const root = await temporary(t)
  fs.chmodSync(root, 0o755)
  // As a session makes it.
  fs.mkdirSync(path.join(root, 'cr'))
  const place = await hostilePlace(root)
  const { plan } = await place.open('')
  const { layout, definition } = plan
  const modes = async (act: () => Promise<unknown>, name: RootFolderName): Promise<void> => {
    fs.rmSync(inRoot(layout.root, name), { recursive: true, force: true })
    await act()
    assert.equal(await canLookInto(inRoot(layout.root, name)), false, name)
  }
  for (const name of ['builds', 'packages', 'distfiles'] as const)
    assert.equal(await canLookInto(inRoot(layout.root, name)), true, name)
  for (const name of ['work', 'seeds'] as const)
    assert.equal(await canLookInto(inRoot(layout.root, name)), false, name)
  // Whoever makes the folder first.
  await modes(() => makeTemporary(layout.root, 'verify'), 'work')
  await modes(() => keptCopy(layout, 'mine', 'f'.repeat(64)), 'kept')
  const [repo] = definition.repos
  assert.ok(repo)
  await modes(() => snapshotRepo(repo, path.join(layout.store, 'repos')), 'store')
})
