// What a hostile program does in a sandbox, by system calls: tests/fixtures/attacks.c, all in one, with the verdicts of
// docs/safety.md. And the seccomp programs are what scripts/make-seccomp.py makes of the list.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Mount } from '../../src/sandbox/spec.js'
import { systemMounts } from '../../src/sandbox/system-mounts.js'
import { place, privileged } from './sandbox-helpers.js'

const PROJECT = path.resolve(import.meta.dirname, '../../..')

/** What hurts only the sandbox itself: its process 1 gets less. */
const ITS_OWN: ReadonlySet<string> = new Set(['limit_1', 'score_of_1'])

/** Attacks, and how each ended: `in`, or the kernel's word. */
async function attack(t: TestContext): Promise<Map<string, string>> {
  const { run, layer, root } = place(t)
  const program = path.join(root, 'attacks')
  execFileSync('gcc', ['-O1', '-o', program, path.join(PROJECT, 'tests/fixtures/attacks.c')])
  const bound: Mount = { kind: 'bind', source: program, target: '/tmp/attacks', readOnly: true }
  const tools = fs.readdirSync(layer).filter((name) => fs.lstatSync(path.join(layer, name)).isDirectory())
  const mounts = [
    ...tools.map((name): Mount => ({ kind: 'bind', source: `/${name}`, target: `/${name}`, readOnly: true })),
    ...systemMounts(),
    bound,
  ]
  const { stdout, stderr, exitCode } = await run('', { mounts, argv: ['/tmp/attacks'] })
  assert.deepEqual([exitCode, stderr], [0, ''])
  return new Map(
    stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')])) as [string, string][],
  )
}

test('no system call leads out of a sandbox, nor to what no build needs', privileged, async (t) => {
  const verdicts = await attack(t)
  assert.ok(verdicts.size >= 100, `${verdicts.size} attacks`)
  const got = [...verdicts].filter(([name, verdict]) => !/^E[A-Z]+$/.test(verdict) && !ITS_OWN.has(name))
  assert.deepEqual(got, [])
  for (const name of ITS_OWN) assert.equal(verdicts.get(name), 'in', name)
})

test('docs/safety.md has each of these attacks, and no other', () => {
  const source = fs.readFileSync(path.join(PROJECT, 'tests/fixtures/attacks.c'), 'utf8')
  const tried = [...source.matchAll(/\bTRY\((?!function)(\w+)\)/g)].map(([, name]) => name).sort()
  const page = fs.readFileSync(path.join(PROJECT, 'docs/safety.md'), 'utf8')
  const rows = page.split('\n').filter((line) => /^\| .* \| `\w+`/.test(line))
  const told = rows.flatMap((row) =>
    [...(row.split('|')[2] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name),
  )
  assert.deepEqual(told.sort(), tried)
})

test('the seccomp programs are those that the list and the script give', privileged, (t) => {
  const { directory } = place(t)
  const made = directory('made')
  execFileSync('/usr/bin/python3', [path.join(PROJECT, 'scripts/make-seccomp.py'), made])
  const kept = path.join(PROJECT, 'src/sandbox/seccomp')
  const names = fs.readdirSync(kept).sort()
  assert.deepEqual(fs.readdirSync(made).sort(), names)
  const source = (folder: string): string => fs.readFileSync(path.join(folder, 'made-of'), 'utf8')
  // Another release of the distribution has another list; then these are still programs of as many calls.
  const isSame = source(made) === source(kept)
  for (const name of isSame ? names : [])
    assert.ok(fs.readFileSync(path.join(made, name)).equals(fs.readFileSync(path.join(kept, name))), name)
})

test('the list is taken for the capabilities that a stage has', () => {
  const script = fs.readFileSync(path.join(PROJECT, 'scripts/make-seccomp.py'), 'utf8')
  const told = [...(/^CAPABILITIES = \{(.*)\}$/m.exec(script)?.[1]?.matchAll(/"CAP_(\w+)"/g) ?? [])].map(
    ([, name]) => name?.toLowerCase(),
  )
  const enter = fs.readFileSync(path.join(PROJECT, 'src/sandbox/enter.sh'), 'utf8')
  const kept = [...(/^readonly KEPT=-all,(.*)$/m.exec(enter)?.[1]?.matchAll(/\+(\w+)/g) ?? [])].map(
    ([, name]) => name,
  )
  const asked = new Set([...script.matchAll(/CAP_\w+/g)].map(([name]) => name.slice(4).toLowerCase()))
  assert.deepEqual(
    told,
    kept.filter((name) => asked.has(name as string)),
  )
  assert.ok(kept.length > 5)
})

test(
  'what process 1 and the program have is a list of calls, no new privileges, and a session without keys',
  privileged,
  async (t) => {
    const { run } = place(t)
    const { stdout } = await run('grep -hE "^(Seccomp|NoNewPrivs):" /proc/1/status /proc/self/status')
    assert.deepEqual(stdout.trim().split(/\s+/), [
      ...['NoNewPrivs:', '1', 'Seccomp:', '2'],
      ...['NoNewPrivs:', '1', 'Seccomp:', '2'],
    ])
  },
)

test(
  'its users are its own, with the ids of the host, in which it can make no namespace',
  privileged,
  async (t) => {
    const { run, basic, directory } = place(t)
    const upper = directory('upper')
    const { stdout } = await run(
      `readlink /proc/self/ns/user; cat /proc/self/uid_map /proc/self/gid_map /proc/sys/user/max_user_namespaces
      cp /bin/true /mnt/able; setcap cap_net_raw=ep /mnt/able; touch /mnt/far; chown 2147483648:250 /mnt/far; chmod 6755 /mnt/far`,
      { mounts: [...basic, { kind: 'bind', source: upper, target: '/mnt', readOnly: false }] },
    )
    const [users, ...maps] = stdout.trimEnd().split('\n')
    const here = (file: string): string => fs.readFileSync(`/proc/self/${file}`, 'utf8').trimEnd()
    assert.notEqual(users, fs.readlinkSync('/proc/self/ns/user'))
    assert.deepEqual(maps, [here('uid_map'), here('gid_map'), '0'])
    // Of a namespace whose root is another, it would be of version 3, with that root's id.
    const bytes = execFileSync(
      'getfattr',
      ['--only-values', '-n', 'security.capability', path.join(upper, 'able')],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    )
    assert.deepEqual([bytes.length, bytes.readUInt32LE(0)], [20, 0x02000001])
    const { uid, gid, mode } = fs.statSync(path.join(upper, 'far'))
    assert.deepEqual([uid, gid, mode & 0o7777], [2 ** 31, 250, 0o6755])
  },
)

test('where the kernel makes no namespace of users, a program is started without', privileged, () => {
  const users = path.join(PROJECT, 'src/sandbox/users.pl')
  const start = `exec perl ${users} ${PROJECT}/src/sandbox/seccomp/$HOSTTYPE -- bash -c 'readlink "/proc/self/fd/\${SANDBOX_USERS-none}"; echo started'`
  const inOwn = (script: string): string =>
    execFileSync('unshare', ['--user', '--map-root-user', 'bash', '-c', script], { encoding: 'utf8' })
  assert.match(inOwn(start), /^user:\[\d+\]\nstarted\n$/)
  assert.equal(inOwn(`echo 0 >/proc/sys/user/max_user_namespaces; ${start}`), 'started\n')
})

test(
  'processes, open files, cores and each tmpfs are bounded, and the host keeps its own bounds',
  privileged,
  async (t) => {
    const host = fs.readFileSync('/proc/sys/kernel/pid_max', 'utf8')
    const { run, basic } = place(t)
    const script = `cat /proc/sys/kernel/pid_max; ulimit -Hn; prlimit --core --noheadings --output HARD --raw
    df --output=size,itotal /tmp /dev/shm /run | tail -n +2; echo x >/proc/sys/kernel/pid_max || echo kept`
    const { stdout } = await run(script, {
      mounts: [...basic, { kind: 'tmpfs', target: '/run', mode: '0755' }],
    })
    const [processes, files, core, ...rest] = stdout.trim().split('\n')
    const [major = 0, minor = 0] = os.release().split('.').map(Number)
    if (major * 1000 + minor >= 6014) assert.equal(processes, '16384')
    assert.ok(Number(files) <= 524288, files)
    assert.equal(core, '1')
    assert.equal(rest.pop(), 'kept')
    assert.equal(rest.length, 3)
    // They share one bound (stage-limits.test.ts).
    for (const line of rest) {
      const [size = 0, names = 0] = line.trim().split(/\s+/).map(Number)
      assert.ok(size * 1024 <= os.totalmem() * 0.41 && names <= 800 * 1024, line)
    }
    assert.equal(fs.readFileSync('/proc/sys/kernel/pid_max', 'utf8'), host)
  },
)

test(
  'priorities of the caller are not for what is inside, nor all of what the kernel counts for root',
  privileged,
  async (t) => {
    const limits = (...given: string[]): string =>
      execFileSync('prlimit', ['--pid', String(process.pid), ...given], { encoding: 'utf8', stdio: 'pipe' })
    const hard = (name: string): string => limits('--noheadings', '--output=HARD', `--${name}`).trim()
    const half = (name: string): number => Math.floor(Number(hard(name)) / 2)
    const before = [`--rtprio=${hard('rtprio')}`, `--nice=${hard('nice')}`]
    t.after(() => limits(...before))
    // As limits.d may have it for whoever runs builds. Some containers let nobody raise a limit.
    try {
      limits('--rtprio=50', '--nice=40')
    } catch {}
    const { run } = place(t)
    const { stdout } = await run(`chrt --fifo 1 true && echo in real time; nice -n -5 nice
      for name in rtprio nice msgqueue sigpending; do prlimit --noheadings --raw --output HARD --$name; done`)
    assert.deepEqual(stdout.trim().split('\n').map(Number), [
      ...[0, 0, 0, half('msgqueue'), half('sigpending')],
    ])
  },
)

test(
  'programs of builds work: sockets, threads, tracing of own processes, locks, personalities',
  privileged,
  async (t) => {
    const { run } = place(t)
    const python = `import socket, threading, subprocess, os, mmap
socket.socketpair(); socket.socket(); socket.socket(socket.AF_INET6); socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)
threading.Thread(target=lambda: None).start(); subprocess.check_call(['true']); os.memfd_create('x'); os.mkfifo('/tmp/pipe')
os.setxattr('/tmp/pipe', 'trusted.x', b'') if False else None; os.chown('/tmp/pipe', 250, 250)
print('python works')`
    const { stdout, stderr, exitCode } = await run(`set -e
    /usr/bin/python3 -c '${python.replaceAll("'", '"')}'
    strace -f -o /tmp/trace true && grep -q execve /tmp/trace && echo strace works
    flock /tmp/lock true && echo flock works
    setarch --addr-no-randomize true && setarch linux32 true 2>/dev/null || true
    echo 'int main(void){return 0;}' >/tmp/t.c && gcc -o /tmp/t /tmp/t.c && /tmp/t && echo gcc works
    su -s /bin/bash nobody -c true 2>/dev/null || setpriv --reuid 250 --clear-groups true && echo other ids work
    tar -C /tmp -cf - t.c | tar -tf - && chroot / /bin/true && echo chroot works`)
    assert.equal(exitCode, 0, stderr)
    for (const what of ['python', 'strace', 'flock', 'gcc', 'ids', 'chroot'])
      assert.match(stdout, new RegExp(`${what} work`))
  },
)
