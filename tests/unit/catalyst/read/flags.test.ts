// Compiler flags of a spec: which count where, and what is told of it.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: make.conf's own variables

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkSpecKeys } from '../../../../src/catalyst/read/check-keys.js'
import { noticeFlags, noticeLeftOut, parseMakeConf, readFlags } from '../../../../src/catalyst/read/flags.js'
import { showProblem } from '../../../../src/catalyst/read/problems.js'
import { createSettings } from '../../../../src/catalyst/read/settings.js'
import { parseSpecText } from '../../../../src/catalyst/text/spec-text.js'
import { STAGES } from '../../../../src/sdk/stages.js'

const settingsOf = (stage: string, ...lines: string[]) =>
  createSettings(
    checkSpecKeys(parseSpecText({ file: '/s/x.spec', text: [`target: ${stage}`, ...lines, ''].join('\n') })),
    undefined,
  )

test('flags of a spec that catalyst leaves out of account are told', () => {
  const left = { stage1: [4], stage2: [2, 4], stage3: [2, 3, 4], stage4: [2, 3, 4] }
  const keys = ['', '', 'common_flags', 'cflags', 'asflags']
  for (const stage of STAGES) {
    const settings = settingsOf(stage, 'common_flags: -O3', 'cflags: -O2 -pipe', 'asflags: -g')
    noticeFlags(settings, stage)
    assert.deepEqual(
      settings.notices.map(showProblem),
      left[stage].map(
        (line) =>
          `/s/x.spec:${line}: ${keys[line]}: has no effect in ${stage}: those of its seed count, as in catalyst`,
      ),
    )
  }
})

test('each flag is from where catalyst has it: the spec, the make.conf that is found, the subarch', () => {
  const keys = ['common', 'c', 'cxx', 'fc', 'f', 'ld', 'as'].map((name) =>
    name === 'common' ? 'common_flags' : `${name}flags`,
  )
  const seed = Object.fromEntries(keys.map((key) => [key.toUpperCase(), '-Oseed']))
  const subarch = { arch: 'amd64' as const, chost: 'x86_64-pc-linux-gnu', flags: '-Oarch' }
  const spec = keys.map((key) => `${key}: -Ospec`)
  const flagsOf = (stage: (typeof STAGES)[number], lines: readonly string[]) =>
    readFlags(settingsOf(stage, ...lines), { target: stage, subarch, seed }).flags
  const of = (first: string, second: string, third: string) =>
    Object.fromEntries(
      keys.map((key) => [
        key.toUpperCase(),
        ['cflags', 'cxxflags', 'ldflags'].includes(key) ? first : key === 'asflags' ? third : second,
      ]),
    )
  assert.deepEqual(flagsOf('stage1', spec), of('-Ospec', '-Ospec', '-Oseed'))
  assert.deepEqual(flagsOf('stage2', spec), of('-Ospec', '-Oseed', '-Oseed'))
  assert.deepEqual(flagsOf('stage3', spec), of('-Oseed', '-Oseed', '-Oseed'))
  assert.deepEqual(flagsOf('stage4', spec), flagsOf('stage3', []))
  assert.equal(flagsOf('stage1', []).CFLAGS, '-Oarch')
  assert.equal(flagsOf('stage2', []).CXXFLAGS, '-Oseed')
})

test("a make.conf's flags are read as catalyst reads them: over lines, in pieces, with variables of above", () => {
  const text = [
    '# it\'s CFLAGS="of a comment"',
    'COMMON_FLAGS="-O2 \\',
    '  -pipe"',
    'export CFLAGS="${COMMON_FLAGS}',
    '\t-g $COMMON_FLAGS $NO"  # more',
    'CXXFLAGS=\'-O1\'" -g"-x',
    'LDFLAGS="-Wl,-O1"',
    'LDFLAGS="$(id)"',
  ]
  assert.deepEqual(parseMakeConf(text.join('\n')), {
    COMMON_FLAGS: '-O2 -pipe',
    CFLAGS: '-O2 -pipe -g -O2 -pipe',
    CXXFLAGS: '-O1 -g-x',
  })
})

test('flags of a make.conf that are no plain words are left out, and told of where the stage would have them', () => {
  for (const [target, told] of [
    ['stage1', 0],
    ['stage3', 1],
  ] as const) {
    const settings = settingsOf(target)
    const text = 'USE="$(a)"\nCFLAGS="-O2 $(nproc)"\nLDFLAGS="\x60x\x60"\nLDFLAGS="-Wl,-O1"\n'
    assert.deepEqual(parseMakeConf(text, noticeLeftOut(settings, target)), { LDFLAGS: '-Wl,-O1' })
    const notices = settings.notices.map(showProblem)
    assert.equal(notices.length, told, notices.join('\n'))
    if (told > 0)
      assert.match(notices[0] ?? '', /CFLAGS of the make\.conf .*left out.*found -O2 \$\(nproc\)$/)
  }
})

test('what a make.conf has read in counts at its place; a file that is not there is left out, and told of', () => {
  const texts: Record<string, string> = {
    '/confdir/common.conf': 'COMMON_FLAGS="-O1 -pipe"\nsource more/own.conf\n',
    '/confdir/more/own.conf': 'LDFLAGS="-s"\nsource "own.conf"\n',
  }
  const settings = settingsOf('stage3')
  const text = [
    ...['# source none', 'A="', 'source none', '"', ' source ./common.conf  # more'],
    ...['CFLAGS="${COMMON_FLAGS} -g"', "source '/gone.conf'"],
  ]
  const files = { file: '/confdir/make.conf', read: (file: string) => texts[file] }
  // One that has itself read in is so ten times.
  assert.deepEqual(parseMakeConf(text.join('\n'), noticeLeftOut(settings, 'stage3'), files), {
    ...{ A: 'source none', COMMON_FLAGS: '-O1 -pipe', LDFLAGS: '-s', CFLAGS: '-O1 -pipe -g' },
  })
  const notices = settings.notices.map(showProblem)
  assert.deepEqual(
    notices.map((each) => /source (\S+)/.exec(each)?.[1]),
    ['own.conf', '/gone.conf'],
  )
  const seed = settingsOf('stage4')
  parseMakeConf('source x.conf\n', noticeLeftOut(seed, 'stage4'))
  assert.match(seed.notices.map(showProblem).join('\n'), /source x\.conf in the make\.conf .* is left out/)
})

test('a CHOST that a make.conf says is told to be of one, since the spec has none', () => {
  const subarch = { arch: 'amd64' as const, chost: 'x86_64-pc-linux-gnu', flags: '-Oarch' }
  for (const CHOST of ['x;y', 'armv7a-unknown-linux-gnueabihf']) {
    const settings = settingsOf('stage3')
    readFlags(settings, { target: 'stage3', subarch, seed: { CHOST } })
    assert.match(
      settings.problems.map(showProblem).join('\n'),
      new RegExp(`found ${CHOST} in the make\\.conf of portage_confdir, or, without one there, of the seed$`),
    )
  }
})

test('assignments on one line, and with blanks behind the "=", are all read, as Portage and catalyst do', () => {
  const cases: [text: string, values: Record<string, string>][] = [
    ['CFLAGS=-O2 LDFLAGS="-Wl,-O1"\n', { CFLAGS: '-O2', LDFLAGS: '-Wl,-O1' }],
    ['export CFLAGS="-O2\n -g" export CHOST=x\tUSE=\'a b\'\n', { CFLAGS: '-O2 -g', CHOST: 'x', USE: 'a b' }],
    ['COMMON_FLAGS="-O1" \\\nCFLAGS="$COMMON_FLAGS -g"\n', { COMMON_FLAGS: '-O1', CFLAGS: '-O1 -g' }],
    // What stands in quotes of a later one, or behind a line that goes on, is read once.
    ['CFLAGS=-O1 USE="a\nCFLAGS=-O3\nsource x"\n', { CFLAGS: '-O1', USE: 'a CFLAGS=-O3 source x' }],
    ['A=x \\\nB=y \\\nB="$B z" \\\nB="$B z"\nC=1\n', { A: 'x', B: 'y z z', C: '1' }],
    ['CFLAGS= CXXFLAGS= "-O1"\nLDFLAGS =-s\n', { CFLAGS: '', CXXFLAGS: '-O1', LDFLAGS: '-s' }],
    ['CFLAGS=-O2 # LDFLAGS=-s CHOST=x\n# A=x B=y\n', { CFLAGS: '-O2' }],
    ['echo A=x B=y\nCFLAGS="-DA=x B=y"\n', { CFLAGS: '-DA=x B=y' }],
  ]
  for (const [text, values] of cases) assert.deepEqual(parseMakeConf(text), values, text)
})
