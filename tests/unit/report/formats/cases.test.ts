import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import type { Event } from '../../../../src/events/event.js'
import { casesOf } from '../../../../src/report/formats/cases.js'
import { junitXml } from '../../../../src/report/formats/junit.js'
import { tapText } from '../../../../src/report/formats/tap.js'
import { FAILED, FINISHED, HARD, REFUSED, STOPPED } from '../../../helpers/journals.js'
import { holdToJunit } from '../../../helpers/junit.js'

/** Each case of `events`: `suite/name: end`. */
const ends = (events: readonly Event[]): string[] =>
  casesOf(events).suites.flatMap(({ name: suite, cases }) =>
    cases.map(({ name, end }) => {
      const more = end.kind === 'skipped' ? `, ${end.why}` : end.kind === 'passed' ? '' : `, ${end.code}`
      return `${suite}/${name}: ${end.kind}${more}`
    }),
  )

test('a failed run: what was built, what was not, and why', () => {
  assert.deepEqual(ends(FAILED), [
    'seed/seed: passed',
    'stage1/stage1: skipped, finished before',
    'stage2/stage2: failed, SDK_STAGE',
    'stage2/app-arch/xz-5: passed',
    'stage2/sys-devel/gcc-14: passed',
    'stage2/app-shells/bash-5: failed, SDK_STAGE',
    'stage3/stage3: skipped, stage2 failed',
  ])
})

test('the last of several runs counts, and a package that is merged twice is two cases', () => {
  assert.deepEqual(ends([...FAILED, ...FINISHED]), [
    'seed/seed: passed',
    'stage1/stage1: skipped, finished before',
    'stage2/stage2: passed',
    'stage2/app-arch/xz-5: passed',
    'stage2/sys-devel/gcc-14: passed',
    'stage2/app-arch/xz-5 (2): passed',
    'stage3/stage3: skipped, finished before',
  ])
})

test('a run that could not begin, was stopped, or was killed is never green', () => {
  assert.deepEqual(ends(REFUSED), ['run/run: failed, SDK_SEED'])
  assert.deepEqual(ends(STOPPED).slice(2), [
    'stage2/stage2: skipped, the run ended before it did',
    'stage2/app-arch/xz-5: passed',
    'stage2/sys-devel/gcc-14: passed',
    'stage3/stage3: skipped, the run ended before it did',
    'run/run: error, SIGTERM',
  ])
  assert.deepEqual(ends(FAILED.slice(0, 13)).slice(2), [
    'stage2/stage2: skipped, the run ended before it did',
    'stage2/sys-devel/gcc-14: skipped, the run ended before it did',
    'stage2/app-arch/xz-5: skipped, the run ended before it did',
    'stage3/stage3: skipped, the run ended before it did',
    'run/run: error, SIGKILL',
  ])
})

test('a run that only fetches has built nothing', () => {
  const fetched = [FINISHED[0], FINISHED.at(-1)].filter((event) => event !== undefined)
  assert.deepEqual(
    ends(fetched),
    ['stage1', 'stage2', 'stage3'].map((stage) => `${stage}/${stage}: skipped, this run does not build it`),
  )
})

/** What Python's XML parser, expat, reads of a file: each element with its attributes and its text. */
function parsed(xml: string): [tag: string, attributes: Record<string, string>, text: string][] {
  const program = `import json, sys, xml.etree.ElementTree as E
print(json.dumps([[e.tag, e.attrib, e.text or ''] for e in E.fromstring(sys.stdin.buffer.read()).iter()]))`
  const { stdout, stderr, status } = spawnSync('python3', ['-c', program], { input: xml, encoding: 'utf8' })
  assert.equal(status, 0, `${stderr}${xml}`)
  return JSON.parse(stdout)
}

test('JUnit: counts that add up, seconds, and the cause in the failure', () => {
  const elements = parsed(junitXml(casesOf(FAILED)))
  const of = (tag: string) => elements.filter(([each]) => each === tag).map(([, attributes]) => attributes)
  assert.deepEqual(of('testsuites'), [
    {
      name: 'bootstrap_sdk tiny 1.0.0+a',
      tests: '7',
      failures: '2',
      errors: '0',
      time: '0.420',
    },
  ])
  assert.deepEqual(of('testsuite')[2], {
    ...{ name: 'stage2', tests: '4', failures: '2', errors: '0', skipped: '0' },
    ...{ timestamp: '1970-01-01T00:00:00', time: '0.350' },
  })
  assert.deepEqual(of('testcase')[3], { classname: 'tiny.stage2', name: 'app-arch/xz-5', time: '0.070' })
  assert.deepEqual(
    of('skipped').map(({ message }) => message),
    ['finished before', 'stage2 failed'],
  )
  const [failure] = elements.filter(([tag]) => tag === 'failure')
  assert.equal(failure?.[1].type, 'SDK_STAGE')
  assert.equal(failure?.[1].message, 'stage2 failed in step run, package app-shells/bash-5, after 0.3 s')
  const [, log, first, last] = failure?.[2].split('\n') ?? []
  assert.deepEqual([log, last], ['log: /c/bash.log', '50: make: *** Error 1'])
  assert.match(first ?? '', /^41: x\.c:1: error: <a href="x">&amp; \]\]> 'q' .*é 中 \u{1f600}$/u)
})

test('XML is well formed for every character, in every place', () => {
  const planes = [0, 0x80, 0xd780, 0xd880, 0xdb80, 0xdf80, 0xfd00, 0xff80, 0x1ff80, 0x10ff80]
  const every = planes.map((from) =>
    String.fromCodePoint(...Array.from({ length: 0x80 }, (_, index) => from + index)),
  )
  for (const text of [...every, HARD]) {
    const events = FAILED.map((event): Event => {
      if (event.type === 'run-started') return { ...event, sdk: text, version: text }
      if (event.type === 'stage-skipped') return { ...event, reason: text }
      if (event.type === 'package-started' || event.type === 'package-merged')
        return { ...event, package: text }
      if (event.type === 'stage-failed')
        return { ...event, log: text, step: text, causes: [{ line: 1, text }] }
      return event.type === 'run-failed' ? { ...event, code: text, message: text, hint: text } : event
    })
    assert.ok(parsed(junitXml(casesOf(events))).length > 10)
  }
  parsed(junitXml(casesOf(REFUSED)))
  assert.ok(parsed(junitXml(casesOf([]))).length > 0)
})

test('TAP: a plan, a line for each case, and the cause below a failure', () => {
  assert.deepEqual(tapText(casesOf(FAILED)).split('\n').slice(0, 15), [
    ...['TAP version 14', '1..7'],
    ...['ok 1 - seed', '  ---', '  duration_ms: 35', '  ...'],
    'ok 2 - stage1 # SKIP finished before',
    ...['not ok 3 - stage2', '  ---', '  duration_ms: 350'],
    '  message: "stage2 failed in step run, package app-shells/bash-5, after 0.3 s"',
    ...['  severity: fail', '  code: "SDK_STAGE"', '  cause:', '    - "log: /c/bash.log"'],
  ])
  const skipped = FAILED.map((event) =>
    event.type === 'stage-skipped' ? { ...event, reason: 'a # b \\ c\n1..0' } : event,
  )
  assert.match(tapText(casesOf(skipped)), /^ok 2 - stage1 # SKIP a \\# b \\\\ c 1\.\.0$/m)
  assert.match(tapText(casesOf(REFUSED)), /^1\.\.1\nnot ok 1 - run\n/m)
})

test('the file is what Jenkins and GitLab take, whatever came of a run', () => {
  for (const events of [FAILED, FINISHED, REFUSED, STOPPED, FAILED.slice(0, 13), []])
    holdToJunit(junitXml(casesOf(events)))
})
