import assert from 'node:assert/strict'
import test from 'node:test'
import { nextLines } from '../../../../src/cli/commands/build.js'
import { cleanLines } from '../../../../src/cli/commands/clean.js'
import { checkNode, checkTools, doctorLines } from '../../../../src/cli/commands/look/doctor.js'
import { statusText } from '../../../../src/cli/commands/look/status.js'
import { columns } from '../../../../src/cli/write.js'

test('columns are as wide as their widest cell, and lines have no blanks at their end', () => {
  assert.deepEqual(columns([['a', 'bb', 'c'], ['aaa', '', ''], []], ' '), [' a    bb  c', ' aaa', ''])
  const wide = [
    ['jobs', 'NUM_JOBS, or the number of CPUs', 'default'],
    ['sdk', './mini', 'command line'],
  ]
  assert.deepEqual(columns(wide, '', 40), [
    'jobs  NUM_JOBS, or the number of CPUs  default',
    'sdk  ./mini  command line',
  ])
  assert.equal(columns(wide, '', 80)[1], 'sdk   ./mini                           command line')
  // A long cell at the end is wrapped by the terminal, and leaves the others where they are.
  assert.equal(
    columns(
      [
        ['a', 'x'.repeat(60)],
        ['bbb', 'y'],
      ],
      '',
      40,
    )[1],
    'bbb  y',
  )
})

test('status: versions with their stages, why the last run ended, and what the parts take', () => {
  const none = { state: 'none' } as const
  const bare = { release: undefined, lock: undefined, lastRun: undefined, asked: undefined }
  const stages = { stage1: none, stage2: none, stage3: none, stage4: none }
  const other = { version: '2026', newest: '', stages, ...bare }
  const lines = statusText({
    others: [{ type: 'spec/mini', arch: 'k8', versions: [other] }],
    ...{ root: '/r', type: 'my-sdk', arch: 'amd64', disk: { store: 2 ** 30, work: 0, log: null } },
    versions: [
      {
        ...{ version: '1.0', newest: '', release: undefined, lock: undefined },
        stages: {
          stage1: {
            ...{ state: 'finished', archive: '/a', sha256: 'x', bytes: 2 ** 20 },
            ...{ finished: '2026-01-02T03:04:05.000Z', durationMs: 61_000 },
          },
          stage2: { state: 'unfinished', work: '/w', since: '2026-01-02T03:05:00.000Z' },
          ...{ stage3: none, stage4: none },
        },
        asked: {
          ...{ begun: '', isDone: false, stages: ['stage2'] },
          options: { profile: ['a b'], upload: true },
        },
        lastRun: {
          ...{ started: '', outcome: 'failed', ended: '2026-01-02T03:06:00.000Z' },
          ...{ code: 'SDK_STAGE', message: 'stage2 failed\n\x1b[31mbadly' },
        },
      },
    ],
  })
  assert.deepEqual(lines, [
    'my-sdk (amd64) below /r',
    '',
    '1.0',
    '  stage1  finished    2026-01-02 03:04 UTC  1 min 1 s  1.0 MiB',
    '  stage2  unfinished  2026-01-02 03:05 UTC  /w',
    '  stage3  -',
    '  stage4  -',
    "  asked for --profile 'a b' --upload stage2",
    '  last run failed 2026-01-02 03:06 UTC: stage2 failed badly [SDK_STAGE]',
    '',
    'spec/mini (k8), below it too',
    '',
    '2026',
    ...['1', '2', '3', '4'].map((number) => `  stage${number}  -`),
    '',
    'disk use',
    '  store  1.0 GiB',
    '  log    unknown',
  ])
})

test('doctor: what is missing has a line that says what to do', () => {
  const tool = { program: 'zstd', package: 'zstd', purpose: 'compression' }
  const lines = doctorLines([checkNode('20.19.0'), checkNode('20.18.3'), ...checkTools([tool], () => false)])
  assert.deepEqual(lines, [
    'ok       Node.js  20.19.0',
    'missing  Node.js  20.18.3: install Node.js 20.19 or newer',
    'missing  zstd     not there (compression): apt-get install zstd',
    '',
    '2 missing: this machine cannot build yet',
  ])
  assert.equal(checkNode('22.0.0').verdict, 'ok')
})

test('clean: the sum, and an unknown size where there is one', () => {
  const cleaned = { root: '/r', dryRun: false, versions: [] }
  const lines = cleanLines({
    ...cleaned,
    folders: [
      { part: 'store', freed: 2048 },
      { part: 'work', freed: null },
    ],
  })
  assert.deepEqual(lines.slice(0, 3), ['freed 2.0 KiB below /r', '  store  2.0 KiB', '  work   unknown'])
  assert.match(cleanLines({ ...cleaned, folders: [] })[0] ?? '', /nothing to clean/)
})

test('the end of a build says what to do next, with the version and the archive', () => {
  const made = {
    ...{ version: '1.0+a', release: '/r/sdk.tar.zst', packages: ['sys-devel/gcc-12.2.0'] },
    definition: ['--sdk', '/mine'],
  }
  const text = nextLines(made).join('')
  for (const words of [
    'enter sdk --version 1.0+a\n',
    '-xpf /r/sdk.tar.zst -C DIR',
    'export sdk --version 1.0+a --oci DIR\n',
    'bootstrap_sdk --sdk /mine --seed_tarball /r/sdk.tar.zst\n',
    'enter sdk --version 1.0+a -- gcc --version\n',
  ])
    assert.ok(text.includes(words), words)
  // An SDK may have no compiler.
  const without = nextLines({ ...made, packages: ['sys-apps/gcc-config-1'], definition: [] }).join('')
  assert.ok(without.includes(' -- ls /\n') && without.includes('bootstrap_sdk --seed_tarball '), without)
})
