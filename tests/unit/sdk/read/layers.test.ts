import assert from 'node:assert/strict'
import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { mergeLayers, PATH_KEYS, parseLayer } from '../../../../src/sdk/read/layers.js'
import { loadDefinition } from '../../../../src/sdk/read/load.js'
import { SDK_TOML } from '../../../../src/sdk/read/schema.js'
import { removeTree } from '../../../../src/store/disk/remove.js'

const BASE = `format = 1
name = "base"
type = "x-sdk"
version_id = "1.0"
arch = "amd64"
chost = "x86_64-pc-linux-gnu"
profile = "default"
portage_confdir = "../portage"
repos = [{ name = "main", path = "m", archive = "/m", main = true }]
[stage1]
use = ["a", "b"]
update_seed = true
[stage4]
ssh_public_keys = ["x=keys/k=1", "y=/k"]
fsscript = "script"
[seed]
keyring = ""
urls = ["https://a/b"]
distribution = { groups = "groups.toml" }
`

/** A folder of definitions: the texts by the names of their folders. */
async function sdks(t: TestContext, texts: Record<string, string>): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'sdk-layers-'))
  t.after(() => removeTree(dir, tmpdir()))
  for (const [name, text] of Object.entries(texts)) {
    await mkdir(join(dir, name), { recursive: true })
    await writeFile(join(dir, name, 'sdk.toml'), text)
  }
  return dir
}

const extending = (base: string, name: string, rest = ''): string =>
  `extends = "../${base}/sdk.toml"\nname = "${name}"\n${rest}`

const merged = (own: string, base: string) =>
  mergeLayers([
    parseLayer({ file: '/own/sdk.toml', text: own }),
    parseLayer({ file: '/base/sdk.toml', text: base }),
  ])

test('tables are merged key by key, other values replaced, lists too', () => {
  const base = 'a = 1\nb = [1, 2]\nc = 1979-05-27\n[t]\nx = 1\ny = [1]\n[t.u]\nz = 1\nw = 2'
  const own = 'b = []\nt.y = [2]\nt.u.z = 3\nc = 5\na = "text"'
  assert.deepEqual(merged(own, base), {
    a: 'text',
    b: [],
    c: 5,
    t: { x: 1, y: [2], u: { z: 3, w: 2 } },
  })
  assert.deepEqual(merged('t = 5', base).t, 5)
})

test('an SDK has a name of its own', () => {
  assert.deepEqual(merged('x = 1', 'name = "base"\nextends = "y"\nz = 2'), { x: 1, z: 2 })
})

test('a definition is the same whether it is written in one file or in three', async (t) => {
  const dir = await sdks(t, {
    base: BASE,
    middle: extending('base', 'middle', 'cflags = "-O1"\n[stage1]\nuse = ["c"]\n'),
    top: extending('middle', 'top', 'stages = [1, 3]\n[stage1]\nprofile = "other"\n'),
    one: BASE.replace('"base"', '"one"')
      .replace('[stage1]', 'cflags = "-O1"\nstages = [1, 3]\n[stage1]\nprofile = "other"')
      .replace('"a", "b"', '"c"'),
  })
  // A folder may be named, or the file in it.
  const file = join(dir, 'top', 'sdk.toml')
  assert.deepEqual(await loadDefinition(file, dir), await loadDefinition(dirname(file), dir))
  const { bases, ...three } = await loadDefinition('top', dir)
  const { bases: none, ...one } = await loadDefinition('one', dir)
  assert.deepEqual(bases, [join(dir, 'middle/sdk.toml'), join(dir, 'base/sdk.toml')])
  assert.deepEqual(none, [])
  const elsewhere = JSON.stringify(one).replaceAll(join(dir, 'one'), join(dir, 'base'))
  assert.deepEqual(
    { ...three, file: '', dir: '', name: '' },
    { ...JSON.parse(elsewhere), file: '', dir: '', name: '' },
  )
})

test('relative paths begin at the folder of the file that they are in', async (t) => {
  const dir = await sdks(t, {
    'a/base': BASE,
    top: extending('a/base', 'top', 'portage_confdir = "portage"\n'),
  })
  const { portageConfdir, repos, stage, seed } = await loadDefinition('top', dir)
  assert.equal(portageConfdir, join(dir, 'top/portage'))
  assert.equal(repos[0]?.path, join(dir, 'a/base/m'))
  assert.equal(stage.stage4.fsscript, join(dir, 'a/base/script'))
  assert.deepEqual(stage.stage4.sshPublicKeys, [
    { user: 'x', file: join(dir, 'a/base/keys/k=1') },
    { user: 'y', file: '/k' },
  ])
  assert.equal(seed.keyring, undefined)
  assert.equal(seed.distribution?.groups, join(dir, 'a/base/groups.toml'))
})

test('a checkout that only the extended definition needs is asked for, and taken', async (t) => {
  const dir = await sdks(t, {
    base: BASE.replace('"m"', '"{scripts}/m"'),
    top: extending('base', 'top'),
  })
  await assert.rejects(loadDefinition('top', dir), {
    code: 'SDK_USAGE',
    message: /the path of the repo main$/,
  })
  assert.equal((await loadDefinition('top', dir, { scripts: '/co' })).repos[0]?.path, '/co/m')
})

test('what is wrong is said where it is written', async (t) => {
  const dir = await sdks(t, {
    base: BASE.replace('"a", "b"', '"a", "b c"'),
    top: extending('base', 'top', 'cflags = 1\n[stage4]\nnothing = 1\n'),
    nameless: 'extends = "../base/sdk.toml"\n[stage1]\nuse = ["a"]\n',
    listed: extending('base', 'listed', 'repos = [{ name = "main" }]\nstage1.use = []\n'),
    broken: 'a = \n',
    above: extending('broken', 'above'),
  })
  const lines = async (name: string): Promise<string[]> => {
    const error = await loadDefinition(name, dir).then(
      () => assert.fail(`${name} is accepted`),
      (reason: Error & { code: string }) => reason,
    )
    assert.equal(error.code, 'SDK_DEFINITION')
    return error.message.split('\n').map((line) => line.slice(dir.length + 1).replace(/[:;] expected.*/, ''))
  }
  assert.deepEqual(await lines('top'), [
    'top/sdk.toml:3:1: cflags',
    'top/sdk.toml:5:1: unknown key stage4.nothing',
    'base/sdk.toml:11:13: stage1.use[1]',
  ])
  assert.deepEqual(await lines('nameless'), ['nameless/sdk.toml:1:1: missing key name'])
  assert.deepEqual((await lines('listed'))[0], 'listed/sdk.toml:3:10: missing key repos[0].path')
  assert.match((await lines('above')).join(), /^broken\/sdk\.toml:1:5: not valid TOML/)
})

test('a definition that cannot be extended, and a circle, are said where they are named', async (t) => {
  const dir = await sdks(t, {
    missing: extending('nowhere', 'missing'),
    number: 'name = "number"\nextends = 5\n',
    scripts: 'name = "scripts"\nextends = "{scripts}/sdk.toml"\n',
    folder: 'name = "folder"\nextends = "../one"\n',
    self: extending('self', 'self'),
    one: extending('two', 'one'),
    two: extending('link', 'two'),
    top: extending('one', 'top'),
  })
  await symlink('one', join(dir, 'link'))
  const file = (name: string): string => join(dir, name, 'sdk.toml')
  const wrong = (name: string, expected: string, found: string): string =>
    `${file(name)}:${['number', 'scripts'].includes(name) ? 2 : 1}:1: extends: expected ${expected}, found ${found}`
  const path = 'a path of another definition'
  const other = 'a definition that does not extend this one'
  for (const [name, message] of [
    ['missing', wrong('missing', 'a definition', `none at ${file('nowhere')}`)],
    ['number', wrong('number', path, 'the number 5')],
    ['scripts', wrong('scripts', path, '"{scripts}/sdk.toml"')],
    ['folder', `${dirname(file('one'))}: cannot be read: expected a file, found a folder`],
    ['self', wrong('self', other, `a circle: ${file('self')} → ${file('self')}`)],
    ['top', wrong('two', other, `a circle: ${file('one')} → ${file('two')} → ${file('link')}`)],
  ] as const)
    await assert.rejects(loadDefinition(name, dir), { code: 'SDK_DEFINITION', exitCode: 2, message }, name)
})

test('every key of the file that is a path is one that begins at its folder', () => {
  const known = PATH_KEYS.map((key) => key.replaceAll('.*', ''))
  const found = pathKeys(SDK_TOML as AnySchema)
  assert.ok(found.length > 5)
  assert.deepEqual(
    found.filter((key) => key !== 'extends' && !known.includes(key)),
    [],
  )
})

interface AnySchema {
  readonly message?: unknown
  readonly entries?: Record<string, AnySchema>
  readonly wrapped?: AnySchema
  readonly item?: AnySchema
  readonly pipe?: readonly AnySchema[]
}

/** The keys whose value a message calls a path on this machine. */
function pathKeys(schema: AnySchema, at: readonly string[] = []): string[] {
  const inner = [...(schema.pipe ?? []), schema.wrapped, schema.item].filter(
    (each): each is AnySchema => each !== undefined && each !== schema,
  )
  const isPath = /^a path(?:$|, or)|and a path$/.test(String(schema.message ?? ''))
  return [
    ...new Set([
      ...(isPath && at.length > 0 ? [at.join('.')] : []),
      ...inner.flatMap((each) => pathKeys(each, at)),
      ...Object.entries(schema.entries ?? {}).flatMap(([key, each]) => pathKeys(each, [...at, key])),
    ]),
  ]
}
