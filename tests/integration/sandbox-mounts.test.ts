// Each kind of mount, on real file systems.

import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { test } from 'node:test'
import { enterSandbox } from '../../src/sandbox/enter.js'
import { explainSandboxFailure } from '../../src/sandbox/failure.js'
import { descendants, place, privileged, processes } from './sandbox-helpers.js'

test(
  'a read-only bind refuses, a writable one writes through, a file can be bound',
  privileged,
  async (t) => {
    const { run, basic, directory, root } = place(t)
    const source = directory('source')
    fs.writeFileSync(path.join(root, 'file'), 'bound file\n')
    const { stdout, stderr } = await run(
      'echo a >/srv/rw/a; echo b >/srv/ro/b; echo c >/etc/one/c; cat /etc/one /srv/ro/a; rm -rf /srv/ro/a',
      {
        mounts: [
          ...basic,
          { kind: 'bind', source, target: '/srv/ro', readOnly: true },
          { kind: 'bind', source, target: '/srv/rw', readOnly: false },
          { kind: 'bind', source: path.join(root, 'file'), target: '/etc/one', readOnly: true },
        ],
      },
    )
    assert.equal(stdout, 'bound file\na\n')
    assert.equal(stderr.match(/Read-only file system/g)?.length, 2, stderr)
    assert.deepEqual(fs.readdirSync(source), ['a'])
  },
)

test('a clone of many layers: writes go to the upper directory, the layers stay', privileged, async (t) => {
  const { run, basic, directory, root } = place(t)
  // More than one page of mount options if the paths themselves were given; and no character is special in them.
  const layers = Array.from({ length: 40 }, (_, n) => directory(`${'long, with : and \\ '.repeat(8)}${n}`))
  layers.forEach((layer, n) => {
    fs.writeFileSync(path.join(layer, `file${n}`), String(n))
    fs.writeFileSync(path.join(layer, 'shared'), `layer ${n}`)
  })
  fs.mkdirSync(path.join(layers[39] as string, 'folder'))
  fs.writeFileSync(path.join(layers[39] as string, 'folder/x'), 'x')
  const [upper, work] = [directory('upper'), directory('work')]
  const script = [
    'cd /tmp/clone; ls | wc -l; cat shared; echo; rm file7; echo new >file8; ln file9 hard; stat -c %h hard',
    'mv folder moved && cat moved/x; cp -a /usr/bin/true t; ln t t2; [ t -ef t2 ] && echo linked',
  ].join('\n')
  const mount = { kind: 'overlay', layers, upper, work, target: '/tmp/clone' } as const
  const { stdout, stderr } = await run(script, { mounts: [...basic, mount] })
  assert.equal(stderr, '')
  assert.equal(stdout, '42\nlayer 0\n2\nxlinked\n')
  assert.deepEqual(fs.readdirSync(upper).sort(), [
    'file7',
    'file8',
    'file9',
    'folder',
    'hard',
    'moved',
    't',
    't2',
  ])
  assert.equal(fs.readFileSync(path.join(layers[8] as string, 'file8'), 'utf8'), '8')
  assert.deepEqual(
    fs.readdirSync(root).filter((name) => name.startsWith('scratch')),
    ['scratch'],
  )
})

test('the root of several layers, whose missing mount points are supplied', privileged, async (t) => {
  const { run, basic, layer, directory } = place(t)
  const top = directory('top')
  fs.writeFileSync(path.join(top, 'from-top'), '')
  const mounts = [
    ...basic,
    { kind: 'sys', target: '/sys' },
    { kind: 'tmpfs', target: '/var/cache/edb', mode: '0700', sizeBytes: 65536 },
    { kind: 'tmpfs', target: '/tmp/inner/deep', mode: '0755' },
  ] as const
  const script =
    'ls -d /from-top /var/cache/edb /tmp/inner/deep; stat -c %a /var/cache/edb; echo x >/sys/x; head -c 99999 /dev/zero >/var/cache/edb/big'
  const { stdout, stderr } = await run(script, { root: { kind: 'layers', layers: [top, layer] }, mounts })
  assert.equal(stdout, '/from-top\n/tmp/inner/deep\n/var/cache/edb\n700\n')
  assert.match(stderr, /\/sys\/x: (Read-only|Permission)[\s\S]*No space left/)
  assert.equal(fs.existsSync(path.join(layer, 'var')), false)
})

test('over the host root: host tools on an assembled overlay', privileged, async (t) => {
  const { run, scratch, directory } = place(t)
  const [low, high] = [directory('low'), directory('high')]
  fs.writeFileSync(path.join(low, 'a'), '')
  fs.writeFileSync(path.join(high, 'b'), '')
  const { stdout, stderr, exitCode } = await run('', {
    root: { kind: 'host' },
    // The first covers the scratch directory itself.
    mounts: [
      { kind: 'tmpfs', target: scratch, mode: '0755' },
      { kind: 'overlay', layers: [high, low], target: path.join(scratch, 'root') },
    ],
    argv: ['tar', '-C', path.join(scratch, 'root'), '--sort=name', '-cf', `${low}.tar`, '.'],
  })
  assert.deepEqual([exitCode, stdout, stderr], [0, '', ''])
  const list = await run('', { root: { kind: 'host' }, mounts: [], argv: ['tar', '-tf', `${low}.tar`] })
  assert.equal(list.stdout, './\n./a\n./b\n')
})

test('a mount point that leads elsewhere or is missing is refused', privileged, async (t) => {
  const { run, basic, layer, directory, root } = place(t)
  fs.symlinkSync('/', path.join(layer, 'out'))
  fs.symlinkSync('../..', path.join(layer, 'up'))
  fs.symlinkSync(root, path.join(root, 'link'))
  fs.writeFileSync(path.join(layer, 'file'), '')
  const ro = directory('ro')
  const tmpfs = (target: string) => ({ kind: 'tmpfs', target, mode: '0755' }) as const
  const cases = [
    [[tmpfs('/out')], 'SDK_SEED', /\/out is a symbolic link/],
    [[tmpfs('/up/x/y')], 'SDK_SEED', /\/up is a symbolic link/],
    [[tmpfs('/file')], 'SDK_SEED', /\/file: a directory was expected/],
    [
      [{ kind: 'bind', source: ro, target: '/srv', readOnly: true }, tmpfs('/srv/new')],
      'SDK_SEED',
      /\/srv\/new does not exist/,
    ],
    [
      [{ kind: 'bind', source: `${root}/link`, target: '/srv', readOnly: true }],
      'SDK_SEED',
      /link is a symbolic link/,
    ],
    [
      [{ kind: 'bind', source: `${root}/none`, target: '/srv', readOnly: true }],
      'SDK_INTERNAL',
      /none does not exist/,
    ],
  ] as const
  for (const [mounts, code, message] of cases) {
    const ran = await run('echo started', { mounts: [...basic, ...mounts] })
    assert.equal(ran.exitCode, 125)
    assert.equal(ran.stdout, '')
    const error = explainSandboxFailure({ exitCode: ran.exitCode, signal: null }, ran.stderr)
    assert.equal(error.code, code)
    assert.match(error.message, message)
  }
  assert.deepEqual(fs.readdirSync(ro), [])
})

test('what the host unmounts while a sandbox runs is free at once', privileged, async (t) => {
  const { root, directory, spec, scratch } = place(t)
  const disk = directory('a disk')
  // Of this sandbox only: a namespace that another test makes just now has the disk, too.
  const holders = (sandbox: ChildProcess): string[] => {
    const own = descendants(sandbox.pid as number)
    return processes(
      (each) =>
        own.has(path.basename(each)) &&
        fs.readFileSync(`${each}/mountinfo`, 'utf8').includes(`${root}/a\\040disk`),
    )
  }
  for (const kind of ['layers', 'host'] as const)
    for (const propagation of kind === 'host' ? ['shared'] : ['private', 'shared']) {
      // What the host's mounts around it are, in a container say, is not this test's: it brings one that is shared.
      execFileSync('mount', ['--bind', root, root])
      execFileSync('mount', [`--make-${propagation}`, root])
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'disk', disk])
      const stop = new AbortController()
      try {
        const ready = spec('echo ready; exec sleep 1000')
        const child = enterSandbox(
          kind === 'host' ? { ...ready, root: { kind }, mounts: [], cwd: '/' } : ready,
          { scratch, signal: stop.signal },
        )
        await once(child.stdout as Readable, 'data')
        execFileSync('umount', [disk])
        assert.ok(descendants(child.pid as number).size > 1)
        assert.deepEqual(holders(child), [], `${kind}, ${propagation}`)
        stop.abort()
        await once(child, 'close')
      } finally {
        stop.abort()
        execFileSync('umount', ['-R', root])
      }
    }
})
