// The tarball that `npm pack` makes: what is in it, and that it installs and works where there is no network.

import assert from 'node:assert/strict'
import { appendFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'
import { gunzipSync } from 'node:zlib'
import { VERB_NAMES } from '../../src/cli/arguments/verbs.js'
import type { Captured } from '../../src/process/run.js'
import { treeDigest } from '../../src/repos/digest.js'
import { execute } from './launcher-project.js'
import { needsRoot, temporary } from './store-helpers.js'
import { miniRoot } from './verbs-helpers.js'

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
    await miniRoot(root, ['bash', 'node', 'env', 'cat', 'dirname', 'readlink', 'stat', 'cmp'])
    const make = path.join(PROJECT, 'scripts/make-deb.sh')
    const deb = (await must(make, file, folder)).stdout.trim()
    const once = await readFile(deb)
    await must(make, file, folder)
    assert.deepEqual(await readFile(deb), once)
    const dpkg = ['dpkg', `--root=${root}`] as const
    const status = path.join(root, 'var/lib/dpkg/status')
    await writeFile(status, [inDatabase('bash', '5.2'), inDatabase('coreutils', '9.1')].join('\n'))
    const refused = await execute([...dpkg, '--install', deb], env)
    assert.notEqual(refused.exitCode, 0)
    assert.match(refused.stderr, /depends on nodejs \(>= 20\.19\)/)
    await appendFile(status, `\n${inDatabase('nodejs', '20.19.0')}`)
    await must(...dpkg, '--configure', 'bootstrap-sdk')
    assert.equal((await must(...dpkg, '--verify', 'bootstrap-sdk')).stdout, '')

    // Neither a network nor anything of the machine; not even /proc, until it is mounted.
    const inside = (words: readonly string[], before = ':'): Promise<Captured> => {
      const script = `${before.replace('ROOT', '"$0"')}; exec chroot "$0" /usr/bin/env -i PATH=/usr/bin HOME=/tmp "$@"`
      return execute(
        ['unshare', '--net', '--mount', '--pid', '--fork', 'bash', '-c', script, root, ...words],
        env,
      )
    }
    const { version } = JSON.parse(await readFile(path.join(PROJECT, 'package.json'), 'utf8'))
    assert.equal((await inside(['bootstrap_sdk', '-V'])).stdout, `bootstrap_sdk ${version}\n`)
    const help = await inside(['bootstrap_sdk', 'collect-logs', '--help'])
    assert.equal(help.stdout, (await offline('collect-logs', '--help')).stdout)
    const bare = await inside(['bootstrap_sdk', 'doctor'])
    assert.equal(bare.exitCode, 3, bare.stderr)
    assert.match(bare.stdout, /^missing +\/proc +\/proc is not mounted: .*mount -t proc proc \/proc/m)
    const doctor = await inside(['bootstrap_sdk', 'doctor'], 'mount -t proc proc ROOT/proc')
    assert.equal(doctor.exitCode, 3, doctor.stderr)
    assert.match(doctor.stdout, /^ok +Node\.js +\d/m)
    assert.match(doctor.stdout, /^missing +zstd +.*apt-get install zstd$/m)
    // What could not be tried is not all right.
    assert.match(doctor.stdout, /^unknown +overlayfs +not tried without namespaces$/m)
    assert.doesNotMatch(doctor.stdout, /\/proc is not mounted/)
    const plan = await inside(['bootstrap_sdk', 'plan'])
    assert.deepEqual(
      [plan.exitCode, /distribution seed needs Debian/.test(plan.stderr)],
      [3, true],
      plan.stderr,
    )

    const completion = '/usr/share/bash-completion/completions/bootstrap_sdk'
    const completed = await inside(['bash', '-c', `source ${completion}; complete -p bootstrap_sdk`])
    assert.match(completed.stdout, /^complete .* bootstrap_sdk$/m, completed.stderr)
    for (const verb of VERB_NAMES) {
      const page = await readFile(path.join(root, `usr/share/man/man1/bootstrap_sdk-${verb}.1.gz`))
      assert.match(gunzipSync(page).toString(), /^\.TH "?BOOTSTRAP/im, verb)
    }
    await must(...dpkg, '--remove', 'bootstrap-sdk')
    const left = await readdir(path.join(root, 'usr'), { recursive: true })
    assert.deepEqual(
      left.filter((name) => /bootstrap/.test(name)),
      [],
    )
  })
})

/** What dpkg's database says of a package of a clean root. */
const inDatabase = (name: string, version: string): string =>
  `Package: ${name}\nStatus: install ok installed\nVersion: ${version}\nArchitecture: amd64\nMaintainer: x <x@localhost>\nDescription: x\n`
