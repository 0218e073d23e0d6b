// Each step of a stage made to fail in turn, on the miniature SDK: the error says what it is, and nothing that is bound
// into a stage is lost.

import assert from 'node:assert/strict'
import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { must } from '../../src/process/run.js'
import { miniPlace, only, SKIP, stages } from '../e2e/mini-place.js'
import type { Run } from '../e2e/run-command.js'
import { packSeed } from '../helpers/mini-sdk.js'

const FAILING = '1.0.0+2026-04-04-0000'

/** A mount in a namespace of its own before a command: `mount ARGUMENTS TARGET`. */
const withMount = (target: string, ...words: string[]): string[] => [
  ...['unshare', '--mount', 'bash', '-c'],
  `mkdir -p "$0" && mount ${words.join(' ')} "$0" && echo precious >"$0/sentinel" && { code=0; "\${@}" || code=$?; cat "$0/sentinel" >&2; exit "$code"; }`,
  target,
]

/** An ebuild's install phase that leaves a program whose library is nowhere: the host's shell, asking for another one. */
const LEAK = `
src_install() {
	mkdir -p "\${ED}/usr/bin" || die
	LC_ALL=C sed 's/libtinfo\\.so\\.6/libnoway.so.6/' /bin/bash >"\${ED}/usr/bin/leak" || die
	chmod 755 "\${ED}/usr/bin/leak" || die
}
`

const failedSteps = (run: Run): string[] =>
  run.events.flatMap((event) => (event.type === 'stage-failed' ? [event.step] : []))

// All but the last use the given seed for stage 4 alone, which takes the least time.
describe('a step of a stage that fails', { skip: SKIP }, () => {
  const place = miniPlace()
  const ebuilds = (): string => path.join(place.repo('overlay'), 'dev-mini/sdk')
  const stage4 = (): string[] => ['stage4', '--seed_tarball', place.seed]
  /** Runs stage 4 with a newer ebuild of its package, which is gone afterwards. */
  const withSdk = async (edit: (text: string) => string): Promise<Run> => {
    const newer = path.join(ebuilds(), 'sdk-2.ebuild')
    writeFileSync(newer, edit(readFileSync(path.join(ebuilds(), 'sdk-1.ebuild'), 'utf8')))
    const run = await place.build(FAILING, stage4())
    rmSync(newer)
    return run
  }
  const work = (): string => path.join(place.root, `work/mini-sdk/stage4-amd64-${FAILING}`)

  test('unpack fails: a corrupt seed, and the script never runs', async () => {
    const corrupt = path.join(place.work, 'corrupt.tar.zst')
    cpSync(place.seed, corrupt)
    truncateSync(corrupt, 5_000_000)
    const run = await place.build(FAILING, ['stage4', '--seed_tarball', corrupt])
    assert.deepEqual([run.exitCode, only(run, 'run-failed').code], [4, 'SDK_ARCHIVE'])
    assert.deepEqual(failedSteps(run), ['unpack'])
    assert.ok(!run.events.some((event) => event.type === 'phase-started'))
    await place.assertIntact()
  })

  test('mount fails: something is mounted in the place of the attempt, and stays whole', async () => {
    const before = withMount(path.join(work(), 'mnt'), '-t', 'tmpfs', 'tmpfs')
    const run = await place.build(FAILING, stage4(), { before })
    assert.equal(run.exitCode, 3, run.stderr)
    assert.deepEqual(failedSteps(run), ['mount'])
    assert.match(run.stderr, /^precious$/m)
    await place.assertIntact()
  })

  test('copy fails: no inode is left for the input', async () => {
    const before = withMount(path.dirname(work()), '-t', 'tmpfs', '-o', 'nr_inodes=44', 'tmpfs')
    const run = await place.build(FAILING, stage4(), { before })
    assert.deepEqual([run.exitCode, failedSteps(run)], [6, ['copy']], run.stderr)
    await place.assertIntact()
  })

  test('enter fails: the package does not exist', async () => {
    const definition = path.join(place.sdk, 'sdk.toml')
    const text = readFileSync(definition, 'utf8')
    writeFileSync(definition, text.replace('"dev-mini/sdk"', '"dev-mini/not-there"'))
    const run = await place.build(FAILING, stage4())
    writeFileSync(definition, text)
    assert.deepEqual([run.exitCode, failedSteps(run)], [5, ['enter']], run.stderr)
    // What Portage says is what is said, and there is nothing of the script that ran it.
    const why = 'there are no ebuilds to satisfy "dev-mini/not-there".'
    const { problem, log = '' } = only(run, 'stage-failed')
    assert.equal(problem?.[0], why)
    const { message, hint = '' } = only(run, 'run-failed')
    assert.ok(message.startsWith(`stage4 failed (prepare): ${why}`), message)
    assert.doesNotMatch(message, /line \d+ of/)
    assert.ok(hint.startsWith(`read ${log};`) && log.endsWith('/prepare.log'), hint)
    await place.assertIntact()
  })

  test('fetch fails: a source that no place has', async () => {
    const manifest = path.join(ebuilds(), 'Manifest')
    writeFileSync(manifest, `DIST source.tar 10240 BLAKE2B ${'a'.repeat(128)} SHA512 ${'b'.repeat(128)}\n`)
    const run = await withSdk((text) => `${text}SRC_URI="file:///no/such/place/source.tar"\n`)
    rmSync(manifest)
    assert.deepEqual([run.exitCode, failedSteps(run)], [4, ['fetch']], run.stderr)
    assert.match(only(run, 'run-failed').message, /source\.tar/)
    await place.assertIntact()
  })

  test('the ELF check fails: file, package and library are named', async () => {
    const run = await withSdk((text) => text + LEAK)
    assert.deepEqual([run.exitCode, only(run, 'run-failed').code], [7, 'SDK_VERIFY'], run.stderr)
    assert.match(
      only(run, 'run-failed').message,
      /\/usr\/bin\/leak \(dev-mini\/sdk-2\) needs libnoway\.so\.6/,
    )
    await place.assertIntact()
  })

  test('stage 1: a library that is missing is reported before stage 2 starts; an empty packages.build is an error', async () => {
    const root = path.join(place.work, 'edited')
    mkdirSync(root)
    await must({ argv: ['tar', '-C', root, '-xpf', place.seed] })
    const main = path.join(root, 'var/gentoo/repos/main')
    const list = path.join(main, 'profiles/base/packages.build')
    writeFileSync(list, '')
    const empty = await packSeed(root, path.join(place.work, 'empty.tar.zst'))
    const run = await place.build(FAILING, ['stage1', '--seed_tarball', empty])
    assert.deepEqual([run.exitCode, failedSteps(run)], [5, ['enter']], run.stderr)
    assert.match(only(run, 'run-failed').message, /packages\.build/)
    writeFileSync(list, 'app-misc/tool\n')
    appendFileSync(path.join(main, 'app-misc/tool/tool-1.ebuild'), LEAK)
    const leaking = await packSeed(root, path.join(place.work, 'leaking.tar.zst'))
    const stage1 = await place.build(FAILING, ['stage1', 'stage2', '--seed_tarball', leaking])
    const warning = stage1.events.findIndex(
      (event) =>
        event.type === 'warning' && /leak \(app-misc\/tool-1\) needs libnoway\.so\.6/.test(event.message),
    )
    assert.ok(warning >= 0, stage1.stderr)
    assert.deepEqual(stages(stage1, 'stage-started'), ['stage1', 'stage2'])
    const next = stage1.events.findIndex(
      (event) => event.type === 'stage-started' && event.stage === 'stage2',
    )
    assert.ok(warning < next)
    await place.assertIntact()
  })
})
