import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { appendFile, chmod, mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'
import { execute, miniProject, onlyPrograms } from './launcher-project.js'
import { needsRoot, temporary } from './store-helpers.js'

const NEWER_LOCK = '\n\n'

test('the first run installs, compiles and runs; the second only runs', async (t) => {
  const project = await miniProject(t)
  const link = path.join(await temporary(t), 'bootstrap_sdk')
  await symlink(path.join(project, 'bootstrap_sdk'), link)
  const first = await execute([link, '7', 'a b', ''], {}, '/usr')
  assert.equal(first.exitCode, 7, first.stderr)
  const said = first.stderr.trimEnd().split('\n')
  assert.deepEqual(
    said.map((line) => line.split(' ').slice(0, 2).join(' ')),
    ['bootstrap_sdk: installing', 'bootstrap_sdk: compiling'],
  )
  const seen = JSON.parse(first.stdout)
  assert.deepEqual([seen.argv, seen.cwd], [['7', 'a b', ''], '/usr'])
  assert.ok(seen.flags.includes('--max-old-space-size=96'))
  assert.ok(!seen.links.includes(project), 'the program inherits the lock')
  const second = await execute([link])
  assert.deepEqual([second.exitCode, second.stderr], [0, ''])
  assert.deepEqual(
    (await readdir(path.join(project, 'node_modules'))).filter((name) => name.includes('dist')),
    [],
  )
})

test('after npm run build the next start compiles nothing', async (t) => {
  const project = await miniProject(t)
  const launcher = path.join(project, 'bootstrap_sdk')
  await execute([launcher])
  await appendFile(path.join(project, 'src/cli/main.ts'), 'console.log("edited")')
  const built = await execute(['npm', 'run', '--silent', 'build'], {}, project)
  assert.deepEqual([built.exitCode, /^build: compiling[^\n]*\n$/.test(built.stderr)], [0, true], built.stderr)
  const next = await execute([launcher])
  assert.deepEqual([next.stderr, /edited\n$/.test(next.stdout)], ['', true])
})

test('an edited source is compiled, a touched one is not, and a deleted one leaves nothing', async (t) => {
  const project = await miniProject(t)
  const launcher = path.join(project, 'bootstrap_sdk')
  const main = path.join(project, 'src/cli/main.ts')
  await writeFile(path.join(project, 'src/gone.ts'), 'export {}')
  await execute([launcher])
  assert.ok(existsSync(path.join(project, 'dist/src/gone.js')))
  await utimes(main, new Date(), new Date())
  assert.equal((await execute([launcher])).stderr, '')
  await rm(path.join(project, 'src/gone.ts'))
  await appendFile(main, 'console.log("edited")')
  const edited = await execute([launcher])
  assert.match(edited.stderr, /^bootstrap_sdk: compiling[^\n]*\n$/)
  assert.match(edited.stdout, /edited\n$/)
  assert.ok(!existsSync(path.join(project, 'dist/src/gone.js')))
})

test('a source that does not compile: its errors, exit code 70, and dist stays as it was', async (t) => {
  const project = await miniProject(t)
  const launcher = path.join(project, 'bootstrap_sdk')
  const main = path.join(project, 'src/cli/main.ts')
  await execute([launcher])
  const good = await readFile(main, 'utf8')
  await writeFile(main, 'const wrong: number = "text"')
  const failed = await execute([launcher])
  assert.equal(failed.exitCode, 70)
  assert.match(failed.stderr, /src\/cli\/main\.ts.*TS2322/)
  assert.equal(failed.stdout, '')
  await writeFile(main, good)
  assert.deepEqual((await execute([launcher])).stderr, '')
})

test('npm runs again for another package-lock.json or without its stamp; when it fails, it is shown', async (t) => {
  const project = await miniProject(t)
  const launcher = path.join(project, 'bootstrap_sdk')
  const lock = path.join(project, 'package-lock.json')
  await execute([launcher])
  await rm(path.join(project, 'node_modules/.bootstrap_sdk-stamp'))
  assert.match((await execute([launcher])).stderr, /^bootstrap_sdk: installing[^\n]*\n$/)
  await appendFile(lock, NEWER_LOCK)
  assert.match((await execute([launcher])).stderr, /installing.*\n.*compiling/)
  await writeFile(lock, (await readFile(lock, 'utf8')).replaceAll('compiler', 'other'))
  const failed = await execute([launcher])
  assert.equal(failed.exitCode, 3)
  assert.match(failed.stderr, /npm error/)
  assert.match(failed.stderr, /bootstrap_sdk: failed: npm ci/)
})

test('of several first runs at once one prepares, and all succeed', async (t) => {
  const launcher = path.join(await miniProject(t), 'bootstrap_sdk')
  const runs = await Promise.all([1, 2, 3].map(() => execute([launcher])))
  const said = runs.map((run) => run.stderr).join('')
  assert.deepEqual(
    runs.map((run) => run.exitCode),
    [0, 0, 0],
    said,
  )
  assert.equal(said.match(/ installing /g)?.length, 1, said)
  assert.equal(said.match(/ compiling /g)?.length, 1, said)
})

test('bash, coreutils, node and npm are enough', async (t) => {
  const launcher = path.join(await miniProject(t), 'bootstrap_sdk')
  const programs = [
    'bash',
    'sh',
    'env',
    'node',
    'npm',
    'dirname',
    'readlink',
    'sha256sum',
    'mktemp',
    'mv',
    'rm',
  ]
  const env = { PATH: await onlyPrograms(t, programs) }
  const first = await execute([launcher], env)
  assert.equal(first.exitCode, 0, first.stderr)
  assert.deepEqual((await execute([launcher], env)).stderr, '')
})

for (const [version, accepted] of [
  ['v18.20.4', false],
  ['v20.18.3', false],
  ['v20.19.0', true],
  ['v22.0.0', true],
  ['none', false],
] as const) {
  test(`Node ${version} is ${accepted ? 'accepted' : 'refused with what to do'}`, async (t) => {
    const launcher = path.join(await miniProject(t), 'bootstrap_sdk')
    const programs = await onlyPrograms(t, ['bash', 'env', 'dirname', 'readlink', 'sha256sum'])
    if (version !== 'none') {
      await writeFile(path.join(programs, 'node'), `#!/usr/bin/env bash\necho ${version}\n`)
      await chmod(path.join(programs, 'node'), 0o755)
    }
    const { exitCode, stderr } = await execute([launcher], { PATH: programs })
    assert.equal(exitCode, 3)
    // Without npm an accepted Node gets exactly one step further.
    if (accepted) assert.match(stderr, /needs npm/)
    else
      assert.match(
        stderr,
        new RegExp(`needs Node 20\\.19 or newer, found ${version} .*apt-get install nodejs`, 's'),
      )
  })
}

test('an installation without sources runs; without a program it says so', async (t) => {
  const project = await miniProject(t)
  const launcher = path.join(project, 'bootstrap_sdk')
  await execute([launcher])
  for (const name of [
    'src',
    'tsconfig.json',
    'node_modules',
    'package-lock.json',
    'dist/.bootstrap_sdk-stamp',
  ]) {
    await rm(path.join(project, name), { recursive: true })
  }
  assert.deepEqual((await execute([launcher])).stderr, '')
  await rm(path.join(project, 'dist/src/cli/main.js'))
  const broken = await execute([launcher])
  assert.equal(broken.exitCode, 3)
  assert.match(broken.stderr, /neither sources nor dist/)
})

test(
  'a project that cannot be written runs when it is fresh, and says so when it is not',
  needsRoot(),
  async (t) => {
    const project = await miniProject(t)
    const launcher = path.join(project, 'bootstrap_sdk')
    const readOnly = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && exec "$1/bootstrap_sdk"'
    const run = () => execute(['unshare', '--mount', 'sh', '-c', readOnly, 'sh', project])
    const early = await run()
    assert.equal(early.exitCode, 3)
    assert.match(early.stderr, /not writable/)
    await execute([launcher])
    const fresh = await run()
    assert.deepEqual([fresh.exitCode, fresh.stderr], [0, ''])
  },
)

test('run_tests: what passes, fails, is skipped or is not there', async (t) => {
  const project = await miniProject(t)
  const run = (env: Record<string, string> = {}) => execute([path.join(project, 'run_tests'), '--unit'], env)
  const unit = path.join(project, 'tests/unit')
  const write = (name: string, body: string): Promise<void> =>
    writeFile(path.join(unit, `${name}.test.ts`), `// @ts-nocheck\nimport test from 'node:test'\n${body}`)
  const none = await run()
  assert.equal(none.exitCode, 1)
  assert.match(none.stderr, /no tests in tests\/unit/)
  await mkdir(unit, { recursive: true })
  await write('good', 'test("good", () => {})')
  const good = await run()
  assert.equal(good.exitCode, 0, good.stderr)
  assert.match(
    good.stderr,
    /run_tests: unit 1 passed, 0 failed, 0 skipped in \d+ s\nrun_tests: all passed\n$/,
  )
  await write('skip', 'test("later", { skip: "no root" }, () => {})')
  assert.equal((await run()).exitCode, 0)
  const strict = await run({ CI: '1' })
  assert.equal(strict.exitCode, 1)
  assert.match(strict.stderr, /unit 1 passed, 0 failed, 1 skipped.*\nrun_tests: FAILED: unit\n$/)
  await write('bad', 'test("bad", () => { throw new Error("wrong") })')
  const bad = await run()
  assert.deepEqual([bad.exitCode, /1 failed/.test(bad.stderr)], [1, true])
})

test('run_tests: a pattern selects files of a suite, and one that selects none is refused', async (t) => {
  const project = await miniProject(t)
  const unit = path.join(project, 'tests/unit')
  await mkdir(unit, { recursive: true })
  for (const name of ['one-good', 'two-bad']) {
    const body = name === 'two-bad' ? 'throw new Error("wrong")' : ''
    const text = `// @ts-nocheck\nimport test from 'node:test'\ntest('it', () => { ${body} })`
    await writeFile(path.join(unit, `${name}.test.ts`), text)
  }
  const run = (...words: string[]) => execute([path.join(project, 'run_tests'), ...words])
  for (const pattern of ['good', 'o*-g']) assert.equal((await run('--unit', pattern)).exitCode, 0)
  assert.equal((await run('--unit', 'bad')).exitCode, 1)
  const none = await run('--unit', 'three')
  assert.equal(none.exitCode, 2)
  assert.match(none.stderr, /no test file of unit matches: three\n$/)
  assert.equal((await run('good')).exitCode, 2)
})

test('run_tests: arguments, and all missing host tools at once', needsRoot(), async (t) => {
  const run_tests = path.join(await miniProject(t), 'run_tests')
  assert.match((await execute([run_tests, '--help'])).stdout, /^usage: /)
  assert.equal((await execute([run_tests, '--unti'])).exitCode, 2)
  const PATH = await onlyPrograms(t, ['bash', 'env', 'dirname', 'readlink', 'node', 'zstd'])
  // In a mount namespace where the sbin directories, which run_tests adds to PATH, are empty.
  const script = 'mount -t tmpfs none "$(readlink -f /usr/sbin)" && PATH=$2 exec "$1" --no_host_setup'
  const { exitCode, stderr } = await execute([
    'unshare',
    '--mount',
    'sh',
    '-c',
    script,
    'sh',
    run_tests,
    PATH,
  ])
  assert.equal(exitCode, 3)
  assert.match(stderr, /the host lacks: shellcheck git lbzip2 xz-utils mmdebstrap .* python3-pip\b.*\n$/)
})
