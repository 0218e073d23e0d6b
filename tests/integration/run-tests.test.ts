// The script that runs the tests: selection, verdicts, watching; on a project of a few files.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { on, once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { toolEnvironment } from '../../src/process/environment.js'
import { execute, miniProject, onlyPrograms } from './launcher-project.js'
import { eventually, processes } from './sandbox-helpers.js'
import { needsRoot } from './store-helpers.js'

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

test('run_tests: integration and e2e run beside each other, and each counts', needsRoot(), async (t) => {
  const project = await miniProject(t)
  const write = async (suite: string, body: string): Promise<void> => {
    const folder = path.join(project, 'tests', suite)
    await mkdir(folder, { recursive: true })
    const imports = "import test from 'node:test'\nimport fs from 'node:fs'\n"
    await writeFile(
      path.join(folder, 'one.test.ts'),
      `// @ts-nocheck\n${imports}test('it', async () => { ${body} })`,
    )
  }
  const run = () => execute([path.join(project, 'run_tests'), '--no_host_setup', '--integration', '--e2e'])
  // Each waits for what the other writes.
  const meet = (own: string, other: string): string =>
    `fs.writeFileSync('${project}/${own}', ''); while (!fs.existsSync('${project}/${other}')) await new Promise((go) => setTimeout(go, 20))`
  await write('integration', meet('i', 'e'))
  await write('e2e', meet('e', 'i'))
  const both = await run()
  assert.equal(both.exitCode, 0, both.stderr)
  assert.match(
    both.stderr,
    /integration 1 passed, 0 failed.*; e2e 1 passed, 0 failed.*\nrun_tests: all passed\n$/,
  )
  for (const [suite, other] of [
    ['integration', 'e2e'],
    ['e2e', 'integration'],
  ] as const) {
    await write(suite, 'throw new Error("wrong")')
    await write(other, '')
    const bad = await run()
    assert.equal(bad.exitCode, 1)
    assert.match(bad.stdout, /wrong/)
    assert.match(bad.stderr, new RegExp(`${suite} 0 passed, 1 failed.*\\nrun_tests: FAILED: ${suite}\\n$`))
  }
  // What is interrupted leaves no suite behind.
  await write('integration', meet('a', 'never'))
  await write('e2e', meet('b', 'never'))
  for (const name of ['a', 'b']) await rm(path.join(project, name), { force: true })
  const words = ['--no_host_setup', '--integration', '--e2e']
  const running = spawn(path.join(project, 'run_tests'), words, { stdio: 'ignore', env: toolEnvironment() })
  const closed = once(running, 'close')
  while (!(existsSync(path.join(project, 'a')) && existsSync(path.join(project, 'b')))) await sleep(50)
  running.kill('SIGTERM')
  const suites = (): string[] =>
    processes((each) => readFileSync(`${each}/cmdline`, 'utf8').includes('tests/e2e/one.test'))
  // bash waits for the suite in the foreground first.
  for (const id of processes((each) =>
    readFileSync(`${each}/cmdline`, 'utf8').includes('tests/integration/one.test'),
  ))
    process.kill(Number(id), 'SIGKILL')
  assert.deepEqual((await closed)[0], 143)
  await eventually(() => suites().length === 0)
})

test('run_tests --watch: runs again after an edit, also of what does not compile, until Ctrl-C', async (t) => {
  const project = await miniProject(t)
  const file = path.join(project, 'tests/unit/one.test.ts')
  await mkdir(path.dirname(file), { recursive: true })
  const write = (body: string): Promise<void> =>
    writeFile(file, `// @ts-nocheck\nimport test from 'node:test'\ntest('it', () => { ${body} })`)
  await write('')
  // A process group of its own: Ctrl-C goes to all of it.
  const words = ['--unit', 'one', '--watch']
  const watcher = spawn(path.join(project, 'run_tests'), words, { detached: true, env: toolEnvironment() })
  t.after(() => watcher.exitCode ?? process.kill(-(watcher.pid ?? 0), 'SIGKILL'))
  const closed = once(watcher, 'close')
  let said = ''
  const until = async (text: string): Promise<void> => {
    for await (const [chunk] of on(watcher.stderr.setEncoding('utf8'), 'data')) {
      said += chunk
      if (said.includes('waiting for a change')) break
    }
    assert.ok(said.includes(text), said)
    said = ''
  }
  await until('all passed')
  await write('throw new Error("wrong")')
  await until('FAILED: unit')
  await write('}')
  await until('failed: node_modules/.bin/tsc')
  await write('')
  await until('all passed')
  process.kill(-(watcher.pid ?? 0), 'SIGINT')
  assert.deepEqual(await closed, [130, null])
})

test('run_tests: arguments, and all missing host tools at once', needsRoot(), async (t) => {
  const run_tests = path.join(await miniProject(t), 'run_tests')
  assert.match((await execute([run_tests, '--help'])).stdout, /^usage: /)
  for (const wrong of ['--unti', '--watch']) assert.equal((await execute([run_tests, wrong])).exitCode, 2)
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
