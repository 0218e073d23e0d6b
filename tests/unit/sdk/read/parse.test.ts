import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import test from 'node:test'
import { SdkError } from '../../../../src/errors.js'
import { mainRepo } from '../../../../src/sdk/definition.js'
import { parseLayer } from '../../../../src/sdk/read/layers.js'
import { parseSdkToml, toDefinition } from '../../../../src/sdk/read/parse.js'
import { SDK_TOML } from '../../../../src/sdk/read/schema.js'

const FILE = '/sdks/x/sdk.toml'

const MINIMAL = `format = 1
name = "x"
type = "x-sdk"
version_id = "1.0"
arch = "amd64"
chost = "x86_64-pc-linux-gnu"
profile = "default"
[[repos]]
name = "main"
path = "repos/main"
archive = "/var/gentoo/repos/gentoo"
main = true
`

const read = (text: string) => parseSdkToml([parseLayer({ file: FILE, text })])

/** The messages for `text`, without the file. */
function messages(text: string): string[] {
  try {
    read(text)
  } catch (error) {
    assert.ok(error instanceof SdkError, String(error))
    assert.equal(error.code, 'SDK_DEFINITION')
    return error.message.split('\n').map((line) => line.slice(FILE.length + 1))
  }
  return []
}

test('defaults are filled in, and paths are absolute', () => {
  const definition = toDefinition(read(MINIMAL), FILE, { version: { id: '1.0' } })
  assert.deepEqual(definition, {
    file: FILE,
    dir: '/sdks/x',
    name: 'x',
    type: 'x-sdk',
    version: { id: '1.0' },
    arch: 'amd64',
    archName: 'amd64',
    chost: 'x86_64-pc-linux-gnu',
    profile: 'main:default',
    stages: ['stage1', 'stage2', 'stage3', 'stage4'],
    compression: 'zstd',
    cflags: '-O2 -pipe',
    cxxflags: '-O2 -pipe',
    ldflags: '-Wl,-O2 -Wl,--as-needed',
    features: [],
    interpreter: [],
    repos: [
      {
        name: 'main',
        path: '/sdks/x/repos/main',
        archive: '/var/gentoo/repos/gentoo',
        location: '/var/gentoo/repos/gentoo',
        main: true,
      },
    ],
    stage: {
      stage1: {
        use: ['-*', 'build'],
        repos: 'seed',
        updateSeed: false,
        updateSeedOptions: ['--update', '--deep', '--newuse', '@world'],
      },
      stage2: { bootstrap: 'scripts/bootstrap.sh' },
      stage3: { first: [], packages: ['@world'] },
      stage4: {
        packages: ['coreos-devel/sdk-depends'],
        rootOverlays: [],
        ...{ use: [], unmerge: [], rcadd: [], rcdel: [], groups: [], users: [], sshPublicKeys: [] },
        crossdev: false,
        archiveRepos: true,
        empty: ['/root', '/var/cache/edb'],
        rm: ['/etc/machine-id', '/etc/resolv.conf'],
      },
    },
    cross: [],
    carry: [],
    seed: { osReleaseId: 'x-sdk', urls: [] },
    ...{
      makeConf: {},
      environment: {},
      places: {},
      remove: [],
      portageOwned: [],
      configuration: {},
      release: true,
    },
  })
  assert.equal(mainRepo(definition).name, 'main')
})

test('what is given is kept', () => {
  const text = `stages = [2, 4]\nfeatures = ["-ipc-sandbox"]\n${MINIMAL}
[stage4]
root_overlay = "../overlay"
[[cross]]
chost = "aarch64-cros-linux-gnu"
[carry]
"sdk/quick" = { stage3 = ["*/*"] }
[seed]
os_release_id = "old"
urls = ["https://mirror.example/{type}/{arch}/{version}.tar.zst"]
keyring = "k.gpg"
distribution.groups = "g.toml"
`
  const definition = toDefinition(read(text), FILE, { version: { id: '1.0' } })
  assert.deepEqual(definition.stages, ['stage2', 'stage4'])
  assert.deepEqual(definition.features, ['-ipc-sandbox'])
  assert.deepEqual(definition.stage.stage4.rootOverlays, [{ path: '/sdks/overlay', owners: 'root' }])
  assert.deepEqual(definition.cross, [
    { chost: 'aarch64-cros-linux-gnu', packages: ['binutils', 'linux-headers', 'glibc', 'gcc'] },
  ])
  assert.deepEqual(definition.carry, [
    { profile: 'sdk/quick', globs: { stage1: [], stage2: [], stage3: ['*/*'], stage4: [] } },
  ])
  assert.deepEqual(definition.seed, {
    osReleaseId: 'old',
    urls: ['https://mirror.example/{type}/{arch}/{version}.tar.zst'],
    keyring: '/sdks/x/k.gpg',
    distribution: { groups: '/sdks/x/g.toml' },
  })
})

test('what belongs to stage 1, to Portage and to accounts', () => {
  const text = `portage_confdir = "{scripts}/conf"
portage_patches = "main:coreos/patches"
interpreter = ["/usr/bin/qemu-aarch64"]
${MINIMAL}
[stage1]
profile = "{profile}/transition"
repos = "checkout"
update_seed = true
update_seed_options = ["--update", "--exclude=cross-*/*", "@changed-subslot"]
[stage4]
fsscript = "fs.sh"
use = ["-x"]
unmerge = ["a/b"]
rcadd = ["sshd|default"]
rcdel = ["ntpd"]
groups = ["builders"]
users = ["me=builders,wheel"]
ssh_public_keys = ["me=keys/me.pub"]
crossdev = true
archive_repos = false
`
  const definition = toDefinition(read(text), FILE, { version: { id: '1' }, scripts: '/checkout' })
  const { stage1, stage4 } = definition.stage
  assert.equal(definition.portageConfdir, '/checkout/conf')
  assert.deepEqual(definition.portagePatches, { repo: 'main', path: 'coreos/patches' })
  assert.deepEqual(definition.interpreter, ['/usr/bin/qemu-aarch64'])
  assert.deepEqual(
    [stage1.profile, stage1.repos, stage1.updateSeed],
    ['{profile}/transition', 'checkout', true],
  )
  assert.equal(stage4.fsscript, '/sdks/x/fs.sh')
  assert.deepEqual(stage4.sshPublicKeys, [{ user: 'me', file: '/sdks/x/keys/me.pub' }])
  assert.deepEqual(
    [stage4.users, stage4.rcadd, stage4.crossdev, stage4.archiveRepos],
    [['me=builders,wheel'], ['sshd|default'], true, false],
  )
})

const set = (key: string, value: string): string =>
  MINIMAL.replace(new RegExp(`^${key} = .*$`, 'm'), `${key} = ${value}`)
const add = (line: string): string => `${line}\n${MINIMAL}`
const append = (lines: string): string => `${MINIMAL}${lines}`
const second = (keys: string): string => append(`[[repos]]\n${keys}\n`)

/** What is wrong, the document, and the start of each message. */
const BAD: readonly [string, string, readonly RegExp[]][] = [
  ['TOML syntax', set('name', '"x'), [/^2:10: not valid TOML: /]],
  [
    'a type that is called as a stage',
    set('type', '"stage3"'),
    [/^3:1: type: expected another word than .*"stage3"/],
  ],
  ['a duplicate key', add('name = "y"'), [/^3:1: not valid TOML: .*redefine/]],
  ['a duplicate table', append('[stage1]\n[stage1]\n'), [/^14:\d+: not valid TOML: /]],
  ['a key of Object.prototype', add('constructor = 1'), [/^1:\d+: not valid TOML: /]],
  ['a key like a method', add('toString = 1'), [/^1:1: unknown key toString; expected one of format, name/]],
  ['an unknown key', add('profle = "x"'), [/^1:1: unknown key profle; did you mean "profile"\?$/]],
  [
    'an unknown table',
    append('[stage5]\n'),
    [/^13:1: unknown key stage5; did you mean "stages", .* or "stage4"\?$/],
  ],
  ['a missing key', MINIMAL.replace(/^name = "x"\n/m, ''), [/^1:1: missing key name: expected lower-case/]],
  [
    'a missing key in an array of tables',
    MINIMAL.replace(/^archive.*\n/m, ''),
    [/^8:1: missing key repos\[0\]\.archive: expected an absolute path/],
  ],
  ['no format', MINIMAL.replace('format = 1\n', ''), [/^1:1: missing key format: expected 1$/]],
  [
    'another format',
    add('nonsense = 1').replace('format = 1', 'format = 2'),
    [/^2:1: format: expected 1, .*found 2$/],
  ],
  ['a format that is not a number', set('format', '"1"'), [/^1:1: format: expected 1, found "1"$/]],
  ['a wrong type', set('name', '3'), [/^2:1: name: expected lower-case .*, found the number 3$/]],
  ['a date', set('name', '1979-05-27'), [/^2:1: name: expected .*, found the date 1979-05-27/]],
  ['a table for a string', set('name', '{ a = 1 }'), [/^2:1: name: expected .*, found a table$/]],
  [
    'a table for an array',
    append('[cross]\n'),
    [/^13:1: cross: expected an array of tables \(\[\[cross\]\]\), found a table$/],
  ],
  ['an array for a table', append('[[stage1]]\n'), [/^13:1: stage1: expected a table, found an array of 1$/]],
  ['a string for a table', add('seed = "x"'), [/^1:1: seed: expected a table, found "x"$/]],
  [
    'an unknown arch',
    set('arch', '"arm46"'),
    [/^5:1: arch: expected one of "amd64", "arm64", found "arm46"$/],
  ],
  [
    'a CHOST of another arch',
    set('chost', '"aarch64-x-linux-gnu"'),
    [/^6:1: chost: expected x86_64-… for arch "amd64"/],
  ],
  [
    'no version',
    MINIMAL.replace(/^version_id.*\n/m, ''),
    [/^1:1: missing key version_id: expected version_id or version_file/],
  ],
  [
    'two versions',
    add('version_file = "v"'),
    [/^1:1: expected one of version_id and version_file, found both$/],
  ],
  ['a version with a build id', set('version_id', '"1.0+x"'), [/^4:1: version_id: expected numbers/]],
  [
    'a profile of no repo',
    set('profile', '"man:a/b"'),
    [/^7:1: profile: expected a repo .*"man"; did you mean "main"\?$/],
  ],
  ['a profile with ..', set('profile', '"../a"'), [/^7:1: profile: expected a profile/]],
  ['no stages', add('stages = []'), [/^1:1: stages: expected at least one/]],
  [
    'stages out of order',
    add('stages = [1, 3, 3, 2]'),
    [/^1:17: .*found 3 after 3$/, /^1:20: .*found 2 after 3$/],
  ],
  [
    'a day that there is not',
    add('source_date = "2026-02-29"'),
    [/^1:1: source_date: expected a day, "YYYY-MM-DD", from 1970 to 2445, found "2026-02-29"$/],
  ],
  ['a stage 5', add('stages = [1, 5]'), [/^1:14: stages\[1\]: expected 1, 2, 3 or 4, found the number 5$/]],
  ['a shell word in flags', add('cflags = "-O2 $(id)"'), [/^1:1: cflags: expected a string without quotes/]],
  [
    'no main repo',
    set('main', 'false'),
    [/^8:1: repos: expected exactly one repo with main = true, found none$/],
  ],
  [
    'two main repos',
    second('name = "o"\npath = "o"\narchive = "/o"\nmain = true'),
    [/^17:1: repos: expected exactly one .*"main" and "o"$/],
  ],
  [
    'the same repo twice',
    second('name = "main"\npath = "repos/main"\narchive = "/var/gentoo/repos/gentoo"'),
    [/^14:1: repos\[1\]\.name: "main" is/, /^15:1: repos\[1\]\.path: /, /^16:1: repos\[1\]\.archive: /],
  ],
  [
    'an archive within another',
    second('name = "o"\npath = "o"\narchive = "/var/gentoo/repos/gentoo/o"'),
    [/^16:1: repos\[1\]\.archive: expected a folder of its own, .* of "main"$/],
  ],
  [
    'an archive with ..',
    set('archive', '"/a/../b"'),
    [/^11:1: repos\[0\]\.archive: expected an absolute path/],
  ],
  [
    'a bad flag',
    append('[stage1]\nuse = ["-*",\n "b ld"]\n'),
    [/^15:2: stage1\.use\[1\]: expected a USE flag/],
  ],
  ['an empty root', append('[stage4]\nrm = ["/"]\n'), [/^14:7: stage4\.rm\[0\]: expected an absolute path/]],
  ['a glob in rm', append('[stage4]\nrm = ["/etc/*"]\n'), [/^14:7: stage4\.rm\[0\]: /]],
  [
    'a stage 1 profile of no repo',
    append('[stage1]\nprofile = "no:x"\n'),
    [/^14:1: stage1\.profile: .*"no"/],
  ],
  [
    'hooks without an overlay',
    append('[stage1]\nhooks = "h"\n'),
    [/^14:1: stage1\.hooks: expected a second/],
  ],
  ['patches of no repo', add('portage_patches = "no:x"'), [/^1:1: portage_patches: .*"no"/]],
  ['a placeholder that is none', add('portage_confdir = "{script}/x"'), [/^1:1: portage_confdir: /]],
  ['a relative interpreter', add('interpreter = ["qemu"]'), [/^1:16: interpreter\[0\]: /]],
  ['a user with a blank', append('[stage4]\nusers = ["a b"]\n'), [/^14:10: stage4\.users\[0\]: /]],
  ['a key without a user', append('[stage4]\nssh_public_keys = ["k.pub"]\n'), [/^14:20: /]],
  ['a bootstrap outside', append('[stage2]\nbootstrap = "../x"\n'), [/^14:1: stage2\.bootstrap: /]],
  [
    'a package with a version',
    append('[stage3]\npackages = ["a/b-1"]\n'),
    [/^14:13: stage3\.packages\[0\]: expected an atom/],
  ],
  [
    'cross targets twice, the native one, and none of packages',
    append(
      '[[cross]]\nchost = "aarch64-a-linux-b"\n[[cross]]\nchost = "aarch64-a-linux-b"\npackages = []\n[[cross]]\nchost = "x86_64-pc-linux-gnu"\n',
    ),
    [
      /^16:1: cross\[1\]\.chost: .*cross\[0\]/,
      /^17:1: cross\[1\]\.packages: /,
      /^19:1: cross\[2\]\.chost: .*SDK itself/,
    ],
  ],
  [
    'a carry key that is not a profile',
    append('[carry]\n"x y" = {}\n'),
    [/^14:1: carry\."x y": expected a profile/],
  ],
  ['a carry key of no repo', append('[carry."nope:x"]\n'), [/^13:1: carry: expected a repo of/]],
  [
    'a bad glob',
    append('[carry]\nx = { stage1 = ["*/*", "zlib"] }\n'),
    [/^14:24: carry\.x\.stage1\[1\]: expected a glob/],
  ],
  ['an unknown stage of carry', append('[carry.x]\nstage9 = []\n'), [/^14:1: unknown key carry\.x\.stage9/]],
  [
    'an unknown placeholder',
    append('[seed]\nurls = ["https://m.example/{verison}"]\n'),
    [/^14:9: seed\.urls\[0\]: /],
  ],
  ['a URL that is none', append('[seed]\nurls = ["mirror"]\n'), [/^14:9: seed\.urls\[0\]: expected a URL/]],
  [
    'no groups',
    append('[seed.distribution]\n'),
    [/^13:1: missing key seed\.distribution\.groups: expected a path$/],
  ],
]

for (const [name, text, expected] of BAD) {
  test(`refused: ${name}`, () => {
    const found = messages(text)
    assert.equal(found.length, expected.length, found.join('\n'))
    for (const [index, pattern] of expected.entries()) assert.match(found[index] ?? '', pattern)
  })
}

test('all that is wrong is said at once, in the order of the file, rules included', () => {
  const found = messages(
    append('[stage1]\nupdate_sed = 1\n')
      .replace('"x-sdk"', '""')
      .replace('x86_64', 'aarch64')
      .replace('main = true', ''),
  )
  assert.deepEqual(
    found.map((line) => line.split(' ')[0]),
    ['3:1:', '6:1:', '8:1:', '14:1:'],
  )
})

test('a rule is silent about keys that are wrong by themselves', () => {
  assert.equal(messages(set('main', '"yes"')).length, 1)
})

test('every key is documented, and the example of the documentation is valid', async () => {
  const docs = await readFile('docs/sdk-definition.md', 'utf8')
  const keys = Object.keys(SDK_TOML.pipe[1].entries)
  assert.ok(keys.includes('compression'))
  const tables = ['stage1', 'stage4'] as const
  const inner = ['archive', 'location', 'main', 'path', 'bootstrap']
  for (const name of tables)
    inner.push(...Object.keys(SDK_TOML.pipe[1].entries[name].wrapped.pipe[1].entries))
  assert.ok(inner.includes('ssh_public_keys'))
  for (const key of [...keys, ...inner, 'os_release_id', 'urls', 'keyring', 'distribution.groups']) {
    assert.match(docs, new RegExp(`[\`.[]${key.replace('.', String.raw`\.`)}[\`\\]]`), key)
  }
  const example = /```toml\n([\s\S]*?)```/.exec(docs)?.[1] ?? ''
  assert.equal(read(example).name, 'example')
})

test('of thousands of mistakes the first are said, and how many more there are', () => {
  const thrown = (): unknown => read(`${MINIMAL}${'[[cross]]\nchost = "x"\n'.repeat(500)}`)
  assert.throws(thrown, ({ message }: Error) => {
    assert.equal(message.split('\n').length, 51)
    assert.match(message, /^\/sdks\/x\/sdk\.toml:14:1: cross\[0\]\.chost: expected .*\n… and 450 more$/s)
    return true
  })
})
