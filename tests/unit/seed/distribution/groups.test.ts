import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { isPackage } from '../../../../src/sdk/read/grammar.js'
import type { DebPackage } from '../../../../src/seed/distribution/dpkg.js'
import { renderEbuild } from '../../../../src/seed/distribution/generate-repos.js'
import {
  assignGroups,
  type GroupFile,
  globMatcher,
  portagePatches,
  prepareScript,
  readGroups,
} from '../../../../src/seed/distribution/groups.js'
import { parseOsRelease, sourcesFrom } from '../../../../src/seed/distribution/host.js'

const PROJECT = path.resolve(import.meta.dirname, '../../../../..')

const deb = (name: string, depends: string[] = [], more: Partial<DebPackage> = {}): DebPackage => ({
  name,
  version: '1.0-1',
  source: name,
  depends: depends.map((each) => [each]),
  provides: [],
  files: [`/usr/bin/${name}`],
  ...more,
})

const groups = (group: Partial<GroupFile['group'][number]>[], drop: string[] = []): GroupFile => ({
  format: 1,
  file: 'groups.toml',
  include: [],
  exclude_files: [],
  drop,
  copy: [],
  prepare: 'prepare.sh',
  portage: { version: '3', sha256: '', patches: [] },
  group: group.map((each) => ({ package: 'a/b', debs: [], extra: [], depend: [], ...each })),
})

test('globs match whole names', () => {
  assert.ok(globMatcher(['gcc-[0-9][0-9]'])('gcc-12'))
  assert.ok(!globMatcher(['gcc-[0-9]'])('gcc-12'))
  assert.ok(globMatcher(['lib*san[0-9]*'])('libasan8'))
  assert.ok(!globMatcher(['apt*'])('libapt-pkg6.0'))
  assert.ok(globMatcher(['libstdc++-[0-9]*-dev'])('libstdc++-12-dev'))
})

test('what a named group needs comes along as a group of its own, the rest stays out', () => {
  const found = assignGroups(groups([{ package: 'sys-apps/sed', debs: ['sed'] }]), [
    deb('sed', ['libacl1']),
    deb('libacl1', ['libc6'], { source: 'acl' }),
    deb('libc6', [], { source: 'glibc' }),
    deb('unrelated'),
  ])
  assert.deepEqual(
    found.map((each) => [each.package, each.depends]),
    [
      ['dev-libs/acl', ['dev-libs/glibc']],
      ['dev-libs/glibc', []],
      ['sys-apps/sed', ['dev-libs/acl']],
    ],
  )
})

test('the first named group takes a package, and dropped ones are nobody’s dependency', () => {
  const found = assignGroups(
    groups(
      [
        { package: 'a/one', debs: ['lib*'] },
        { package: 'a/two', debs: ['libx', 'tool'] },
      ],
      ['dpkg'],
    ),
    [deb('libx', ['dpkg']), deb('tool', ['libx']), deb('dpkg')],
  )
  assert.deepEqual(
    found.map((each) => [each.package, each.debs.map((one) => one.name), each.depends]),
    [
      ['a/one', ['libx'], []],
      ['a/two', ['tool'], ['a/one']],
    ],
  )
})

test('a virtual name leads to its provider, and a group may take the version of a package it does not own', () => {
  const found = assignGroups(
    groups([
      { package: 'a/x', debs: ['x'] },
      { package: 'a/y', version_of: 'x' },
    ]),
    [deb('x', ['awk'], { version: '7.5-2' }), deb('gawk', [], { provides: ['awk'] })],
  )
  assert.deepEqual(
    found.map((each) => [each.package, each.version, each.depends]),
    [
      ['a/x', '7.5', ['dev-libs/gawk']],
      ['a/y', '7.5', []],
      ['dev-libs/gawk', '1.0', []],
    ],
  )
})

test('a group that matches nothing and has no version is an error that names it', () => {
  assert.throws(() => assignGroups(groups([{ package: 'a/lost', debs: ['none'] }]), [deb('x')]), {
    code: 'SDK_DEFINITION',
    message: /a\/lost matches no installed package/,
  })
})

test('every ebuild says which packages it stands for', () => {
  const [seed] = assignGroups(
    groups([{ package: 'sys-apps/sed', debs: ['sed'], depend: ['sys-libs/glibc'] }]),
    [deb('sed')],
  )
  assert.ok(seed)
  const text = renderEbuild(seed)
  assert.match(text, /^EAPI=8$/m)
  assert.match(text, /^# {3}sed 1\.0-1$/m)
  assert.match(text, /^\tsys-libs\/glibc$/m)
})

test('the groups of the embedded SDK are well formed and name each package once', async () => {
  const file = await readGroups(path.join(PROJECT, 'sdks/embedded/seed/groups.toml'))
  const names = file.group.map((group) => group.package)
  assert.deepEqual(names, [...new Set(names)])
  assert.deepEqual(
    names.filter((name) => !isPackage(name)),
    [],
  )
  assert.match(await readFile(prepareScript(file), 'utf8'), /^#!\/bin\/bash/)
})

test('apt’s targets become sources of the release and its updates only', () => {
  const targets = [
    'http://a.invalid/debian/|bookworm|main|/usr/share/keyrings/a.gpg',
    'http://a.invalid/debian/|bookworm-updates|main|',
    'http://b.invalid/security/|bookworm-security|main|/usr/share/keyrings/a.gpg',
    'http://c.invalid/apt|cloud-bookworm|main|',
    'http://a.invalid/debian/|bookworm|non-free|',
  ].join('\n')
  assert.deepEqual(sourcesFrom(targets, 'bookworm'), [
    'deb [signed-by=/usr/share/keyrings/a.gpg] http://a.invalid/debian/ bookworm main',
    'deb http://a.invalid/debian/ bookworm-updates main',
    'deb [signed-by=/usr/share/keyrings/a.gpg] http://b.invalid/security/ bookworm-security main',
  ])
})

test('os-release values lose their quotes', () => {
  const release = parseOsRelease('ID=debian\nVERSION_CODENAME="bookworm"\n# no\nPRETTY_NAME=\'Debian 12\'\n')
  assert.deepEqual([...release.values()], ['debian', 'bookworm', 'Debian 12'])
})

test('a patch of Portage that is not there is named before anything is made', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'groups-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = path.join(folder, 'groups.toml')
  const portage = 'version = "3"\nsha256 = "a"\npatches = ["faster.patch"]\n'
  await writeFile(file, `format = 1\ninclude = []\nprepare = "prepare.sh"\ngroup = []\n[portage]\n${portage}`)
  await writeFile(path.join(folder, 'prepare.sh'), '')
  await assert.rejects(readGroups(file), {
    code: 'SDK_DEFINITION',
    message: /portage\.patches: .*faster\.patch/,
  })
  await writeFile(path.join(folder, 'faster.patch'), '')
  assert.deepEqual(portagePatches(await readGroups(file)), [path.join(folder, 'faster.patch')])
})
