// Whatever of its repos real Portage opens for a package: an edit of it, and the package's binary package is not taken again.
// What is opened is told by strace; nobody has listed it. Needs root, strace and pip's index.

import assert from 'node:assert/strict'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openSharedFolders } from '../../src/stage/packages/binary-packages.js'
import { sharedFolders } from '../../src/stage/plan/mounts.js'
import type { StagePlan } from '../../src/stage/plan/plan.js'
import { removeTree } from '../../src/store/disk/remove.js'
import { portageHost, runPortage } from '../helpers/portage-host.js'
import { ALL_ROADS, PACKAGES, UNREAD, writeRoads } from '../helpers/read-roads.js'
import { tinyDefinition, tinyPlan } from '../helpers/tiny-plan.js'
import { privileged } from './sandbox-helpers.js'

const TOML = `profile = "overlay:sub"
[[repos]]
name = "main"
path = "main"
archive = "/main"
main = true
[[repos]]
name = "overlay"
path = "overlay"
archive = "/overlay"
`

const attempt = (root: string): Promise<StagePlan> => tinyPlan(tinyDefinition(root, TOML), 'stage4', { root })

/** Gives every package a binary package, lets `edit` change the repos, and says which are not taken any more. */
async function dropped(root: string, edit: () => void): Promise<string[]> {
  const first = await attempt(root)
  await openSharedFolders(first)
  for (const cp of Object.keys(PACKAGES))
    mkdirSync(path.join(sharedFolders(first).packages, cp), { recursive: true })
  edit()
  const second = await attempt(root)
  await openSharedFolders(second)
  return Object.keys(PACKAGES).filter((cp) => !existsSync(path.join(sharedFolders(second).packages, cp)))
}

describe('edited files of repos', privileged, () => {
  let folder = ''
  let files: string[] = []

  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'edited-sources-'))
    files = writeRoads(folder)
  })
  after(() => removeTree(folder, path.dirname(folder)))

  /** The files of both repos that Portage and the ebuild open while they install a package, below `folder`. */
  async function opened(cp: string, host: string): Promise<Set<string>> {
    const tmp = path.join(host, cp.replace('/', '-'))
    const mounts = ['main', 'overlay'].map((name) => ({
      ...{ kind: 'bind' as const, source: path.join(folder, name), target: `/${name}`, readOnly: true },
    }))
    await runPortage(host, [`/${PACKAGES[cp]}`, 'install'], {
      ...{ tmp, mounts },
      under: [
        'strace',
        '-f',
        '-qq',
        '-y',
        '-z',
        '--seccomp-bpf',
        '-e',
        'trace=open,openat',
        '-o',
        '/var/tmp/trace',
      ],
    })
    const lines = readFileSync(path.join(tmp, 'trace'), 'utf8').matchAll(
      / = \d+<\/((?:main|overlay)\/[^>]+)>$/gm,
    )
    return new Set([...lines].map(([, name = '']) => name).filter((name) => files.includes(name)))
  }

  test('of what Portage has opened for a package nothing can be edited and its binary package be taken', async (t) => {
    const host = mkdtempSync(path.join(os.tmpdir(), 'edited-sources-host-'))
    t.after(() => removeTree(host, path.dirname(host)))
    await portageHost(host, path.join(folder, 'main/tools/plain/plain-1.ebuild'))
    for (const name of ['main', 'overlay']) mkdirSync(path.join(host, 'layer', name))
    writeFileSync(
      path.join(host, 'etc/portage/repos.conf'),
      '[DEFAULT]\nmain-repo = main\n[main]\nlocation = /main\n[overlay]\nlocation = /overlay\n',
    )
    rmSync(path.join(host, 'etc/portage/make.profile'))
    symlinkSync('/overlay/profiles/sub', path.join(host, 'etc/portage/make.profile'))
    const readers = new Map<string, string[]>()
    for (const cp of ALL_ROADS)
      for (const name of await opened(cp, host)) readers.set(name, [...(readers.get(name) ?? []), cp])
    // Each road was walked.
    for (const name of [
      ...[
        'main/eclass/base.eclass',
        'overlay/eclass/low.eclass',
        'main/eclass/target.eclass',
        'main/eclass/data/table',
      ],
      ...['main/tools/plain/files/data', 'main/tools/plain/plain-1.ebuild', 'main/eclass/chosen.eclass'],
      ...[
        'overlay/impl/linked/linked-1.ebuild',
        'overlay/config/more.bash',
        'main/profiles/base/make.defaults',
      ],
      ...['main/profiles/license_groups', 'main/metadata/layout.conf', 'overlay/profiles/sub/parent'],
    ])
      assert.ok(readers.has(name), `nobody has read ${name}: ${[...readers.keys()].join(' ')}`)
    const stale: string[] = []
    for (const [name, packages] of readers) {
      const file = path.join(folder, name)
      const text = readFileSync(file)
      const gone = await dropped(folder, () => appendFileSync(file, '\n'))
      for (const cp of packages) if (!gone.includes(cp)) stale.push(`${cp} after an edit of ${name}`)
      writeFileSync(file, text)
    }
    assert.deepEqual(stale, [])
  })

  test('an edit of what nobody reads drops nothing, one of a package drops no other', async () => {
    for (const name of UNREAD)
      assert.deepEqual(await dropped(folder, () => appendFileSync(path.join(folder, name), ' ')), [], name)
    const part = (name: string): string => path.join(folder, name)
    const ebuild = part('main/dev-c++/library/library-1.ebuild')
    // Two read what is in another package: nobody can foresee in which.
    assert.deepEqual(await dropped(folder, () => appendFileSync(ebuild, '# edited\n')), [
      'dev-c++/library',
      'tools/far',
      'tools/linked',
    ])
  })

  test("a cache entry is the package's; a file that comes, goes, becomes executable or another link counts", async () => {
    const part = (name: string): string => path.join(folder, name)
    const cache = 'main/metadata/md5-cache/tools'
    mkdirSync(part(cache), { recursive: true })
    const own = async (edit: () => void): Promise<string[]> =>
      (await dropped(folder, edit)).filter((cp) => !['tools/far', 'tools/linked'].includes(cp))
    assert.deepEqual(await own(() => writeFileSync(part(`${cache}/plain-1`), 'SLOT=0\n')), ['tools/plain'])
    const entry = 'SLOT=0\n_eclasses_=chosen\tffff\n'
    assert.deepEqual(await own(() => writeFileSync(part(`${cache}/plain-1`), entry)), ['tools/plain'])
    assert.deepEqual(await own(() => appendFileSync(part('main/eclass/chosen.eclass'), '#\n')), [
      'tools/plain',
      '_own.x/named',
    ])
    const all = Object.keys(PACKAGES)
    assert.deepEqual(
      await dropped(folder, () => writeFileSync(part('overlay/profiles/sub/use.mask'), '')),
      all,
    )
    assert.deepEqual(await own(() => chmodSync(part('main/tools/plain/files/data'), 0o755)), ['tools/plain'])
    assert.deepEqual(await own(() => symlinkSync('data', part('main/tools/plain/files/new'))), [
      'tools/plain',
    ])
    assert.deepEqual(await own(() => rmSync(part('main/tools/plain/files/new'))), ['tools/plain'])
  })
})
