// What a stage of a spec leaves behind: clean.sh removes by patterns and puts the final configuration in; squashed repos.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { tarCommand } from '../../src/archive/tar/command.js'
import { loadSpec } from '../../src/catalyst/read/load-spec.js'
import { findEnterable } from '../../src/inspect/enterable.js'
import { treeDigest } from '../../src/repos/digest.js'
import { snapshotRepo } from '../../src/repos/snapshot.js'
import { layoutOf } from '../../src/request/catalyst-root.js'
import { writeRootOverlay } from '../../src/stage/finish/root-overlay.js'
import type { StagePlan } from '../../src/stage/plan/plan.js'
import { NO_SQUASHFS, specRoot, writeFiles } from '../helpers/catalyst-root.js'

function folder(t: TestContext): string {
  const made = mkdtempSync(path.join(tmpdir(), 'spec-[result]-'))
  t.after(() => rmSync(made, { recursive: true, force: true }))
  return made
}

test('patterns are removed inside the root only, and files put in win', (t) => {
  const base = folder(t)
  const root = path.join(base, 'root')
  writeFiles(root, {
    'usr/lib/a.a': '',
    'usr/lib/b.a': '',
    'usr/lib/c.so': '',
    'etc/portage/repos.conf/x.conf': '',
    'etc/portage/make.conf': 'old',
    'etc/portage/package.use/releng': '',
    'etc/portage/package.use/own': '',
    'var/db/repos/main/mounted': '',
  })
  mkdirSync(path.join(root, 'tmp'))
  // Line by line, the empty one would be the root.
  writeFiles(root, { 'usr/lib/d\n\ne.a': '' })
  writeFiles(base, {
    'outside/kept': '',
    'outside/of\n\nlines': '',
    'final/make.conf': 'new',
    'final/repo.conf': 'kept',
  })
  symlinkSync(path.join(base, 'outside'), path.join(root, 'etc/leads-out'))
  const said = execFileSync('bash', [
    'stages/lib/clean.sh',
    root,
    ...['--rm-matching', '/usr/lib/*.a', '--rm-matching', '/nosuch/*', '--rm-matching', '/etc/leads-out/*'],
    ...['--rm-matching', '/etc/portage/repos.conf', '--rm-matching', '/var/db/repos/main'],
    ...['--rm-matching', '/etc/portage/package.use/releng', '--rm', '/.', '--rm', '/etc/..', '--rm', '/'],
    ...['--file', path.join(base, 'final/make.conf'), '/etc/portage/make.conf'],
    ...['--file', path.join(base, 'final/repo.conf'), '/etc/portage/repos.conf/kept.conf'],
  ])
  assert.deepEqual(readdirSync(path.join(root, 'usr/lib')), ['c.so'])
  assert.deepEqual(readdirSync(path.join(root, 'etc/portage/repos.conf')), ['kept.conf'])
  assert.deepEqual(readdirSync(path.join(root, 'etc/portage/package.use')), ['own'])
  assert.equal(readFileSync(path.join(root, 'etc/portage/make.conf'), 'utf8'), 'new')
  assert.deepEqual(readdirSync(path.join(root, 'var/db/repos')), [])
  assert.ok(existsSync(path.join(base, 'outside/kept')))
  assert.equal(
    said.toString(),
    ['kept', 'of??lines']
      .map(
        (name) => `/etc/leads-out/${name} is behind a link that leads out of the root; it is left as it is\n`,
      )
      .join(''),
  )
})

test('an archived repo has names, contents and execute bits of the checkout, and nothing else of whoever made that', (t) => {
  const base = folder(t)
  const archived = (name: string, change: (repo: string) => void): Buffer => {
    const [repo, root] = [path.join(base, name, 'repo'), path.join(base, name, 'root')]
    writeFiles(repo, { 'a/b/b-1.ebuild': 'EAPI=8\n', 'a/b/files/zeros': '\0'.repeat(65536), tool: '#!\n' })
    chmodSync(path.join(repo, 'tool'), 0o755)
    cpSync(path.join(repo, 'a/b/b-1.ebuild'), path.join(repo, 'a/b/b-2.ebuild'))
    change(repo)
    writeFiles(root, { 'etc/x': '' })
    execFileSync('bash', ['stages/lib/clean.sh', root, '--repo', repo, '/repo'])
    assert.equal(statSync(path.join(root, 'repo/tool')).mode & 0o7777, 0o755)
    const [program, ...argv] = tarCommand(root, { mtime: 0 })
    return execFileSync(program, argv)
  }
  const plain = archived('plain', () => {})
  const changes: Readonly<Record<string, (repo: string) => void>> = {
    links: (repo) => {
      rmSync(path.join(repo, 'a/b/b-2.ebuild'))
      linkSync(path.join(repo, 'a/b/b-1.ebuild'), path.join(repo, 'a/b/b-2.ebuild'))
    },
    holes: (repo) => {
      truncateSync(path.join(repo, 'a/b/files/zeros'), 0)
      truncateSync(path.join(repo, 'a/b/files/zeros'), 65536)
    },
    ACLs: (repo) => {
      execFileSync('setfacl', ['-m', 'u:1234:rw', path.join(repo, 'a/b/b-1.ebuild')])
      execFileSync('setfacl', ['-d', '-m', 'u:1234:rwx', path.join(repo, 'a')])
    },
    'bits of a shared folder': (repo) => chmodSync(path.join(repo, 'a'), 0o2775),
    umask: (repo) => execFileSync('chmod', ['-R', 'go=', repo]),
  }
  for (const [what, change] of Object.entries(changes))
    assert.ok(archived(what, change).equals(plain), `${what} of the checkout are in the archive`)
})

test('a squashed repo becomes a folder of the store, once, by the digest of its file', {
  skip: NO_SQUASHFS,
}, async (t) => {
  const base = folder(t)
  writeFiles(base, { 'repo/profiles/repo_name': 'main\n', 'repo/a/b/b-1.ebuild': 'EAPI=8\n' })
  const squashed = path.join(base, 'main-x.sqfs')
  execFileSync('mksquashfs', [path.join(base, 'repo'), squashed, '-quiet', '-no-progress'], { stdio: 'pipe' })
  const repo = { name: 'main', path: squashed, archive: '/r', location: '/r', main: true }
  const store = path.join(base, 'store')
  const first = await snapshotRepo(repo, store)
  assert.equal(await treeDigest(first.path), await treeDigest(path.join(base, 'repo')))
  assert.equal(first.source, squashed)
  assert.deepEqual(await snapshotRepo(repo, store), first)
  // And what proves it.
  assert.deepEqual(readdirSync(store), [first.digest, `${first.digest}.json`])
  await assert.rejects(snapshotRepo({ ...repo, name: 'other' }, store), { code: 'SDK_REPO' })
})

test('a conf decides where sources and logs are, and the subarch is in the names', async (t) => {
  const root = specRoot(t)
  root.seed('23.0-default/stage2-amd64-20260102T030405Z.tar.gz')
  const { definition, version } = await loadSpec({
    spec: root.spec({ subarch: 'k8' }),
    conf: root.conf('distdir = "/d"', 'port_logdir = "/l"'),
    ...{ root: undefined, defaultRoot: '/nowhere', seed: undefined },
  })
  const layout = layoutOf(definition, { root: '/c', version: version.text })
  const name = '23.0-default/stage3-k8-20260102T030405Z'
  assert.equal(layout.archive('stage3', 'xz'), `/c/builds/${name}.tar.xz`)
  assert.deepEqual([layout.distfiles, layout.stageLog('stage3')], ['/d', `/l/${name}`])
  assert.equal(layout.journal, '/c/log/23.0-default/20260102T030405Z/journal.jsonl')
})

test('all root overlays keep owners and times, the last one wins, and nothing names a release', async (t) => {
  const root = specRoot(t)
  root.seed('23.0-default/stage2-amd64-20260102T030405Z.tar.gz')
  writeFiles(root.path(), { 'a/etc/first': 'a', 'a/etc/both': 'a', 'b/etc/both': 'b' })
  // Only root can give a file away.
  const owner = process.getuid?.() === 0 ? 1234 : (process.getuid?.() ?? 0)
  for (const file of ['a/etc/first', 'b/etc/both']) {
    chownSync(root.path(file), owner, owner)
    utimesSync(root.path(file), 1_000_000_000, 1_000_000_000)
  }
  const overlays = `${root.path('a')} ${root.path('b')}`
  const { definition, version } = await loadSpec({
    spec: root.spec({ target: 'stage4', 'stage4/packages': 'a/b', 'stage4/root_overlay': overlays }),
    ...{ conf: root.conf(), root: undefined, defaultRoot: '/nowhere', seed: undefined },
  })
  const made = root.path('made')
  await writeRootOverlay({ definition, version } as StagePlan, made)
  assert.equal(readFileSync(path.join(made, 'etc/both'), 'utf8'), 'b')
  for (const file of ['etc/first', 'etc/both']) {
    const { uid, mtimeMs } = statSync(path.join(made, file))
    assert.deepEqual([uid, mtimeMs], [owner, 1e12], file)
  }
  assert.deepEqual(readdirSync(made), ['etc'])
  assert.deepEqual(readdirSync(path.join(made, 'etc')).sort(), ['both', 'first'])
})

test('an attempt at a stage of a spec is found, though its version is none of ours', async (t) => {
  const root = folder(t)
  const names = { root, type: '23.0-default', arch: 'k8' }
  const work = path.join(root, 'work/23.0-default/stage3-k8-20260102T030405Z')
  mkdirSync(work, { recursive: true })
  const asked = { target: 'stage3', lastStage: 'stage3', version: '20260102T030405Z' } as const
  const found = await findEnterable(names, asked)
  assert.deepEqual(found, { kind: 'attempt', version: asked.version, stage: 'stage3', work })
  await assert.rejects(findEnterable(names, { ...asked, version: 'another' }), { code: 'SDK_USAGE' })
})
