// The engine around real stages, on an SDK whose stages take seconds: failing, resumed, rebuilt. What the finished stages hold is looked at in mini-stages.ts. Needs root and pip's index.

import assert from 'node:assert/strict'
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { treeDigest } from '../../src/repos/digest.js'
import { sideFiles } from '../../src/store/layout.js'
import { accountWords, failedAccounts, PLANTED, PLANTING } from '../helpers/accounts.js'
import { once } from '../helpers/prepared.js'
import { miniPlace, only, SKIP, stages } from './mini-place.js'
import { testFinishedStages } from './mini-stages.js'
import { type Run, runCommand } from './run-command.js'
import { assertSameBytes } from './same-bytes.js'

const VERSION = '1.0.0+2026-01-01-0000'
const OTHER = '1.0.0+2026-02-02-0000'
const ALONE = '1.0.0+2026-03-03-0000'
const STAGES = ['stage1', 'stage2', 'stage3', 'stage4']
/** Anything but printable characters, tabs and line ends. */
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f]/

describe('the miniature SDK', { skip: SKIP }, () => {
  const place = miniPlace()
  const late = path.join(place.repo('overlay'), 'dev-mini/late/late-1.ebuild')

  // What later tests begin with: each makes it, unless a test before has.

  const told = path.join(place.folder, 'told')

  /** Stages 1 and 2 are finished, and stage 3 is not: a package failed. */
  const failed = once(async () => {
    const text = readFileSync(late, 'utf8')
    const login = `https://me:${PLANTED}@mirror.invalid`
    writeFileSync(
      late,
      `${text}\nsrc_install() {\n\techo "about to fail"\n\tdie "out of luck at ${login} with ${PLANTED}"\n}\n`,
    )
    const words = ['--seed_tarball', place.seed, ...accountWords(told)]
    const run = await place.plain(VERSION, words, { before: PLANTING })
    writeFileSync(late, text)
    return run
  })

  /** Another version has a stage 2, of another ebuild: of the same it would have the same bytes. */
  const other = once(async () => {
    await failed()
    const alpha = path.join(place.repo('main'), 'app-misc/alpha/alpha-1.ebuild')
    const text = readFileSync(alpha, 'utf8')
    writeFileSync(alpha, `${text}# edited\n`)
    const run = await place.build(OTHER, ['stage2', '--seed_tarball', place.archive(VERSION, 'stage1')])
    writeFileSync(alpha, text)
    return run
  })

  /** The version is finished, with edits of both repos in stages 3 and 4; meanwhile a second run was tried. */
  const finished = once(async () => {
    await other()
    const alpha = path.join(place.repo('main'), 'app-misc/alpha')
    renameSync(path.join(alpha, 'alpha-1.ebuild'), path.join(alpha, 'alpha-2.ebuild'))
    renameSync(late, late.replace('late-1', 'late-2'))
    let second: Run | undefined
    const run = await place.build(VERSION, [], {
      onEvent: async (event) => {
        if (event.type === 'stage-started' && event.stage === 'stage3') second = await place.plain(VERSION)
      },
    })
    assert.equal(run.exitCode, 0, run.stderr)
    return { run, second }
  })

  test('a package fails: its log is named and there, latest links stay as they were, other output is plain', async () => {
    const run = await failed()
    assert.equal(run.exitCode, 5, run.stderr)
    const log = /(\/\S+\/log\/mini-sdk\/stage3-amd64-\S+\/dev-mini:late-1:\S+\.log)/.exec(run.stderr)?.[1]
    assert.match(readFileSync(log ?? 'no log is named', 'utf8'), /about to fail/)
    assert.match(run.stderr, /dev-mini\/late-1/)
    assert.match(run.stderr, /out of luck/)
    assert.doesNotMatch(run.stderr, CONTROL)
    assert.equal(run.stdout, '')
    const { failure, junit, bundle } = failedAccounts(told)
    assert.deepEqual([failure.code, failure.exitCode], ['SDK_STAGE', 5])
    assert.match(
      junit,
      /<testcase classname="[^"]*stage3" name="dev-mini\/late-1"[^>]*><failure [^>]*>[^<]*out of luck/,
    )
    assert.ok([...bundle.keys()].some((name) => name.startsWith('stage3/packages/dev-mini:late-1:')))
    assert.deepEqual(place.latest(), {
      stage1: path.basename(place.archive(VERSION, 'stage1')),
      stage2: path.basename(place.archive(VERSION, 'stage2')),
    })
    await place.assertIntact()
    place.plantSentinels()
  })

  test('a single stage of another version is built from the given seed, and is then the latest', async () => {
    const run = await other()
    assert.equal(run.exitCode, 0, run.stderr)
    assert.deepEqual(stages(run, 'stage-started'), ['stage2'])
    const first = place.record(VERSION, 'stage1').output.sha256
    assert.equal(place.record(OTHER, 'stage2').inputs.seed.sha256, first)
    assert.equal(place.latest().stage2, path.basename(place.archive(OTHER, 'stage2')))
    assert.notEqual(
      place.record(OTHER, 'stage2').output.sha256,
      place.record(VERSION, 'stage2').output.sha256,
    )
  })

  test('the same version goes on: from its own stage 2, with edits of both repos, and packages that were finished', async () => {
    const { run, second } = await finished()
    assert.equal(second?.exitCode, 75, 'two runs of one version at once')
    assert.match(second.stderr, /SDK_LOCKED/)
    for (const file of ['journal.jsonl', 'report.html'])
      assert.doesNotMatch(
        readFileSync(path.join(place.root, `log/mini-sdk/${VERSION}/${file}`), 'utf8'),
        /SDK_LOCKED/,
      )
    assert.deepEqual(
      [stages(run, 'stage-skipped'), stages(run, 'stage-started')],
      [STAGES.slice(0, 2), STAGES.slice(2)],
    )
    for (const stage of ['stage1', 'stage2'])
      assert.ok(
        !run.events.some(
          (event) => 'stage' in event && event.stage === stage && event.type === 'step-started',
        ),
      )
    assert.match(
      only(run, 'stage-skipped', 'stage2').reason,
      /built before the repo main, the repo overlay changed/,
    )
    assert.equal(
      only(run, 'stage-started', 'stage3').seedDigest,
      place.record(VERSION, 'stage2').output.sha256,
    )
    assert.equal(
      place.record(VERSION, 'stage3').inputs.seed.sha256,
      place.record(VERSION, 'stage2').output.sha256,
    )
    const origins = place.origins(VERSION, 'stage3')
    assert.deepEqual(
      ['app-misc/alpha-2', 'dev-mini/late-2', 'app-misc/tool-1', 'sys-apps/host-1'].map(
        (cpv) => origins[cpv],
      ),
      ['source', 'source', 'reused', 'reused'],
    )
    assert.ok(!('app-misc/alpha-1' in origins))
    assert.deepEqual(Object.keys(place.latest()).sort(), STAGES)
    for (const stage of STAGES.filter((each) => each !== 'stage2'))
      assert.equal(place.latest()[stage], path.basename(place.archive(VERSION, stage)))
  })

  test('another run skips all, says so to people, and leaves every file as it is', async () => {
    await finished()
    const before = place.identities()
    const run = await place.plain(VERSION)
    assert.equal(run.exitCode, 0, run.stderr)
    for (const stage of STAGES) assert.match(run.stderr, new RegExp(`${stage}.* skipped`))
    assert.match(run.stderr, /finished in .*\d+.* s/)
    assert.doesNotMatch(run.stderr, CONTROL)
    assert.deepEqual(Object.keys(place.identities()), Object.keys(before))
    const verified = await place.plain(VERSION, ['verify'])
    assert.equal(verified.exitCode, 0, verified.stderr)
    const release = path.join(place.builds, `mini-sdk-amd64-${VERSION}.tar.zst`)
    assert.equal(statSync(release).ino, statSync(place.archive(VERSION, 'stage4')).ino)
    const names = readFileSync(sideFiles(release).digests, 'utf8').match(/\S+\.tar\.\S+$/gm) ?? []
    assert.deepEqual(
      [...new Set(names)],
      [release, sideFiles(release).contents].map((file) => path.basename(file)),
    )
  })

  test('publishing it copies the release, and the packages it was built as that it has, with an index', async () => {
    await finished()
    const target = path.join(place.folder, 'published')
    const run = await place.build(VERSION, ['--upload', '--upload_path', `file://${target}`])
    assert.equal(run.exitCode, 0, run.stderr)
    assert.deepEqual(stages(run, 'stage-skipped'), STAGES)
    const release = `mini-sdk-amd64-${VERSION}.tar.zst`
    assert.deepEqual(readFileSync(path.join(target, release)), readFileSync(path.join(place.builds, release)))
    const index = readFileSync(path.join(target, 'pkgs/Packages'), 'utf8')
    const values = (key: string): string[] =>
      [...index.matchAll(new RegExp(`^${key}: (.*)$`, 'gm'))].map(([, value = '']) => value)
    assert.ok(values('CPV').includes('app-misc/alpha-2'), index)
    for (const file of values('PATH')) assert.ok(existsSync(path.join(target, 'pkgs', file)), file)
    const installed = place.origins(VERSION, 'stage4')
    for (const cpv of values('CPV')) assert.ok(cpv in installed, cpv)
    const built = Object.entries(place.origins(VERSION, 'stage3')).filter(([, origin]) => origin !== 'seed')
    for (const [cpv] of built) if (cpv in installed) assert.ok(values('CPV').includes(cpv), cpv)
  })

  test('after success work is gone; archives, caches, logs and the copies of repos that were used are there', async () => {
    await finished()
    for (const gone of ['work/mini-sdk', 'store/scratch'])
      assert.deepEqual(readdirSync(path.join(place.root, gone)), [], gone)
    const repos = STAGES.flatMap((stage) =>
      place.record(VERSION, stage).inputs.repos.map(({ digest }) => digest),
    )
    for (const name of readdirSync(path.join(place.root, 'store/repos')))
      assert.ok(repos.includes(name.slice(0, 64)), name)
    for (const stage of STAGES) {
      assert.ok(existsSync(place.archive(VERSION, stage)))
      assert.ok(existsSync(path.join(place.root, `log/mini-sdk/${stage}-amd64-${VERSION}/run.log`)))
      assert.ok(existsSync(path.join(place.root, `packages/mini-sdk/.${stage}-amd64`)))
    }
  })

  testFinishedStages(() => place, VERSION, finished)

  test('a stage archive that is replaced by another valid one, or truncated, breaks the chain', async () => {
    await finished()
    const archive = place.archive(VERSION, 'stage2')
    const kept = path.join(place.work, 'kept.tar.zst')
    renameSync(archive, kept)
    cpSync(place.archive(OTHER, 'stage2'), archive)
    const replaced = await place.build(VERSION)
    assert.deepEqual([replaced.exitCode, only(replaced, 'run-failed').code], [4, 'SDK_CHAIN'])
    assert.match(only(replaced, 'run-failed').message, /stage2/)
    // Its record came along: now it is the other version's stage 2 by all it says itself.
    const record = sideFiles(archive).record
    renameSync(record, `${kept}.record`)
    cpSync(sideFiles(place.archive(OTHER, 'stage2')).record, record)
    const both = await place.build(VERSION)
    assert.deepEqual([both.exitCode, only(both, 'run-failed').code], [4, 'SDK_CHAIN'])
    const other = ['stage3', '--seed_tarball', place.archive(OTHER, 'stage2')]
    const words = ['plan', '--sdk', place.sdk, '--catalyst_root', place.root, '--version', VERSION, ...other]
    assert.equal((await runCommand(words)).exitCode, 4)
    assert.match(
      (await runCommand([...words, '--exact'])).stdout,
      /^stage3 +run: --exact, and its seed is another one/m,
    )
    renameSync(`${kept}.record`, record)
    cpSync(kept, archive)
    truncateSync(archive, statSync(kept).size - 1)
    const truncated = await place.build(VERSION)
    assert.deepEqual([truncated.exitCode, only(truncated, 'run-failed').code], [4, 'SDK_CHAIN'])
    renameSync(kept, archive)
    assert.equal((await place.build(VERSION)).exitCode, 0)
  })

  test('--rebuild of stages in any order builds these only, each once, in their order, to the same bytes', async () => {
    await finished()
    const before = place.identities()
    const rebuilt = ['stage1', 'stage3']
    const kept = (stage: string): string => path.join(place.work, `${stage}.before.tar.zst`)
    for (const stage of rebuilt) cpSync(place.archive(VERSION, stage), kept(stage))
    const words = ['stage3', 'stage1', 'stage3', '--seed_tarball', place.seed]
    const run = await place.build(VERSION, ['--rebuild', ...words])
    assert.equal(run.exitCode, 0, run.stderr)
    assert.deepEqual([stages(run, 'stage-started'), stages(run, 'stage-skipped')], [rebuilt, []])
    const now = place.identities()
    const changed = Object.keys(now).filter((name) => now[name] !== before[name] && !name.includes('latest'))
    const archives = rebuilt.map((stage) => path.basename(place.archive(VERSION, stage)))
    const own = Object.keys(now).filter((name) => archives.some((archive) => name.startsWith(archive)))
    assert.ok(own.includes(path.basename(sideFiles(place.archive(VERSION, 'stage3')).lineage)))
    assert.deepEqual(changed.sort(), own.sort())
    for (const stage of rebuilt) await assertSameBytes(kept(stage), place.archive(VERSION, stage))
  })

  test('--rebuild builds all four from the repos as they are now', async () => {
    await finished()
    renameSync(late.replace('late-1', 'late-2'), late.replace('late-1', 'late-3'))
    const run = await place.build(VERSION, ['--rebuild', '--seed_tarball', place.seed])
    assert.equal(run.exitCode, 0, run.stderr)
    assert.deepEqual(stages(run, 'stage-started'), STAGES)
    // Stage 1 has the repos of the seed, whatever the checkout has.
    for (const stage of STAGES)
      assert.ok(`app-misc/alpha-${stage === 'stage1' ? 1 : 2}` in place.origins(VERSION, stage), stage)
    assert.equal(place.origins(VERSION, 'stage3')['dev-mini/late-3'], 'source')
    // Its seed is another one now: what an earlier attempt built upon the old one is not taken.
    assert.equal(place.origins(VERSION, 'stage4')['dev-mini/sdk-1'], 'source')
    for (const stage of STAGES.slice(1))
      for (const { name, digest } of place.record(VERSION, stage).inputs.repos)
        assert.equal(digest, await treeDigest(place.repo(name)), `${stage} ${name}`)
  })

  test('stage 4 alone starts from the given seed, not from the latest stage 3', async () => {
    const run = await place.build(ALONE, ['stage4', '--seed_tarball', place.seed])
    assert.equal(run.exitCode, 0, run.stderr)
    assert.deepEqual(stages(run, 'stage-started'), ['stage4'])
    assert.equal(only(run, 'stage-started').seedDigest, only(run, 'seed-finished').digest)
    assert.equal(only(run, 'stage-started').seed, place.seed)
  })
})
