// What a run of a version was asked is had by the later ones: every option of the table, for as long as its row says.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { parseCommandLine } from '../../../../src/cli/arguments/command-line.js'
import { camelCase } from '../../../../src/cli/arguments/options/option.js'
import {
  hasValue,
  OPTION_NAMES,
  OPTIONS,
  type OptionName,
} from '../../../../src/cli/arguments/options/table.js'
import { readEnvironment } from '../../../../src/cli/environment.js'
import type { Asked, VerbCall } from '../../../../src/cli/request/asked.js'
import { toKeep } from '../../../../src/cli/request/keep.js'
import { recall } from '../../../../src/cli/request/recall.js'
import { storeRequest } from '../../../../src/cli/request/store-request.js'
import { closeKept, writeKept } from '../../../../src/request/kept-request.js'
import { createLayout, type Layout } from '../../../../src/store/layout.js'

const VERSION = '1.0.0+a'

interface Place {
  readonly layout: Layout
  /** As a run of the version that begins with these words: keeps what it was asked. */
  begin(words: readonly string[], variables?: Record<string, string>): Promise<Asked>
  /** What a verb gets that is called with these words. */
  ask(words: readonly string[], variables?: Record<string, string>): Promise<Asked>
}

function place(t: TestContext): Place {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'recall-')))
  t.after(() => rmSync(root, { recursive: true }))
  const layout = createLayout({ root, type: 'some/type', arch: 'amd64', version: VERSION })
  const ask = async (words: readonly string[], variables: Record<string, string> = {}): Promise<Asked> => {
    const environment = readEnvironment(variables)
    const argv = [...words, '--version', VERSION, '--catalyst_root', root]
    return await recall(parseCommandLine(argv, environment) as VerbCall, environment)
  }
  return {
    layout,
    ask,
    async begin(words, variables = {}) {
      const asked = await ask(words, variables)
      await writeKept(layout, toKeep(asked, readEnvironment(variables), new Date()))
      return asked
    },
  }
}

/** A value for each placeholder of the table. */
const SAMPLES: Readonly<Record<string, string>> = {
  'NAME|DIR': './own sdk',
  DIR: 'some/folder',
  FILE: './a seed.tar',
  P: 'repo:some/profile',
  N: '3',
  SIZE: '2GiB',
  'NAME=URL': 'gentoo=https://mirror.example/x',
  SPEC: 'a.spec',
  CONF: 'a.conf',
  C: 'xz',
  R: 'catalyst',
  URL: 'file:///some/where',
  KEY: 'me@host.example',
  'USER:GROUP': '1000:nogroup',
  'oci://HOST/NAME': 'oci://registry.example/some/store',
  MODE: 'write',
  WHICH: 'needed',
  'redis+unix:PATH': 'redis+unix:/run/redis.sock',
}

/** What a verb cannot do without. */
const OPERANDS: Readonly<Record<string, readonly string[]>> = { why: ['some/package'], store: ['ls'] }

const value = (asked: Asked, name: OptionName): unknown =>
  (asked.options as unknown as Record<string, unknown>)[camelCase(name)]

for (const name of OPTION_NAMES) {
  const option = OPTIONS[name]
  const kept = option.kept
  if (!option.verbs.includes('build') || option.isPassedOn === false) continue
  if (typeof kept !== 'string') {
    test(`--${name} is not kept: ${kept.not}`, () => assert.ok(kept.not.length > 0))
    continue
  }

  test(`--${name} is had by every verb that takes it${kept === 'task' ? ', until the run has ended' : ''}`, async (t) => {
    const { layout, begin, ask } = place(t)
    const words = hasValue(option)
      ? [`--${name}`, SAMPLES[option.placeholder] ?? assert.fail(`no sample of ${option.placeholder}`)]
      : [`--${option.initially ? 'no_' : ''}${name}`]
    const first = await begin(['build', ...words])
    const paths = ['NAME|DIR', 'DIR', 'FILE', 'SPEC', 'CONF']
    const isPath = hasValue(option) && paths.includes(option.placeholder)
    const given = isPath ? path.resolve(String(value(first, name))) : value(first, name)
    assert.notDeepEqual(given, option.initially)
    for (const verb of option.verbs.filter((each) => OPTIONS.version.verbs.includes(each))) {
      const asked = await ask([verb, ...(OPERANDS[verb] ?? [])])
      assert.deepEqual(value(asked, name), given, verb)
      assert.equal(asked.told.length, 1)
      assert.match(
        asked.told[0] ?? '',
        new RegExp(`^goes on with what 1\\.0\\.0\\+a was asked: --(no_)?${name}( |$)`),
      )
    }
    // A run that is told nothing has it too, and so has the one after it.
    await begin([])
    assert.deepEqual(value(await ask(['build']), name), given)
    await closeKept(layout)
    assert.deepEqual(value(await ask(['build']), name), kept === 'task' ? option.initially : given)
  })
}

test('the stages of a run are had until it has ended; those on the line come first', async (t) => {
  const { layout, begin, ask } = place(t)
  await begin(['stage2', 'stage3'])
  assert.deepEqual((await ask([])).stages, ['stage2', 'stage3'])
  assert.deepEqual((await ask(['plan'])).told, ['goes on with what 1.0.0+a was asked: stage2 stage3'])
  assert.deepEqual((await ask(['stage4'])).stages, ['stage4'])
  assert.deepEqual((await ask(['stage4'])).told, [])
  await begin([])
  assert.deepEqual((await ask([])).stages, ['stage2', 'stage3'])
  await closeKept(layout)
  assert.deepEqual((await ask([])).stages, [])
})

test('what is given now comes before what was given before, and is had from then on', async (t) => {
  const { begin, ask } = place(t)
  await begin([
    '--jobs',
    '3',
    '--mirror',
    'a=http://a',
    '--no_host_setup',
    '--upload',
    '--upload_root',
    'file:///x',
  ])
  const now = await begin([
    '--jobs',
    '5',
    '--mirror',
    'a=http://b',
    '--host_setup',
    '--upload_path',
    'file:///y',
  ])
  assert.equal(now.told.length, 1)
  for (const asked of [now, await ask([])]) {
    const { jobs, mirror, hostSetup, uploadRoot, uploadPath } = asked.options
    assert.deepEqual([jobs, hostSetup, uploadRoot, uploadPath], [5, true, undefined, 'file:///y'])
    assert.deepEqual(mirror, [
      { name: 'a', url: 'http://b' },
      { name: 'a', url: 'http://a' },
    ])
  }
})

test('what the environment said in place of options is had without it', async (t) => {
  const { begin, ask } = place(t)
  await begin(['--upload'], {
    NUM_JOBS: '7',
    FLATCAR_UPLOAD_ROOT: 'rsync://host/module',
    GENTOO_MIRRORS: 'https://me:word@one.example/ https://two.example/',
  })
  const asked = await ask([])
  assert.deepEqual([asked.options.jobs, asked.options.uploadRoot], [7, 'rsync://host/module'])
  assert.deepEqual(asked.kept?.gentooMirrors, ['https://one.example/', 'https://two.example/'])
})

test('every variable that stands in for an option is had without it, and counts again where it is set', async (t) => {
  const first: Record<string, string> = {
    ...{ NUM_JOBS: '7', FLATCAR_UPLOAD_ROOT: 'rsync://host/module' },
    ...{ BOOTSTRAP_SDK_STORE: 'oci://registry.example/store', BOOTSTRAP_SDK_STORE_MODE: 'write' },
    ...{ BOOTSTRAP_SDK_STORE_KEYS: './signers', BOOTSTRAP_SDK_STORE_SIGN: '/job1/key' },
    BOOTSTRAP_SDK_CCACHE: 'redis+unix:/run/redis.sock',
  }
  const { begin, ask } = place(t)
  await begin(['--upload'], first)
  // The second one has it of the first, and the third of both.
  for (const asked of [await begin([]), await ask([])])
    for (const name of OPTION_NAMES)
      for (const variable of Object.keys(OPTIONS[name].variables ?? {})) {
        if (typeof OPTIONS[name].kept !== 'string' || variable === 'GENTOO_MIRRORS') continue
        const text = first[variable] ?? assert.fail(`no sample of ${variable}`)
        assert.deepEqual(asked.said[name], [text.startsWith('.') ? path.resolve(text) : text], variable)
      }
  assert.match((await ask([])).told.join('\n'), /--store oci:\/\/registry\.example\/store /)
  // A key lies elsewhere in the next job of an engine.
  const second = { BOOTSTRAP_SDK_STORE_SIGN: '/job2/key' }
  assert.equal((await begin([], second)).options.storeSign, undefined)
  assert.equal((await ask([])).options.storeSign, '/job2/key')
  // What was said by options is not the environment's.
  await begin(['--store_sign', '/own/key'])
  assert.equal((await ask([], second)).options.storeSign, '/own/key')
})

test('a store that was kept is taken back by none, which is kept, too', async (t) => {
  const { begin, ask } = place(t)
  await begin(['--store', 'oci://registry.example/store', '--store_mode', 'write', '--store_sign', '/gone'])
  await begin(['--store', 'none'])
  const environment = { BOOTSTRAP_SDK_STORE: 'oci://registry.example/other' }
  const { options } = await ask([], environment)
  assert.equal(storeRequest(options, readEnvironment(environment)), undefined)
  const again = await ask(['--store', 'oci://registry.example/store'])
  assert.equal(storeRequest(again.options, readEnvironment({}))?.writes, true)
})

test('no login is kept; that is said, until the option is given again', async (t) => {
  const { layout, begin, ask } = place(t)
  const secret = ['hunter2', 'ghp_abcdef', 'tok-en']
  await begin([
    ...['--mirror', `a=https://me:${secret[0]}@a.example/x`, '--mirror', `b=https://${secret[1]}@b.example`],
    ...['--mirror', `c=https://c.example/?access_token=${secret[2]}`, '--jobs', '2'],
  ])
  const text = readFileSync(layout.asked, 'utf8')
  for (const each of secret) assert.ok(!text.includes(each), text)
  const { options, told } = await ask([])
  assert.equal(options.mirror[0]?.url, 'https://a.example/x')
  assert.match(told[0] ?? '', /--mirror a=https:\/\/a\.example\/x/)
  assert.equal(told[1], 'the login of --mirror is not kept: give the option again if it is needed')
  // Of a run that goes on without it this is still true.
  await begin([])
  assert.equal((await ask([])).told.length, 2)
  assert.ok(
    !(await ask(['--mirror', 'a=https://me:x@a.example/x'])).told.some((line) => line.includes('login')),
  )
})

test('a version of several SDKs is asked for by --sdk; what cannot be read is refused with its file', async (t) => {
  const { layout, begin, ask } = place(t)
  await begin(['--jobs', '2'])
  const other = createLayout({ ...layout, type: 'other', version: VERSION })
  await writeKept(other, toKeep(await ask([]), readEnvironment({}), new Date()))
  await assert.rejects(ask([]), /other \(amd64\), some\/type \(amd64\)/)
  rmSync(other.asked)
  for (const text of [
    '',
    '{"format":2}',
    '{',
    JSON.stringify({ ...JSON.parse(readFileSync(layout.asked, 'utf8')), options: { no_such: true } }),
  ]) {
    mkdirSync(path.dirname(layout.asked), { recursive: true })
    writeFileSync(layout.asked, text)
    await assert.rejects(ask([]), { code: 'SDK_CHAIN', message: /request.*what the version was asked/ })
  }
})

test('--rebuild is had as of the run that it was given to', async (t) => {
  const { begin, ask } = place(t)
  await begin(['--rebuild', 'stage2'])
  const { kept } = await ask([])
  await begin([])
  const again = await ask([])
  assert.deepEqual([again.options.rebuild, again.kept?.begun], [true, kept?.begun])
})
