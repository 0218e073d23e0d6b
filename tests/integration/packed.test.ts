// The tarball that `npm pack` makes: what is in it, and that it installs and works where there is no network.

import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'
import { VERB_NAMES } from '../../src/cli/arguments/verbs.js'
import type { Captured } from '../../src/process/run.js'
import { treeDigest } from '../../src/repos/digest.js'
import { execute } from './launcher-project.js'
import { needsRoot, temporary } from './store-helpers.js'

const PROJECT = process.cwd()

test('the npm package installs and works without a network, with all its data', needsRoot(), async (t) => {
  const folder = await temporary(t)
  const prefix = path.join(folder, 'prefix')
  const env = { HOME: folder, npm_config_cache: path.join(folder, 'cache') }
  const must = async (...[program, ...words]: [string, ...string[]]): Promise<Captured> => {
    const done = await execute([program, ...words], env, program === 'npm' ? PROJECT : folder)
    assert.equal(done.exitCode, 0, `${program} ${words.join(' ')}: ${done.stderr}`)
    return done
  }
  const packed = await must('npm', 'pack', '--silent', '--pack-destination', folder)
  const file = path.join(folder, packed.stdout.trim().split('\n').at(-1) ?? '')
  assert.ok((await stat(file)).size < 2_000_000)
  await must('unshare', '--net', 'npm', 'install', '--global', '--offline', '--prefix', prefix, file)
  const installed = path.join(prefix, 'lib/node_modules/bootstrap_sdk')

  await t.test('it holds no sources, tests or packages of others', async () => {
    const names = await readdir(installed, { recursive: true })
    assert.deepEqual(
      names.filter((name) => /\.(?:ts|map)$|^(?:tests|bench|dist|node_modules)\b|stamp/.test(name)),
      [],
    )
    for (const name of ['sdks', 'stages'])
      assert.equal(await treeDigest(path.join(installed, name)), await treeDigest(path.join(PROJECT, name)))
    const licences = await readFile(path.join(installed, 'lib/LICENSES.txt'), 'utf8')
    assert.deepEqual(licences.match(/^(commander|smol-toml|uplot|valibot)$/gm), [
      'commander',
      'smol-toml',
      'uplot',
      'valibot',
    ])
  })

  const program = path.join(prefix, 'bin/bootstrap_sdk')
  const offline = (...words: string[]): Promise<Captured> => must('unshare', '--net', program, ...words)

  await t.test('it has what the page of a report holds', async () => {
    for (const name of ['page.js', 'page.css']) await stat(path.join(installed, 'lib/report', name))
  })

  await t.test('its man pages are where man looks', async () => {
    for (const verb of VERB_NAMES) await stat(path.join(prefix, `share/man/man1/bootstrap_sdk-${verb}.1`))
  })

  await t.test('it says nothing but what it was asked for, and compiles nothing', async () => {
    const { version } = JSON.parse(await readFile(path.join(PROJECT, 'package.json'), 'utf8'))
    const { stdout, stderr } = await offline('-V')
    assert.deepEqual([stdout, stderr], [`bootstrap_sdk ${version}\n`, ''])
  })

  await t.test('its kept help is what the program says', async () => {
    const main = path.join(installed, 'lib/cli/main.js')
    for (const words of [['--help'], ['-V'], ...VERB_NAMES.map((verb) => [verb, '--help'])]) {
      const [kept, said] = [await offline(...words), await must(process.execPath, main, ...words)]
      assert.equal(kept.stdout, said.stdout, words.join(' '))
    }
    const [, word] = [
      await execute([program, 'help', 'bild'], env),
      await execute([program, 'help', '../x'], env),
    ]
    assert.deepEqual([word?.exitCode, /there is no verb/.test(word?.stderr ?? '')], [2, true])
  })

  await t.test('it plans the SDK that it brings', async () => {
    const { stdout } = await offline('plan', '--json', '--catalyst_root', path.join(folder, 'root'))
    const { sdk, stages } = JSON.parse(stdout) as { sdk: { file: string }; stages: unknown[] }
    assert.deepEqual([sdk.file, stages.length], [path.join(installed, 'sdks/embedded/sdk.toml'), 4])
  })

  await t.test('a Debian package of it installs into a clean root, and works there', async () => {
    const root = path.join(folder, 'clean root')
    await mkdir(path.join(root, 'var/lib/dpkg/info'), { recursive: true })
    await writeFile(path.join(root, 'var/lib/dpkg/status'), '')
    const make = path.join(PROJECT, 'scripts/make-deb.sh')
    const deb = (await must(make, file, folder)).stdout.trim()
    const once = await readFile(deb)
    await must(make, file, folder)
    assert.deepEqual(await readFile(deb), once)
    await must('dpkg', `--root=${root}`, '--force-depends', '--install', deb)
    const command = path.join(root, 'usr/bin/bootstrap_sdk')
    assert.match((await must('unshare', '--net', command, '-V')).stdout, /^bootstrap_sdk \d/)
    const plan = await must('unshare', '--net', command, 'plan', '--catalyst_root', path.join(folder, 'root'))
    assert.match(plan.stdout, /^SDK +embedded .*clean root\/usr\/lib\/bootstrap_sdk/)
    for (const verb of VERB_NAMES)
      await stat(path.join(root, `usr/share/man/man1/bootstrap_sdk-${verb}.1.gz`))
    const { stdout } = await must('dpkg', `--root=${root}`, '--verify', 'bootstrap-sdk')
    assert.equal(stdout, '')
    await must('dpkg', `--root=${root}`, '--remove', 'bootstrap-sdk')
    assert.deepEqual(await readdir(path.join(root, 'usr')).catch(() => []), [])
  })
})
