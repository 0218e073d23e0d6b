// Of the modes of a checkout's files just those count that their copies in a root have.

import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { writeRootOverlay } from '../../../../src/stage/finish/root-overlay.js'
import { namedFiles, requireNamedFiles } from '../../../../src/stage/plan/named-files.js'
import { ONE_REPO, tinyDefinition, tinyPlan } from '../../../helpers/tiny-plan.js'

const MODES = [0o755, 0o775, 0o777, 0o744, 0o700, 0o711, 0o1777, 0o2755, 0o2775, 0o4755]
const OF_FILES = [...MODES, 0o644, 0o664, 0o666, 0o600, 0o640, 0o444, 0o440]

test('two modes of a file or folder have one digest when their copies have one mode, and another one else', async (t) => {
  const root = mkdtempSync(path.join(tmpdir(), 'modes-'))
  t.after(() => rmSync(root, { recursive: true }))
  for (const folder of ['main/profiles/p', 'overlay/folder'])
    mkdirSync(path.join(root, folder), { recursive: true })
  writeFileSync(path.join(root, 'main/profiles/repo_name'), 'main\n')
  writeFileSync(path.join(root, 'overlay/file'), 'x')
  const definition = tinyDefinition(root, `${ONE_REPO}[stage4]\nroot_overlay = "overlay"\n`)
  const plan = await tinyPlan(definition, 'stage4', { root })
  for (const [name, modes] of [
    ['file', OF_FILES],
    ['folder', MODES],
  ] as const) {
    const seen = new Map<string, number>()
    for (const mode of modes) {
      chmodSync(path.join(root, 'overlay', name), mode)
      const [{ sha256 } = { sha256: '' }] = await namedFiles(definition, [])
      const copy = path.join(root, `copy-${name}-${mode}`)
      await writeRootOverlay(plan, copy)
      const copied = statSync(path.join(copy, name)).mode & 0o7777
      assert.equal(seen.get(sha256) ?? copied, copied, `${name} ${mode.toString(8)}`)
      seen.set(sha256, copied)
      assert.equal(copied & 0o022, mode > 0o777 ? mode & 0o022 : 0)
    }
    assert.equal(new Set(seen.values()).size, seen.size, 'one digest for each mode that comes out')
  }
})

test('patches in a repo and in portage_confdir are refused before anything is built: Portage has one folder of them', async (t) => {
  const root = mkdtempSync(path.join(tmpdir(), 'patches-'))
  t.after(() => rmSync(root, { recursive: true }))
  for (const folder of ['main/profiles/p', 'main/patches', 'conf'])
    mkdirSync(path.join(root, folder), { recursive: true })
  writeFileSync(path.join(root, 'main/profiles/repo_name'), 'main\n')
  const both = `portage_confdir = "conf"\nportage_patches = "main:patches"\n${ONE_REPO}`
  const definition = tinyDefinition(root, both)
  await requireNamedFiles(definition)
  mkdirSync(path.join(root, 'conf/patches'))
  await assert.rejects(requireNamedFiles(definition), {
    code: 'SDK_DEFINITION',
    message: /portage_patches: expected none in portage_confdir, too, found \S+\/conf\/patches/,
  })
})

test('what the engine writes below /etc/portage is refused in portage_confdir, as it would be in the place of it', async (t) => {
  const root = mkdtempSync(path.join(tmpdir(), 'names-'))
  t.after(() => rmSync(root, { recursive: true }))
  for (const folder of ['main/profiles/p', 'conf']) mkdirSync(path.join(root, folder), { recursive: true })
  writeFileSync(path.join(root, 'main/profiles/repo_name'), 'main\n')
  const cross = '[[cross]]\nchost = "aarch64-none-linux-gnu"\npackages = ["gcc"]\n'
  const category = 'cross-aarch64-none-linux-gnu'
  const definition = (own: string) => tinyDefinition(root, `portage_confdir = "conf"\n${ONE_REPO}${own}`)
  const conf = path.join(root, 'conf')
  const cases: [name: string, own: string, problem?: RegExp][] = [
    ['package.mask', cross],
    ['package.mask/carried', cross],
    [
      'package.mask/bootstrap_sdk',
      '',
      /expected no package\.mask\/bootstrap_sdk, .* found \S+conf\/package\.mask/,
    ],
    [`package.env/${category}`, '[stage4]\n'],
    [`package.env/${category}`, cross, /expected no package\.env\/cross-aarch64-\S+, .* found /],
    [
      `profile/package.use.mask/${category}/file`,
      cross,
      /expected no profile\/package\.use\.mask\/cross-aarch64/,
    ],
    ['package.env', cross],
    ['env', cross, /expected a folder, found a file at \S+\/conf\/env$/],
    ['profile', cross, /expected a folder, found a file at \S+\/conf\/profile$/],
  ]
  for (const [name, own, problem] of cases) {
    mkdirSync(path.dirname(path.join(conf, name)), { recursive: true })
    writeFileSync(path.join(conf, name), 'x\n')
    if (problem === undefined) await requireNamedFiles(definition(own))
    else
      await assert.rejects(requireNamedFiles(definition(own)), (error: Error & { code: string }) => {
        assert.equal(error.code, 'SDK_DEFINITION', name)
        assert.match(error.message, problem, name)
        return true
      })
    rmSync(conf, { recursive: true })
    mkdirSync(conf)
  }
  // The run makes a folder of such a link, too; one to itself is told when it is followed.
  writeFileSync(path.join(root, 'mask'), 'x\n')
  symlinkSync('../mask', path.join(conf, 'package.mask'))
  await requireNamedFiles(definition(''))
  symlinkSync('env', path.join(conf, 'env'))
  await requireNamedFiles(definition(cross))
  rmSync(path.join(conf, 'env'))
  symlinkSync('../mask', path.join(conf, 'env'))
  await assert.rejects(requireNamedFiles(definition(cross)), {
    message: /expected a folder, found a file at \S+\/conf\/env$/,
  })
})
