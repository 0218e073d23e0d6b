// What stage 4 does beside merging packages, by its own functions in a sandbox: root overlay, script, accounts, services.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import { ended } from '../../src/process/run.js'
import { enterSandbox } from '../../src/sandbox/enter.js'
import { stagesFolder } from '../../src/stage/run/input.js'
import { writeFiles } from '../helpers/catalyst-root.js'
import { tinyRoot } from '../helpers/tiny-root.js'
import { privileged, text } from './sandbox-helpers.js'
import { temporary } from './store-helpers.js'

const PROGRAMS = [
  'cat',
  'chmod',
  'cp',
  'cut',
  'find',
  'grep',
  'groupadd',
  'head',
  'install',
  'mkdir',
  'readlink',
  'rm',
  'rmdir',
  'sed',
  'sha256sum',
  'tar',
  'useradd',
]

interface Place {
  input: string
  /** What the sandbox's "/" has become: the changes only. */
  upper: string
  run: (call: string) => Promise<{ exitCode: number | null; said: string }>
}

async function place(t: TestContext, argumentLines: readonly string[]): Promise<Place> {
  const root = await temporary(t)
  const part = (name: string): string => {
    mkdirSync(path.join(root, name), { recursive: true })
    return path.join(root, name)
  }
  const [seed, input, upper] = [part('seed'), part('input'), part('upper')]
  chmodSync(upper, 0o755)
  tinyRoot(seed, PROGRAMS)
  mkdirSync(path.join(seed, 'etc/default'), { recursive: true })
  writeFileSync(path.join(seed, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/bash\n')
  writeFileSync(path.join(seed, 'etc/group'), 'root:x:0:\n')
  for (const name of ['shadow', 'gshadow', 'login.defs']) writeFileSync(path.join(seed, 'etc', name), '')
  for (const folder of ['root', 'home', 'usr/lib64', 'run/bootstrap_sdk'])
    mkdirSync(path.join(seed, folder), { recursive: true })
  cpSync(stagesFolder(), path.join(input, 'stage'), { recursive: true })
  mkdirSync(path.join(input, 'output'))
  mkdirSync(path.join(input, 'root-overlay'))
  const lines = ['stage=stage4', 'stage_root=/', 'main_repo=/r', ...argumentLines]
  writeFileSync(path.join(input, 'arguments'), lines.map((line) => `${line}\n`).join(''))
  return {
    input,
    upper,
    run: async (call) => {
      const script = `set -- run
source /run/bootstrap_sdk/stage/lib/contract.sh
source /run/bootstrap_sdk/stage/lib/portage.sh
source /run/bootstrap_sdk/stage/lib/tailor.sh
${call}`
      const child = enterSandbox(
        {
          root: { kind: 'layers', layers: [seed], upper, work: part('work') },
          mounts: [
            { kind: 'proc', target: '/proc' },
            { kind: 'dev', target: '/dev' },
            { kind: 'tmpfs', target: '/tmp', mode: '1777' },
            { kind: 'bind', source: input, target: '/run/bootstrap_sdk', readOnly: true },
          ],
          hostname: 'stage4',
          network: 'off',
          cwd: '/',
          env: { PATH: '/bin' },
          argv: ['/bin/bash', '-c', script],
        },
        { scratch: part('mnt') },
      )
      const [{ exitCode }, out, err] = await Promise.all([
        ended(child),
        text(child.stdout),
        text(child.stderr),
      ])
      return { exitCode, said: out + err }
    },
  }
}

test('groups, users and keys are made by the root’s own programs', privileged, async (t) => {
  const { input, upper, run } = await place(t, [
    ...['groups=builders', 'users=me=builders', 'users=you', 'ssh_keys=me', 'ssh_keys=root'],
  ])
  mkdirSync(path.join(input, 'ssh_keys'))
  for (const user of ['me', 'root']) writeFileSync(path.join(input, 'ssh_keys', user), `key of ${user}\n`)
  const { exitCode, said } = await run('make_accounts')
  assert.equal(exitCode, 0, said)
  assert.match(readFileSync(path.join(upper, 'etc/group'), 'utf8'), /^builders:x:\d+:me$/m)
  const passwd = readFileSync(path.join(upper, 'etc/passwd'), 'utf8')
  const [, uid = ''] = /^me:x:(\d+):/m.exec(passwd) ?? []
  assert.match(passwd, /^you:x:/m)
  const key = path.join(upper, 'home/me/.ssh/authorized_keys')
  assert.equal(readFileSync(key, 'utf8'), 'key of me\n')
  assert.equal(statSync(key).uid, Number(uid))
  assert.equal(statSync(key).mode & 0o777, 0o600)
  assert.equal(statSync(path.dirname(key)).mode & 0o777, 0o700)
  assert.equal(readFileSync(path.join(upper, 'root/.ssh/authorized_keys'), 'utf8'), 'key of root\n')
})

test(
  'the root overlay goes through links to folders, and is there when the script runs',
  privileged,
  async (t) => {
    const { input, upper, run } = await place(t, [])
    mkdirSync(path.join(input, 'root-overlay/usr/linked'), { recursive: true })
    writeFileSync(path.join(input, 'root-overlay/usr/linked/os-release'), 'new\n')
    writeFileSync(
      path.join(input, 'fsscript'),
      '#!/bin/bash\ncat /usr/lib64/os-release >/seen; [[ -x $0 ]]\n',
    )
    symlinkSync('lib64', path.join(path.dirname(input), 'seed/usr/linked'))
    const { exitCode, said } = await run('copy_root_overlay; run_fsscript')
    assert.equal(exitCode, 0, said)
    assert.equal(readFileSync(path.join(upper, 'usr/lib64/os-release'), 'utf8'), 'new\n')
    assert.equal(readFileSync(path.join(upper, 'seen'), 'utf8'), 'new\n')
  },
)

test('what the root cannot do is said, and a script that fails ends the stage', privileged, async (t) => {
  const { input, run } = await place(t, ['rcadd=sshd|default', 'ssh_keys=nobody'])
  const services = await run('change_services')
  assert.notEqual(services.exitCode, 0)
  assert.match(services.said, /needs rc-update, which is not in the root/)
  mkdirSync(path.join(input, 'ssh_keys'))
  const keys = await run('make_accounts')
  assert.notEqual(keys.exitCode, 0)
  assert.match(keys.said, /there is no user nobody/)
  writeFileSync(path.join(input, 'fsscript'), '#!/bin/bash\nexit 4\n')
  const script = await run('run_fsscript')
  assert.notEqual(script.exitCode, 0)
  assert.match(script.said, /the fsscript ended with 4/)
})

test('services get into runlevels, `default` where none is said', privileged, async (t) => {
  const { input, upper, run } = await place(t, ['rcadd=sshd', 'rcadd=x|boot', 'rcdel=y'])
  // The root's own program decides what that means; here it notes what it was asked for.
  mkdirSync(path.join(input, 'bin'))
  writeFileSync(path.join(input, 'bin/rc-update'), '#!/bin/bash\necho "$@" >>/asked\n', { mode: 0o755 })
  const { exitCode, said } = await run('PATH=/bin:/run/bootstrap_sdk/bin; change_services')
  assert.equal(exitCode, 0, said)
  assert.equal(
    readFileSync(path.join(upper, 'asked'), 'utf8'),
    'add sshd default\nadd x boot\ndel y default\n',
  )
})

/** What a path of the root has become: its kind, and where a link leads or what a file says. */
const became = (place: Place, name: string): string => {
  const upper = path.join(place.upper, name)
  const stats = lstatSync(upper, { throwIfNoEntry: false })
  if (stats === undefined)
    return lstatSync(path.join(place.input, '../seed', name), { throwIfNoEntry: false })
      ? 'as it was'
      : 'nothing'
  // overlayfs' own mark
  if (stats.isCharacterDevice()) return 'gone'
  if (stats.isSymbolicLink()) return `link to ${readlinkSync(upper)}`
  return stats.isDirectory() ? 'folder' : `file: ${readFileSync(upper, 'utf8').trim()}`
}

for (const [what, call, from, at] of [
  ['the configuration', 'install_configuration /', 'portage', 'etc/portage'],
  ['the root overlay', 'copy_root_overlay', 'root-overlay', 'x'],
] as const)
  test(`${what} replaces what is of another kind`, privileged, async (t) => {
    const there = await place(t, [])
    const seed = path.join(there.input, '../seed', at)
    const own = path.join(there.input, from, from === 'portage' ? '' : at)
    writeFiles(seed, {
      ...{ 'folder-file/old': '', 'folder-link/old': '', 'folder/old': '', 'elsewhere/old': '' },
      ...{ 'file-folder': '', 'file-link': '', file: 'old' },
    })
    for (const name of ['link-file', 'link-folder', 'link']) symlinkSync('elsewhere', path.join(seed, name))
    symlinkSync('nowhere', path.join(seed, 'dangling-folder'))
    writeFiles(own, {
      ...{ 'folder-file': 'new', 'link-file': 'new', file: 'new', 'folder/new': 'new' },
      ...{ 'file-folder/new': 'new', 'link-folder/new': 'new', 'dangling-folder/new': 'new' },
    })
    for (const name of ['folder-link', 'file-link', 'link']) symlinkSync('target', path.join(own, name))
    const { exitCode, said } = await there.run(call)
    assert.equal(exitCode, 0, said)
    const names = ['folder-file', 'link-file', 'file', 'folder-link', 'file-link', 'link', 'folder']
    assert.deepEqual(
      names.map((name) => became(there, path.join(at, name))),
      ['file: new', 'file: new', 'file: new', ...Array(3).fill('link to target'), 'folder'],
    )
    for (const name of ['file-folder', 'dangling-folder', 'link-folder'])
      assert.equal(readFileSync(path.join(there.upper, at, inFolder(name, from), 'new'), 'utf8'), 'new', name)
    assert.equal(became(there, path.join(at, 'folder/old')), 'as it was')
    assert.equal(became(there, path.join(at, 'elsewhere/old')), 'as it was')
  })

/** Only an overlay goes through a link to a folder. */
const inFolder = (name: string, from: string): string =>
  name === 'link-folder' && from === 'root-overlay' ? 'elsewhere' : name

test(
  'what the stage before was given and this one is not, goes, unless it was changed or is owned',
  privileged,
  async (t) => {
    const there = await place(t, [])
    const seed = path.join(there.input, '../seed')
    const files = {
      'etc/portage/env/sub/old': 'old\n',
      'etc/portage/changed': 'by hand\n',
      'etc/portage/kept': 'old\n',
      'srv/owned/old': 'old\n',
      'srv/own': 'old\n',
    }
    writeFiles(seed, files)
    symlinkSync('kept', path.join(seed, 'etc/portage/link'))
    symlinkSync('elsewhere', path.join(seed, 'etc/portage/other'))
    writeFiles(seed, {
      'var/db/pkg/a/b-1/CONTENTS': 'dir /srv\ndir /srv/owned\nobj /srv/own 0123 1\n',
    })
    const old = createHash('sha256').update('old\n').digest('hex')
    const gone = [
      ...[
        '/etc/portage/env/sub/old',
        old,
        '/etc/portage/changed',
        old,
        '/srv/owned/old',
        old,
        '/srv/own',
        old,
      ],
      ...['/etc/portage/link', '-> kept', '/etc/portage/other', '-> kept', '/etc/portage/never', old],
    ]
    writeFileSync(path.join(there.input, 'gone'), gone.map((word) => `${word}\0`).join(''))
    mkdirSync(path.join(there.input, 'portage'))
    for (const pass of ['prepare', 'run']) {
      const { exitCode, said } = await there.run('install_configuration /')
      assert.equal(exitCode, 0, `${pass}: ${said}`)
    }
    const after = (...names: string[]): string[] => names.map((name) => became(there, name))
    assert.deepEqual(after('etc/portage/env', 'etc/portage/link', 'srv/owned/old'), ['gone', 'gone', 'gone'])
    assert.deepEqual(
      after('etc/portage/changed', 'etc/portage/kept', 'etc/portage/other', 'srv/own'),
      Array(4).fill('as it was'),
    )
    assert.equal(lstatSync(path.join(there.upper, 'srv/owned')).isDirectory(), true)
  },
)
