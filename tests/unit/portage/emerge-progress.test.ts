import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fact } from '../../../src/events/event.js'
import { createEmergeProgress } from '../../../src/portage/emerge-progress.js'

/** The package facts that `lines` yield; the clock shows 1000 ms more at each look. */
function parse(...chunks: (string | Buffer)[]): Fact[] {
  const facts: Fact[] = []
  let nowMs = 0
  const parser = createEmergeProgress({
    stage: 'stage2',
    emit: (fact) => facts.push(fact),
    monotonicMs: () => (nowMs += 1000),
  })
  for (const chunk of chunks) parser.write(Buffer.from(chunk))
  parser.end()
  return facts
}
const packages = (...chunks: (string | Buffer)[]): Fact[] =>
  parse(...chunks).filter((fact) => fact.type !== 'output')
const output = (...chunks: (string | Buffer)[]): string[] =>
  parse(...chunks).flatMap((fact) => (fact.type === 'output' ? [fact.line] : []))

const zlib = { stage: 'stage2', package: 'sys-libs/zlib-1.3.1-r2', index: 1, total: 30 }

test('a package from source, without --jobs: colours, an offset root, a blank line before each message', () => {
  const facts = packages(
    '\n>>> Emerging (\x1b[33m1\x1b[39;49;00m of \x1b[33m30\x1b[39;49;00m) \x1b[32msys-libs/zlib-1.3.1-r2::portage-stable\x1b[39;49;00m for /tmp/stage1root/\n',
    '>>> Unpacking source...\n>>> Compiling source in /var/tmp ...\n',
    '\n>>> Installing (1 of 30) sys-libs/zlib-1.3.1-r2::portage-stable to /tmp/stage1root/\n',
    '\n>>> Completed (1 of 30) sys-libs/zlib-1.3.1-r2::portage-stable to /tmp/stage1root/\n',
  )
  assert.deepEqual(facts, [
    { type: 'package-started', ...zlib, binary: false },
    { type: 'package-phase', stage: 'stage2', package: zlib.package, phase: 'merge' },
    { type: 'package-merged', ...zlib, binary: false, durationMs: 1000 },
  ])
})

test('binary packages, with --jobs: interleaved, with Jobs lines between', () => {
  const facts = packages(
    '>>> Emerging binary (1 of 2) a/b-1::r\n>>> Jobs: 0 of 2 complete, 1 running     Load avg: 0.1, 0.1, 0.1\n',
    '>>> Emerging (2 of 2) c/d-2::r\n>>> Installing (1 of 2) a/b-1::r\n>>> Completed (1 of 2) a/b-1::r\n',
    '>>> Jobs: 0 of 2 complete, 1 running\n>>> Jobs: 1 of 2 complete, 1 running\n>>> Completed (2 of 2) c/d-2::r\n',
  )
  assert.deepEqual(
    facts.map((fact) => [fact.type, 'package' in fact && fact.package, 'binary' in fact && fact.binary]),
    [
      ['package-started', 'a/b-1', true],
      ['package-started', 'c/d-2', false],
      ['package-phase', 'a/b-1', false],
      ['package-merged', 'a/b-1', true],
      ['package-merged', 'c/d-2', false],
    ],
  )
})

test('a Portage that names no repository', () => {
  assert.deepEqual(packages('>>> Emerging (1 of 30) sys-libs/zlib-1.3.1-r2\n'), [
    { type: 'package-started', ...zlib, binary: false },
  ])
})

const failed = (log?: string): Fact => ({
  type: 'package-failed',
  stage: 'stage2',
  package: 'sys-libs/zlib-1.3.1',
  log,
})
const died = ' * ERROR: sys-libs/zlib-1.3.1::portage-stable failed (compile phase):\n *   emake failed\n'

for (const [what, text, facts] of [
  [
    'without --jobs: the ebuild speaks first',
    `${died} * The complete build log is located at '/var/log/portage/z.log'.\n\n>>> Failed to emerge sys-libs/zlib-1.3.1 for /tmp/stage1root/, Log file:\n\n>>>  '/var/log/portage/z.log'\n`,
    [failed('/var/log/portage/z.log')],
  ],
  [
    'with --jobs: a Jobs line in between, the whole log after it',
    `>>> Failed to emerge sys-libs/zlib-1.3.1, Log file:\n>>> Jobs: 0 of 2 complete, 1 running\n>>>  '/var/log/portage/z.log'\n>>> Jobs: 0 of 2 complete, 1 failed\n${died}`,
    [failed('/var/log/portage/z.log')],
  ],
  ['no log', '>>> Failed to emerge sys-libs/zlib-1.3.1\n', [failed()]],
  [
    'emerge was killed before it said so',
    `${died} * The complete build log is located at '/z.log'.\n`,
    [failed('/z.log')],
  ],
  [
    'Log file announced, but not named',
    '>>> Failed to emerge sys-libs/zlib-1.3.1, Log file:\nsomething else\n',
    [failed()],
  ],
  ['the removal of an old version fails', ' * ERROR: sys-libs/zlib-1.3.0::r failed (postrm phase):\n', []],
] as const) {
  test(`a failure: ${what}`, () => assert.deepEqual(packages(text), facts))
}

test('an installation that failed is not merged, though emerge says Completed', () => {
  const facts = packages(
    '>>> Completed (1 of 2) sys-libs/zlib-1.3.1::r to /x/\n>>> Jobs: 0 of 2 complete\n',
    ">>> Failed to install sys-libs/zlib-1.3.1 to /x/, Log file:\n>>> Jobs: 0 of 2 complete, 1 failed\n>>>  '/z.log'\n",
  )
  assert.deepEqual(facts, [failed('/z.log')])
})

test('a failed postinst is a merge and a failure', () => {
  const types = packages(
    '>>> Completed (1 of 1) sys-libs/zlib-1.3.1::r\n>>> Failed to execute postinst for sys-libs/zlib-1.3.1\n',
  ).map((fact) => fact.type)
  assert.deepEqual(types, ['package-merged', 'package-failed'])
})

test('a package that is tried again by the next emerge can fail again', () => {
  const once = '>>> Emerging (1 of 1) a/b-1::r\n>>> Failed to emerge a/b-1\n'
  assert.equal(packages(once, once).filter((fact) => fact.type === 'package-failed').length, 2)
})

test('chunks may end anywhere, also within a character', () => {
  const text = '>>> Emerging (1 of 30) sys-libs/zlib-1.3.1-r2::r\ngrün 日本 \x1b[1m!\x1b[0m\r\n'
  const bytes = [...Buffer.from(text)].map((byte) => Buffer.from([byte]))
  assert.deepEqual(parse(...bytes), parse(text))
  assert.deepEqual(output(...bytes).at(-1), 'grün 日本 !')
})

test('progress bars, bytes that are no UTF-8, and a last line without an end', () => {
  assert.deepEqual(output('10%\r50%\r100%\n\n   \n', Buffer.from([0x61, 0xff, 0x62, 0x0a]), 'end'), [
    '10%',
    '50%',
    '100%',
    'a\ufffdb',
    'end',
  ])
})

test('a line without an end is cut, and what follows is read again', () => {
  const flood = Array.from({ length: 40 }, () => 'x'.repeat(10_000))
  const lines = output(...flood, '\n', 'next\n')
  assert.deepEqual(
    lines.map((line) => line.length),
    [64 * 1024, 4],
  )
})

test('the resolver is heard when it begins: the end of its line may come minutes later', () => {
  const facts: Fact[] = []
  const monotonicMs = (): number => 0
  const parser = createEmergeProgress({ stage: 'stage2', emit: (fact) => facts.push(fact), monotonicMs })
  const lines = (): string[] => facts.flatMap((fact) => (fact.type === 'output' ? [fact.line] : []))
  parser.write(Buffer.from('\nCalculating dependencies  '))
  assert.deepEqual(lines(), ['Calculating dependencies'])
  parser.write(Buffer.from('... '))
  parser.write(Buffer.from('done!\n'))
  assert.deepEqual(lines(), ['Calculating dependencies', 'Calculating dependencies  ... done!'])
})

test('what a pretended merge would merge is told, and nothing else that is in brackets', () => {
  const planned: unknown[] = []
  const parser = createEmergeProgress({
    ...{ stage: 'stage2', emit: () => {}, monotonicMs: () => 0 },
    planned: (each) => planned.push(each),
  })
  parser.write(
    Buffer.from(
      '[ebuild  N     ] app-arch/lbzip2-2.5-r1::portage-stable  503 KiB\n[binary   R    ] sys-libs/zlib-1.3.1-r1 to /x/ USE="-a" 0 KiB\n[blocks B      ] <a/b-1 ("<a/b-1" is blocking c/d-2)\n[  1%] Building\n[uninstall     ] a/b-1\n',
    ),
  )
  parser.end()
  assert.deepEqual(planned, [
    { package: 'app-arch/lbzip2-2.5-r1', binary: false },
    { package: 'sys-libs/zlib-1.3.1-r1', binary: true },
  ])
})
