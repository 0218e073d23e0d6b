// The keys of jobs, from a definition on disk: any file that gets into a stage changes them, and so does each option that finished
// stages rest on; no other option, caller or place does.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { parseCommandLine } from '../../../src/cli/arguments/command-line.js'
import { changingName, hasValue, OPTIONS, optionsOf } from '../../../src/cli/arguments/options/table.js'
import { readEnvironment } from '../../../src/cli/environment.js'
import { asCalled, type VerbCall } from '../../../src/cli/request/asked.js'
import { makeRunRequest } from '../../../src/cli/request/request.js'
import { forecastChain } from '../../../src/forecast/matrix.js'
import { layoutOf } from '../../../src/request/catalyst-root.js'
import { STAGES } from '../../../src/sdk/stages.js'

const DEFINITION = `format = 1
name = "x"
type = "x-sdk"
version_id = "1.0.0"
arch = "amd64"
chost = "x86_64-pc-linux-gnu"
profile = "over:p"
portage_confdir = "confdir"
portage_patches = "over:patches"
[[repos]]
name = "main"
path = "main"
archive = "/repos/main"
main = true
[[repos]]
name = "over"
path = "over"
archive = "/repos/over"
[stage1]
hooks = "hooks"
[stage4]
root_overlay = "overlay"
release_files = "release"
fsscript = "script"
ssh_public_keys = ["u=key.pub"]
`

/** What the definition names, by path. */
const FILES: Readonly<Record<string, string>> = {
  'main/profiles/repo_name': 'main\n',
  'main/profiles/q/make.defaults': 'A=b\n',
  'main/app/tool/tool-1.ebuild': 'EAPI=8\n',
  'over/profiles/repo_name': 'over\n',
  'over/profiles/p/make.defaults': 'A=b\n',
  'over/profiles/other/make.defaults': 'A=b\n',
  'over/patches/app/tool/x.patch': 'x\n',
  'over/hooks/a-main.sh': '#!/bin/bash\n',
  'over/hooks/build/list': 'x\n',
  'confdir/package.use/more': 'x\n',
  'confdir/bashrc': 'x\n',
  'overlay/etc/file': 'x\n',
  'overlay/build/file': 'x\n',
  'overlay/.git': 'x\n',
  'release/os-release': 'V={version}\n',
  script: '#!/bin/bash\n',
  'key.pub': 'key\n',
}

interface Place {
  readonly folder: string
  readonly seed: string
  keys(...words: string[]): Promise<(string | undefined)[]>
}

/** A checkout with all of {@link FILES}, a link in each folder, and a seed beside it. */
function place(t: TestContext): Place {
  const top = realpathSync(mkdtempSync(path.join(tmpdir(), 'keys-')))
  t.after(() => rmSync(top, { recursive: true }))
  const folder = path.join(top, 'checkout')
  for (const [name, text] of Object.entries({ 'sdk.toml': DEFINITION, ...FILES })) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), text)
  }
  for (const name of ['main/app', 'over/hooks', 'confdir', 'overlay/etc', 'release'])
    symlinkSync('nowhere', path.join(folder, name, 'link'))
  rmSync(path.join(folder, 'confdir/link'))
  symlinkSync('package.use', path.join(folder, 'confdir/link'))
  chmodSync(path.join(folder, 'over/hooks/a-main.sh'), 0o755)
  const seed = path.join(top, 'seed.tar')
  execFileSync('tar', ['-C', folder, '-cf', seed, 'script'])
  return { folder, seed, keys: (...words) => keysAt(folder, seed, words) }
}

async function keysAt(
  folder: string,
  seed: string,
  words: readonly string[],
  variables: Record<string, string> = {},
): Promise<(string | undefined)[]> {
  const environment = readEnvironment(variables)
  const given = ['--sdk', folder, '--seed_tarball', seed, '--exact=content', '--version', '1.0.0+a']
  const asked = asCalled(parseCommandLine(['plan', ...given, ...words], environment) as VerbCall)
  const request = await makeRunRequest(asked, environment)
  const { catalystRoot: root, version } = request
  const layout = layoutOf(request.definition, { root, version: version.text })
  return (await forecastChain(request, layout)).map(({ key }) => key)
}

/** The first stage whose key is another one. */
const changedFrom = (before: readonly unknown[], after: readonly unknown[]): string | undefined =>
  STAGES.find((_, index) => before[index] !== after[index])

/** Ways to change a file. */
const CHANGES: Readonly<Record<string, (file: string) => void>> = {
  content: (file) => writeFileSync(file, 'other\n'),
  absence: (file) => rmSync(file),
}

/** Lets a link lead to the same by another way. */
function turn(link: string): void {
  const target = readlinkSync(link)
  rmSync(link)
  symlinkSync(`./${target}`, link)
}

const everyEntry = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort()

/** The stage that first has what is there: hooks are shown all of the checkout's repos. */
const firstWith = (name: string): string =>
  /^(?:overlay|release|script|key\.pub)/.test(name) ? 'stage4' : 'stage1'

test('each file and link of repos, hooks, patches, configuration and overlays counts from the stage that first has it', async (t) => {
  const { folder, keys } = place(t)
  const before = await keys()
  const saved = `${folder}.saved`
  cpSync(folder, saved, { recursive: true, verbatimSymlinks: true })
  const put = (): void => {
    rmSync(folder, { recursive: true })
    cpSync(saved, folder, { recursive: true, verbatimSymlinks: true })
  }
  for (const name of everyEntry(folder)) {
    const file = path.join(folder, name)
    const info = lstatSync(file)
    if (info.isDirectory() || name === 'sdk.toml') continue
    const ways = info.isSymbolicLink() ? { target: turn } : CHANGES
    for (const [what, change] of Object.entries(ways)) {
      // A repo of another name is another one, and what a key names has to be there.
      if (name.endsWith('repo_name') || (/^(?:script|key\.pub)$/.test(name) && what !== 'content')) continue
      change(file)
      assert.equal(changedFrom(before, await keys()), firstWith(name), `${name}: ${what}`)
      put()
    }
  }
  for (const name of everyEntry(folder)) {
    if (!lstatSync(path.join(folder, name)).isDirectory()) continue
    mkdirSync(path.join(folder, name, 'new'))
    assert.equal(changedFrom(before, await keys()), firstWith(name), `${name}/new`)
    put()
  }
})

test('modes that get into a root count; times, owners, the group’s right to write and the place do not', async (t) => {
  const { folder, seed, keys } = place(t)
  const before = await keys()
  for (const name of ['overlay/etc/file', 'confdir/bashrc', 'overlay/etc', 'confdir/package.use']) {
    const file = path.join(folder, name)
    const { mode } = lstatSync(file)
    for (const other of [mode & ~0o044, mode | 0o2000]) {
      chmodSync(file, other & 0o7777)
      assert.equal(changedFrom(before, await keys()), firstWith(name), `${name}: ${other.toString(8)}`)
    }
    chmodSync(file, mode & 0o7777)
  }
  for (const name of ['.', ...everyEntry(folder)]) {
    const file = path.join(folder, name)
    const info = lstatSync(file)
    lutimesSync(file, 1, 1)
    if (!info.isSymbolicLink()) chmodSync(file, (info.mode & 0o7777) | 0o020)
  }
  for (const name of ['main/.git', 'confdir/x~', 'over/.DS_Store']) writeFileSync(path.join(folder, name), '')
  assert.deepEqual(await keys(), before)
  const there = path.join(path.dirname(folder), 'there')
  cpSync(folder, there, { recursive: true, verbatimSymlinks: true })
  assert.deepEqual(await keysAt(there, seed, []), before)
})

/** A value of each option that has one, other than what the place has by itself. */
const VALUES: Readonly<Record<string, (at: { top: string; other: string; seed: string }) => string>> = {
  sdk: ({ other }) => other,
  portage_stable: ({ other }) => path.join(other, 'main'),
  coreos_overlay: ({ other }) => path.join(other, 'over'),
  stage1_portage_path: ({ other }) => path.join(other, 'main'),
  stage1_overlay_path: ({ other }) => path.join(other, 'over'),
  seed_tarball: ({ seed }) => seed,
  profile: () => 'over:other',
  catalyst_root: ({ top }) => path.join(top, 'root'),
  jobs: () => '77',
  memory: () => '7GiB',
  ccache: ({ top }) => `redis+unix:${path.join(top, 'socket')}`,
  mirror: () => 'gentoo=https://mirror.invalid',
  compression: () => 'xz',
  runner: () => 'catalyst',
  version: () => '2.0.0+b',
  upload_root: () => 'file:///x',
  upload_path: () => 'file:///x',
  sign: () => 'me',
  sign_digests: () => 'me',
  output: ({ top }) => path.join(top, 'output'),
  output_owner: () => '1:1',
  store: () => 'oci://registry.invalid/x',
  store_mode: () => 'read',
  store_take: () => 'needed',
  store_keys: ({ top }) => path.join(top, 'checkout/key.pub'),
  store_sign: ({ top }) => path.join(top, 'checkout/key.pub'),
  write_specs: ({ top }) => path.join(top, 'specs'),
  matrix: () => 'slurm',
  fleet: ({ top }) => path.join(top, 'fleet.toml'),
}

/** What options do not go without. */
const COMPANIONS: Readonly<Record<string, readonly string[]>> = {
  upload: ['--upload_root', 'file:///x'],
  sign: ['--output', '/x'],
  sign_digests: ['--output', '/x'],
  output_owner: ['--output', '/x'],
  ...Object.fromEntries(
    ['store_mode', 'store_take', 'store_keys', 'store_sign'].map((name) => [
      name,
      ['--store', 'oci://registry.invalid/x'],
    ]),
  ),
}

/** Options on which no finished stage rests and that are in keys all the same: from which stage. */
const OTHERWISE: Readonly<Record<string, string>> = {
  compression: 'stage1',
  runner: 'stage1',
  version: 'stage4',
}

test('each option that finished stages rest on counts, and no other one but those that say what is archived and by whom', async (t) => {
  const { folder, keys } = place(t)
  const before = await keys()
  const top = path.dirname(folder)
  const other = path.join(top, 'other')
  cpSync(folder, other, { recursive: true, verbatimSymlinks: true })
  for (const name of ['main', 'over']) writeFileSync(path.join(other, name, 'new'), '')
  writeFileSync(path.join(other, 'sdk.toml'), DEFINITION.replace('[stage1]', '[stage1]\nuse = ["a"]'))
  const redis = createServer().listen(path.join(top, 'socket'))
  t.after(() => redis.close())
  const seed = path.join(top, 'other.tar')
  execFileSync('tar', ['-C', folder, '-cf', seed, 'key.pub'])
  for (const name of optionsOf('plan')) {
    const option = OPTIONS[name]
    // A spec stands in place of the definition, which has no {scripts}; the help is no plan.
    if (['file', 'config', 'scripts', 'help', 'version_info'].includes(name)) continue
    const value =
      hasValue(option) && option.isPassedOn !== false ? [VALUES[name]?.({ top, other, seed })] : []
    assert.ok(!value.includes(undefined), `a value for --${name}`)
    const words = hasValue(option) && option.isPassedOn === false ? ['x'] : (value as string[])
    const expected = OTHERWISE[name] ?? (option.kept === 'basis' ? 'stage1' : undefined)
    assert.equal(
      changedFrom(before, await keys(changingName(name), ...words, ...(COMPANIONS[name] ?? []))),
      expected,
      name,
    )
  }
})

test('what the caller’s environment says in place of options, or beside them, does not count', async (t) => {
  const { folder, seed, keys } = place(t)
  const top = path.dirname(folder)
  const redis = createServer().listen(path.join(top, 'socket'))
  t.after(() => redis.close())
  const values: Readonly<Record<string, string>> = {
    NUM_JOBS: '77',
    GENTOO_MIRRORS: 'https://mirror.invalid',
    FLATCAR_UPLOAD_ROOT: 'file:///x',
    FLATCAR_BUILD_ID: 'x',
    COREOS_OFFICIAL: '1',
    BOOTSTRAP_SDK_CCACHE: `redis+unix:${path.join(top, 'socket')}`,
    BOOTSTRAP_SDK_STORE: 'oci://registry.invalid/x',
    BOOTSTRAP_SDK_STORE_MODE: 'read',
    BOOTSTRAP_SDK_STORE_KEYS: path.join(folder, 'key.pub'),
    BOOTSTRAP_SDK_STORE_SIGN: path.join(folder, 'key.pub'),
  }
  const named = optionsOf('plan').flatMap((name) => Object.keys(OPTIONS[name].variables ?? {}))
  assert.deepEqual([...new Set(named)].sort(), Object.keys(values).sort())
  const others = {
    LC_ALL: 'tr_TR.UTF-8',
    TZ: 'Asia/Tokyo',
    HOME: '/nonexistent',
    SOURCE_DATE_EPOCH: '1',
    CFLAGS: '-O3',
    USE: 'x',
  }
  assert.deepEqual(await keysAt(folder, seed, [], { ...values, ...others }), await keys())
})
