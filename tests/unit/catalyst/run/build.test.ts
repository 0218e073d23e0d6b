// The runner catalyst, as far as nothing is run: what its program says, what it cannot be asked for, where its files are.

import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { catalystArgv } from '../../../../src/catalyst/run/build.js'
import { requireCatalystCanBuild } from '../../../../src/catalyst/run/files.js'
import { parseCatalystVersion } from '../../../../src/catalyst/run/host.js'
import { readCatalystLine, watchCatalyst } from '../../../../src/catalyst/run/output.js'
import { SdkError } from '../../../../src/errors.js'
import type { Fact } from '../../../../src/events/event.js'
import type { SdkDefinition } from '../../../../src/sdk/definition.js'
import { loadDefinition } from '../../../../src/sdk/read/load.js'

test('the version of catalyst: a release, a checkout, and what is none', () => {
  assert.equal(parseCatalystVersion('Catalyst 4.1.1\nextended version info unavailable\n'), '4.1.1')
  assert.equal(parseCatalystVersion('Catalyst 3.0.22\nvcs version 1, date x\n'), '3.0.22')
  assert.equal(parseCatalystVersion('catalyst, version 4.0_rc2\n'), '4.0_rc2')
  assert.equal(parseCatalystVersion('usage: catalyst\n'), undefined)
  assert.equal(parseCatalystVersion(''), undefined)
})

const stamp = '23 Nov 2026 18:01:02 UTC'
const LINES: readonly [string, ReturnType<typeof readCatalystLine>][] = [
  [`${stamp}: NOTICE  : --- Running action sequence: unpack`, { kind: 'step', step: 'unpack' }],
  [`${stamp}: NOTICE  : Using target: stage1`, undefined],
  [`${stamp}: INFO    : Building natively for amd64`, undefined],
  [
    `${stamp}: WARNING : env variables in catalystrc`,
    { kind: 'warning', text: 'env variables in catalystrc' },
  ],
  [
    `${stamp}: ERROR   : CatalystError: cmd(['x']) exited 1`,
    { kind: 'error', text: "CatalystError: cmd(['x']) exited 1" },
  ],
  // With --debug it says where in its source.
  [
    `${stamp}: NOTICE  : stagebase.py:run:1573: --- Running action sequence: bind`,
    { kind: 'step', step: 'bind' },
  ],
  [`${stamp}: DEBUG   : stagebase.py:bind:1042: bind repo: "a" -> "b"`, undefined],
  [
    `${stamp}: ERROR   : stagebase.py:unpack:846: 'ZSTD' extraction of /a.tar.zst to /b failed.`,
    { kind: 'error', text: "'ZSTD' extraction of /a.tar.zst to /b failed." },
  ],
  // Only logged by catalyst, which then goes on.
  [
    `${stamp}: ERROR   : 'ZSTD' extraction of /a.tar.zst to /b failed.`,
    { kind: 'error', text: "'ZSTD' extraction of /a.tar.zst to /b failed." },
  ],
  [
    `${stamp}: WARNING : Couldn't create stage tarball: /x.tar.bz2`,
    { kind: 'error', text: "Couldn't create stage tarball: /x.tar.bz2" },
  ],
  ['>>> stage4: merge the toolchain', { kind: 'phase', phase: 'merge the toolchain' }],
  ['>>> Emerging (1 of 2) sys-libs/zlib-1.3.1::portage-stable', undefined],
  [' * ERROR: sys-libs/zlib-1.3.1::portage-stable failed (compile phase):', undefined],
  ['', undefined],
]
for (const [line, expected] of LINES)
  test(`a line of catalyst: ${line || 'empty'}`, () => assert.deepEqual(readCatalystLine(line), expected))

test('catalyst is told to say all that it can, if we are', () => {
  const host = { program: '/usr/bin/catalyst', version: '4.1.1', sharedir: '/usr/share/catalyst' }
  const words = (debug: boolean): string =>
    catalystArgv({ host, debug, conf: '/c/catalyst.conf', spec: '/c/stage1.spec' }).join(' ')
  const files = '--configs /c/catalyst.conf --file /c/stage1.spec'
  assert.ok(words(true).endsWith(` -- /usr/bin/catalyst --debug --verbose ${files}`))
  assert.ok(words(false).endsWith(` -- /usr/bin/catalyst --verbose ${files}`))
})

test('steps become phases with their times; errors are kept in order, wherever the output is cut', () => {
  const facts: Fact[] = []
  let now = 0
  const watch = watchCatalyst(
    'stage2',
    (fact) => facts.push(fact),
    () => now,
  )
  const text = [
    `${stamp}: NOTICE  : --- Running action sequence: unpack`,
    `${stamp}: ERROR   : first é`,
    `${stamp}: NOTICE  : --- Running action sequence: bind`,
    `${stamp}: ERROR   : second`,
  ].join('\n')
  for (const byte of Buffer.from(text)) {
    watch.write(Buffer.from([byte]))
    now += 1
  }
  watch.end()
  assert.deepEqual(
    facts.map((fact) => fact.type === 'phase-started' && [fact.stage, fact.phase]),
    [
      ['stage2', 'catalyst: unpack'],
      ['stage2', 'catalyst: bind'],
    ],
  )
  assert.deepEqual(watch.errors, ['first é', 'second'])
  assert.deepEqual(Object.keys(watch.steps), ['unpack', 'bind'])
  // The clock ticks once a byte: from the end of the first line to that of the third.
  assert.equal(watch.steps.unpack, Buffer.byteLength(text.split('\n').slice(1, 3).join('\n')) + 1)
})

const embedded = (): Promise<SdkDefinition> => loadDefinition('embedded', resolve('sdks'))

test('a definition that catalyst can build', async () => {
  const definition = await embedded()
  requireCatalystCanBuild(definition, definition.profile)
  // Hooks are run before catalyst is started, on copies of the repos.
  const { stage } = definition
  const hooked = { ...definition, stage: { ...stage, stage1: { ...stage.stage1, hooks: 'coreos/hooks' } } }
  requireCatalystCanBuild(hooked, hooked.profile)
})

test('packages that come first, and are not carried, are refused before anything is made', async () => {
  const definition = await embedded()
  assert.throws(
    () => requireCatalystCanBuild(definition, definition.profile.replace(/\/quick$/, '')),
    (error) => error instanceof SdkError && error.message.includes('stage3.first: '),
  )
})

test('each package that comes first has to be carried', async () => {
  const definition = await embedded()
  const refuse = (...globs: string[]): void => {
    const carry = definition.carry.map((each) => ({ ...each, globs: { ...each.globs, stage3: globs } }))
    requireCatalystCanBuild({ ...definition, carry }, definition.profile)
  }
  refuse('*/*', '-sys-libs/zlib')
  refuse('sys-libs/glibc', 'sys-devel/gcc')
  for (const globs of [['*/*', '-sys-devel/gcc'], ['-sys-devel/gcc'], ['app-misc/x', 'sys-libs/glibc']])
    assert.throws(
      () => refuse(...globs),
      (error) => error instanceof SdkError && /stage3\.first: .* sys-devel\/gcc/.test(error.message),
    )
})

test('an archive of a repo where catalyst mounts repos is refused, but not a repo that is only used there', async () => {
  const definition = await embedded()
  const { stage } = definition
  const at = (archive: string, archiveRepos = true): void =>
    requireCatalystCanBuild(
      {
        ...definition,
        repos: definition.repos.map((repo) => (repo.main ? { ...repo, archive } : repo)),
        stage: { ...stage, stage4: { ...stage.stage4, archiveRepos } },
      },
      definition.profile,
    )
  for (const archive of ['/var/db/repos/portage-stable', '/var/db/repos/other', '/var/db/repos'])
    assert.throws(
      () => at(archive),
      (error) =>
        error instanceof SdkError &&
        error.code === 'SDK_USAGE' &&
        error.message.includes(
          `repos.archive: catalyst mounts repos at /var/db/repos, so portage-stable cannot`,
        ),
    )
  at('/var/db/repositories/portage-stable')
  at('/var/db/repos/portage-stable', false)
})

const UNSAYABLE: readonly [string, (stage: SdkDefinition['stage']) => SdkDefinition['stage']][] = [
  ['stage1.use', (stage) => ({ ...stage, stage1: { ...stage.stage1, use: ['-*'] } })],
  ['stage2.bootstrap', (stage) => ({ ...stage, stage2: { bootstrap: 'scripts/other.sh' } })],
  ['stage3.packages', (stage) => ({ ...stage, stage3: { first: [], packages: ['@world', 'app-misc/x'] } })],
]
for (const [key, change] of UNSAYABLE)
  test(`${key} that catalyst has no way to do is refused before anything is made`, async () => {
    const definition = await embedded()
    const other = { ...definition, stage: change(definition.stage) }
    assert.throws(
      () => requireCatalystCanBuild(other, other.profile),
      (error) =>
        error instanceof SdkError && error.code === 'SDK_USAGE' && error.message.includes(`${key}: `),
    )
  })
