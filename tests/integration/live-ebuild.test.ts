// Live ebuilds by real Portage: what they say that they would fetch is fetched, and they unpack just that without a network.

import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { SdkError } from '../../src/errors.js'
import { fetchLive } from '../../src/portage/live/fetch-live.js'
import type { LivePackage } from '../../src/portage/live/live-package.js'
import { refuseLive } from '../../src/portage/live/refuse.js'
import { writeView } from '../../src/portage/live/stage-view.js'
import type { Mount } from '../../src/sandbox/spec.js'
import { stagesFolder } from '../../src/stage/run/input.js'
import { readLiveList } from '../../src/stage/run/live.js'
import { removeTree } from '../../src/store/disk/remove.js'
import { commitTo, type GitServer, gitIn, serveGit } from '../helpers/git-server.js'
import { portageHost, runOnHost } from '../helpers/portage-host.js'
import { privileged } from './sandbox-helpers.js'

const FIXTURES = path.resolve(import.meta.dirname, '../../../tests/fixtures')

const ebuild = (eclass: string, more: string): string =>
  `EAPI=8\ninherit ${eclass}\nDESCRIPTION="d"\nHOMEPAGE="https://example.org"\nLICENSE="GPL-2"\nSLOT="0/2"\nKEYWORDS="amd64"\nIUSE="+x"\n${more}\n`

describe('live ebuilds', privileged, () => {
  let folder = ''
  let server: GitServer
  let packages: readonly LivePackage[] = []
  let commits: { pinned: string; sub: string; branch: string }
  const part = (name: string): string => path.join(folder, name)
  const bind = (source: string, target: string, readOnly: boolean): Mount => ({
    kind: 'bind',
    source,
    target,
    readOnly,
  })
  const run = (script: string, mounts: readonly Mount[] = []) =>
    runOnHost(folder, ['/bin/bash', '-c', script], {
      tmp: part('tmp'),
      env: { PYTHONPYCACHEPREFIX: '/var/tmp/pycache' },
      mounts: [bind(stagesFolder(), '/stages', true), ...mounts],
    })

  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'bootstrap-live-ebuild-'))
    await portageHost(folder, path.join(FIXTURES, 'configure-answers/trial-1.ebuild'))
    for (const name of ['served', 'layer/view', 'layer/repo-objects']) mkdirSync(part(name))
    server = await serveGit(part('served'))
    const sub = await commitTo(server, 'sub', 'of the submodule')
    await commitTo(server, 'pinned', 'first')
    const tree = path.join(server.folder, '.tree-pinned')
    writeFileSync(path.join(tree, '.gitmodules'), '[submodule "s"]\n\tpath = lib/s\n\turl = ../sub.git\n')
    mkdirSync(path.join(tree, 'lib/s'), { recursive: true })
    await gitIn(tree, 'update-index', '--add', '--cacheinfo', `160000,${sub},lib/s`)
    const pinned = await commitTo(server, 'pinned', 'wanted')
    await commitTo(server, 'pinned', 'newer')
    commits = { pinned, sub, branch: await commitTo(server, 'branch', 'newest') }
    const files = {
      'app-misc/pinned/pinned-1.ebuild': ebuild(
        'git-r3',
        `EGIT_REPO_URI="${server.url}/pinned.git"\nEGIT_COMMIT="${pinned}"\nSRC_URI="https://example.org/x.tar"\nRESTRICT="mirror"\npkg_setup() { die "wants what is not there yet"; }\nsrc_unpack() { default; git-r3_src_unpack; }`,
      ),
      'app-misc/pinned/pinned-0.ebuild': ebuild(
        'git-r3',
        `EGIT_REPO_URI="${server.url}/pinned.git"\nEGIT_COMMIT="${pinned}"`,
      ),
      'app-misc/two/two-9999.ebuild': ebuild(
        'git-r3',
        `EGIT_REPO_URI="${server.url}/branch.git"\nEGIT_BRANCH=main\nsrc_unpack() { git-r3_src_unpack; use x && { git-r3_fetch ${server.url}/sub.git ${sub} other; git-r3_checkout ${server.url}/sub.git "\${WORKDIR}/other" other; }; }`,
      ),
      'app-misc/hg/hg-9999.ebuild': ebuild('mercurial', ''),
      'app-misc/net/net-9999.ebuild': ebuild(
        'git-r3',
        `EGIT_REPO_URI="${server.url}/sub.git"\ncargo_live_src_unpack() { die; }\nsrc_unpack() { git-r3_src_unpack; cargo_live_src_unpack; }`,
      ),
      'app-misc/meta/meta-9999.ebuild': ebuild('', 'PROPERTIES="live"'),
      'eclass/mercurial.eclass': 'PROPERTIES+=" live"\n',
    }
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.dirname(part(`repo/${file}`)), { recursive: true })
      writeFileSync(part(`repo/${file}`), text.replace('inherit \n', ''))
    }
    cpSync(path.join(FIXTURES, 'live/git-r3.eclass'), part('repo/eclass/git-r3.eclass'))
    const atoms = ['pinned', 'two', 'hg', 'net', 'meta', 'trial'].map((name) => `app-misc/${name}`).join(' ')
    const { stdout, stderr } = await run(
      `mkdir -p /var/tmp/output; : >/var/tmp/output/carried; emerge --pretend --verbose ${atoms} >/var/tmp/pretend && python3 /stages/lib/live.py /var/tmp/pretend >/var/tmp/output/live.json; ls /var/tmp/portage/app-misc`,
    )
    packages = await readLiveList(part('tmp/output')).catch((error) => {
      throw new Error(`${stdout}\n${stderr}`, { cause: error })
    })
    assert.equal(stdout, '', 'folders of builds are left')
  })
  after(async () => {
    await server.close()
    await removeTree(folder, path.dirname(folder))
  })

  const named = (name: string): LivePackage =>
    packages.find((each) => each.package.startsWith(`app-misc/${name}-`)) as LivePackage

  test('live is what metadata says; what it fetches, its src_unpack says, with its USE flags', () => {
    const names = packages.map((each) => `${each.package} ${each.eclasses} ${each.network}`)
    assert.deepEqual(names.sort(), [
      'app-misc/hg-9999 mercurial ',
      'app-misc/meta-9999  ',
      'app-misc/net-9999 git-r3 cargo_live_src_unpack',
      'app-misc/pinned-1 git-r3 ',
      'app-misc/two-9999 git-r3 ',
    ])
    const wanted = (name: string): string[] =>
      named(name).git.map(({ uris, commit, branch }) => `${uris} ${commit} ${branch}`)
    assert.deepEqual(wanted('pinned'), [`${server.url}/pinned.git ${commits.pinned} `])
    assert.deepEqual(wanted('two'), [
      `${server.url}/branch.git  main`,
      `${server.url}/sub.git ${commits.sub} main`,
    ])
    assert.ok(packages.every(({ complete }) => complete))
  })

  test('what cannot be built is refused by name, all at once; what nobody knows of is a warning', () => {
    const warnings: string[] = []
    assert.throws(
      () => refuseLive('stage3', packages, () => {}),
      (error) =>
        error instanceof SdkError &&
        error.code === 'SDK_REPO' &&
        /app-misc\/hg-9999::host fetches by mercurial; app-misc\/net-9999::host fetches by cargo_live_src_unpack$/.test(
          error.message,
        ),
    )
    refuseLive('stage3', [named('pinned'), named('meta')], (fact) => {
      if (fact.type === 'warning') warnings.push(fact.message)
    })
    assert.equal(warnings.length, 1)
    assert.match(
      warnings.join(),
      /^stage3: app-misc\/meta-9999::host is live, and nothing says what it fetches/,
    )
  })

  test('what is fetched is unpacked without a network, by the commit, with submodules; a stage writes to nothing that is kept', async () => {
    const [store, view] = [part('git3-src'), part('view')]
    mkdirSync(view)
    const { inputs, names } = await fetchLive({
      ...{ packages: [named('pinned'), named('two')], folder: store, stage: 'stage3' },
      ...{ emit: () => {}, signal: undefined, bySsh: false },
    })
    assert.deepEqual(
      inputs.map(({ package: name, commit, pinned }) => `${name} ${commit} ${pinned}`),
      [
        `app-misc/pinned-1 ${commits.pinned} true`,
        `app-misc/pinned-1 ${commits.sub} true`,
        `app-misc/two-9999 ${commits.branch} false`,
        `app-misc/two-9999 ${commits.sub} true`,
      ],
    )
    await server.close()
    await writeView({ folder: store, inside: '/repo-objects', names, target: view, signal: undefined })
    const before = await gitIn(path.join(store, 'pinned.git'), 'for-each-ref')
    const { stdout, stderr } = await run(
      `export EGIT3_STORE_DIR=/view
ebuild /repo/app-misc/pinned/pinned-0.ebuild unpack && ebuild /repo/app-misc/two/two-9999.ebuild unpack
find /var/tmp/portage/app-misc -name file -exec tail -n +1 {} +; touch /repo-objects/x`,
      [bind(view, '/view', false), bind(store, '/repo-objects', true)],
    )
    assert.match(stdout, /pinned-0\/file <==\nwanted/, stderr)
    assert.match(stdout, /lib\/s\/file <==\nof the submodule/)
    assert.match(stdout, /two-9999\/file <==\nnewest/)
    assert.match(stdout, /other\/file <==\nof the submodule/)
    assert.match(stderr, /cannot touch '\/repo-objects\/x': Read-only file system/)
    assert.equal(await gitIn(path.join(store, 'pinned.git'), 'for-each-ref'), before)
    assert.ok(
      readFileSync(path.join(view, 'pinned.git/refs/git-r3/app-misc/pinned/0/__main__'), 'utf8').startsWith(
        commits.pinned,
      ),
    )
  })
})
