// What of an older stage's configuration and overlays goes: what this stage's, if it has them, no longer have; and what becomes of a
// file that has to be a folder.

import assert from 'node:assert/strict'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { makeSettingsFolder } from '../../../../src/stage/run/confdir.js'
import { writeInput } from '../../../../src/stage/run/input.js'
import { type Placed, renderGone, replacePlaced, type ToPlace } from '../../../../src/stage/run/placed.js'
import type { Work } from '../../../../src/stage/run/work.js'
import { ONE_REPO, tinyDefinition, tinyPlan } from '../../../helpers/tiny-plan.js'

const BEFORE: Placed = {
  configuration: { '/etc/portage/a': '1', '/etc/portage/b': '2' },
  overlay: { '/etc/x': '3', '/etc/portage/b': '2' },
}

for (const [what, now, placed, gone] of [
  ['nothing is said, and all stays', {}, BEFORE, {}],
  [
    'another configuration',
    { configuration: { '/etc/portage/a': '9' } },
    { configuration: { '/etc/portage/a': '9' }, overlay: BEFORE.overlay },
    { '/etc/portage/b': '2' },
  ],
  [
    'an empty one',
    { configuration: {} },
    { configuration: {}, overlay: BEFORE.overlay },
    BEFORE.configuration,
  ],
  [
    'what the overlay has now is not taken away for the configuration',
    { configuration: {}, overlay: { '/etc/portage/a': '1', '/etc/y': '4' } },
    { configuration: {}, overlay: { '/etc/portage/a': '1', '/etc/y': '4' } },
    { '/etc/portage/b': '2', '/etc/x': '3' },
  ],
] as const)
  test(what, () => {
    const { configuration, overlay }: Partial<ToPlace> = now
    assert.deepEqual(replacePlaced(BEFORE, { configuration, overlay }), { placed, gone })
  })

test('the list is NUL-ended, for names with blanks and line breaks', () => {
  assert.equal(renderGone({ '/a b': '-> c', '/d\n': 'e' }), '/a b\0-> c\0/d\n\0e\0')
  assert.equal(renderGone({}), '')
})

test('a package.mask that is a link to a file becomes a folder with what that says, beside files of any name', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'mask-'))
  t.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(path.join(folder, 'lists'))
  writeFileSync(path.join(folder, 'lists/mask'), '>=sys-apps/sed-5\n')
  writeFileSync(path.join(folder, 'mask'), 'own\n')
  symlinkSync('lists/mask', path.join(folder, 'package.mask'))
  await makeSettingsFolder(folder, 'package.mask')
  assert.equal(readFileSync(path.join(folder, 'package.mask/definition'), 'utf8'), '>=sys-apps/sed-5\n')
  assert.deepEqual(readdirSync(folder).sort(), ['lists', 'mask', 'package.mask'])
  // A link to a folder is one already.
  rmSync(path.join(folder, 'package.mask'), { recursive: true })
  symlinkSync('lists', path.join(folder, 'package.mask'))
  await makeSettingsFolder(folder, 'package.mask')
  assert.deepEqual(readdirSync(path.join(folder, 'package.mask')), ['mask'])
})

test('settings of a portage_confdir that are files become folders where the engine has its own for a cross toolchain', async (t) => {
  const root = mkdtempSync(path.join(tmpdir(), 'confdir-'))
  t.after(() => rmSync(root, { recursive: true }))
  for (const folder of ['main/profiles/p', 'main/sys-devel/binutils', 'conf/profile', 'work'])
    mkdirSync(path.join(root, folder), { recursive: true })
  writeFileSync(path.join(root, 'main/profiles/repo_name'), 'main\n')
  writeFileSync(path.join(root, 'main/sys-devel/binutils/binutils-2.ebuild'), 'EAPI=8\n')
  const names = ['package.env', 'package.accept_keywords', 'profile/package.use.mask', 'package.use']
  for (const name of names) writeFileSync(path.join(root, 'conf', name), `${name}\n`)
  const definition = tinyDefinition(
    root,
    `portage_confdir = "conf"\n${ONE_REPO}[[cross]]\nchost = "aarch64-cros-linux-gnu"\n`,
  )
  const plan = await tinyPlan(definition, 'stage4', { root })
  const input = path.join(root, 'work')
  await writeInput(plan, { input } as Work)
  const own = (name: string): string => readFileSync(path.join(input, 'portage', name), 'utf8')
  for (const name of names.slice(0, 3)) assert.equal(own(`${name}/definition`), `${name}\n`)
  assert.match(own('package.env/cross-aarch64-cros-linux-gnu'), /binutils/)
  assert.equal(own('package.use'), 'package.use\n')
})
