// The specs of the miniature SDK by catalyst itself: what its stages leave is what tests/fixtures/catalyst-roots has, to which
// mini-specs holds the native engine. It needs a catalyst 4, which no package registry has: without one there is nothing to run.
// With RECORD_CATALYST_ROOTS in the environment it writes the fixtures anew.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { findCatalyst } from '../../src/catalyst/run/host.js'
import { must } from '../../src/process/run.js'
import { STAGES } from '../../src/sdk/stages.js'
import { removeTree } from '../../src/store/disk/remove.js'
import { MiniPlace } from './mini-place.js'
import { forCatalyst, STAMP, TYPE, writeSpecs } from './mini-spec-files.js'
import { listRoot } from './root-listing.js'
import { assertNothingLeft, PROJECT } from './run-command.js'

const host = await findCatalyst().catch((error: Error) => error.message)
if (typeof host !== 'string' && process.getuid?.() === 0) describe('specs by catalyst itself', suite)
else
  process.stdout.write(`# catalyst is not tried here: ${typeof host === 'string' ? host : 'it needs root'}\n`)

/** The host's user and group `portage` as catalyst's Portage finds them: `uid/gid`. */
const HOST_OWNER = ['-u', '-g']
  .map((which) => spawnSync('id', [which, 'portage'], { encoding: 'utf8' }).stdout.trim() || '250')
  .join('/')

function suite(): void {
  const place = new MiniPlace()
  const folder = path.join(place.folder, 'specs')
  before(async () => {
    await place.makeSeed()
    const seed = path.join(place.root, 'builds/seed.tar.zst')
    mkdirSync(path.dirname(seed), { recursive: true })
    mkdirSync(path.join(place.root, 'distfiles'))
    cpSync(place.seed, seed)
    await writeSpecs({ root: place.root, sdk: place.sdk, seed, repo: (name) => place.repo(name) }, folder)
    assert.ok(typeof host !== 'string')
    forCatalyst(folder, { root: place.root, sharedir: host.sharedir })
  })
  after(async () => {
    await assertNothingLeft(place.folder)
    await removeTree(place.folder, path.dirname(place.folder))
  })

  for (const stage of STAGES)
    test(stage, async () => {
      assert.ok(typeof host !== 'string')
      const spec = path.join(folder, `${stage}.spec`)
      await must({ argv: [host.program, '-c', path.join(folder, 'catalyst.conf'), '-f', spec] })
      const builds = path.join(place.root, 'builds', TYPE)
      const name = readdirSync(builds).find(
        (each) => /^\.tar\.zstd?$/.test(each.slice(`${stage}-k8-${STAMP}`.length)) && each.startsWith(stage),
      )
      const listed = listRoot(path.join(builds, name ?? '')).map(ownedAsBySeed)
      const fixture = path.join(PROJECT, `tests/fixtures/catalyst-roots/${stage}.txt`)
      if (process.env.RECORD_CATALYST_ROOTS !== undefined) writeFileSync(fixture, `${listed.join('\n')}\n`)
      assert.deepEqual(listed, readFileSync(fixture, 'utf8').trimEnd().split('\n'))
    })
}

/**
 * Catalyst gives the repositories to the number of the *host's* user `portage`, whatever the seed's is. Written as Gentoo's
 * 250, which hosts that have no such user, and the fixtures, have.
 */
function ownedAsBySeed(line: string): string {
  return line.replace(` ${HOST_OWNER} ./var/db/repos/`, ' 250/250 ./var/db/repos/')
}
