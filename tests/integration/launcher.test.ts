import assert from 'node:assert/strict'
import { existsSync, statSync } from 'node:fs'
import { appendFile, chmod, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'
import { toolEnvironment } from '../../src/process/environment.js'
import { capture } from '../../src/process/run.js'
import { compileTests, execute, miniProject, onlyPrograms } from './launcher-project.js'
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
    (await readdir(path.join(project, 'node_modules'))).filter((name) => /-(dist|lib)/.test(name)),
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
  await writeFile(path.join(project, 'src/gone-main.ts'), 'export {}')
  await execute([launcher])
  assert.ok(existsSync(path.join(project, 'lib/gone-main.js')))
  await utimes(main, new Date(), new Date())
  assert.equal((await execute([launcher])).stderr, '')
  await rm(path.join(project, 'src/gone-main.ts'))
  await appendFile(main, 'console.log("edited")')
  const edited = await execute([launcher])
  assert.match(edited.stderr, /^bootstrap_sdk: compiling[^\n]*\n$/)
  assert.match(edited.stdout, /edited\n$/)
  assert.ok(!existsSync(path.join(project, 'lib/gone-main.js')))
})

test('of the tests only what an edit changes is compiled, unless dist is not as it was compiled', async (t) => {
  const project = await miniProject(t)
  const other = path.join(project, 'dist/src/other.js')
  const since = (file: string): number => statSync(file).mtimeMs
  const compile = async (): Promise<void> => {
    const { stderr } = await compileTests(project)
    assert.match(stderr, /^run_tests: compiling the tests[^\n]*\n$/)
  }
  await writeFile(path.join(project, 'src/other.ts'), 'export const other = 1\n')
  assert.equal((await compileTests(project)).exitCode, 0)
  const first = since(other)
  await appendFile(path.join(project, 'src/cli/main.ts'), 'console.log("edited")')
  await compile()
  assert.equal(since(other), first)
  const info = (await readdir(path.join(project, 'node_modules'))).filter((name) =>
    name.includes('buildinfo'),
  )
  assert.equal(info.length, 1)
  // Lost, and then another: the compiler believes that it is there.
  for (const damage of [rm, (file: string) => writeFile(file, 'damaged')]) {
    await damage(other)
    await appendFile(path.join(project, 'src/cli/main.ts'), '\nconsole.log("again")')
    await compile()
    assert.match(await readFile(other, 'utf8'), /^export const other = 1;/)
    assert.ok(since(other) > first)
  }
})

test('a source that does not compile: its errors, exit code 70, and the program stays as it was', async (t) => {
  const project = await miniProject(t)
  const launcher = path.join(project, 'bootstrap_sdk')
  const main = path.join(project, 'src/cli/main.ts')
  await execute([launcher])
  const good = await readFile(main, 'utf8')
  await writeFile(main, 'const wrong = ;')
  const failed = await execute([launcher])
  assert.equal(failed.exitCode, 70)
  assert.match(failed.stderr, /src\/cli\/main\.ts:1:14/)
  assert.equal(failed.stdout, '')
  await writeFile(main, 'const wrong: number = "text"')
  const mistyped = await compileTests(project)
  assert.deepEqual([mistyped.exitCode, existsSync(path.join(project, 'dist'))], [70, false])
  assert.match(mistyped.stderr, /src\/cli\/main\.ts.*TS2322/)
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
  const project = await miniProject(t)
  const launcher = path.join(project, 'bootstrap_sdk')
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
    'mkdir',
    'cp',
    'mv',
    'rm',
    'sleep',
  ]
  const env = { PATH: await onlyPrograms(t, programs) }
  const first = await execute([launcher], env)
  assert.equal(first.exitCode, 0, first.stderr)
  assert.deepEqual((await execute([launcher], env)).stderr, '')
  await appendFile(path.join(project, 'src/cli/main.ts'), 'console.log("edited")')
  const edited = await execute([launcher], env)
  assert.match(edited.stdout, /edited\n$/, edited.stderr)
  // Node itself dies of these.
  for (const locale of ['/usr/lib/locale', 'x'.repeat(300)]) {
    const odd = await execute([launcher], { ...env, LC_ALL: locale, LANG: locale })
    assert.match(odd.stdout, /edited\n$/, odd.stderr)
  }
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
    'lib/.bootstrap_sdk-stamp',
  ]) {
    await rm(path.join(project, name), { recursive: true })
  }
  assert.deepEqual((await execute([launcher])).stderr, '')
  const limited = (files: number) => execute(['bash', '-c', `ulimit -n ${files} && exec "$0"`, launcher])
  const few = await limited(64)
  assert.deepEqual([few.exitCode, (await limited(128)).exitCode], [3, 0])
  assert.match(few.stderr, /^bootstrap_sdk: needs 128 open files at least .*: found 64\n$/)
  await rm(path.join(project, 'lib/cli/main.js'))
  const broken = await execute([launcher])
  assert.equal(broken.exitCode, 3)
  assert.match(broken.stderr, /neither sources nor lib/)
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

test('the signals that the caller ignores are told to the program, which cannot see them', async (t) => {
  const project = await miniProject(t)
  const launcher = path.join(project, 'bootstrap_sdk')
  const tell = 'console.log("told", process.env.BOOTSTRAP_SDK_IGNORED_SIGNALS)'
  await appendFile(path.join(project, 'src/cli/main.ts'), tell)
  const told = async (...before: string[]): Promise<string | undefined> => {
    const [program = launcher, ...words] = [...before, launcher]
    return /^told(.*?) ?$/m.exec((await execute([program, ...words])).stdout)?.[1]
  }
  assert.equal(await told(), '')
  assert.equal(await told('nohup'), ' SIGHUP')
  assert.equal(await told('env', '--ignore-signal=INT,TERM'), ' SIGINT SIGTERM')
})

test('what takes long says so from time to time, and fails with what it has written', async () => {
  const script = `set -eE; project=/ me=launcher; source "$1"; sleep() { command sleep 0.1; }; quietly 7 bash -c "$2"`
  const run = (command: string) =>
    capture({
      argv: ['bash', '-c', script, 'bash', path.resolve('scripts/setup.sh'), command],
      env: toolEnvironment(),
    })
  const long = await run('command sleep 0.5')
  assert.equal(long.exitCode, 0)
  assert.match(long.stderr, /^launcher: still at it after 10 s\nlauncher: still at it after 20 s\n/)
  const failed = await run('echo wrong; exit 1')
  assert.deepEqual([failed.exitCode, /^wrong\nlauncher: failed: bash/m.test(failed.stderr)], [7, true])
})

test('on a terminal a clock goes on meanwhile, and nothing of it is left', async () => {
  const script = `set -eE; project=/ me=launcher; source "$1"; quietly 7 bash -c "sleep 1.5"; echo done`
  const argv = ['bash', '-c', script, 'bash', path.resolve('scripts/setup.sh')]
  const driver = path.resolve('tests/fixtures/on-terminal.py')
  const { stdout } = await execute(['env', 'TERM=xterm', 'python3', driver, '24', '80', '[]', '--', ...argv])
  assert.match((JSON.parse(stdout) as { output: string }).output, /^\rlauncher: 1 s.*\r\x1b\[Kdone/)
})
