// Configuration files with the real command: what counts more, what earlier runs say, and where each value is from.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { writeKept } from '../../src/request/kept-request.js'
import { cli, ground } from './verbs-helpers.js'

test('config show tells each value with its origin, and the nearer one counts', async (t) => {
  const { folder } = await ground(t)
  const home = path.join(folder, 'home')
  mkdirSync(path.join(home, 'bootstrap_sdk'), { recursive: true })
  writeFileSync(
    path.join(home, 'bootstrap_sdk/config.toml'),
    'jobs = 5\ncompression = "gz"\nsdk = "embedded"\n',
  )
  writeFileSync(
    path.join(folder, 'bootstrap_sdk.toml'),
    '\ncompression = "xz"\nmirror = ["a=https://u:p@m.invalid"]\n',
  )
  const show = async (words: readonly string[], env: Record<string, string> = {}) => {
    const options = { cwd: folder, env: { XDG_CONFIG_HOME: home, ...env } }
    const done = await cli(['config', 'show', ...words, '--json'], options)
    assert.equal(done.exitCode, 0, done.stderr)
    const { format, options: all } = JSON.parse(done.stdout)
    assert.equal(format, 1)
    return Object.fromEntries(
      all.map(({ name, value, origin }: { name: string; value: unknown; origin: { kind: string } }) => [
        name,
        [value, origin.kind],
      ]),
    )
  }
  const shown = await show([])
  assert.deepEqual(shown.jobs, [['5'], 'user'])
  assert.deepEqual(shown.compression, [['xz'], 'project'])
  assert.deepEqual(shown.mirror, [['a=https://***@m.invalid'], 'project'])
  assert.deepEqual(shown.runner, [null, 'default'])
  assert.deepEqual((await show([], { NUM_JOBS: '7' })).jobs, [['7'], 'environment'])
  assert.deepEqual((await show(['--sdk', 'flatcar'])).sdk, [['flatcar'], 'command line'])
  const text = await cli(['config', 'show'], { cwd: folder, env: { XDG_CONFIG_HOME: home } })
  assert.match(text.stdout, /^compression +xz +\/.*\/bootstrap_sdk\.toml:2$/m)
  assert.match(text.stdout, /^runner +native +default$/m)
})

test('a plan has what the files say, below the command line; a wrong file is an error of every verb', async (t) => {
  const { folder, place, layout } = await ground(t)
  const [, sdk = '', , root = ''] = place
  const file = path.join(folder, 'bootstrap_sdk.toml')
  writeFileSync(file, `sdk = "./test"\ncatalyst_root = "cr"\ncompression = "xz"\n`)
  const seed = path.join(folder, 'seed.tar.gz')
  execFileSync('tar', ['-C', folder, '-czf', seed, 'test'])
  const plan = async (...words: string[]) => {
    const done = await cli(['plan', '--json', '--seed_tarball', seed, ...words], { cwd: folder })
    return { ...done, json: done.exitCode === 0 ? JSON.parse(done.stdout) : undefined }
  }
  // A link to what is not there is no file that is not there.
  const link = path.join(folder, 'elsewhere/bootstrap_sdk.toml')
  mkdirSync(path.dirname(link))
  symlinkSync('gone.toml', link)
  const dangling = await cli(['status'], { cwd: path.dirname(link) })
  assert.equal(dangling.exitCode, 2)
  assert.match(
    dangling.stderr,
    /elsewhere\/bootstrap_sdk\.toml: expected a file, found a link that leads nowhere/,
  )
  rmSync(path.dirname(link), { recursive: true })
  const status = await cli(['status', '--json'], { cwd: folder })
  assert.equal(status.exitCode, 0, status.stderr)
  assert.deepEqual([JSON.parse(status.stdout).root, JSON.parse(status.stdout).type], [root, 'test-sdk'])
  const other = path.join(folder, 'other')
  const elsewhere = await cli(['status', '--json', '--catalyst_root', other], { cwd: folder })
  assert.equal(JSON.parse(elsewhere.stdout).root, other)
  const planned = await plan()
  assert.equal(planned.exitCode, 0, planned.stderr)
  assert.equal(planned.json.sdk.file, path.join(sdk, 'sdk.toml'))
  assert.match(planned.stdout, /stage1-amd64-[^"]*\.tar\.xz"/)
  const said = await plan('--compression', 'bz2')
  assert.match(said.stdout, /stage1-amd64-[^"]*\.tar\.bz2"/)
  // What a version was asked before counts more than a file.
  await writeKept(layout, {
    ...{
      format: 1,
      begun: new Date().toISOString(),
      isDone: false,
      stages: [],
      gentooMirrors: [],
      withheld: [],
    },
    options: { compression: ['gz'], sdk: [sdk] },
  })
  const again = await plan('--version', layout.version)
  assert.match(again.stdout, /stage1-amd64-[^"]*\.tar\.gz"/, again.stderr)
  writeFileSync(file, 'sdk = "./test"\ncatalyst_rood = "cr"\n')
  for (const verb of ['plan', 'status', 'clean', 'doctor']) {
    const wrong = await cli([verb], { cwd: folder })
    assert.equal(wrong.exitCode, 2, wrong.stderr)
    assert.match(
      wrong.stderr,
      /bootstrap_sdk\.toml:2: expected the name of an option, found "catalyst_rood"; did you mean "catalyst_root"\?/,
    )
  }
  assert.equal((await cli(['--help'], { cwd: folder })).exitCode, 0)
})
