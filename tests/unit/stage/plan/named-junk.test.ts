import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { junkOf } from '../../../../src/repos/junk.js'
import { namedFiles } from '../../../../src/stage/plan/named-files.js'
import { tinyDefinition } from '../../../helpers/tiny-plan.js'

const TOML = `profile = "p"
portage_confdir = "confdir"
[stage4]
root_overlay = "overlay"
[[repos]]
name = "main"
path = "main"
archive = "/main"
main = true
`

test('junk of a configuration folder does not count; of what is copied as it is, everything does', async (t) => {
  const root = mkdtempSync(path.join(tmpdir(), 'named-junk-'))
  t.after(() => rmSync(root, { recursive: true }))
  for (const name of ['confdir', 'overlay', 'main']) mkdirSync(path.join(root, name))
  const definition = tinyDefinition(root, TOML)
  const digests = async (): Promise<string[]> =>
    (await namedFiles(definition, [])).map(({ sha256 }) => sha256)
  /** Whether a new file changes the digests of the configuration folder and of the overlay. */
  const changes = async (name: string): Promise<boolean[]> => {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
    const before = await digests()
    writeFileSync(path.join(root, name), 'x')
    const after = await digests()
    assert.equal(after.length, 2)
    return after.map((digest, index) => digest !== before[index])
  }
  for (const name of ['.git/HEAD', 'package.use/.a.swp', 'package.use/a~', 'env/.svn/entries'])
    assert.deepEqual(await changes(`confdir/${name}`), [false, false], name)
  for (const name of ['package.use/a', 'build/x', 'distfiles/x', 'packages'])
    assert.deepEqual(await changes(`confdir/${name}`), [true, false], name)
  for (const name of ['.git/HEAD', 'etc/a~', 'packages/x', 'distfiles/x', 'build/x'])
    assert.deepEqual(await changes(`overlay/${name}`), [false, true], name)
})

test('a pattern of junk with many stars is no riddle', async () => {
  const isJunk = junkOf('/nowhere', ['*a'.repeat(40), '.*.sw[a-p]', 'x[!y]/', '/top?'])
  assert.equal(await isJunk(`${'a'.repeat(200)}b`, false), false)
  assert.equal(await isJunk('a'.repeat(200), false), true)
  const found = ['.x.swa', '.x.swz', 'xz', 'topp', 'top'].map((name) => isJunk(name, name === 'xz'))
  assert.deepEqual(await Promise.all(found), [true, false, true, true, false])
})
