import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SdkError } from '../../../src/errors.js'
import { planSandbox } from '../../../src/sandbox/plan.js'
import type { Mount, SandboxSpec } from '../../../src/sandbox/spec.js'

const plain: SandboxSpec = {
  root: { kind: 'layers', layers: ['/top', '/low'] },
  mounts: [],
  hostname: 'stage1',
  network: 'off',
  cwd: '/',
  env: { PATH: '/bin', A: 'b c' },
  argv: ['/bin/bash', '-c', 'echo "$A"'],
}
const tmpfs = (target: string): Mount => ({ kind: 'tmpfs', target, mode: '0755' })
const dev = (target: string): Mount => ({ kind: 'dev', target })

/** The plan's steps as one text, without the words around them. */
function steps(mounts: Mount[], root: SandboxSpec['root'] = plain.root): string {
  const words = planSandbox({ ...plain, root, mounts }, '/scratch')
  return words.slice(6, 6 + Number(words[5])).join(' ')
}

test('the words of a plan are counted, never quoted', () => {
  assert.deepEqual(planSandbox(plain, '/scratch'), [
    ...['layers', 'off', '/scratch', 'stage1', ''],
    ...['9', 'layer', '/top', 'layer', '/low', 'root', '', '', 'cwd', '/'],
    ...['2', 'PATH=/bin', 'A=b c'],
    '0',
    ...['/bin/bash', '-c', 'echo "$A"'],
  ])
  const grouped = planSandbox(plain, '/scratch', ['/g/cgroup.procs'])
  assert.deepEqual(grouped.slice(-5), ['1', '/g/cgroup.procs', ...plain.argv])
})

test('each kind of mount', () => {
  const mounts: Mount[] = [
    { kind: 'bind', source: '/repo', target: '/srv/repo', readOnly: true },
    { kind: 'proc', target: '/proc' },
    { kind: 'tmpfs', target: '/tmp', mode: '1777', sizeBytes: 4096 },
    { kind: 'overlay', layers: ['/a', '/b'], upper: '/u', work: '/w', target: '/tmp/root', data: true },
    { kind: 'overlay', layers: ['/a'], target: '/tmp/look' },
    { kind: 'bind', source: '/out', target: '/tmp/root/out', readOnly: false, data: true },
  ]
  const expected = [
    'layer /top layer /low',
    'point /srv/repo /repo point /proc  point /tmp  root  ',
    'bind exist ro /repo /srv/repo',
    'proc exist /proc',
    'tmpfs exist 1777 4096 /tmp',
    'layer /a layer /b overlay create nosuid,noexec /u /w /tmp/root',
    'layer /a overlay create    /tmp/look',
    'bind create rw,nosuid,noexec /out /tmp/root/out',
    'cwd /',
  ]
  assert.equal(steps(mounts), expected.join(' '))
})

test('a missing mount point is made only where the latest cover is writable', () => {
  const cover = (over: Mount): string | undefined =>
    /tmpfs (\w+) 0755 {2}\/c\/d cwd/.exec(steps([over, tmpfs('/c/d')]))?.[1]
  assert.equal(cover(tmpfs('/c')), 'create')
  assert.equal(cover({ kind: 'overlay', layers: ['/l'], target: '/c', upper: '/u', work: '/w' }), 'create')
  assert.equal(cover({ kind: 'overlay', layers: ['/l'], target: '/c' }), 'exist')
  assert.equal(cover({ kind: 'bind', source: '/s', target: '/c', readOnly: false }), 'exist')
  assert.equal(cover(dev('/c')), 'exist')
  assert.match(steps([tmpfs('/c'), dev('/c/x'), tmpfs('/c/x/y')]), /tmpfs exist 0755 {2}\/c\/x\/y/)
  assert.match(steps([tmpfs('/c'), tmpfs('/cd')]), /point \/c {2}point \/cd {2}root/)
  const writable = { kind: 'layers', layers: ['/l'], upper: '/u', work: '/w' } as const
  assert.equal(steps([tmpfs('/c')], writable), 'layer /l root /u /w tmpfs create 0755  /c cwd /')
})

test('over the host root, targets are at or below the scratch directory', () => {
  const host = { kind: 'host' } as const
  assert.equal(steps([tmpfs('/scratch'), dev('/scratch/dev')], host), 'tmpfs create 0755   dev create /dev')
  for (const target of ['/', '/scratchy', '/etc', '/scratch/../etc'])
    assert.throws(() => steps([tmpfs(target)], host), SdkError)
})

test('what could mean something else is refused', () => {
  const overlay = { kind: 'overlay', layers: ['/l'], target: '/t' } as const
  const wrong: Partial<SandboxSpec>[] = [
    ...['relative', '/a/../b', '/a//b', '/a/', '/./a', '', '/'].map((target) => ({ mounts: [dev(target)] })),
    { mounts: [{ ...overlay, upper: '/u' }] },
    { root: { kind: 'layers', layers: ['/l'], upper: '/u' } },
    { mounts: [{ ...overlay, layers: [] }] },
    { mounts: [{ ...overlay, layers: Array.from({ length: 65 }, () => '/l') }] },
    { mounts: [{ ...overlay, layers: ['l'] }] },
    { mounts: [{ kind: 'bind', source: 'x', target: '/t', readOnly: true }] },
    ...['755,size=1', '+x', '', '17777'].map((mode) => ({
      mounts: [{ kind: 'tmpfs', target: '/t', mode }] as Mount[],
    })),
    ...[0, -1, 1.5, Number.NaN].map((sizeBytes) => ({ mounts: [{ ...tmpfs('/t'), sizeBytes } as Mount] })),
    ...['', 'a b', '-x', 'a\n', 'x'.repeat(64)].map((hostname) => ({ hostname })),
    ...['A B', '', '1A', 'A=', 'LD_PRELOAD', 'GLIBC_TUNABLES'].map((name) => ({ env: { [name]: 'x' } })),
    { env: { A: 'x\0y' } },
    { argv: ['A=b'] },
    { argv: [''] },
    { argv: ['a', 'b\0'] },
    { cwd: 'tmp' },
  ]
  for (const change of wrong)
    assert.throws(
      () => planSandbox({ ...plain, ...change }, '/scratch'),
      (error) => error instanceof SdkError && error.code === 'SDK_INTERNAL',
      JSON.stringify(change),
    )
})
