import assert from 'node:assert/strict'
import test from 'node:test'
import { parseCommandLine } from '../../../../src/cli/arguments/command-line.js'
import {
  changingName,
  hasValue,
  OPTION_NAMES,
  OPTIONS,
  type Options,
  optionsOf,
} from '../../../../src/cli/arguments/options/table.js'
import { VERB_NAMES, type VerbName } from '../../../../src/cli/arguments/verbs.js'
import type { Invocation } from '../../../../src/cli/invocation.js'
import { SdkError } from '../../../../src/errors.js'

/** The invocation; what of its options is given stands in {@link said}. */
function read(argv: readonly string[], forceStages: readonly string[] = []): Invocation {
  const { said: _, ...invocation } = parseCommandLine(argv, { forceStages }) as Invocation & {
    said?: unknown
  }
  return invocation as Invocation
}

const said = (line: string): unknown =>
  (parseCommandLine(line.split(' '), { forceStages: [] }) as { said?: unknown }).said

const parse = (line: string, forceStages: readonly string[] = []): Invocation =>
  read(line.split(' ').filter(Boolean), forceStages)

function options(invocation: Invocation): Options {
  assert.ok('options' in invocation, invocation.kind)
  return invocation.options
}

const DEFAULTS = options(parse(''))

test('what is given is told from what is not: by its text, the last occurrence, an empty one not at all', () => {
  for (const [line, expected] of [
    ['stage1', {}],
    ['--jobs 3 --jobs=4 --profile a', { jobs: ['4'], profile: ['a'] }],
    ['--mirror a=http://a --mirror b=http://b', { mirror: ['a=http://a', 'b=http://b'] }],
    ['--no_host_setup --rebuild --norebuild', { host_setup: false, rebuild: false }],
    ['--sign=me --sign=', {}],
  ] as const)
    assert.deepEqual(said(line), expected, line)
})

test('nothing given is a build of everything', () => {
  assert.deepEqual(parse(''), { kind: 'build', stages: [], options: DEFAULTS })
  assert.equal(DEFAULTS.runner, 'native')
  assert.deepEqual([DEFAULTS.mirror, DEFAULTS.ignore], [[], []])
})

test('verbs and operands', () => {
  for (const [line, expected] of [
    ['stage3 stage1', { kind: 'build', stages: ['stage1', 'stage3'] }],
    ['stage2 stage2', { kind: 'build', stages: ['stage2'] }],
    ['build stage4', { kind: 'build', stages: ['stage4'] }],
    ['-- stage4', { kind: 'build', stages: ['stage4'] }],
    ['plan', { kind: 'plan', stages: [] }],
    ['fetch stage1 stage2', { kind: 'fetch', stages: ['stage1', 'stage2'] }],
    ['status', { kind: 'status' }],
    ['doctor', { kind: 'doctor' }],
    ['clean', { kind: 'clean' }],
    ['enter', { kind: 'enter', target: 'sdk', command: [] }],
    ['enter sdk', { kind: 'enter', target: 'sdk', command: [] }],
    [
      'enter stage1 -- ls --json -- x',
      { kind: 'enter', target: 'stage1', command: ['ls', '--json', '--', 'x'] },
    ],
    ['enter --', { kind: 'enter', target: 'sdk', command: [] }],
    ['enter stage3', { kind: 'enter', target: 'stage3', command: [] }],
    ['export stage1 --oci d', { kind: 'export', target: 'stage1' }],
    ['log', { kind: 'log', package: undefined }],
    ['log sys-libs/zlib-1.3', { kind: 'log', package: 'sys-libs/zlib-1.3' }],
    ['why gtk+', { kind: 'why', package: 'gtk+' }],
    ['collect-logs', { kind: 'collect-logs', file: undefined }],
    ['collect-logs a.tar.gz', { kind: 'collect-logs', file: 'a.tar.gz' }],
    ['store ls', { kind: 'store', action: { what: 'ls' } }],
    ['store gc', { kind: 'store', action: { what: 'gc' } }],
    ['store push stage2 stage1', { kind: 'store', action: { what: 'push', stages: ['stage1', 'stage2'] } }],
    ['store pull 01234567 d', { kind: 'store', action: { what: 'pull', key: '01234567', folder: 'd' } }],
    ['init x', { kind: 'init', folder: 'x' }],
    ['completion zsh', { kind: 'completion', shell: 'zsh' }],
    ['verify', { kind: 'verify', files: [] }],
    ['verify a.tar.zst -- --b', { kind: 'verify', files: ['a.tar.zst', '--b'] }],
    ['verify --version 1.0 plan', { kind: 'verify', files: ['plan'] }],
    ['compare a b.tar.zst', { kind: 'compare', operands: ['a', 'b.tar.zst'] }],
    ['compare --json a -- --b', { kind: 'compare', operands: ['a', '--b'] }],
  ] as const) {
    const { options: _, ...rest } = parse(line) as { options?: Options }
    assert.deepEqual(rest, expected, line)
  }
})

test('options and operands may be mixed; the verb may come after options', () => {
  assert.deepEqual(parse('--version 1.0 plan stage1 --debug'), {
    kind: 'plan',
    stages: ['stage1'],
    options: { ...DEFAULTS, version: { text: '1.0', id: '1.0' }, debug: true },
  })
})

test('options', () => {
  for (const [line, expected] of [
    ['--catalyst_root /r', { catalystRoot: '/r' }],
    ['--catalyst-root=/r', { catalystRoot: '/r' }],
    ['--catalyst_root=a-b_c=d', { catalystRoot: 'a-b_c=d' }],
    ['--portage-stable ../p', { portageStable: '../p' }],
    ['--coreos_overlay o', { coreosOverlay: 'o' }],
    ['--seed_tarball x-y_z.tar', { seedTarball: 'x-y_z.tar' }],
    ['--seed_tarball=--x', { seedTarball: '--x' }],
    ['--seed_tarball -', { seedTarball: '-' }],
    ['--version 1.0+x-y', { version: { text: '1.0+x-y', id: '1.0', buildId: 'x-y' } }],
    ['--version 1.0 --version=2.0', { version: { text: '2.0', id: '2.0' } }],
    ['--profile coreos-overlay:a/b_c', { profile: 'coreos-overlay:a/b_c' }],
    ['--sdk flatcar', { sdk: 'flatcar' }],
    ['--sdk ./dir', { sdk: './dir' }],
    ['--compression bz2', { compression: 'bz2' }],
    ['--jobs 3', { jobs: 3 }],
    ['--runner native', { runner: 'native' }],
    ['--runner catalyst', { runner: 'catalyst' }],
    ['--scripts /s', { scripts: '/s' }],
    ['--stage1_portage_path p --stage1-overlay-path=o', { stage1PortagePath: 'p', stage1OverlayPath: 'o' }],
    ['-f s.spec -cc.conf', { file: 's.spec', config: 'c.conf' }],
    ['--file=s.spec --config c.conf', { file: 's.spec', config: 'c.conf' }],
    ['plan --packages --write_specs d', { packages: true, writeSpecs: 'd' }],
    ['--upload --upload_root rsync://h/m', { upload: true, uploadRoot: 'rsync://h/m' }],
    ['--upload_path=gs://x --noupload', { uploadPath: 'gs://x' }],
    ['--sign me@host.example --sign_digests 0xAB12', { sign: 'me@host.example', signDigests: '0xAB12' }],
    // For Flatcar's callers: taken, and without effect.
    ['--noparallel --noprivate --noonly_store_compressed', {}],
    ['--download_root u --download_path v', {}],
    ['--image_compression_formats none,bz2', {}],
    // As Flatcar's callers pass on variables that may be empty: not given, and the last occurrence wins.
    ['--sign= --sign_digests= --upload_root= --upload_path=', {}],
    ['--stage1_portage_path= --stage1-overlay-path= --download_root= --download_path=', {}],
    ['--sign=me --sign=', {}],
    ['--sign= --sign=me', { sign: 'me' }],
    // Beginnings of names; those that Flatcar's command knows only once mean that one.
    ['--seed=x', { seedTarball: 'x' }],
    ['--cat /r --po p', { catalystRoot: '/r', portageStable: 'p' }],
    ['--vers 1.0', { version: { text: '1.0', id: '1.0' } }],
    ['--deb --norebu --debu', { debug: true }],
    ['--debug --nodeb', { debug: false }],
    ['--no-host', { hostSetup: false }],
    ['--sign_d k', { signDigests: 'k' }],
    ['--rebuild --exact --debug --json', { rebuild: true, exact: true, debug: true, json: true }],
    ['--exact=content', { exact: 'content' }],
    ['--exact=content --noexact', { exact: false }],
    ['--noexact --exact', { exact: true }],
    ['--rebuild --norebuild', { rebuild: false }],
    ['--rebuild --no-rebuild', { rebuild: false }],
    ['--no_rebuild --rebuild', { rebuild: true }],
    ['--no_host_setup', { hostSetup: false }],
    ['--no-host-setup', { hostSetup: false }],
    ['--nohost_setup', { hostSetup: false }],
    ['--no-host-setup --host-setup', { hostSetup: true }],
    [
      '--mirror gnu=https://m.example/gnu/ --mirror gnu=file:///m --mirror x=http://h.example',
      {
        mirror: [
          { name: 'gnu', url: 'https://m.example/gnu' },
          { name: 'gnu', url: 'file:///m' },
          { name: 'x', url: 'http://h.example' },
        ],
      },
    ],
  ] as const) {
    assert.deepEqual(options(parse(line)), { ...DEFAULTS, ...expected }, line)
  }
})

test('FORCE_STAGES stands for the stages on the line; both are looked at', () => {
  const stages = (line: string, forced: readonly string[]): unknown =>
    (parse(line, forced) as { stages?: unknown }).stages
  assert.deepEqual(stages('stage1', ['stage4', 'stage3']), ['stage3', 'stage4'])
  assert.deepEqual(stages('plan', ['stage2']), ['stage2'])
  assert.deepEqual(stages('stage1', []), ['stage1'])
  assert.throws(() => parse('', ['stage2', 'stage5']), {
    code: 'SDK_USAGE',
    message: /^FORCE_STAGES: "stage5" is not a stage; did you mean/,
  })
  assert.throws(() => parse('stage9', ['stage2']), { message: /^"stage9"/ })
})

test('an empty value of its own argument is a value; none at all is an error', () => {
  const { stages, ...rest } = read(['--sign', '', '--upload_root', '', 'stage1']) as {
    stages?: unknown
    options?: Options
  }
  assert.deepEqual(stages, ['stage1'])
  assert.deepEqual(rest.options, DEFAULTS)
  assert.throws(() => read(['--sdk', '']), { message: /^--sdk needs a value/ })
})

test("only what is empty in Flatcar's command when it is not given may be empty", () => {
  const valued = OPTION_NAMES.filter((name) => hasValue(OPTIONS[name]))
  const names = valued.filter((name) => !('emptyIsNone' in OPTIONS[name]))
  for (const name of names)
    assert.throws(
      () => parse(`--${name}=`),
      { code: 'SDK_USAGE', message: /needs a value .*found none$/ },
      name,
    )
  assert.equal(valued.length - names.length, 8)
})

/** A line that is refused, the message, and the hint. */
const BAD: readonly [string, RegExp, RegExp?][] = [
  [
    'stage5',
    /^"stage5" is neither a stage nor a verb; did you mean "stage1", "stage2", "stage3" or "stage4"\?$/,
  ],
  [
    'Stage1',
    /^"Stage1" is neither .*; did you mean "stage1"\?$/,
    /the stages are stage1, stage2, stage3, stage4/,
  ],
  ['stage12', /^"stage12"/],
  ['stage1 stage5 stage2', /^"stage5"/],
  ['paln', /^"paln" .*; did you mean "plan"\?$/, /the verbs are build, fetch/],
  ['nonsense', /^"nonsense" is neither a stage nor a verb$/],
  ['shell', /^"shell" is neither a stage nor a verb; here that is "enter"$/],
  ['constructor', /^"constructor" is neither a stage nor a verb$/],
  ['-1', /^"-1"/],
  ['stage1 plan', /^the verb "plan" has to come first/],
  ['plan status', /^the verb "status" has to come first/],
  ['fetch x', /^"x" is neither/],
  ['status x', /^status: expected no operands, found "x" as well$/],
  ['doctor stage1', /^doctor: expected no operands/],
  ['clean all', /^clean: expected no operands/],
  ['enter stage9', /^enter: there is no "stage9"; did you mean/, /can be entered/],
  ['enter stage1 stage2', /^enter: expected .*, found "stage2" as well$/],
  ['--sed_tarball x', /^unknown option "--sed_tarball"; did you mean "--seed_tarball"\?$/, /--help` lists/],
  ['--seet=x', /^unknown option "--seet"$/],
  [
    '--stage1_ x',
    /^--stage1_ is ambiguous: --stage1_portage_path, --stage1_overlay_path$/,
    /more of the name/,
  ],
  ['--nop', /^--nop is ambiguous: --nopackages, --noparallel, --noprivate$/],
  ['--no', /^unknown option "--no"/],
  ['--seed', /^--seed needs a value \(FILE\), found none$/],
  ['-f', /^-f needs a value \(SPEC\), found none$/],
  ['compare a', /^compare: expected two operands, A and B, found only "a"$/],
  ['compare', /^compare: expected two operands, A and B, found none$/],
  ['compare a b c', /^compare: expected A B, found "c" as well$/],
  ['--sign=-k', /^--sign: expected the fingerprint/],
  ['plan --upload=x', /^--upload takes no value/],
  ['fetch --upload', /^fetch has no option --upload$/],
  ['--packages', /^build has no option --packages$/],
  ['--nonsense', /^unknown option "--nonsense"$/],
  ['--no-host-setpu', /^unknown option "--no-host-setpu"; did you mean "--no_host_setup"\?$/],
  ['-x', /^unknown option "-x"/],
  ['--nojobs', /^unknown option "--nojobs"/],
  ['--version', /^--version needs a value \(V\), found none$/, /--version_info or -V/],
  ['--version=', /^--version needs a value/],
  ['--seed_tarball=', /^--seed_tarball needs a value/],
  ['--sign', /^--sign needs a value \(KEY\), found none$/],
  ['--sign --upload', /^--sign needs a value .*found --upload; write --sign=--upload/],
  ['--seed-tarball', /^--seed-tarball needs a value \(FILE\), found none$/],
  ['--sdk --rebuild', /^--sdk needs a value .*found --rebuild; write --sdk=--rebuild/],
  ['--sdk --', /^--sdk needs a value/],
  ['--rebuild=true', /^--rebuild takes no value, found "true"$/, /--norebuild/],
  ['--no-rebuild=1', /^--no-rebuild takes no value/],
  ['--version a/b', /^"a\/b" is not a version$/, /ID or ID\+BUILD_ID/],
  ['--version 1.0+', /^"1\.0\+" is not a version$/],
  ['--profile ../x', /^--profile: expected a profile: .*, found "\.\.\/x"$/],
  [
    '--compression zst',
    /^--compression: expected one of zstd, bz2, xz, gz, found "zst"; did you mean "zstd"\?$/,
  ],
  ['--runner natvie', /^--runner: expected one of native, catalyst, .*; did you mean "native"\?$/],
  ['--jobs 0', /^--jobs: expected a number from 1 to 9999, found "0"$/],
  ['--jobs abc', /^--jobs: /],
  ['--memory 12', /^--memory: expected at least 64MiB, found "12"$/],
  ...[
    'redis+unix:sock',
    'redis+unix:/a|b=c',
    'redis+unix:/a?db=1',
    'redis://host',
    '/run/sock',
    'redis+unix:',
  ].map((text): [string, RegExp] => [
    `--ccache ${text}`,
    /^--ccache: expected redis\+unix:PATH, the socket of a Redis server by its absolute path, or none, found "/,
  ]),
  ['--jobs 1e3', /^--jobs: /],
  ['--jobs -1', /^--jobs: .*found "-1"$/],
  ['--jobs 10000', /^--jobs: /],
  ['--mirror gnu', /^--mirror: expected NAME=URL, .*found "gnu"$/],
  ['--mirror =http://x.example', /^--mirror: /],
  ['--mirror gnu=ftp://x.example', /^--mirror: /],
  ['--mirror gnu=https://', /^--mirror: /],
  ['verify --rebuild', /^verify has no option --rebuild$/, /--catalyst_root <DIR>/],
  ['status --jobs 2', /^status has no option --jobs$/],
  ['clean --no-host-setup', /^clean has no option --host_setup$/],
  ['clean --older_than 1w', /^--older_than: expected a whole number of days, found "1w"$/],
  [
    'clean --max_size 5GB',
    /^--max_size: expected a size with its unit such as 500MiB or 20GiB, found "5GB"$/,
  ],
  // Not twenty bytes: all versions but the newest would go.
  ['clean --max_size 20', /^--max_size: expected a size with its unit .*found "20"$/],
  ['clean --keep -1', /^--keep: expected a name .*, or a number from 1 on .*found "-1"$/],
  ['plan --junit x', /^plan has no option --junit$/, /^that is an option of build, fetch, status; /],
  ['store pull', /^store pull: expected a KEY, .*found none$/],
  ['store', /^store: expected one of ls, push, pull, gc, found none$/, /store --help/],
  ['serve --port 65536', /^--port: expected a port from 0 to 65535, found "65536"$/],
  ['report 1.0', /^report: expected --compare before two versions, found "1\.0"$/],
  ['report --compare 1.0', /^report --compare: expected two versions, found only "1\.0"$/],
  ['report --compare 1.0 1.1 1.2', /found "1\.2" as well$/],
  ['help paln', /^help: there is no verb "paln"; did you mean "plan"\?$/],
]

for (const [line, message, hint] of BAD) {
  test(`refused: ${line}`, () => {
    assert.throws(
      () => parse(line),
      (error) => {
        assert.ok(error instanceof SdkError, String(error))
        assert.equal(error.exitCode, 2)
        assert.match(error.message, message)
        if (hint !== undefined) assert.match(error.hint ?? '', hint)
        return true
      },
    )
  })
}

test('of an argument that is endless a message has the beginning', () => {
  const endless = 'x'.repeat(100_000)
  const calls = [
    ...OPTION_NAMES.map((name) => [OPTIONS[name].verbs[0] ?? 'build', `--${name}=${endless}`]),
    ...[[endless], [`--${endless}`], ['help', endless], ['store', endless], ['completion', endless]],
    ...[
      ['enter', endless],
      ['verify', 'a', endless],
      ['config', endless],
      ['compare', endless],
    ],
  ]
  for (const call of calls)
    try {
      read(call)
    } catch (error) {
      assert.ok(error instanceof SdkError, String(error))
      assert.ok(error.message.length < 2000, `${call[0]}: ${error.message.slice(0, 200)}`)
    }
})

test('a path with a control character, and an empty operand', () => {
  assert.throws(() => read(['--seed_tarball', 'a\nb']), { message: /found "a\\nb"$/ })
  assert.throws(() => read(['verify', '']), { code: 'SDK_USAGE' })
  assert.throws(() => read(['']), { message: /^"" is neither/ })
})

test('the version of the program is not that of the SDK', () => {
  for (const line of ['-V', '--version_info', '--version-info', 'status -V']) {
    assert.deepEqual(parse(line), { kind: 'tool-version' }, line)
  }
})

test('help is a value; the whole help has every option of a build, with its default, and every verb', () => {
  const help = parse('--help')
  assert.ok(help.kind === 'help')
  for (const line of ['-h', 'help', 'stage1 --help', '-h --nonsense'])
    assert.deepEqual(parse(line), help, line)
  for (const name of optionsOf('build')) {
    const { default: byDefault } = OPTIONS[name]
    assert.match(help.text, new RegExp(`^ +(-[a-zA-Z], )?${changingName(name)}\\b`, 'm'))
    if (byDefault !== undefined)
      assert.ok(help.text.replace(/\s+/g, ' ').includes(`(default: ${byDefault})`), name)
  }
  for (const verb of VERB_NAMES) assert.match(help.text, new RegExp(`^ +${verb} `, 'm'))
  for (const line of help.text.split('\n')) assert.ok(line.length <= 100, line)
})

test('each verb has its own help, with its own options only', () => {
  for (const verb of VERB_NAMES) {
    const help = parse(`${verb} --help`)
    assert.ok(help.kind === 'help')
    assert.deepEqual(parse(`help ${verb}`), help)
    assert.match(help.text, new RegExp(`^Usage: bootstrap_sdk ${verb} \\[options\\]`))
    for (const name of OPTION_NAMES) {
      const row = new RegExp(`^ +(-[a-zA-Z], )?${changingName(name)}([ [=]|$)`, 'm')
      assert.equal(row.test(help.text), OPTIONS[name].verbs.includes(verb), `${verb} ${name}`)
    }
  }
})

test('the help of a verb speaks to the user of this verb', () => {
  const helpOf = (verb: VerbName): string => {
    const help = parse(`${verb} --help`)
    assert.ok(help.kind === 'help')
    return help.text.replace(/\s+/g, ' ')
  }
  for (const verb of VERB_NAMES) {
    const text = helpOf(verb)
    for (const other of VERB_NAMES)
      if (other !== verb) assert.ok(!text.includes(` ${other}: `), `${verb}: ${other}`)
    // Only a build goes on with a build, and names a new version.
    const builds = ['build', 'plan'].includes(verb)
    assert.equal(text.includes('goes on with it (default:'), builds, verb)
    assert.equal(text.includes('FLATCAR_BUILD_ID'), builds, verb)
  }
  assert.match(helpOf('verify'), /--version <V> the version that this is about \(default: the newest\)/)
  assert.match(helpOf('clean'), /--keep <N> remove/)
  assert.match(helpOf('enter'), /--keep <NAME> keep what is changed/)
  assert.match(helpOf('build'), /--json write events as JSON, one object a line/)
  assert.match(helpOf('compare'), /--json write one JSON object in place of text/)
})

test('variables of the environment stand in columns', () => {
  const help = parse('build --help')
  assert.ok(help.kind === 'help')
  const rows = help.text.split('Environment:\n')[1]?.split('\n\n')[0]?.split('\n') ?? []
  assert.ok(rows.length > 3)
  assert.equal(new Set(rows.map((row) => /^ {2}\S+ {2,}/.exec(row)?.[0].length)).size, 1)
})
