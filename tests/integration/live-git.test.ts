// Repositories of live ebuilds, from Git's own server on the loopback: what is fetched, kept, refused, and said.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { SdkError } from '../../src/errors.js'
import type { Fact } from '../../src/events/event.js'
import { fetchLive, type LiveFetched } from '../../src/portage/live/fetch-live.js'
import type { GitSource } from '../../src/portage/live/live-package.js'
import { setHostEnvironment } from '../../src/process/environment.js'
import { must } from '../../src/process/run.js'
import { commitTo, type GitServer, gitIn, serveGit } from '../helpers/git-server.js'
import '../helpers/host-environment.js'

describe('repositories of live ebuilds', () => {
  let folder = ''
  let server: GitServer
  let kept = ''
  let facts: Fact[] = []

  const fetch = async (
    source: Partial<GitSource> & { name: string },
    bySsh = false,
  ): Promise<LiveFetched> => {
    facts = []
    const whole: GitSource = {
      ...{ uris: [source.name], commit: '', branch: '', date: '', lfs: '', mirror: '' },
      ...{ cloneType: 'single', minCloneType: 'shallow' },
      ...source,
    }
    const live = {
      package: 'app-misc/a-1',
      repo: 'r',
      eclasses: ['git-r3'],
      network: [],
      complete: true,
      binary: false,
    }
    return await fetchLive({
      ...{ folder: kept, stage: 'stage1', signal: undefined, emit: (fact) => void facts.push(fact), bySsh },
      packages: [{ ...live, git: [whole] }],
    })
  }
  const fails = async (source: Partial<GitSource> & { name: string }): Promise<SdkError> => {
    const error = await fetch(source).then(
      () => undefined,
      (cause) => cause,
    )
    assert.ok(error instanceof SdkError, String(error))
    return error
  }
  const warnings = (): string[] => facts.flatMap((fact) => (fact.type === 'warning' ? [fact.message] : []))
  const commits = ({ inputs }: LiveFetched): string[] => inputs.map(({ commit }) => commit)
  const url = (name: string): string => `${server.url}/${name}.git`
  /** Adds a submodule to the tree of a repository without a clone of it. */
  const addSubmodule = async (
    name: string,
    sub: { path: string; url: string; commit: string },
  ): Promise<void> => {
    const tree = path.join(server.folder, `.tree-${name}`)
    const text = `[submodule "${sub.path}"]\n\tpath = ${sub.path}\n\turl = ${sub.url}\n`
    writeFileSync(path.join(tree, '.gitmodules'), text, { flag: 'a' })
    await gitIn(tree, 'update-index', '--add', '--cacheinfo', `160000,${sub.commit},${sub.path}`)
    mkdirSync(path.join(tree, sub.path), { recursive: true })
  }

  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'bootstrap-live-'))
    // Folders of this machine are asked if everybody may read them.
    chmodSync(folder, 0o755)
    mkdirSync(path.join(folder, 'served'))
    kept = path.join(folder, 'git3-src')
    server = await serveGit(path.join(folder, 'served'))
  })
  after(async () => {
    await server.close()
    rmSync(folder, { recursive: true })
  })

  test('a pinned commit is fetched once, under the name that the eclass gives it; later nobody is asked', async () => {
    const commit = await commitTo(server, 'pinned', 'one')
    await commitTo(server, 'pinned', 'two')
    const got = await fetch({ name: url('pinned'), commit })
    assert.deepEqual(got, {
      inputs: [{ package: 'app-misc/a-1', uri: url('pinned'), ref: commit, commit, pinned: true }],
      names: ['pinned.git'],
    })
    assert.equal(await gitIn(path.join(kept, 'pinned.git'), 'show', `${commit}:file`), 'one')
    assert.deepEqual(
      readdirSync(kept).filter((name) => name.startsWith('.new')),
      [],
    )
    server.requests.length = 0
    assert.deepEqual(await fetch({ name: url('pinned'), commit }), got)
    assert.deepEqual([server.requests, warnings()], [[], []])
  })

  test('a pinned commit beside every branch that is named', async () => {
    await commitTo(server, 'beside', 'main')
    const tree = path.join(server.folder, '.tree-beside')
    await gitIn(tree, 'commit', '--quiet', '--allow-empty', '-m', 'beside')
    const commit = await gitIn(tree, 'rev-parse', 'HEAD')
    await gitIn(tree, 'push', '--quiet', path.join(server.folder, 'beside.git'), 'HEAD:other')
    assert.deepEqual(commits(await fetch({ name: url('beside'), commit })), [commit])
  })

  test('a branch is as it is now, and its stage cannot be reproduced; without a network the kept one serves', async () => {
    const name = url('moving')
    const first = await commitTo(server, 'moving', 'one')
    const got = await fetch({ name })
    assert.deepEqual([commits(got), got.inputs[0]?.pinned], [[first], false])
    assert.match(
      warnings().join(),
      /stage1 cannot be reproduced: app-misc\/a-1 is built from whatever HEAD of /,
    )
    const second = await commitTo(server, 'moving', 'two')
    assert.deepEqual(commits(await fetch({ name, branch: 'main' })), [second])
    assert.deepEqual(commits(await fetch({ name })), [second])
    const away = { name, uris: [`${server.url}/nowhere.git`] }
    assert.deepEqual(commits(await fetch(away)), [second])
    assert.match(warnings().join(), new RegExp(`so the kept commit ${second} is used`))
  })

  test('a tag, a date, the second place of two, and a mirror of the user', async () => {
    const first = await commitTo(server, 'many', 'one')
    await gitIn(path.join(server.folder, 'many.git'), 'tag', 'v1', first)
    const last = await commitTo(server, 'many', 'two')
    const name = `${server.url}/nowhere/many.git`
    const uris = [name, url('many')]
    assert.deepEqual(commits(await fetch({ name, uris, commit: 'v1' })), [first])
    assert.deepEqual(commits(await fetch({ name, uris, date: '2037-01-01' })), [last])
    const mirrored = await fetch({
      name: 'https://never.invalid/many.git',
      mirror: `${server.url}/`,
      branch: 'main',
    })
    assert.deepEqual(
      mirrored.inputs.map(({ uri }) => uri),
      [url('many')],
    )
  })

  test('submodules of submodules, by relative addresses, and those only that are wanted', async () => {
    const deep = await commitTo(server, 'deep', 'deep')
    await commitTo(server, 'middle', 'middle')
    await addSubmodule('middle', { path: 'lib/deep', url: '../deep.git', commit: deep })
    const middle = await commitTo(server, 'middle', 'with deep')
    await commitTo(server, 'outer', 'outer')
    await addSubmodule('outer', { path: 'sub', url: url('middle'), commit: middle })
    await addSubmodule('outer', { path: 'unwanted', url: url('nowhere'), commit: deep })
    const outer = await commitTo(server, 'outer', 'with both')
    const got = await fetch({ name: url('outer'), commit: outer, submodules: ['*', '-unwanted'] })
    assert.deepEqual(
      [commits(got), got.names],
      [
        [outer, middle, deep],
        ['outer.git', 'middle.git', 'deep.git'],
      ],
    )
    const none = await fetch({ name: url('outer'), commit: outer, submodules: [] })
    assert.deepEqual(commits(none), [outer])
    const error = await fails({ name: url('outer'), commit: outer })
    assert.match(error.message, /app-misc\/a-1: .* of .*\/nowhere\.git could not be fetched/)
  })

  test('a commit that is gone: package, repository, commit, and what to do', async () => {
    await commitTo(server, 'gone', 'one')
    const commit = '1'.repeat(40)
    const error = await fails({ name: url('gone'), commit })
    assert.equal(error.code, 'SDK_DISTFILE')
    assert.ok(
      error.message.startsWith(
        `app-misc/a-1: ${commit} of ${url('gone')} could not be fetched:\n  ${url('gone')}: `,
      ),
      error.message,
    )
    assert.match(
      error.hint ?? '',
      /if it does not have 1{40} any more, put a bare clone that has it at .*gone\.git/,
    )
    assert.ok(!existsSync(path.join(kept, 'gone.git')))
  })

  test('a server that dies in the middle leaves nothing that is taken for whole', async () => {
    const commit = await commitTo(server, 'large', 'x'.repeat(10))
    const tree = path.join(server.folder, '.tree-large')
    writeFileSync(path.join(tree, 'noise'), (await import('node:crypto')).randomBytes(200_000))
    const more = await commitTo(server, 'large', 'more')
    server.cutAfter = 50_000
    assert.equal((await fails({ name: url('large'), commit: more })).code, 'SDK_DISTFILE')
    assert.ok(!existsSync(path.join(kept, 'large.git')))
    server.cutAfter = undefined
    assert.deepEqual(commits(await fetch({ name: url('large'), commit })), [commit])
    // Into one that is there.
    writeFileSync(path.join(tree, 'noise'), (await import('node:crypto')).randomBytes(200_000))
    const later = await commitTo(server, 'large', 'later')
    server.cutAfter = 50_000
    await fails({ name: url('large'), commit: later })
    server.cutAfter = undefined
    assert.deepEqual(commits(await fetch({ name: url('large'), commit })), [commit])
    assert.deepEqual(commits(await fetch({ name: url('large'), commit: later })), [later])
  })

  test('what somebody has planted in a kept repository is not obeyed; a damaged one is cloned anew', async () => {
    const commit = await commitTo(server, 'planted', 'one')
    await fetch({ name: url('planted'), commit })
    const at = path.join(kept, 'planted.git')
    writeFileSync(
      path.join(at, 'config'),
      `[core]\n\tbare = true\n\tfsmonitor = "touch ${folder}/obeyed"\n`,
      { flag: 'a' },
    )
    assert.deepEqual(commits(await fetch({ name: url('planted'), commit })), [commit])
    assert.match(warnings().join(), /its config has “fsmonitor/)
    for (const plant of [['mkfifo'], ['ln', '-s', '/etc/shadow']]) {
      rmSync(path.join(at, 'config'))
      execFileSync(plant[0] as string, [...plant.slice(1), path.join(at, 'config')])
      assert.deepEqual(commits(await fetch({ name: url('planted'), commit })), [commit])
      assert.match(warnings().at(-1) ?? '', /it has no config/)
    }
    mkdirSync(path.join(at, 'objects/info'), { recursive: true })
    writeFileSync(path.join(at, 'objects/info/alternates'), '/etc\n')
    writeFileSync(path.join(at, 'HEAD.lock'), '')
    await fetch({ name: url('planted'), commit })
    assert.match(warnings().join(), /it has objects\/info\/alternates/)
    for (const name of readdirSync(path.join(at, 'objects/pack'))) rmSync(path.join(at, 'objects/pack', name))
    for (const name of readdirSync(path.join(at, 'objects')).filter((each) => each.length === 2))
      rmSync(path.join(at, 'objects', name), { recursive: true })
    assert.deepEqual(commits(await fetch({ name: url('planted'), commit })), [commit])
    assert.ok(!existsSync(path.join(folder, 'obeyed')))
  })

  test('places that run a program, or lead from the network into this machine, are not asked', async () => {
    const commit = await commitTo(server, 'inside', 'secret')
    const local = path.join(server.folder, 'inside.git')
    assert.deepEqual(commits(await fetch({ name: `file://${local}`, commit })), [commit])
    rmSync(path.join(kept, readdirSync(kept).find((name) => name.endsWith('inside.git')) ?? ''), {
      recursive: true,
    })
    await commitTo(server, 'evil', 'evil')
    await addSubmodule('evil', { path: 'sub', url: local, commit })
    const evil = await commitTo(server, 'evil', 'with it')
    assert.match(
      (await fails({ name: url('evil'), commit: evil })).message,
      /is a submodule on this machine of a repository that is not/,
    )
    // What not everybody may read is nobody's to build with: a stage names the places.
    for (const [folder, mode] of [
      [server.folder, 0o750],
      [path.join(local, 'objects'), 0o700],
    ] as const) {
      chmodSync(folder, mode)
      assert.match(
        (await fails({ name: `file://${local}`, commit })).message,
        /inside\.git: not everybody may read /,
      )
      chmodSync(folder, 0o755)
    }
    for (const uri of [
      `ext::touch ${folder}/obeyed`,
      '--upload-pack=touch',
      `ext::sh -c touch% ${folder}/obeyed`,
    ])
      assert.match(
        (await fails({ name: url('pinned'), uris: [uri], commit: '2'.repeat(40) })).message,
        /is not an https, http, git, ssh or file address/,
      )
    assert.match(
      (await fails({ name: url('pinned'), branch: '--help' })).message,
      /is not a name that a commit, tag or branch can have/,
    )
    assert.ok(!existsSync(path.join(folder, 'obeyed')))
  })

  test('nobody is asked by ssh, which has keys of root, unless who starts the run wants it', async (t) => {
    const tools = path.join(folder, 'tools')
    const asked = path.join(folder, 'asked')
    mkdirSync(tools)
    writeFileSync(path.join(tools, 'ssh'), `#!/bin/sh\necho "$@" >>${asked}\nexit 1\n`, { mode: 0o755 })
    const environment = { packageClients: {}, ignoredSignals: [] }
    setHostEnvironment({ ...environment, path: `${tools}:${process.env.PATH}` })
    t.after(() => setHostEnvironment({ ...environment, path: process.env.PATH ?? '' }))
    const uris = ['ssh://git@host.invalid/a.git', 'git+ssh://host.invalid/a.git', 'git@host.invalid:a.git']
    const name = uris[0] ?? ''
    const error = await fails({ name, uris })
    assert.equal(
      error.message.match(/is asked by ssh, with the keys of root: --git_ssh allows it/g)?.length,
      3,
    )
    assert.ok(!existsSync(asked))
    await assert.rejects(fetch({ name, uris }, true), /could not be fetched/)
    assert.equal(readFileSync(asked, 'utf8').split('\n').length - 1, 3)
  })

  test('a repository of this machine that leads into one that not everybody may read', async () => {
    const commit = await commitTo(server, 'private', 'secret')
    const target = path.join(server.folder, 'private.git')
    const closed = path.join(folder, 'closed')
    mkdirSync(closed, { mode: 0o700 })
    renameSync(target, path.join(closed, 'private.git'))
    const objects = path.join(closed, 'private.git/objects')
    const lures = {
      commondir: (at: string) => writeFileSync(path.join(at, 'commondir'), path.join(closed, 'private.git')),
      alternates: (at: string) => {
        mkdirSync(path.join(at, 'objects/info'), { recursive: true })
        writeFileSync(path.join(at, 'objects/info/alternates'), `${objects}\n`)
        writeFileSync(path.join(at, 'refs/heads/main'), `${commit}\n`)
      },
      links: (at: string) => {
        for (const each of readdirSync(objects))
          symlinkSync(path.join(objects, each), path.join(at, 'objects', each))
        writeFileSync(path.join(at, 'refs/heads/main'), `${commit}\n`)
      },
    }
    for (const [lure, plant] of Object.entries(lures)) {
      const at = path.join(folder, `${lure}.git`)
      for (const each of ['', 'refs/heads', 'objects']) mkdirSync(path.join(at, each), { recursive: true })
      writeFileSync(path.join(at, 'HEAD'), 'ref: refs/heads/main\n')
      plant(at)
      assert.match(
        (await fails({ name: `file://${at}`, branch: 'main' })).message,
        /could not be fetched/,
        lure,
      )
    }
  })

  test('a repository with more submodules than any has', async () => {
    const commit = await commitTo(server, 'many-below', 'one')
    const tree = path.join(server.folder, '.tree-many-below')
    const all = Array.from({ length: 501 }, (_, index) => `s${index}`)
    const text = all.map((name) => `[submodule "${name}"]\n\tpath = ${name}\n\turl = ../many-below.git\n`)
    writeFileSync(path.join(tree, '.gitmodules'), text.join(''))
    await gitIn(tree, 'add', '.gitmodules')
    await must(
      { argv: ['git', '-C', tree, 'update-index', '--index-info'] },
      'SDK_HOST',
      all.map((name) => `160000 ${commit}\t${name}\n`).join(''),
    )
    await gitIn(tree, 'commit', '--quiet', '-m', 'many')
    await gitIn(tree, 'push', '--quiet', path.join(server.folder, 'many-below.git'), 'HEAD:main')
    const error = await fails({ name: url('many-below') })
    assert.deepEqual([error.code, /has more than 500 submodules/.test(error.message)], ['SDK_REPO', true])
  })
})
