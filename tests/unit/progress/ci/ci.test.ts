import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readEnvironment } from '../../../../src/cli/environment.js'
import type { Fact } from '../../../../src/events/event.js'
import { createProgress, type ProgressOptions } from '../../../../src/progress/choose.js'
import { workflowCommand } from '../../../../src/progress/ci/github.js'
import type { CiSystem } from '../../../../src/progress/ci/note.js'
import { jsonObeyedByNobody, obeyedByNobody } from '../../../../src/progress/ci/obeyed.js'
import { at, BufferStream, manualTiming, ONE_OF_EACH as ONE } from '../../../helpers/events.js'

/** What the log of `ci` has of `facts`, which are a second apart. */
function log(
  ci: CiSystem | undefined,
  facts: readonly Fact[],
  more: Partial<ProgressOptions> = {},
): string[] {
  const stream = new BufferStream()
  const timing = manualTiming()
  const terminal = { term: 'xterm', color: true, ci }
  const progress = createProgress({ stream, json: false, terminal, isTTY: true, timing, ...more })
  for (const fact of facts) {
    timing.pass(1000)
    progress.on(at(timing.monotonicMs(), fact))
  }
  progress.close()
  progress.close()
  return stream.text.split('\n').slice(0, -1)
}

/** What GitHub's runner obeys of a line, in the words of its source: `TryParseV2`, then `TryParse`. */
function obeyed(line: string): string | undefined {
  const [, name, data] = /^\s*::(.*?)::(.*)$/s.exec(line) ?? []
  if (name !== undefined) return `${name}|${data}`
  return (
    /##\[(.*?)\]/.exec(line)?.[1] ??
    /##(?:vso|teamcity)\[(.*?)\]/i.exec(line.replace(/[\u00ad\u200d]/g, ''))?.[1]
  )
}

const STEPS: readonly Fact[] = [
  ONE['run-started'],
  ONE['stage-started'],
  { type: 'step-started', stage: 'stage2', step: 'unpack' },
  ONE['step-finished'],
  ONE['step-started'],
  ONE['package-started'],
  ONE['package-merged'],
  { type: 'step-finished', stage: 'stage2', step: 'run', durationMs: 3000 },
  ONE['stage-finished'],
  ONE['run-finished'],
]

test('GitHub: each step is a group, and what it took stands below', () => {
  assert.deepEqual(log('github', STEPS).slice(0, 9), [
    '[   1.0s] building SDK embedded 1.0.0 (stage1, stage2) in /c',
    '[   2.0s] stage2: started (not built yet) from /c/stage1.tar.zst',
    '::group::stage2: unpack',
    '::endgroup::',
    '[   4.0s] stage2: unpack done (1.2 s)',
    '::group::stage2: run',
    '[   7.0s] stage2: merged sys-libs/zlib-1.3.1 (3 of 12, 4.1 s)',
    '::endgroup::',
    '[   8.0s] stage2: run done (3.0 s)',
  ])
})

test('GitLab: each step is a section with the seconds of its events, closed once also where the log ends in it', () => {
  const E = '\x1b[0K'
  const lines = log('gitlab', [
    ...STEPS.slice(0, 4),
    { type: 'step-started', stage: 'seed', step: 'make it: 1' },
  ])
  assert.deepEqual(lines.slice(2), [
    `${E}section_start:3:stage2_unpack[collapsed=true]\r${E}stage2: unpack`,
    `${E}section_end:4:stage2_unpack\r${E}`,
    '[   4.0s] stage2: unpack done (1.2 s)',
    `${E}section_start:5:seed_make_it_1[collapsed=true]\r${E}seed: make it: 1`,
    `${E}section_end:5:seed_make_it_1\r${E}`,
  ])
})

test('Azure, TeamCity, Buildkite: each step is a group in their words, and a failure and the end stand open', () => {
  const marks = (ci: CiSystem, facts: readonly Fact[]): string[] =>
    log(ci, facts).filter((line) => /^(##|---|\+\+\+)/.test(line))
  const odd: Fact = { type: 'step-started', stage: 'seed', step: "it's [a|b]" }
  assert.deepEqual(marks('azure', [...STEPS.slice(0, 4), odd]), [
    '##[group]stage2: unpack',
    '##[endgroup]',
    "##[group]seed: it's [a|b]",
    '##[endgroup]',
  ])
  assert.deepEqual(marks('teamcity', [odd]), [
    "##teamcity[blockOpened name='seed: it|'s |[a||b|]']",
    "##teamcity[blockClosed name='seed: it|'s |[a||b|]']",
  ])
  assert.deepEqual(marks('buildkite', STEPS), ['--- stage2: unpack', '--- stage2: run', '+++ bootstrap_sdk'])
  const failed = log('buildkite', [
    ONE['run-started'],
    ONE['step-started'],
    ONE['stage-failed'],
    ONE['run-failed'],
  ])
  const open = failed.indexOf('+++ stage2 failed')
  assert.ok(open > failed.indexOf('--- stage2: run'))
  assert.ok(open < failed.indexOf('==== stage2 failed after 30.0 s ===='))
})

test('a failure stands out of its group, and is told once: GitHub has it at the first line that names a cause', () => {
  const failed = {
    ...ONE['stage-failed'],
    causes: [
      { line: 41, text: 'x.c:1: error: 100%' },
      { line: 50, text: 'Error 1' },
    ],
  }
  const lines = log('github', [ONE['run-started'], ONE['step-started'], failed, ONE['run-failed']])
  const commands = lines.filter((line) => obeyed(line) !== undefined)
  assert.deepEqual(commands, [
    '::group::stage2: run',
    '::endgroup::',
    '::error file=/c/log/zlib.log,line=41,title=stage2 failed in step run%2C package sys-libs/zlib-1.3.1::x.c:1: error: 100%25%0AError 1',
  ])
  assert.ok(lines.indexOf('::endgroup::') < lines.indexOf('==== stage2 failed after 30.0 s ===='))
  const lab = log('gitlab', [ONE['run-started'], ONE['step-started'], failed, ONE['run-failed']])
  assert.ok(
    lab.findIndex((line) => /section_end/.test(line)) < lab.indexOf('==== stage2 failed after 30.0 s ===='),
  )
})

test('GitHub: warnings are annotations, failures of no stage have their code, a stopped run is none', () => {
  const commands = (...facts: Fact[]): string[] =>
    log('github', facts).filter((line) => line.startsWith('::'))
  assert.deepEqual(log('github', [ONE.warning]), [
    '::warning title=bootstrap_sdk::little space left%0Abootstrap_sdk clean',
  ])
  assert.deepEqual(commands(ONE['download-failed']), [
    '::warning title=bootstrap_sdk::https://m.invalid/sdk.tar.bz2 is not used: HTTP 404 Not Found',
  ])
  assert.deepEqual(
    commands(ONE['run-started'], { ...ONE['run-failed'], code: 'SDK_SEED', message: 'a\nb' }),
    ['::error title=SDK_SEED::a%0Ab%0Asee the log'],
  )
  const stopped = { ...ONE['run-failed'], code: 'SIGTERM', resume: 'bootstrap_sdk --version 1' }
  assert.equal(
    commands(ONE['run-started'], ONE['stage-failed'], stopped).at(-1),
    '::notice title=stopped by SIGTERM::to go on with it: bootstrap_sdk --version 1',
  )
})

test('Azure, TeamCity: the failed package, with its cause, is on the page of the run, escaped as they ask', () => {
  const facts: Fact[] = [
    ONE['run-started'],
    ONE['step-started'],
    { ...ONE['stage-failed'], causes: [{ line: 41, text: "x.c:1: error: 100% of [it's] a|b; c" }] },
    ONE['run-failed'],
  ]
  const notes = (ci: CiSystem, ...of: Fact[]): string[] =>
    log(ci, of).filter((line) => /logissue|buildProblem|WARNING/.test(line))
  assert.deepEqual(notes('azure', ...facts), [
    "##vso[task.logissue type=error;sourcepath=/c/log/zlib.log;linenumber=41;]stage2 failed in step run, package sys-libs/zlib-1.3.1: x.c:1: error: 100%AZP25 of [it's] a|b; c",
  ])
  assert.deepEqual(notes('teamcity', ...facts), [
    "##teamcity[buildProblem description='stage2 failed in step run, package sys-libs/zlib-1.3.1: x.c:1: error: 100% of |[it|'s|] a||b; c|n/c/log/zlib.log:41']",
  ])
  assert.deepEqual(notes('azure', ONE.warning), [
    '##vso[task.logissue type=warning;]little space left%0Abootstrap_sdk clean',
  ])
  assert.deepEqual(log('teamcity', [ONE.warning]), [
    "##teamcity[message text='little space left|nbootstrap_sdk clean' status='WARNING']",
  ])
  // The name of a log may be anything.
  const odd = { ...ONE['stage-failed'], log: 'a;b]%c\nd' }
  assert.match(notes('azure', odd)[0] ?? '', /;sourcepath=a%3Bb%5D%AZP25c d;/)
  const long = { ...ONE['stage-failed'], problem: Array<string>(10).fill('|'.repeat(900)) }
  assert.match(notes('teamcity', long)[0] ?? '', /description='[^|']*(?:\|[|n])+'\]$/)
})

test('Azure, TeamCity: a run that was stopped is no problem, and its group is closed', () => {
  const stopped = { ...ONE['run-failed'], code: 'SIGTERM', resume: 'bootstrap_sdk --version 1' }
  for (const [ci, begin, end] of [
    ['azure', '##[group]stage2: run', '##[endgroup]'],
    ['teamcity', "##teamcity[blockOpened name='stage2: run']", "##teamcity[blockClosed name='stage2: run']"],
  ] as const)
    assert.deepEqual(
      log(ci, [ONE['run-started'], ONE['step-started'], stopped]).filter((line) => line.startsWith('##')),
      [begin, end],
    )
})

const HOSTILE = [
  '::error file=x::planted',
  '   ::set-env name=PATH::/tmp',
  '\u00a0\u3000::endgroup::',
  '\u00ad:\u200d:stop-commands::x',
  'all is well ##[error]planted',
  '##[group]x##[endgroup]',
  '#\u200d#[error]planted',
  '\x1b[1m::error::planted',
  'ok ##vso[task.setvariable variable=PATH]/tmp',
  '##VSO[task.complete result=Succeeded]planted',
  '##v\u200dso[task.complete]planted',
  "##teamcity[buildStatus status='SUCCESS']",
  "x #\u00ad#teamcity[buildStop comment='planted']",
  'section_end:1:stage2_run\r\x1b[0K',
  '+++ planted',
  '--- a/file.c',
  '^^^ +++',
]

test('what a package, a name or a message says is obeyed by no system', () => {
  for (const text of HOSTILE) {
    const facts: Fact[] = [
      ONE['run-started'],
      ONE['step-started'],
      { type: 'output', stage: 'stage2', line: text },
      { type: 'info', message: `two lines\n${text}` },
      { type: 'warning', message: `${text}\n${text}`, hint: text },
      { ...ONE['package-failed'], package: text, log: text },
      { ...ONE['stage-failed'], package: text, log: text, tail: [text], problem: [text], enter: text },
      { ...ONE['run-failed'], message: `${text}\n${text}`, hint: text, resume: text },
    ]
    const names = log('github', facts, { verbose: true })
      .map(obeyed)
      .filter((each) => each !== undefined)
    const own = names.map((each) => /^(\w+)/.exec(each)?.[1])
    assert.deepEqual(own, ['group', 'warning', 'endgroup', 'error'], text)
    const lab = log('gitlab', facts, { verbose: true })
    assert.deepEqual(lab.filter((line) => line.includes('\r')).length, 2, text)
    assert.deepEqual(
      log('buildkite', facts, { verbose: true }).filter((line) => /^(---|\+\+\+|~~~|\^\^\^)/.test(line)),
      ['--- stage2: run', '+++ stage2 failed', '+++ bootstrap_sdk'],
      text,
    )
    const azure = log('azure', facts, { verbose: true }).map(
      (line) => /^(##vso\[[\w.]+ type=\w+;|##\[\w+\])/.exec(line)?.[0] ?? obeyed(line),
    )
    assert.deepEqual(
      azure.filter((each) => each !== undefined),
      ['##[group]', '##vso[task.logissue type=warning;', '##[endgroup]', '##vso[task.logissue type=error;'],
      text,
    )
    const city = log('teamcity', facts, { verbose: true }).filter((line) => obeyed(line) !== undefined)
    assert.deepEqual(
      city.map((line) => /^##teamcity\[(\w+)(?: \w+='(?:[^|'[\]]|\|[|'[\]nr])*')+\]$/.exec(line)?.[1]),
      ['blockOpened', 'message', 'blockClosed', 'buildProblem'],
      text,
    )
    // Nobody knows who shows a plain log.
    for (const ci of ['other', undefined] as const)
      assert.deepEqual(log(ci, facts, { verbose: true, isTTY: false }).filter(obeyed), [], text)
    const json = log(undefined, facts, { verbose: true, json: true })
    assert.deepEqual(json.filter(obeyed), [], text)
    assert.deepEqual(
      json.map((line) => (JSON.parse(line) as { line?: string }).line).filter((line) => line !== undefined),
      [text],
    )
  }
})

test('a line stays what it is where nobody would obey it', () => {
  for (const line of [
    'std::string x',
    '  a ::b::',
    '[   1.0s] :: x',
    'C::D::e',
    '# [x]',
    '## [x]',
    ': ::x::',
    '##vso',
    '# #vso[x]',
    'teamcity[x]',
    '----',
    '+++x',
    '  --- a/x',
  ])
    assert.equal(obeyedByNobody(line), line)
  assert.equal(obeyedByNobody('  ::error::x'), '  : :error::x')
  assert.equal(obeyedByNobody('a ##[b]'), 'a # #[b]')
  assert.equal(obeyedByNobody('--- a/x'), ' --- a/x')
  assert.equal(obeyedByNobody('^^^ +++'), ' ^^^ +++')
  assert.equal(obeyedByNobody('+\u200d++ x'), ' +\u200d++ x')
  assert.equal(obeyedByNobody('a ##vso[b]'), 'a # #vso[b]')
  assert.equal(jsonObeyedByNobody('{"a":"##teamcity[b]"}'), '{"a":"\\u0023#teamcity[b]"}')
  // A terminal obeys what JSON need not escape: CSI as one character, and what turns text around.
  const said = { '\u009b31m': 'a\u007f\u0085\u009d0;title\u009c\u202egnp.exe' }
  const shown = jsonObeyedByNobody(JSON.stringify(said))
  assert.equal(shown, '{"\\u009b31m":"a\\u007f\\u0085\\u009d0;title\\u009c\\u202egnp.exe"}')
  assert.deepEqual(JSON.parse(shown), said)
})

test('a command is one line, whatever it is told', () => {
  assert.equal(
    workflowCommand('error', '50% a\r\nb: c, d', { file: 'a,b:c%\nd', line: 3, title: undefined }),
    '::error file=a%2Cb%3Ac%25 d,line=3::50%25 a %0Ab: c, d',
  )
})

test('the system is told by its own variable', () => {
  const ci = (variables: Record<string, string>) => readEnvironment(variables).terminal.ci
  assert.equal(ci({ GITHUB_ACTIONS: 'true' }), 'github')
  assert.equal(ci({ GITLAB_CI: 'true' }), 'gitlab')
  assert.equal(ci({ GITHUB_ACTIONS: 'true', GITLAB_CI: 'true' }), 'github')
  assert.equal(ci({ CI: 'true', TF_BUILD: 'True' }), 'azure')
  assert.equal(ci({ TEAMCITY_VERSION: '2025.1' }), 'teamcity')
  assert.equal(ci({ CI: 'true', BUILDKITE: 'true' }), 'buildkite')
  assert.equal(ci({ CI: 'true', JENKINS_URL: 'x' }), 'other')
  for (const none of [
    {},
    { CI: 'false' },
    { GITHUB_ACTIONS: 'false' },
    { GITLAB_CI: '' },
    { TF_BUILD: 'False' },
  ])
    assert.equal(ci(none), undefined)
})

test('a stage that is archived beside the next one leaves the group of that one open', () => {
  const lines = log('github', [
    ONE['run-started'],
    { type: 'step-started', stage: 'stage1', step: 'archive' },
    ONE['stage-started'],
    { type: 'step-started', stage: 'stage2', step: 'run' },
    { type: 'step-finished', stage: 'stage1', step: 'archive', durationMs: 2000 },
    { ...ONE['stage-finished'], stage: 'stage1' },
    ONE['package-merged'],
    { type: 'step-finished', stage: 'stage2', step: 'run', durationMs: 3000 },
  ])
  assert.deepEqual(
    lines.filter((line) => line.startsWith('::')),
    ['::group::stage1: archive', '::endgroup::', '::group::stage2: run', '::endgroup::'],
  )
})
