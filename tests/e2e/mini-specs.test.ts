// All four stages of the miniature SDK, each by a spec of catalyst: from a squashed snapshot, with a Portage
// configuration, a package cache, an envscript; what they leave, and what they do not.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeEach, describe, test } from 'node:test'
import { STAGES } from '../../src/sdk/stages.js'
import { sideFiles } from '../../src/store/layout.js'
import type { StageRecord } from '../../src/store/record.js'
import { NO_SQUASHFS, writeFiles } from '../helpers/catalyst-root.js'
import { once } from '../helpers/prepared.js'
import { flagsOf } from '../helpers/use-table.js'
import { leftoversOf, members, memberText } from './archive-facts.js'
import { miniPlace, SKIP } from './mini-place.js'
import { STAMP, TYPE, WEEK, writeSpecs } from './mini-spec-files.js'
import { explained, listRoot } from './root-listing.js'
import { assertNothingLeft, PROJECT, type Run, runCommand } from './run-command.js'

describe('specs of catalyst', { skip: SKIP !== false ? SKIP : NO_SQUASHFS }, () => {
  const place = miniPlace()
  const folder = (): string => path.join(place.folder, 'specs')
  const archive = (stage: string): string =>
    path.join(place.root, 'builds', TYPE, `${stage}-k8-${STAMP}.tar.zst`)
  const text = (stage: string, file: string): string => memberText(archive(stage), file)
  const record = (stage: string): StageRecord =>
    JSON.parse(readFileSync(sideFiles(archive(stage)).record, 'utf8')) as StageRecord
  const run = (stage: string, ...words: string[]): Promise<Run> =>
    runCommand(
      [
        ...words,
        '--json',
        ...['--file', path.join(folder(), `${stage}.spec`), '--config', path.join(folder(), 'catalyst.conf')],
      ],
      { env: { USE: 'by_caller' } },
    )

  const built = once(async () => {
    await writeSpecs(place, folder())
    const runs: Run[] = []
    for (const stage of ['stage1', 'stage2', 'stage3', 'stage4']) {
      runs.push(await run(stage))
      assert.equal(runs.at(-1)?.exitCode, 0, runs.at(-1)?.stderr)
      await assertNothingLeft(place.folder)
    }
    return runs
  })
  beforeEach(built)

  test('a spec of each stage builds it upon the one before, and says what has no effect', async () => {
    for (const { events } of await built()) {
      const said = events.flatMap((event) => (event.type === 'info' ? [event.message] : []))
      assert.ok(said.some((each) => /catalyst\.conf:3: options: autoresume has no effect/.test(each)))
    }
    for (const [stage, before] of [
      ['stage2', 'stage1'],
      ['stage3', 'stage2'],
      ['stage4', 'stage3'],
    ] as const)
      assert.equal(record(stage).inputs.seed.sha256, record(before).output.sha256)
    const names = readdirSync(path.dirname(archive('stage1')))
    assert.deepEqual(
      names.filter((name) => !/^stage[1-4]-k8-/.test(name)),
      [],
      'no release',
    )
  })

  test('stage 1 has the repos of the snapshot, the flags of the spec, and USE as catalyst has it', () => {
    const [main] = record('stage1').inputs.repos
    assert.ok(main?.from === 'tree')
    assert.equal(main.path, path.join(place.root, 'snapshots/main-s1.sqfs'))
    assert.deepEqual(
      text('stage1', 'usr/share/alpha/use')
        .split(/\s+/)
        .filter((flag) => ['build', 'fancy', 'wanted'].includes(flag)),
      ['build', 'wanted'],
    )
    assert.match(
      text('stage1', 'etc/portage/make.conf'),
      /^CFLAGS="-O1 -pipe"\nCXXFLAGS="\$\{COMMON_FLAGS\}"$/m,
    )
    assert.match(text('stage1', 'etc/portage/make.conf'), /^COMMON_FLAGS="-O2 -march=k8 -pipe"$/m)
    assert.ok(!members(archive('stage1')).some((name) => name.startsWith('./etc/portage/package')))
  })

  test('a build dependency that the seed lacks is merged into a copy of it, and listed', async () => {
    const [{ events } = { events: [] }] = await built()
    const said = events.flatMap((event) => (event.type === 'info' ? [event.message] : []))
    assert.ok(said.some((each) => /merged into a copy of the seed.*: app-misc\/helper-1$/.test(each)))
    const { inputs, packages } = record('stage1')
    assert.deepEqual(inputs.mergedIntoSeed, ['app-misc/helper-1'])
    assert.ok(!packages.some(({ cpv }) => cpv.startsWith('app-misc/helper-')))
    const leftAt = readdirSync(path.join(place.root, 'store'), { recursive: true, encoding: 'utf8' })
    const names = [...leftAt, ...members(archive('stage1'))]
    assert.deepEqual(
      names.filter((name) => /(?:usr\/bin\/helper|portage\/of-helper)$/.test(name)),
      [],
    )
    const { stdout } = await run('stage1', 'plan', '--rebuild')
    assert.match(stdout, /"completesSeed":true/)
  })

  test('stages 3 and 4 have the flags of their seed, the variables of the envscript, and the confdir', () => {
    assert.match(text('stage3', 'etc/portage/make.conf'), /^CFLAGS="\$\{COMMON_FLAGS\}"$/m)
    assert.match(text('stage3', 'etc/portage/make.conf'), /^COMMON_FLAGS="-O2 -march=k8 -pipe"$/m)
    assert.match(text('stage3', 'usr/share/alpha/environment'), /^FROM_ENVSCRIPT=yes$/m)
    assert.doesNotMatch(text('stage3', 'usr/share/alpha/use'), /fancy/)
    assert.match(text('stage2', 'usr/share/bootstrapped-by'), /^\/var\/db\/repos\/main\/scripts\//)
  })

  test('each place that can set USE counts in the stages in which it counts with catalyst', () => {
    assert.equal(text('stage1', 'usr/share/alpha/flags'), flagsOf(1))
    assert.equal(text('stage3', 'usr/share/alpha/flags'), flagsOf(3))
    assert.equal(text('stage4', 'usr/share/sdk/flags'), flagsOf(4))
  })

  test('stages 3 and 4 have manuals and documents, stages 1 and 2 have none', () => {
    const documents = (stage: string): string[] =>
      members(archive(stage))
        .filter((name) => /^\.\/usr\/share\/(?:man|doc)\/.*[^/]$/.test(name))
        .map((name) => name.replace(/\.bz2$/, ''))
        .sort()
    assert.deepEqual(documents('stage1'), [])
    assert.deepEqual(documents('stage2'), [])
    assert.deepEqual(documents('stage3'), ['./usr/share/doc/alpha/readme', './usr/share/man/man1/alpha.1'])
    assert.ok(documents('stage4').includes('./usr/share/man/man1/sdk.1'))
  })

  test("the package cache is catalyst's, and found again by next week's stage", async () => {
    assert.ok(existsSync(path.join(place.root, `packages/${TYPE}/stage3-k8/app-misc/alpha`)))
    const file = path.join(folder(), 'stage3.spec')
    const now = readFileSync(file, 'utf8')
    writeFiles(folder(), { 'stage3.spec': now.replace(`version_stamp: ${STAMP}`, `version_stamp: ${WEEK}`) })
    const { exitCode, stderr, events } = await run('stage3').finally(() => writeFileSync(file, now))
    assert.equal(exitCode, 0, stderr)
    const merged = events.flatMap((event) => (event.type === 'package-merged' ? [event.binary] : []))
    assert.ok(merged.length > 0)
    assert.deepEqual([...new Set(merged)], [true])
    const { packages } = JSON.parse(
      readFileSync(sideFiles(archive('stage3').replace(STAMP, WEEK)).record, 'utf8'),
    ) as StageRecord
    assert.deepEqual(
      packages.flatMap((each) => (each.origin === 'source' ? [each.cpv] : [])),
      [],
    )
  })

  test('the results hold nothing of the run: plain configuration, repos only as they are kept', () => {
    for (const stage of ['stage1', 'stage2', 'stage3', 'stage4']) {
      assert.deepEqual(leftoversOf(archive(stage)), [], stage)
      assert.doesNotMatch(text(stage, 'etc/portage/make.conf'), /FEATURES|MAKEOPTS|bindist|PKGDIR/)
    }
    const configuration = (stage: string): string[] =>
      members(archive(stage))
        .filter((name) => /^\.\/etc\/portage\/.*[^/]$/.test(name))
        .sort()
    const always = ['./etc/portage/make.conf', './etc/portage/make.profile']
    const own = [
      'env/flags',
      'package.env',
      'package.use/flags',
      'package.use/own',
      'profile/make.defaults',
    ].map((name) => `./etc/portage/${name}`)
    assert.deepEqual(configuration('stage2'), always)
    assert.deepEqual(
      configuration('stage3'),
      [...always, ...own, './etc/portage/env/old', './etc/portage/package.mask/old'].sort(),
    )
    // Of what stage 3 was configured with, stage 4 keeps what its own folder has.
    assert.deepEqual(
      configuration('stage4'),
      [...always, ...own, './etc/portage/package.mask', './etc/portage/repos.conf/main.conf'].sort(),
    )
    assert.ok(!members(archive('stage3')).some((name) => /^\.\/var\/db\/repos\/(?:main|overlay)/.test(name)))
    assert.ok(
      !members(archive('stage4')).some((name) => /^\.\/var\/db\/repos\/(?:overlay|main\/.)/.test(name)),
      'contents of a repo are never kept',
    )
  })

  test('what stages leave is what catalyst leaves, but for what docs/catalyst.md explains', () => {
    for (const stage of STAGES) {
      const file = path.join(PROJECT, `tests/fixtures/catalyst-roots/${stage}.txt`)
      const theirs = readFileSync(file, 'utf8').trimEnd().split('\n')
      assert.deepEqual(explained(listRoot(archive(stage)), theirs, stage).unexplained, [], stage)
    }
  })

  test('stage 4: overlays in their order, then the script, folders emptied, files and patterns removed, USE kept', () => {
    assert.equal(text('stage4', 'etc/both'), 'b\n')
    assert.equal(text('stage4', 'etc/from-a'), 'a\n')
    assert.equal(text('stage4', 'etc/from-script'), 'b\n')
    const etc = members(archive('stage4')).filter((name) => /^\.\/etc\/(?:emptied|.*gone)/.test(name))
    assert.deepEqual(etc, ['./etc/emptied/'])
    assert.match(
      text('stage4', 'etc/portage/make.conf'),
      /^USE="-denied_by_stage4 -kept_by_package_use by_stage4 denied_by_package_use lucky"$/m,
    )
    assert.ok(record('stage4').packages.some((each) => each.cpv.startsWith('dev-mini/sdk-')))
    assert.ok(!members(archive('stage4')).includes('./usr/lib/os-release'))
  })

  test('stage 4: a package is taken out again, there are groups, users with their keys, services', () => {
    assert.ok(!record('stage4').packages.some((each) => each.cpv.startsWith('app-misc/alpha-')))
    assert.deepEqual(
      members(archive('stage4')).filter((name) =>
        /^\.\/(?:usr\/share|var\/db\/pkg\/app-misc)\/alpha/.test(name),
      ),
      [],
    )
    const ids = (text('stage4', 'etc/group').match(/^builders:x:(\d+):ann$/m) ?? []).slice(1)
    assert.equal(ids.length, 1)
    const [, uid, gid] = /^ann:[x!]:(\d+):(\d+):.*:\/home\/ann:/m.exec(text('stage4', 'etc/passwd')) ?? []
    assert.match(text('stage4', 'etc/passwd'), /^bob:[x!]:/m)
    const keys = './home/ann/.ssh/authorized_keys'
    const listed = execFileSync('tar', ['--numeric-owner', '-tvf', archive('stage4'), keys], {
      encoding: 'utf8',
    })
    assert.match(listed, new RegExp(`^-rw------- ${uid}/${gid} `))
    assert.equal(text('stage4', keys.slice(2)), 'ssh-ed25519 AAAA ann\n')
    assert.equal(text('stage4', 'etc/services'), 'add sshd boot\nadd cron default\n')
  })

  test('a finished stage is left alone as long as nothing has changed', async () => {
    const again = await run('stage3')
    assert.equal(again.exitCode, 0, again.stderr)
    assert.ok(again.events.some((event) => event.type === 'stage-skipped'))
    writeFiles(folder(), { 'confdir/package.use/own': 'dev-mini/late other\n' })
    const { stdout } = await run('stage3', 'plan')
    assert.match(
      stdout,
      /"action":"run","reason":"--exact, and the settings of the definition changed since"/,
    )
  })

  test('a failed stage of a spec names the command that enters it', async () => {
    const file = path.join(folder(), 'stage4.spec')
    const text = readFileSync(file, 'utf8')
    writeFiles(folder(), { 'stage4.spec': text.replace('dev-mini/sdk', 'dev-mini/nosuch') })
    const { exitCode, stdout } = await run('stage4')
    assert.equal(exitCode, 5)
    assert.match(stdout, / enter stage4 --file \S+stage4\.spec --config \S+catalyst\.conf /)
  })
})
