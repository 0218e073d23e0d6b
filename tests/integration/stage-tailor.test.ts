// What stage 4 does beside merging packages, by its own functions in a sandbox: root overlay, script, accounts, services.

import assert from 'node:assert/strict'
import { chmodSync, cpSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import { ended } from '../../src/process/run.js'
import { enterSandbox } from '../../src/sandbox/enter.js'
import { stagesFolder } from '../../src/stage/run/input.js'
import { tinyRoot } from '../helpers/tiny-root.js'
import { privileged, text } from './sandbox-helpers.js'
import { temporary } from './store-helpers.js'

const PROGRAMS = [
  'cat',
  'chmod',
  'cp',
  'cut',
  'grep',
  'groupadd',
  'head',
  'install',
  'mkdir',
  'rm',
  'sed',
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
