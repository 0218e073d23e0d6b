import assert from 'node:assert/strict'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import test, { type TestContext } from 'node:test'
import { definitionNames, loadDefinition } from '../../../../src/sdk/read/load.js'
import { removeTree } from '../../../../src/store/disk/remove.js'

const toml = (name: string, version = 'version_id = "1.0"'): string => `format = 1
name = "${name}"
type = "x-sdk"
${version}
arch = "arm64"
chost = "aarch64-unknown-linux-gnu"
profile = "default"
repos = [{ name = "main", path = "m", archive = "/m", main = true }]
`

/** A folder of SDKs: the texts by path. */
async function sdks(t: TestContext, files: Record<string, string>): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'sdk-load-'))
  t.after(() => removeTree(dir, tmpdir()))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(dir, path, '..'), { recursive: true })
    await writeFile(join(dir, path), text)
  }
  return dir
}

test('by name and by folder', async (t) => {
  const dir = await sdks(t, { 'one/sdk.toml': toml('one'), 'two/sdk.toml': toml('two'), 'none/x': '' })
  assert.deepEqual(await definitionNames(dir), ['one', 'two'])
  assert.equal((await loadDefinition('one', dir)).file, join(dir, 'one/sdk.toml'))
  assert.equal((await loadDefinition(join(dir, 'two'), '/nowhere')).name, 'two')
  const asRelative = await loadDefinition(relative(process.cwd(), join(dir, 'two')), '/nowhere')
  assert.equal(asRelative.dir, join(dir, 'two'))
  assert.equal(asRelative.repos[0]?.path, join(dir, 'two/m'))
})

test('a name that there is not', async (t) => {
  const dir = await sdks(t, { 'embedded/sdk.toml': toml('embedded'), 'flatcar/sdk.toml': toml('flatcar') })
  for (const [name, pattern] of [
    ['embeded', /"embeded"; did you mean "embedded"\? \(known: embedded, flatcar\)$/],
    ['x', /"x" \(known: embedded, flatcar\)$/],
    ['', /""/],
    ['../flatcar', /"\.\.\/flatcar"/],
  ] as const) {
    await assert.rejects(
      loadDefinition(name, dir),
      { code: 'SDK_USAGE', exitCode: 2, message: pattern },
      name,
    )
  }
  await assert.rejects(loadDefinition('x', join(dir, 'missing')), { message: /known: none in / })
})

test('the folder gives the name below sdks, but nowhere else', async (t) => {
  const dir = await sdks(t, { 'one/sdk.toml': toml('two') })
  await assert.rejects(loadDefinition('one', dir), {
    code: 'SDK_DEFINITION',
    message: `${dir}/one/sdk.toml:2:1: name: expected "one", as the folder is called, found "two"`,
  })
  assert.equal((await loadDefinition(join(dir, 'one'), dir)).name, 'two')
})

test('a version file is read, and its absence is said where it is named', async (t) => {
  const dir = await sdks(t, {
    'one/sdk.toml': toml('one', 'version_file = "../v/version.txt"'),
    'bad/sdk.toml': toml('bad', 'version_file = "version.txt"'),
    'v/version.txt': 'FLATCAR_VERSION_ID=2783.0.0\nFLATCAR_BUILD_ID=x\nFLATCAR_SDK_VERSION=2700.0.0\n',
  })
  assert.deepEqual((await loadDefinition('one', dir)).version, {
    id: '2783.0.0',
    buildId: 'x',
    seedVersion: '2700.0.0',
  })
  await assert.rejects(loadDefinition('bad', dir), {
    code: 'SDK_DEFINITION',
    message: `${dir}/bad/sdk.toml:4:1: version_file: expected a file, found none at ${dir}/bad/version.txt`,
  })
})

test('a checkout that a definition needs is given, or the error says what it is for', async (t) => {
  const text = toml('one', 'version_file = "{scripts}/v/version.txt"').replace('"m"', '"{scripts}/repos/m"')
  const dir = await sdks(t, {
    'one/sdk.toml': text,
    'co/v/version.txt': 'FLATCAR_VERSION_ID=7.0\n',
  })
  const definition = await loadDefinition('one', dir, { scripts: join(dir, 'co') })
  assert.equal(definition.version.id, '7.0')
  assert.equal(definition.repos[0]?.path, join(dir, 'co/repos/m'))
  await assert.rejects(loadDefinition('one', dir), {
    code: 'SDK_USAGE',
    message: /the SDK one is built from a checkout.*version_file, the path of the repo main$/,
  })
  await assert.rejects(loadDefinition('one', dir, { mainRepo: '/m' }), { message: /in version_file$/ })
  const trees = await loadDefinition('one', dir, { mainRepo: 'm', version: true })
  assert.equal(trees.repos[0]?.path, join(process.cwd(), 'm'))
  assert.equal((await loadDefinition('one', dir, { namesOnly: true })).type, 'x-sdk')
  await assert.rejects(loadDefinition('one', dir, { scripts: dir }), {
    message: /none at .*\/v\/version\.txt/,
  })
})

test('addresses of seeds may begin with a setting of a file, which has to be an address', async (t) => {
  const seed = (file: string): string =>
    `[seed]\nurls = ["http://a/{version}.tar.xz", "{SERVER_1}/{type}.tar.xz"]\n${file}\n`
  const own = (name: string, file: string): string => `${toml(name)}${seed(file)}`
  const dir = await sdks(t, {
    'one/sdk.toml': own('one', 'settings_file = "settings"'),
    'one/settings': '# servers\nSERVER_1="https://b/c/"\nSERVER_2=x\n',
    'two/sdk.toml': own('two', 'settings_file = "settings"'),
    'two/settings': 'SERVER_1="$OTHER"\n',
    'three/sdk.toml': own('three', ''),
    'four/sdk.toml': own('four', 'settings_file = "{scripts}/settings"'),
    'five/sdk.toml': own('five', 'settings_file = "none"'),
  })
  const urls = ['http://a/{version}.tar.xz', 'https://b/c/{type}.tar.xz']
  assert.deepEqual((await loadDefinition('one', dir)).seed.urls, urls)
  await assert.rejects(loadDefinition('two', dir), {
    code: 'SDK_DEFINITION',
    message: /expected SERVER_1 to be .* address in .*two\/settings, found "\$OTHER"/,
  })
  await assert.rejects(loadDefinition('three', dir), { message: /needs seed\.settings_file/ })
  assert.deepEqual((await loadDefinition('four', dir)).seed.urls, urls.slice(0, 1))
  assert.deepEqual((await loadDefinition('four', dir, { scripts: join(dir, 'one') })).seed.urls, urls)
  await assert.rejects(loadDefinition('five', dir), {
    message: /seed\.settings_file: expected a file, found none/,
  })
})

test('the SDKs of the project are valid', async () => {
  const names = await definitionNames('sdks')
  assert.ok(names.includes('embedded'))
  for (const name of names) assert.equal((await loadDefinition(name, 'sdks', { namesOnly: true })).name, name)
})
