import assert from 'node:assert/strict'
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import { must } from '../../src/process/run.js'
import { needsRoot, temporary } from './store-helpers.js'
import { cli } from './verbs-helpers.js'

/** Makes `seed.tar.gz` of a tree that `fill` makes, in a fresh folder, and returns the folder. */
async function seed(t: TestContext, fill: (root: string) => void): Promise<string> {
  const folder = await temporary(t)
  const root = path.join(folder, 'tree')
  mkdirSync(path.join(root, 'usr/bin'), { recursive: true })
  symlinkSync('usr/bin', path.join(root, 'bin'))
  fill(root)
  mkdirSync(path.join(folder, 'cwd'))
  await must({ argv: ['tar', '-C', root, '-czf', path.join(folder, 'cwd/seed.tar.gz'), '.'] })
  return path.join(folder, 'cwd')
}

const withShell = (root: string): void => copyFileSync('/bin/bash', path.join(root, 'usr/bin/bash'))

/** The host's shell, with the machine field of its ELF header (offset 18) saying AArch64. */
function withForeignShell(root: string): void {
  const shell = readFileSync('/bin/bash')
  shell.writeUInt16LE(183, 18)
  writeFileSync(path.join(root, 'usr/bin/bash'), shell, { mode: 0o755 })
}

const CASES: readonly [string, (root: string) => void, RegExp][] = [
  ['without a shell', () => {}, /lacks \/bin\/bash/],
  [
    'whose root lies one folder deeper',
    (root) => {
      mkdirSync(path.join(root, 'rootfs/bin'), { recursive: true })
      copyFileSync('/bin/bash', path.join(root, 'rootfs/bin/bash'))
    },
    /lacks \/bin\/bash[\s\S]*the root is its folder rootfs: pack it with `tar -C rootfs -c \.`/,
  ],
  [
    'that is an image of a container engine',
    (root) => writeFileSync(path.join(root, 'manifest.json'), '[]'),
    /lacks \/bin\/bash[\s\S]*`docker export`/,
  ],
  [
    'without Portage and repos',
    withShell,
    /lacks \/usr\/bin\/emerge \(Portage\), \/var\/gentoo\/repos\/gentoo/,
  ],
  [
    'without repos',
    (root) => {
      withShell(root)
      writeFileSync(path.join(root, 'usr/bin/emerge'), '')
    },
    /seed\.tar\.gz lacks \/var\/gentoo\/repos\/gentoo \(the ebuild repo portage-stable\), [^ ]*coreos-overlay/,
  ],
  [
    'of another machine',
    withForeignShell,
    /is for another machine: .* ELF machine 183, 64 bits, little-endian, expected ELF machine 62,/,
  ],
]

for (const [what, fill, message] of CASES)
  test(`a seed ${what}: exit code 4, one clear error, and nothing is made`, needsRoot(), async (t) => {
    const cwd = await seed(t, fill)
    await assertRefused(cwd, message)
  })

test(
  'an image of a container engine is known by its first member, before it is unpacked',
  needsRoot(),
  async (t) => {
    for (const name of ['blobs/sha256/x', 'oci-layout', `${'ab12'.repeat(16)}/layer.tar`]) {
      const folder = await temporary(t)
      const file = path.join(folder, 'tree', name)
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(file, '')
      const cwd = path.join(folder, 'cwd')
      mkdirSync(cwd)
      const [first = ''] = name.split('/')
      await must({
        argv: ['tar', '-C', path.join(folder, 'tree'), '-czf', path.join(cwd, 'seed.tar.gz'), first],
      })
      await assertRefused(cwd, /expected a root, found an image of a container engine \(it begins with "/)
      const planned = await cli(['plan', '--seed_tarball', 'seed.tar.gz'], { cwd })
      assert.deepEqual([planned.exitCode, planned.stdout], [4, ''])
    }
  },
)

test(
  'a seed truncated in the middle: exit code 4, one clear error, and nothing is made',
  needsRoot(),
  async (t) => {
    const cwd = await seed(t, withShell)
    truncateSync(path.join(cwd, 'seed.tar.gz'), 300_000)
    await assertRefused(cwd, /seed\.tar\.gz.*truncated/)
  },
)

test(
  'in a catalyst root that is there, a seed that can never be used is nothing to go on with',
  needsRoot(),
  async (t) => {
    const cwd = await seed(t, () => {})
    const root = path.join(cwd, 'cr')
    mkdirSync(root)
    const args = ['--seed_tarball', 'seed.tar.gz', '--catalyst_root', root, '--no_host_setup']
    const ended = await cli(args, { cwd })
    assert.equal(ended.exitCode, 4, ended.stderr)
    assert.match(ended.stderr, /lacks \/bin\/bash[\s\S]*hint: take an SDK tarball of this architecture/)
    assert.doesNotMatch(ended.stderr, /to go on with it/)
  },
)

async function assertRefused(cwd: string, message: RegExp): Promise<void> {
  const ended = await cli(['--seed_tarball', 'seed.tar.gz', '--no_host_setup'], { cwd })
  assert.equal(ended.exitCode, 4, ended.stderr)
  assert.match(ended.stderr, message)
  assert.deepEqual(readdirSync(cwd), ['seed.tar.gz'])
}
