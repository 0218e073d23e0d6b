// What a program in a sandbox cannot see or reach.

import assert from 'node:assert/strict'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { test } from 'node:test'
import { enterSandbox } from '../../src/sandbox/enter.js'
import type { Mount } from '../../src/sandbox/spec.js'
import { eventually, finish, mountsBelow, place, privileged, processes, text } from './sandbox-helpers.js'

test('the root is the layer alone: no way leads to the host', privileged, async (t) => {
  const { run, root } = place(t)
  const walk = `mkdir "/tmp/x"; chroot("/tmp/x") or die; chdir("..") for 1..64; chroot(".") or die; print -e "${root}" ? "out" : "in"`
  const { stdout, stderr } = await run(`ls -A /; perl -e '${walk}'; ls -A /proc/1/root/ /proc/1/cwd/`)
  assert.equal(stderr.match(/^ls: .*\/proc\/1\/(root|cwd)\/': Permission denied$/gm)?.length, 2, stderr)
  assert.doesNotMatch(stdout, /home|root\n|out/)
  assert.match(stdout, /\nin$/)
  assert.doesNotMatch(stdout, new RegExp(path.basename(root)))
})

test('mountinfo inside names no directory of the host but the bound ones', privileged, async (t) => {
  const { run } = place(t)
  const { stdout } = await run('cut -d" " -f5 /proc/self/mountinfo')
  const points = stdout.trim().split('\n')
  assert.equal(points.filter((point) => point === '/').length, 1)
  for (const point of points) assert.match(point, /^\/$|^\/(usr|bin|sbin|lib\w*|proc|dev|tmp)(\/|$)/)
})

test('"/" is read-only and cannot be made writable', privileged, async (t) => {
  const { run, layer } = place(t)
  const script = 'touch /new; mount -o remount,rw /; mount -o remount,bind,rw /; umount -l /proc; touch /new'
  const { exitCode, stderr } = await run(script)
  assert.notEqual(exitCode, 0)
  assert.match(stderr, /Read-only file system/)
  assert.equal(fs.existsSync(path.join(layer, 'new')), false)
})

test('the host keeps its mounts, while the sandbox runs and after it', privileged, async (t) => {
  const { spec, scratch, root } = place(t)
  const flags = (): string | undefined =>
    fs
      .readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .find((line) => line.split(' ')[4] === '/')
  const before = flags()
  const child = enterSandbox(spec('echo up; mount -t tmpfs x /tmp; umount /dev; exec sleep 0.2'), { scratch })
  child.stdout?.once('data', () => assert.deepEqual(mountsBelow(root), []))
  await finish(child)
  assert.deepEqual(mountsBelow(root), [])
  assert.deepEqual(fs.readdirSync(scratch), [])
  assert.equal(flags(), before)
})

test('processes of the host are invisible, process 1 cannot be ended', privileged, async (t) => {
  const { run } = place(t)
  const { stdout } = await run('kill -9 1; kill -TERM 1; ls /proc | grep -c "^[0-9]"; echo $PPID')
  const [count, parent] = stdout.trim().split('\n')
  assert.ok(Number(count) <= 5, stdout)
  assert.equal(parent, '0')
})

test('process 1 reaps what is orphaned', privileged, async (t) => {
  const { run } = place(t)
  const script =
    '(setsid sleep 0.01 &); (setsid sleep 0.02 &); sleep 0.3; grep -l "^State:.Z" /proc/[0-9]*/status'
  assert.equal((await run(script)).stdout, '')
})

test('the network is off: only the loopback, no abstract socket of the host', privileged, async (t) => {
  const { run, basic } = place(t)
  const name = `\0sandbox-test-${process.pid}`
  const server = net.createServer((socket) => socket.end('host')).listen({ path: name })
  t.after(() => server.close())
  const connect = `perl -MSocket -e 'socket(S,AF_UNIX,SOCK_STREAM,0); print connect(S,pack_sockaddr_un("\\0sandbox-test-${process.pid}")) ? "reached" : "refused"'`
  const { stdout } = await run(`ls /sys/class/net; wc -l </proc/net/route; ${connect}`, {
    mounts: [...basic, { kind: 'sys', target: '/sys' }],
  })
  assert.equal(stdout, 'lo\n1\nrefused')
})

test('the environment is exactly what the specification says', privileged, async (t) => {
  const { run } = place(t)
  process.env.SECRET = 'of the host'
  t.after(() => delete process.env.SECRET)
  const env = { PATH: '/usr/bin:/bin', A: 'one\ntwo', EMPTY: '' }
  const { stdout } = await run('', { env, argv: ['env', '-0'] })
  assert.deepEqual(stdout.split('\0').sort(), ['', 'A=one\ntwo', 'EMPTY=', 'PATH=/usr/bin:/bin'])
})

test('no descriptor is inherited, except 3 for the events', privileged, async (t) => {
  const { run, spec, scratch } = place(t)
  const leak = fs.openSync('/etc/passwd', 'r')
  t.after(() => fs.closeSync(leak))
  // The last one is of ls itself.
  assert.equal((await run('exec ls /proc/self/fd')).stdout, '0\n1\n2\n3\n')
  // What process 1 has is out of reach.
  assert.match((await run('readlink /proc/1/fd/* || cat /proc/1/environ')).stderr, /Permission denied/)
  const child = enterSandbox(spec('ls /proc/self/fd; echo "{}" >&3'), { scratch, events: true })
  const events = child.stdio[3]
  const [ran, lines] = await Promise.all([finish(child), text(events as Readable)])
  assert.equal(ran.stdout, '0\n1\n2\n3\n4\n')
  assert.equal(lines, '{}\n')
})

test(
  'it has a session of its own without a terminal, and can open its streams again',
  privileged,
  async (t) => {
    const { run } = place(t)
    const { stdout, stderr } = await run(
      'cut -d" " -f1,5-7 /proc/self/stat >/dev/stderr; echo $$ >/dev/stdout; cat',
    )
    const [, group, session, terminal] = stderr.trim().split(' ')
    assert.deepEqual([group, session, terminal], [stdout.trim(), stdout.trim(), '0'])
  },
)

test('host name, and a kernel that cannot be changed', privileged, async (t) => {
  const { run } = place(t)
  const read =
    'for f in kernel/hostname vm/drop_caches; do echo 1 >/proc/sys/$f; done; hostname other; uname -n'
  const { stdout, stderr } = await run(read)
  assert.equal(stdout, 'inside\n')
  assert.equal(stderr.match(/Read-only file system/g)?.length, 2, stderr)
  const present = ['sysrq-trigger', 'kcore', 'kmsg'].filter((name) => fs.existsSync(`/proc/${name}`))
  for (const name of present) assert.notEqual((await run(`: <>/proc/${name}`)).exitCode, 0, name)
})

test('device nodes: the private /dev works and cannot grow, others are useless', privileged, async (t) => {
  const { run } = place(t)
  const usable = 'echo x >/dev/null && head -c2 /dev/urandom | wc -c && : </dev/full && test -c /dev/ptmx'
  assert.equal((await run(usable)).stdout, '2\n')
  const device = / (\d+):(\d+) /.exec(fs.readFileSync('/proc/self/mountinfo', 'utf8'))
  const disk = `mknod /tmp/disk b ${device?.[1]} ${device?.[2]} && head -c1 /tmp/disk`
  assert.match((await run(disk)).stderr, /Operation not permitted/)
  assert.match((await run('mknod /dev/disk b 8 0')).stderr, /Read-only file system/)
  assert.equal((await run('chmod 600 /dev/stdin /proc/self/fd/0; exit 0')).exitCode, 0)
  assert.equal(fs.statSync('/dev/null').mode & 0o777, 0o666)
})

test('capabilities that a build never needs are gone for good', privileged, async (t) => {
  const { run } = place(t)
  const { stdout } = await run('grep -E "^(CapBnd|CapEff|NoNewPrivs|Groups)" /proc/self/status')
  const lines = Object.fromEntries(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(/:\s*/) as [string, string]),
  )
  // chown, dac_override, fowner, fsetid, kill, setgid, setuid, setpcap, sys_chroot, setfcap
  const kept = [0n, 1n, 3n, 4n, 5n, 6n, 7n, 8n, 18n, 31n].reduce((all, bit) => all | (1n << bit), 0n)
  assert.equal(BigInt(`0x${lines.CapBnd}`), kept)
  assert.equal(lines.CapEff, lines.CapBnd)
  assert.equal(lines.NoNewPrivs, '1')
  assert.equal(lines.Groups?.trim(), '')
})

test('a program of the host cannot be overwritten by way of /proc/PID/exe', privileged, async (t) => {
  const { spec, scratch, layer, root } = place(t)
  // As in CVE-2019-5736: the kernel starts the last program of the host again, as the interpreter of a script inside;
  // it runs the script again, and so on. (Opening it for writing now would only say that it is busy.)
  fs.writeFileSync(path.join(layer, 'hold'), '#!/proc/self/exe --wd=/\n', { mode: 0o755 })
  const child = enterSandbox({ ...spec(''), argv: ['/hold', root] }, { scratch })
  const isHeld = (directory: string): boolean =>
    new RegExp(`^/proc/self/exe.*${root}`).test(fs.readFileSync(`${directory}/cmdline`, 'utf8'))
  t.after(() => child.kill('SIGKILL'))
  // Between two of its starts it cannot be told from others: so look until it is caught.
  let held = -1
  await eventually(() => {
    const [pid] = processes(isHeld)
    if (pid !== undefined) held = fs.openSync(`/proc/${pid}/exe`, 'r')
    return held >= 0
  })
  const id = /^mnt_id:\s*(\d+)$/m.exec(fs.readFileSync(`/proc/self/fdinfo/${held}`, 'utf8'))?.[1]
  const mounts = fs.readFileSync(`/proc/${child.pid}/mountinfo`, 'utf8').split('\n')
  fs.closeSync(held)
  child.kill('SIGTERM')
  await finish(child)
  assert.match(mounts.find((line) => line.startsWith(`${id} `))?.split(' ')[5] ?? '', /^ro\b/)
})

test(
  'a nest has what it takes to make sandboxes, and what runs in those is contained again',
  privileged,
  async (t) => {
    const { layer, basic, directory, run } = place(t)
    const bind = (source: string, target: string, readOnly: boolean): Mount => ({
      ...{ kind: 'bind', source, target, readOnly },
    })
    const project = path.resolve(import.meta.dirname, '../../..')
    const mounts: Mount[] = [
      ...basic,
      { kind: 'tmpfs', target: '/srv', mode: '0755' },
      bind(path.dirname(process.execPath), '/srv/node', true),
      bind(path.join(project, 'dist'), '/srv/dist', true),
      bind(path.join(project, 'src'), '/srv/src', true),
      bind(path.join(project, 'node_modules'), '/srv/node_modules', true),
      bind(directory('work'), '/srv/work', false),
    ]
    const script = `
    echo '{"type":"module"}' >/srv/package.json
    /srv/node/node -e '
      const { probeSandbox } = await import("/srv/dist/src/sandbox/probe.js")
      console.log(JSON.stringify(await probeSandbox("/srv/work")))
    ' --input-type=module
    mount -t tmpfs tmpfs /mnt 2>/dev/null || mount -t tmpfs tmpfs /srv/work && echo mounts`
    const upper = { upper: directory('upper'), work: directory('ovl') }
    const nest = await run(script, { root: { kind: 'nest', layers: [layer], ...upper }, mounts })
    assert.deepEqual(nest, { exitCode: 0, stdout: '{"ok":true,"problems":[]}\nmounts\n', stderr: '' })
    const other = await run(script, { mounts })
    assert.notEqual(other.exitCode, 0)
    assert.match(other.stdout, /CAP_SYS_ADMIN missing/)
  },
)
