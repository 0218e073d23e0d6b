// Configuration files: which counts, what is refused, and with which words.

import assert from 'node:assert/strict'
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { OPTION_NAMES, OPTIONS } from '../../../../src/cli/arguments/options/table.js'
import type { ConfigWorld } from '../../../../src/cli/config/files.js'
import { CONFIGURABLE, readConfiguration } from '../../../../src/cli/config/read.js'
import { SdkError } from '../../../../src/errors.js'

describe('configuration files', () => {
  let folder = ''
  let world: ConfigWorld
  const files = { project: '', user: '', system: '' }
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'config-'))
    for (const name of ['project', 'user/bootstrap_sdk', 'etc/bootstrap_sdk'])
      mkdirSync(path.join(folder, name), { recursive: true })
    files.project = path.join(folder, 'project/bootstrap_sdk.toml')
    files.user = path.join(folder, 'user/bootstrap_sdk/config.toml')
    files.system = path.join(folder, 'etc/bootstrap_sdk/config.toml')
    world = {
      folder: path.join(folder, 'project'),
      system: path.join(folder, 'etc'),
      environment: {
        configHome: path.join(folder, 'user'),
        called: { launcher: undefined, sudoUser: undefined, sudoGroup: undefined, sudoCommand: undefined },
      },
      uid: process.getuid?.(),
    }
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  test('the nearer one counts, for each option by itself, and each value knows its line', async () => {
    writeFileSync(files.system, 'jobs = 1\ncompression = "xz"\nrunner = "catalyst"\n')
    writeFileSync(files.user, '# mine\njobs = 2\ncompression = "gz"\n')
    writeFileSync(files.project, '\n\njobs = 3\n')
    const { said, origins, places } = await readConfiguration(world)
    assert.deepEqual(said, { jobs: ['3'], compression: ['gz'], runner: ['catalyst'] })
    assert.deepEqual(
      Object.values(origins).map(({ kind, line }) => [kind, line]),
      [
        ['project', 3],
        ['user', 3],
        ['system', 3],
      ],
    )
    assert.deepEqual(
      places.map(({ kind, exists }) => [kind, exists]),
      [
        ['project', true],
        ['user', true],
        ['system', true],
      ],
    )
  })

  test('none at all says nothing', async () => {
    rmSync(path.join(folder, 'user'), { recursive: true })
    writeFileSync(path.join(folder, 'user'), 'a file in place of a folder')
    const { said, places } = await readConfiguration(world)
    assert.deepEqual([said, places.some(({ exists }) => exists)], [{}, false])
  })

  test('values have the types of their options; relative paths begin at the file', async () => {
    writeFileSync(
      files.project,
      'catalyst_root = "../cr"\nsdk = "embedded"\nscripts = "/s"\nhost_setup = false\nmirror = ["gnu=https://a.example", "b=file:///m"]\nsign = "me@example.org"\n',
    )
    assert.deepEqual((await readConfiguration(world)).said, {
      catalyst_root: [path.join(folder, 'cr')],
      sdk: ['embedded'],
      scripts: ['/s'],
      host_setup: false,
      mirror: ['gnu=https://a.example', 'b=file:///m'],
      sign: ['me@example.org'],
    })
    writeFileSync(files.project, 'sdk = "mine"\nmirror = "gnu=https://a.example"\n')
    assert.deepEqual((await readConfiguration(world)).said, {
      sdk: [path.join(folder, 'project/mine')],
      mirror: ['gnu=https://a.example'],
    })
  })

  const REFUSED: readonly [text: string, line: number, message: RegExp][] = [
    ['jobs = 2\njobz = 3', 2, /expected the name of an option, found "jobz"; did you mean "jobs"\?$/],
    ['# a\n\nversion = "1.0"', 3, /--version can be given on the command line only$/],
    ['rebuild = true', 1, /--rebuild can be given on the command line only$/],
    ['jobs = 0', 1, /jobs: expected a number from 1 to 9999, found "0"$/],
    ['jobs = 1.5', 1, /jobs: expected N, found the number 1\.5$/],
    ['jobs = true', 1, /jobs: expected N, found the boolean true$/],
    ['jobs = []', 1, /jobs: expected N, found an empty array$/],
    ['compression = "zip"', 1, /compression: expected one of zstd, bz2, xz, gz, found "zip"/],
    ['sdk = ""', 1, /sdk: expected NAME\|DIR, found ""$/],
    ['host_setup = "no"', 1, /host_setup: expected true or false, found "no"$/],
    ['mirror = ["gnu"]', 1, /mirror: expected NAME=URL/],
    ['mirror = [1.5]', 1, /mirror: expected NAME=URL, or a list of such, found the number 1\.5$/],
    ['[build]\njobs = 2', 1, /expected the name of an option, found "build"/],
    ['jobs = 2\njobs = 3', 2, /not valid TOML/],
    ['jobs = ', 1, /not valid TOML/],
    ['__proto__ = 1', 1, /not valid TOML|expected the name of an option/],
    ['catalyst_root = "a\\u0000b"', 1, /catalyst_root: expected/],
  ]
  for (const kind of ['project', 'user', 'system'] as const)
    test(`what is wrong is named with its line, in the file of the ${kind}`, async () => {
      for (const [text, line, message] of REFUSED) {
        writeFileSync(files[kind], text)
        await assert.rejects(readConfiguration(world), (error) => {
          assert.ok(error instanceof SdkError, String(error))
          assert.equal(error.exitCode, 2)
          assert.ok(error.message.startsWith(`${files[kind]}:${line}:`), error.message)
          assert.match(error.message, message)
          return true
        })
      }
    })

  test('the shared store may stand in a file, whose keys begin there', async () => {
    writeFileSync(
      files.project,
      'store = "oci://registry.example/sdk"\nstore_mode = "write"\nstore_keys = "ours.pub"\n',
    )
    const { said } = await readConfiguration(world)
    assert.deepEqual(
      [said.store, said.store_mode, said.store_keys],
      [['oci://registry.example/sdk'], ['write'], [path.join(path.dirname(files.project), 'ours.pub')]],
    )
  })

  test('what is wrong in a file that does not count is told nevertheless', async () => {
    writeFileSync(files.project, 'jobs = 2\n')
    writeFileSync(files.system, 'jobs = "many"\n')
    await assert.rejects(readConfiguration(world), /etc\/bootstrap_sdk\/config\.toml:1: jobs: /)
  })

  test('a file that others may write, or a folder, is refused', async () => {
    writeFileSync(files.project, 'jobs = 2\n')
    chmodSync(files.project, 0o666)
    await assert.rejects(readConfiguration(world), /expected a configuration file of root or of the caller/)
    rmSync(files.project)
    mkdirSync(files.project)
    await assert.rejects(readConfiguration(world), { code: 'SDK_USAGE' })
  })

  test('root takes a file of its own and of who called sudo, and of nobody else', {
    skip: process.getuid?.() !== 0 && process.env.CI === undefined ? 'needs root' : false,
  }, async () => {
    writeFileSync(files.project, 'jobs = 2\n')
    chownSync(files.project, 4242, 4242)
    await assert.rejects(readConfiguration(world), /found one of user 4242$/)
    const called = { ...world.environment.called, sudoUser: '4242' }
    const own = await readConfiguration({ ...world, environment: { ...world.environment, called } })
    assert.deepEqual(own.said, { jobs: ['2'] })
    // A link in a folder of somebody else's: relative paths would begin there.
    const mine = path.join(folder, 'mine.toml')
    writeFileSync(mine, 'jobs = 3\n')
    rmSync(files.project)
    symlinkSync(mine, files.project)
    assert.deepEqual((await readConfiguration(world)).said, { jobs: ['3'] })
    lchownSync(files.project, 4242, 4242)
    await assert.rejects(readConfiguration(world), /found a link of user 4242$/)
  })
})

test('the manual lists what may stand in a configuration file', () => {
  const manual = readFileSync('docs/manual.md', 'utf8')
  const [, list = ''] = /may stand there: ([^.]+)\./.exec(manual) ?? []
  assert.deepEqual(
    [...list.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    CONFIGURABLE,
  )
})

test('what an option of one call says cannot be configured', () => {
  for (const name of OPTION_NAMES) {
    const { kept, isConfigurable } = OPTIONS[name]
    // What is kept of a run as its task, a signature say, may be meant for all runs.
    if (typeof kept === 'object' && name !== 'catalyst_root') assert.notEqual(isConfigurable, true, name)
  }
})
