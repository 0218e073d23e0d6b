// The plan of the cross overlay and its configuration, and its writing over an older one.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, it } from 'node:test'
import { planCrossConfig, planCrossOverlay } from '../../../src/toolchain/cross-overlay.js'
import { writeEntries } from '../../../src/toolchain/root/write-entries.js'

const scratch = mkdtempSync(join(tmpdir(), 'cross-overlay-'))
after(() => rmSync(scratch, { recursive: true }))

const NAMES = ['sys-devel/binutils', 'sys-devel/gcc', 'sys-libs/glibc', 'sys-kernel/linux-headers']
const input = {
  location: '/usr/local/portage/crossdev',
  targets: ['aarch64-cros-linux-gnu', 'x86_64-cros-linux-gnu'],
  masters: ['portage-stable', 'coreos-overlay'],
  sources: new Map(NAMES.map((name) => [name, '/var/gentoo/repos/gentoo'])),
}

it('plans links to the native ebuilds, per target', () => {
  const plan = new Map(planCrossOverlay(input).map((entry) => [entry.path, entry]))
  assert.deepEqual(plan.get('cross-aarch64-cros-linux-gnu/gcc'), {
    path: 'cross-aarch64-cros-linux-gnu/gcc',
    link: '../../../../../var/gentoo/repos/gentoo/sys-devel/gcc',
  })
  assert.deepEqual(plan.get('profiles/categories'), {
    path: 'profiles/categories',
    text: 'cross-aarch64-cros-linux-gnu\ncross-x86_64-cros-linux-gnu\n',
  })
  assert.match(JSON.stringify(plan.get('metadata/layout.conf')), /masters = portage-stable coreos-overlay\\n/)
  assert.equal(plan.size, 12)
})

it('says which package no repo has', () => {
  assert.throws(() => planCrossOverlay({ ...input, sources: new Map() }), {
    code: 'SDK_REPO',
    message: /sys-devel\/binutils/,
  })
  assert.throws(() => planCrossOverlay({ ...input, targets: ['nonsense'] }), { code: 'SDK_DEFINITION' })
})

it('gives tools the ABI of the build machine and libraries that of the target', () => {
  const plan = planCrossConfig({ host: 'x86_64-pc-linux-gnu', target: 'aarch64-cros-linux-gnu' })
  const text = (path: string): string => {
    const entry = plan.find((each) => each.path === path)
    return entry !== undefined && 'text' in entry ? entry.text : ''
  }
  const category = 'cross-aarch64-cros-linux-gnu'
  assert.match(
    text(`env/${category}/gcc.conf`),
    /TARGET_ABI='arm64'[\s\S]*LIBDIR_amd64='lib'[\s\S]*\nABI='amd64'/,
  )
  assert.match(text(`env/${category}/glibc.conf`), /\nABI='arm64'/)
  assert.doesNotMatch(text(`env/${category}/glibc.conf`), /TARGET_ABI/)
  assert.match(text(`package.accept_keywords/${category}`), /\/gcc arm64 ~arm64 -amd64 -~amd64\n/)
  assert.match(text(`package.env/${category}`), new RegExp(`^${category}/gcc ${category}/gcc.conf$`, 'm'))
})

it('writes the plan twice, keeps what is not its own, refuses to replace a directory', async () => {
  const root = join(scratch, 'overlay')
  await writeEntries(root, planCrossOverlay(input))
  await writeEntries(root, planCrossOverlay(input))
  assert.equal(readFileSync(join(root, 'profiles/repo_name'), 'utf8'), 'x-crossdev\n')
  assert.match(readlinkSync(join(root, 'cross-x86_64-cros-linux-gnu/glibc')), /sys-libs\/glibc$/)
  mkdirSync(join(root, 'mine/pkg'), { recursive: true })
  await assert.rejects(writeEntries(root, [{ path: 'mine/pkg', link: '/x' }]), { code: 'SDK_REPO' })
})
