// What a run is told in, beside its journal: files that CI systems and viewers of traces read, written by the real command.

import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { must } from '../../src/process/run.js'
import { acquireLock } from '../../src/store/lock.js'
import { accountWords, failedAccounts, PLANTED, PLANTING } from '../helpers/accounts.js'
import { FAILED, FINISHED } from '../helpers/journals.js'
import { needsRoot } from './store-helpers.js'
import { cli, ground } from './verbs-helpers.js'

/** A definition, and a seed that lacks all that one needs: a run begins, and fails in its first step. */
async function badSeed(t: TestContext) {
  const { folder, layout, place } = await ground(t)
  const seed = path.join(folder, 'seed.tar')
  await must({ argv: ['tar', '-cf', seed, '-C', folder, 'test'] })
  const out = path.join(folder, 'out')
  return { folder, layout, place, out, build: [...place, '--no_host_setup', '--seed_tarball', seed] }
}

interface Spans {
  resourceSpans: { scopeSpans: { spans: { name: string; status: { code: number } }[] }[] }[]
}

const spansIn = (file: string) =>
  (JSON.parse(readFileSync(file, 'utf8')) as Spans).resourceSpans[0]?.scopeSpans[0]?.spans ?? []

test(
  'a run that fails, and one that cannot begin, are traced; the format goes by the name',
  needsRoot(),
  async (t) => {
    const { build, out, folder } = await badSeed(t)
    const failed = await cli([...build, '--trace', path.join(out, 'a.json')])
    assert.equal(failed.exitCode, 4, failed.stderr)
    assert.deepEqual(readdirSync(out), ['a.json'])
    assert.deepEqual(
      spansIn(path.join(out, 'a.json')).map(({ name, status }) => [name, status.code]),
      [
        ['run', 2],
        ['seed', 1],
        ['stage1', 2],
        ['unpack', 2],
      ],
    )
    // One that is there stays, with its page.
    mkdirSync(path.join(folder, 'cr'))
    await cli([...build, '--version', '1.0.0+page', '--trace', path.join(out, 'a.chrome.json')])
    const pages = readdirSync(path.join(folder, 'cr/log'), { recursive: true, encoding: 'utf8' })
    const page = pages.find((name) => name.endsWith('1.0.0+page/report.html')) ?? ''
    const from = path.join(folder, 'cr/log', page)
    const [, link = ''] = /href="([^"]*a\.chrome\.json)"/.exec(readFileSync(from, 'utf8')) ?? []
    assert.equal(path.join(path.dirname(from), link), path.join(out, 'a.chrome.json'))
    const { traceEvents } = JSON.parse(readFileSync(path.join(out, 'a.chrome.json'), 'utf8'))
    assert.ok(traceEvents.some(({ ph, cat }: { ph: string; cat: string }) => ph === 'X' && cat === 'run'))
    writeFileSync(path.join(folder, 'test/sdk.toml'), 'format = 1\n')
    const refused = await cli([...build, '--trace', path.join(out, 'b.otlp.json')])
    assert.equal(refused.exitCode, 2)
    assert.deepEqual(
      spansIn(path.join(out, 'b.otlp.json')).map(({ name, status }) => [name, status.code]),
      [['run', 2]],
    )
  },
)

test('test cases of a run that fails, and of one that cannot begin', needsRoot(), async (t) => {
  const { build, out, folder } = await badSeed(t)
  const files = ['--junit', path.join(out, 'j.xml'), '--tap', path.join(out, 'j.tap')]
  const read = (name: string): string => readFileSync(path.join(out, name), 'utf8')
  const failed = await cli([...build, ...files, '--json'])
  assert.equal(failed.exitCode, 4, failed.stderr)
  assert.match(read('j.xml'), /<testsuites [^>]*tests="5" failures="1" errors="0" time=/)
  assert.match(read('j.xml'), /<failure message="stage1 failed in step unpack, [^>]*type="SDK_SEED">/)
  assert.match(read('j.xml'), /lacks \/bin\/bash/)
  assert.match(read('j.tap'), /^not ok 2 - stage1$/m)
  assert.match(read('j.tap'), /^ok 5 - stage4 # SKIP stage1 failed$/m)
  await must({
    argv: ['python3', '-c', 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])', files[1] ?? ''],
  })
  writeFileSync(path.join(folder, 'test/sdk.toml'), 'format = "<1>"\n')
  const refused = await cli([...build, ...files])
  assert.equal(refused.exitCode, 2, refused.stderr)
  assert.match(read('j.xml'), /<failure message="[^"]*sdk\.toml[^>]*type="SDK_DEFINITION">/)
  assert.deepEqual(readdirSync(out).sort(), ['j.tap', 'j.xml'])
})

test(
  'a bundle of the logs is written when a run fails, and again, without secrets',
  needsRoot(),
  async (t) => {
    const { build, out, folder } = await badSeed(t)
    const file = path.join(out, 'logs.tar.gz')
    const secret = 'planted-5fd0e1'
    // The address of the mirror is an event, and what the run was asked.
    const words = [...build, '--version', '1.0.0+b', '--mirror', `gnu=https://me:${secret}@mirror.invalid/`]
    const env = { MY_API_TOKEN: secret }
    const refused = await cli([...words, '--bundle', path.join(out, 'logs.zip')], { env })
    assert.equal(refused.exitCode, 2)
    assert.match(refused.stderr, /--bundle: .*logs\.zip: expected a name that ends in one of/)
    for (const _ of ['first', 'again']) {
      const failed = await cli([...words, '--bundle', file], { env })
      assert.equal(failed.exitCode, 4, failed.stderr)
      assert.deepEqual(readdirSync(out), ['logs.tar.gz'])
      const stdout = await must({ argv: ['tar', '-xzOf', file] })
      assert.doesNotMatch(stdout, new RegExp(secret))
      const names = await must({ argv: ['tar', '-tzf', file] })
      assert.match(names, /\/journal\.jsonl\n/)
      assert.match(names, /\/plan\.json\n/)
      assert.match(stdout, /"type":"run-failed"/)
    }
    const lost = await cli([...words, '--bundle', path.join(folder, 'test/sdk.toml/logs.tar.gz')], { env })
    assert.equal(lost.exitCode, 4, lost.stderr)
    assert.match(lost.stderr, /^warning: --bundle .* was not written: /m)
  },
)

test(
  'who cannot begin, by a definition or by another run, is told in all files all the same, without secrets',
  needsRoot(),
  async (t) => {
    const { build, out, folder, layout } = await badSeed(t)
    const failing = async (exitCode: number) => {
      rmSync(out, { recursive: true, force: true })
      const words = [...build, '--version', '1.0.0+a', ...accountWords(out)]
      const failed = await cli(words, { before: PLANTING })
      assert.equal(failed.exitCode, exitCode, failed.stderr)
      assert.equal(failedAccounts(out).failure.exitCode, exitCode)
      return failedAccounts(out)
    }
    const lock = await acquireLock(layout.versionLock, {})
    assert.equal((await failing(75)).failure.code, 'SDK_LOCKED')
    lock.release()
    const seedless = await failing(4)
    assert.match(seedless.failure.message, /lacks \/bin\/bash/)
    assert.ok(seedless.bundle.has('journal.jsonl') && seedless.bundle.has('request.json'))
    writeFileSync(path.join(folder, 'test/sdk.toml'), `format = 1\npassword = "${PLANTED}"\n`)
    const { failure, bundle } = await failing(2)
    assert.match(failure.message, /sdk\.toml/)
    assert.match(bundle.get('plan.json') ?? '', /SDK_DEFINITION/)
    // Nor does it matter whether the command line can be read, or a file that stands for a part of it.
    const unread = async (...words: string[]): Promise<string> => {
      rmSync(out, { recursive: true, force: true })
      const failed = await cli([...build, ...words, ...accountWords(out)], { before: PLANTING, cwd: folder })
      assert.equal(failed.exitCode, 2, failed.stderr)
      return failedAccounts(out).failure.message
    }
    assert.match(await unread('--nonsense', PLANTED), /unknown option "--nonsense"/)
    assert.match(await unread('--jobs', 'many'), /--jobs/)
    assert.match(await unread('stage9'), /stage9/)
    writeFileSync(path.join(folder, 'bootstrap_sdk.toml'), 'jobs = [\n')
    assert.match(await unread(), /bootstrap_sdk\.toml/)
  },
)

test('status tells the runs of a version from its journal', async (t) => {
  const { layout, place, folder } = await ground(t)
  const file = path.join(folder, 'trace.json')
  const status = ['status', ...place, '--trace', file, '--junit', `${file}.xml`]
  const none = await cli(status)
  assert.equal(none.exitCode, 2)
  // A version that was made up for the call is nobody's.
  assert.match(none.stderr, /--trace, --junit and --tap are of one version: expected --version, found none/)
  const unknown = await cli([...status, '--version', '1.0.0+a'])
  assert.deepEqual(
    [unknown.exitCode, /expected a --version that has had a run/.test(unknown.stderr)],
    [2, true],
  )
  mkdirSync(path.dirname(layout.journal), { recursive: true })
  writeFileSync(layout.journal, [...FAILED, ...FINISHED].map((each) => `${JSON.stringify(each)}\n`).join(''))
  const ended = await cli([...status, '--version', '1.0.0+a'])
  assert.equal(ended.exitCode, 0, ended.stderr)
  assert.equal(spansIn(file).filter(({ name }) => name === 'sys-devel/gcc-14').length, 2)
  assert.match(
    readFileSync(`${file}.xml`, 'utf8'),
    /name="bootstrap_sdk tiny 1\.0\.0\+a" tests="7" failures="0"/,
  )
})

test('a place where no file can be is refused before anything else is done; a link stays one', async (t) => {
  const { place, folder, layout } = await ground(t)
  const at = (name: string): string => path.join(folder, name)
  await must({ argv: ['mkfifo', at('fifo')] })
  writeFileSync(at('file'), 'old')
  mkdirSync(at('folder'))
  for (const [file, found] of [
    ['fifo', 'a FIFO'],
    ['folder', 'a folder'],
    ['file/x', 'a file'],
  ] as const) {
    for (const option of ['trace', 'junit', 'tap']) {
      const ended = await cli(['fetch', ...place, `--${option}`, at(file)])
      assert.equal(ended.exitCode, 2, file)
      assert.match(
        ended.stderr,
        new RegExp(`--${option}: .*expected a .*found ${found} \\[SDK_USAGE\\]`),
        file,
      )
    }
  }
  assert.deepEqual(readdirSync(folder).includes('cr'), false)
  symlinkSync('file', at('link'))
  mkdirSync(path.dirname(layout.journal), { recursive: true })
  writeFileSync(layout.journal, FAILED.map((each) => `${JSON.stringify(each)}\n`).join(''))
  const ended = await cli(['status', ...place, '--version', '1.0.0+a', '--trace', at('link')])
  assert.equal(ended.exitCode, 0, ended.stderr)
  assert.equal(spansIn(at('file')).length, 11)
})
