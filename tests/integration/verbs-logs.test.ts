// log, why and collect-logs, on a catalyst root that is made by hand: its stages are hostile.

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import { toOptions } from '../../src/cli/arguments/typed-options.js'
import { readEnvironment } from '../../src/cli/environment.js'
import { withEvents } from '../../src/cli/run-events.js'
import { SdkError } from '../../src/errors.js'
import { EVENT_SCHEMA } from '../../src/events/event.js'
import { journalEvents } from '../../src/events/journal.js'
import { configureLogs } from '../../src/inspect/logs/build-folders.js'
import { packageLogs } from '../../src/inspect/logs/logs.js'
import { setOwnPlace } from '../../src/process/own-command.js'
import { storePaths } from '../../src/store/layout.js'
import { writeTree } from '../../src/store/trees/tree-file.js'
import { needsRoot } from './store-helpers.js'
import { cli, finishStage, type Ground, ground, NOBODY, smallTree } from './verbs-helpers.js'

const SECRET = 'Pl4nted-S3cret'

const write = (file: string, text: string): void => {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, text)
}

const journal = (facts: readonly object[]): string =>
  facts
    .map((fact, at) =>
      JSON.stringify({ v: EVENT_SCHEMA, time: `2026-01-01T00:00:0${at}.000Z`, elapsedMs: at, ...fact }),
    )
    .map((line) => `${line}\n`)
    .join('')

const begun = (stage: string): object => ({
  type: 'stage-started',
  stage,
  seed: 's',
  seedDigest: 'd',
  repos: 'r',
  reason: 'x',
})

/** A version whose stage 2 failed in a package, with the logs of that and of others. */
async function failedGround(t: TestContext): Promise<Ground & { log: string; build: string }> {
  const made = await ground(t)
  const { layout } = made
  const logs = layout.stageLog('stage2')
  const log = path.join(logs, 'sys-libs:zlib-1.3:20260101-000003.log')
  write(log, `line one\n\x1b[31mmain.c:1: error: boom\x1b[0m\nGITHUB_TOKEN=${SECRET}\n`)
  write(path.join(logs, 'sys-libs:zlib-1.3:20260101-000001.log'), 'older\n')
  write(path.join(layout.stageLog('stage1'), 'sys-libs:zlib-1.3:20251231-000001.log'), 'stage 1\n')
  write(path.join(logs, 'build/sys-devel/gcc-13.2.1_p1:20260101-000002.log'), 'split\n')
  write(path.join(logs, 'cross-arm/gcc'), '')
  write(path.join(logs, 'cross-arm:gcc-13:20260101-000002.log'), 'cross\n')
  write(path.join(logs, 'run.log'), `fetching https://me:${SECRET}@host/x\n`)
  symlinkSync('/etc/passwd', path.join(logs, 'app-evil:link-1:20260101-000009.log'))
  symlinkSync('/etc/passwd', path.join(logs, 'emerge.log'))
  const build = path.join(layout.work('stage2'), 'tmp/portage/sys-libs/zlib-1.3')
  write(path.join(build, 'work/zlib/config.log'), `configure: error\n> Authorization: Bearer ${SECRET}\n`)
  write(path.join(build, 'work/zlib-build/CMakeFiles/CMakeConfigureLog.yaml'), 'cmake\n')
  write(path.join(build, 'work/sub/meson-logs/meson-log.txt'), 'meson\n')
  symlinkSync('/etc', path.join(build, 'work/away'))
  symlinkSync('/etc/shadow', path.join(build, 'work/CMakeError.log'))
  mkdirSync(path.join(build, 'work/pipe'))
  execFileSync('mkfifo', [path.join(build, 'work/pipe/config.log')])
  writeFileSync(path.join(build, 'work/CMakeOutput.log'), '')
  truncateSync(path.join(build, 'work/CMakeOutput.log'), 5 * 2 ** 30)
  write(
    layout.journal,
    journal([
      {
        type: 'run-started',
        version: layout.version,
        sdk: 'test',
        stages: ['stage2'],
        root: layout.root,
        pid: 1,
      },
      begun('stage2'),
      { type: 'package-failed', stage: 'stage2', package: 'sys-libs/zlib-1.3', log },
      {
        type: 'stage-failed',
        stage: 'stage2',
        step: 'run',
        package: 'sys-libs/zlib-1.3',
        log,
        tail: [`--password ${SECRET}`],
        durationMs: 1,
      },
    ]),
  )
  return { ...made, log, build }
}

test('log shows what failed last, and the newest log of a package, without what a terminal obeys', async (t) => {
  const { layout, place, log } = await failedGround(t)
  const last = await cli(['log', ...place])
  assert.equal(last.exitCode, 0, last.stderr)
  assert.equal(last.stdout, `line one\nmain.c:1: error: boom\nGITHUB_TOKEN=${SECRET}\n`)
  assert.match(
    last.stderr,
    /^sys-libs\/zlib-1\.3 in stage2, which failed: .*:20260101-000003\.log \(\d+ B\)\n$/,
  )
  for (const name of ['zlib', 'sys-libs/zlib', 'zlib-1.3', 'sys-libs/zlib-1.3']) {
    const { stdout } = await cli(['log', name, ...place, '--json'])
    const { format, version, stage, package: cpv, log: file, older } = JSON.parse(stdout)
    assert.deepEqual(
      [format, version, stage, cpv, file],
      [1, layout.version, 'stage2', 'sys-libs/zlib-1.3', log],
    )
    assert.deepEqual(
      older.map((each: string) => path.basename(path.dirname(each))),
      [path.basename(layout.stageLog('stage2')), path.basename(layout.stageLog('stage1'))],
    )
  }
  assert.equal((await cli(['log', 'sys-devel/gcc', ...place])).stdout, 'split\n')
})

test(
  'a log that a process of the stage has a lease of is not waited for, nor a fault of this program',
  needsRoot(),
  async (t) => {
    const { place, log } = await failedGround(t)
    const holder = spawn('python3', ['-c', LEASE, log], { stdio: ['pipe', 'pipe', 'inherit'] })
    t.after(() => holder.kill())
    await once(holder.stdout, 'data')
    const shown = await cli(['log', ...place])
    assert.equal(shown.exitCode, 0, shown.stderr)
    assert.doesNotMatch(shown.stdout, /sys-libs:zlib-1.3:20260101-000003/)
  },
)

/** Takes the right to write to a file until somebody else opens it, and keeps it (F_SETLEASE of fcntl(2)). */
const LEASE = `import fcntl, os, signal, sys
signal.signal(signal.SIGIO, signal.SIG_IGN)
fcntl.fcntl(os.open(sys.argv[1], os.O_RDWR), fcntl.F_SETLEASE, fcntl.F_WRLCK)
print('held', flush=True)
sys.stdin.read()`

test('of folders with logs without end no more are told of than fit into memory', async (t) => {
  const { layout } = await ground(t)
  const folder = layout.stageLog('stage1')
  const first = path.join(folder, 'app-misc:a-0:20260101-000001.log')
  write(first, '')
  // As many as a stage may leave are ten times these.
  for (let index = 1; index <= 20_000; index++)
    linkSync(first, path.join(folder, `app-misc:a-${index}:20260101-000001.log`))
  write(path.join(layout.stageLog('stage2'), 'app-misc:b-1:20260101-000001.log'), '')
  assert.equal(packageLogs(layout).length, 20_000)
})

test('log shows a line of any length in pieces, and what is behind it', async (t) => {
  const { log, place } = await failedGround(t)
  // A stage may write 8 GiB without a line break, and the memory of the command is small.
  truncateSync(log, 100 * 2 ** 20)
  appendFileSync(log, `${'long'.repeat(20_000)}\r\nlast\r\n`)
  const env = { NODE_OPTIONS: '--max-old-space-size=96' }
  const { stdout, stderr, exitCode } = await cli(['log', ...place], { env })
  assert.equal(exitCode, 0, stderr.slice(-500))
  assert.deepEqual(
    [/^line one\n/.test(stdout), stdout.endsWith('long\nlast\n')],
    [true, true],
    stdout.slice(-100),
  )
  assert.equal(stdout.split('long').length - 1, 20_000)
})

test('in CI nothing of a log is a command to the engine that shows it; elsewhere it is what it was', async (t) => {
  const { log, place } = await failedGround(t)
  const text = '::error::planted\n##vso[task.complete]x\na ##teamcity[buildStop]\n ::set-output name=a::b\n'
  appendFileSync(log, text)
  const shown = async (env: Record<string, string>): Promise<string> =>
    (await cli(['log', ...place], { env })).stdout.split('\n').slice(3).join('\n')
  assert.equal(await shown({}), text)
  for (const env of [{ GITHUB_ACTIONS: 'true' }, { TF_BUILD: 'True' }, { TEAMCITY_VERSION: '2025.1' }])
    assert.equal(
      await shown(env as Record<string, string>),
      ': :error::planted\n# #vso[task.complete]x\na # #teamcity[buildStop]\n : :set-output name=a::b\n',
    )
})

test('log says which logs there are where none fits, and asks where several packages do', async (t) => {
  const { folder, place } = await failedGround(t)
  const none = await cli(['log', 'zlbi', ...place])
  assert.equal(none.exitCode, 2)
  assert.match(none.stderr, /log: no log of version \S+ is of "zlbi"; did you mean "zlib"\?/)
  assert.match(none.stderr, /there are logs of cross-arm\/gcc, sys-devel\/gcc, sys-libs\/zlib\n/)
  const several = await cli(['log', 'gcc', ...place])
  assert.deepEqual([several.exitCode, several.stdout], [2, ''])
  assert.match(several.stderr, /"gcc" may be cross-arm\/gcc or sys-devel\/gcc/)
  // A link is no log, wherever it leads.
  assert.equal((await cli(['log', 'link', ...place])).exitCode, 2)
  const other = await cli([
    'log',
    '--sdk',
    path.join(folder, 'test'),
    '--catalyst_root',
    path.join(folder, 'empty'),
  ])
  assert.deepEqual([other.exitCode, /there is no version of test-sdk/.test(other.stderr)], [2, true])
  for (const words of [['why'], ['why', ''], ['log', 'a b'], ['log', 'a', 'b'], ['collect-logs', 'x.zip']])
    assert.equal((await cli([...words, ...place])).exitCode, 2, words.join(' '))
})

test('log of a version in which nothing failed is that of its last stage', async (t) => {
  const { layout, place } = await ground(t)
  write(path.join(layout.stageLog('stage1'), 'run.log'), 'all is well\n')
  write(layout.journal, journal([begun('stage1')]))
  const { stdout, stderr } = await cli(['log', ...place, '--version', layout.version])
  assert.equal(stdout, 'all is well\n')
  assert.match(stderr, /^stage1, which has not failed: /)
  // It fails before its script runs: what the log has is of the attempt before.
  const failed = {
    type: 'stage-failed',
    stage: 'stage1',
    step: 'enter',
    tail: ['no namespaces:', '  /proc/sys/user/max_user_namespaces is 0'],
    durationMs: 1,
  }
  write(layout.journal, journal([begun('stage1'), failed]))
  const none = await cli(['log', ...place])
  assert.deepEqual([none.exitCode, none.stdout], [2, ''])
  assert.match(
    none.stderr,
    /stage1 failed before it wrote a log \(enter\): no namespaces: \/proc\/\S+ is 0 \[/,
  )
})

test('why says where a package is from, who wants it, and which lists name it', needsRoot(), async (t) => {
  const { folder, layout, place } = await failedGround(t)
  const cpvs = ['sys-libs/zlib-1.3', 'dev-lang/user-1', 'dev-lang/maybe-1', 'dev-lang/other-1']
  const tree = smallTree(path.join(folder, 'tree'), 'one')
  const stored = await finishStage(layout, 'stage1', {
    tree,
    cpvs,
    inputs: { carry: ['*/*', '-sys-libs/zlib'] },
  })
  const paths = storePaths(layout.store)
  const [upper, lower] = ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb'].map((id) =>
    path.join(paths.layers, id, 'root'),
  ) as [string, string]
  mkdirSync(paths.trees, { recursive: true })
  mkdirSync(upper, { recursive: true })
  write(path.join(lower, 'var/db/pkg/dev-lang/user-1/RDEPEND'), '>=sys-libs/zlib-1.2:0=\n')
  write(path.join(lower, 'var/db/pkg/dev-lang/user-1/DEPEND'), 'sys-libs/zlib\n')
  write(path.join(lower, 'var/db/pkg/dev-lang/maybe-1/RDEPEND'), '|| ( sys-libs/zlib sys-libs/zlib-ng )\n')
  write(path.join(lower, 'var/db/pkg/dev-lang/other-1/RDEPEND'), '!sys-libs/zlib sys-libs/zlib:2\n')
  write(path.join(lower, 'var/lib/portage/world'), 'sys-libs/zlib\n')
  // What an upper layer has hides what is below; a link in one leads nowhere.
  mkdirSync(path.join(upper, 'var/db/pkg/dev-lang/other-1'), { recursive: true })
  symlinkSync('/etc/passwd', path.join(upper, 'var/db/pkg/dev-lang/other-1/PDEPEND'))
  await writeTree(paths, { sha256: stored.record.output.sha256, layers: [upper, lower], entries: undefined })
  write(path.join(folder, 'test/repo/profiles/base/packages'), '*>=sys-libs/zlib-1\nsys-libs/not-system\n')
  write(path.join(folder, 'test/repo/profiles/sdk/parent'), '../base\n')
  const { stdout, stderr } = await cli(['why', 'zlib', ...place, '--json'])
  const { packages, without } = JSON.parse(stdout || stderr)
  assert.deepEqual(without, [])
  assert.deepEqual(
    packages.map((each: { stage: string; origin: string }) => [each.stage, each.origin]),
    [
      ['stage1', 'source'],
      ['stage2', 'failed'],
    ],
  )
  assert.deepEqual(packages[0].listedBy, ["the profile's system set", 'the world file of the stage'])
  assert.deepEqual(packages[0].wantedBy, [
    { cpv: 'dev-lang/maybe-1', purposes: ['to run'], isOneOf: true },
    { cpv: 'dev-lang/user-1', purposes: ['to run', 'to be built'], isOneOf: false },
  ])
  const text = await cli(['why', 'sys-libs/zlib', ...place])
  assert.match(text.stdout, /^stage1 {2}sys-libs\/zlib-1\.3 {2}source\n {2}built from source/m)
  assert.match(text.stdout, /\[carry\] takes it out by "-sys-libs\/zlib"/)
  assert.match(text.stdout, /^ {2}wanted by dev-lang\/maybe-1 \(to run; another one would do\)$/m)
  const unknown = await cli(['why', 'zilb', ...place])
  assert.deepEqual(
    [unknown.exitCode, /has a package "zilb"; did you mean "zlib"/.test(unknown.stderr)],
    [2, true],
  )
})

/** Unpacks a bundle; its one folder and all names in it. */
function unpacked(archive: string, into: string): { folder: string; names: string[] } {
  mkdirSync(into)
  execFileSync('tar', ['-xf', archive, '-C', into])
  const names = execFileSync('tar', ['-tf', archive], { encoding: 'utf8' }).trimEnd().split('\n')
  return { folder: path.join(into, names[0] ?? ''), names }
}

test('collect-logs packs what a failure needs, without secrets, links and pipes', needsRoot(), async (t) => {
  const { folder, layout, place } = await failedGround(t)
  const env = { CI_DEPLOY_TOKEN: 'from-the-environment' }
  write(path.join(layout.stageLog('stage2'), 'hooks.log'), 'told from-the-environment\n')
  const file = path.join(folder, 'logs.tar.zst')
  const all = [...place, '--version', layout.version]
  const { exitCode, stdout, stderr } = await cli(['collect-logs', file, ...all, '--json'], {
    env,
    cwd: folder,
  })
  assert.equal(exitCode, 0, stderr)
  const told = JSON.parse(stdout)
  assert.deepEqual(
    [told.format, told.file, told.failed.stage, told.failed.package],
    [1, file, 'stage2', 'sys-libs/zlib-1.3'],
  )
  const { folder: top, names } = unpacked(file, path.join(folder, 'out'))
  // In the order of their names, folder by folder.
  const order = names.map((name) => name.replaceAll('/', '\0'))
  assert.deepEqual(order, order.toSorted())
  const build = 'stage2/build/sys-libs/zlib-1.3/work'
  const members = told.files.map((each: { name: string }) => each.name)
  for (const name of [
    ...[
      'journal.jsonl',
      'plan.json',
      'doctor.json',
      'versions.json',
      'contents.json',
      'stage2/run.log',
      'stage2/hooks.log',
    ],
    ...['stage2/packages/sys-libs:zlib-1.3:20260101-000003.log', `${build}/zlib/config.log`],
    ...[`${build}/zlib-build/CMakeFiles/CMakeConfigureLog.yaml`, `${build}/sub/meson-logs/meson-log.txt`],
  ])
    assert.ok(members.includes(name) && existsSync(path.join(top, name)), name)
  assert.ok(!members.some((name: string) => /CMakeError|pipe|emerge\.log|away/.test(name)), members.join())
  // Of a file that was made as large as a disk there is a bounded end.
  const sparse = told.files.find((each: { name: string }) => each.name.endsWith('CMakeOutput.log'))
  assert.ok(sparse.bytes <= 32 * 2 ** 20 && sparse.cut > 4 * 2 ** 30, JSON.stringify(sparse))
  const contents = execFileSync('tar', ['-xOf', file], { maxBuffer: 2 ** 27, encoding: 'latin1' })
  for (const secret of [SECRET, 'from-the-environment', 'root:x:0:0'])
    assert.ok(!contents.includes(secret), secret)
  assert.match(
    readFileSync(path.join(top, 'stage2/packages/sys-libs:zlib-1.3:20260101-000003.log'), 'utf8'),
    /error: boom/,
  )
  for (const line of readFileSync(path.join(top, 'journal.jsonl'), 'utf8').trimEnd().split('\n'))
    JSON.parse(line)
  chmodSync(layout.work('stage2'), 0o700)
  mkdirSync(path.join(folder, 'theirs'))
  chownSync(path.join(folder, 'theirs'), 65534, 65534)
  const theirs = path.join(folder, 'theirs/logs.tar.zst')
  const nobody = await cli(['collect-logs', theirs, ...all, '--json'], { before: NOBODY })
  assert.equal(nobody.exitCode, 0, nobody.stderr)
  const { files, leftOut } = JSON.parse(nobody.stdout)
  assert.ok(files.every(({ name }: { name: string }) => !name.includes('/build/')))
  assert.ok(leftOut.some(({ why }: { why: string }) => why === 'it may only be read by root'))
  // Not even names are taken from where a link leads.
  write(path.join(folder, 'outside/x-1/config.log'), 'theirs')
  symlinkSync(path.join(folder, 'outside'), path.join(layout.work('stage2'), 'tmp/portage/app-link'))
  const linked = configureLogs(layout, 'stage2', 'app-link/x-1')
  assert.deepEqual([...new Set(linked.map((name) => name.split('/')[0]))], ['sys-libs'])
  const again = await cli(['collect-logs', file, ...all])
  assert.deepEqual([again.exitCode, /is there already/.test(again.stderr)], [2, true])
})

test(
  'collect-logs works after success, by the suffix of its file, and where nothing can be written says so',
  needsRoot(),
  async (t) => {
    const { folder, layout, place } = await ground(t)
    await finishStage(layout, 'stage1', { tree: smallTree(path.join(folder, 't1'), 'one') })
    write(path.join(layout.stageLog('stage1'), 'run.log'), 'fine\n')
    const file = path.join(folder, 'logs.tar.gz')
    const text = await cli(['collect-logs', file, ...place])
    assert.equal(text.exitCode, 0, text.stderr)
    const { folder: top } = unpacked(file, path.join(folder, 'out'))
    assert.equal(readFileSync(path.join(top, 'stage1/run.log'), 'utf8'), 'fine\n')
    assert.equal(JSON.parse(readFileSync(path.join(top, 'contents.json'), 'utf8')).failed, null)
    assert.match(text.stdout, /^ {2}stage1\/stage1-amd64-1\.0\.0\+a\.tar\.zst\.record\.json /m)
    assert.equal(readFileSync(file).subarray(0, 2).toString('hex'), '1f8b')
    const nowhere = await cli(['collect-logs', path.join(folder, 'none/logs.tar.xz'), ...place])
    assert.deepEqual([nowhere.exitCode, /cannot be written/.test(nowhere.stderr)], [3, true])
  },
)

test('a run whose stage failed names the commands that look at it, as they work here', async (t) => {
  const { layout } = await ground(t)
  const caller = {
    environment: readEnvironment({}),
    interrupt: {
      ...{ abort: new AbortController().signal, signal: undefined, exitCode: undefined },
      beforeLeaving: new Set<() => void>(),
    },
  }
  const look = async (facts: Record<string, unknown>): Promise<unknown> => {
    const fail = withEvents(
      toOptions({}),
      { layout, caller, resume: () => undefined, profile: 'main:sdk' },
      async (emit) => {
        const what = { version: layout.version, sdk: 'test', stages: ['stage1'], root: layout.root, pid: 1 }
        emit({ type: 'run-started', ...what })
        throw new SdkError('SDK_STAGE', 'stage1 failed (run): some/package-1', { facts })
      },
    )
    await assert.rejects(fail, { code: 'SDK_STAGE' })
    return [...journalEvents(layout.journal)]
      .flatMap((each) => (each.type === 'run-failed' ? [each.look] : []))
      .at(-1)
  }
  setOwnPlace(['--catalyst_root', layout.root])
  t.after(() => setOwnPlace([]))
  const at = `--version ${layout.version} --catalyst_root ${layout.root}`
  assert.deepEqual(await look({ stage: 'stage1' }), [
    `bootstrap_sdk log ${at}`,
    `bootstrap_sdk collect-logs ${at}`,
  ])
  assert.equal(await look({}), undefined)
})
