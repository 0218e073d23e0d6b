// The report of a version: what stands on the page, and what cannot get onto it.

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { Event, Fact } from '../../../src/events/event.js'
import { createJournal } from '../../../src/events/journal.js'
import { NO_FACTS, type PageFacts } from '../../../src/report/facts.js'
import { figuresOf } from '../../../src/report/figures.js'
import { keepReport } from '../../../src/report/keep.js'
import { reportPage } from '../../../src/report/page.js'
import { lanes, runsOf } from '../../../src/report/runs.js'
import { at, ONE_OF_EACH } from '../../helpers/events.js'
import { plantedEvents, plantedFacts } from '../../helpers/report-events.js'

const STARTED = {
  type: 'run-started' as const,
  version: '1.0.0+a',
  sdk: 'tiny',
  stages: ['stage1'],
  root: '/r',
  pid: 1,
} satisfies Fact

const place = (index: number, name: string) => ({
  stage: 'stage1',
  package: name,
  index,
  total: 3,
  binary: false,
})
const started = (index: number, name: string): Fact => ({ type: 'package-started', ...place(index, name) })
const merged = (index: number, name: string, durationMs: number): Fact => ({
  type: 'package-merged',
  ...place(index, name),
  durationMs,
})

const ASSETS = { style: 'p{}', script: '0' }
const pageOf = (events: readonly Event[], facts: PageFacts = NO_FACTS): string =>
  reportPage({ events, facts, assets: ASSETS })

/** Two packages at once, then one that fails; the run ends with it. */
const FAILED: readonly Event[] = [
  at(0, STARTED),
  at(10, { type: 'step-started', stage: 'stage1', step: 'run' }),
  at(100, started(1, 'sys-devel/gcc-14.2.0')),
  at(150, started(2, 'app-arch/xz-utils-5.8')),
  at(400, merged(2, 'app-arch/xz-utils-5.8', 250)),
  at(900, merged(1, 'sys-devel/gcc-14.2.0', 800)),
  at(950, started(3, 'app-shells/bash-5.2')),
  at(1000, { type: 'package-failed', stage: 'stage1', package: 'app-shells/bash-5.2' }),
  at(1100, {
    type: 'stage-failed',
    stage: 'stage1',
    step: 'run',
    package: 'app-shells/bash-5.2',
    log: '/r/log/bash.log',
    tail: ['error: <stdio.h> & "friends"', '\u001b[31mred\u001b[0m'],
    enter: 'sudo ./bootstrap_sdk enter stage1',
    durationMs: 1100,
  }),
  at(1110, {
    type: 'run-failed',
    code: 'SDK_STAGE',
    message: 'stage1 failed\nthe second line',
    hint: 'go on with --version',
    exitCode: 5,
    durationMs: 1110,
    facts: {},
  }),
]

test('runs: steps and packages have their times, and what failed says so', () => {
  const [run] = runsOf(FAILED)
  assert.deepEqual(run?.steps, [
    { name: 'run', stage: 'stage1', startMs: 10, endMs: 1100, outcome: 'failed' },
  ])
  assert.deepEqual(
    run?.packages.map(({ name, startMs, endMs, outcome }) => [name, startMs, endMs, outcome]),
    [
      ['app-arch/xz-utils-5.8', 150, 400, 'done'],
      ['sys-devel/gcc-14.2.0', 100, 900, 'done'],
      ['app-shells/bash-5.2', 950, 1000, 'failed'],
    ],
  )
  const rows = lanes(run?.packages ?? []).map((row) => row.map(({ name }) => name))
  assert.deepEqual(rows, [['sys-devel/gcc-14.2.0', 'app-shells/bash-5.2'], ['app-arch/xz-utils-5.8']])
})

test('runs: a killed run is one of its own, and what it had begun is open', () => {
  const runs = runsOf([...FAILED.slice(0, 4), ...FAILED])
  assert.equal(runs.length, 2)
  assert.deepEqual(
    runs[0]?.packages.map(({ outcome, endMs }) => [outcome, endMs]),
    [
      ['open', 150],
      ['open', 150],
    ],
  )
  assert.deepEqual(runsOf([at(5, { type: 'warning', message: 'before it started' })]), [])
  assert.deepEqual(runsOf([]), [])
})

test('page: a failure has its package, log, last lines, hint and the way into the root', () => {
  const page = pageOf(FAILED)
  for (const text of [
    '<title>SDK tiny 1.0.0+a</title>',
    'failed after 1.1 s',
    '<b>app-shells/bash-5.2</b>',
    '<code>/r/log/bash.log</code>',
    '<code>sudo ./bootstrap_sdk enter stage1</code>',
    'error: &lt;stdio.h&gt; &amp; &quot;friends&quot;\nred\n',
    'SDK_STAGE: stage1 failed\nthe second line\n',
    'go on with --version',
    '2: 2 built, 0 from binary packages',
    '<tr id="p1-3" data-stage="stage1" data-how="failed">',
  ])
    assert.ok(page.includes(text), `${text} is not in\n${page}`)
})

test('page: what goes on is told on top of a run that has no end, and its stage says its step', () => {
  const phase: Fact = {
    ...{ type: 'package-phase', stage: 'stage1', package: 'app-shells/bash-5.2', phase: 'compile' },
  }
  const begun = { ...ONE_OF_EACH['stage-started'], stage: 'stage1' }
  const page = pageOf([
    FAILED[0] as Event,
    at(5, begun),
    ...FAILED.slice(1, 7),
    at(2950, phase),
    at(3950, ONE_OF_EACH.info),
  ])
  assert.match(page, /At work: stage1: run \(3\.9 s\), app-shells\/bash-5\.2: compile \(3\.0 s\)</)
  assert.match(page, /<th scope="row">stage1<\/th><td>in step run \(not built yet\)</)
  assert.ok(!pageOf(FAILED).includes('At work'))
})

test('page: what the failed stage has said is not said again by its run', () => {
  const hint = 'read /r/log/bash.log; enter it with `sudo ./bootstrap_sdk enter stage1`; or go on'
  const page = pageOf([...FAILED.slice(0, -1), { ...(FAILED.at(-1) as Event), hint } as Event])
  assert.equal(page.match(/enter stage1/g)?.length, 1)
  assert.ok(page.includes('<p>or go on</p>'))
})

test('page: packages of a distribution seed are not called built', () => {
  const ofSeed = [
    at(12, { ...place(1, 'a/b-1'), type: 'package-started', stage: 'seed' }),
    at(19, { ...place(1, 'a/b-1'), type: 'package-merged', stage: 'seed', durationMs: 7 }),
  ]
  const page = pageOf([...FAILED.slice(0, 1), ...ofSeed, ...FAILED.slice(1)])
  assert.ok(
    page.includes('3: 2 built, 0 from binary packages, 1 of the distribution packed for the seed'),
    page,
  )
})

test('page: no text of a build becomes markup or a control sequence', () => {
  const evil = `a"'><script>alert(1)</script>\u001b]0;x\u0007\u202e`
  const page = pageOf(plantedEvents(evil), plantedFacts(evil))
  // Its own script, and the data of the curves.
  assert.equal(page.match(/<script/g)?.length, 2)
  assert.equal(page.match(/<\/script/g)?.length, 2)
  assert.doesNotMatch(page, /[\u0000-\u0009\u000b-\u001f\u202e]/)
  for (const [, value = ''] of page.matchAll(/ [a-z-]+="([^"]*)"/g))
    assert.ok(!/[<>']/.test(value) || / 'self'|'none'/.test(value), value)
  for (const [, href = ''] of page.matchAll(/ href="([^"]*)"/g)) assert.doesNotMatch(href, /^\w+:/)
})

test('page: assets that would end their own element are refused', () => {
  for (const text of ['a</script>', 'b</STYLE >', '<!--'])
    assert.throws(() => reportPage({ events: FAILED, assets: { style: text, script: '' } }), /markup/)
})

test('page: a stage that is skipped later keeps what its end said', () => {
  const finished: Fact = {
    type: 'stage-finished',
    stage: 'stage1',
    archive: '/r/builds/stage1-amd64-1.tar.zst',
    digest: 'd'.repeat(64),
    bytes: 2048,
    durationMs: 61_000,
    engineMs: 500,
    besideMs: 20_000,
  }
  const skipped: Fact = {
    type: 'stage-skipped',
    stage: 'stage1',
    reason: 'finished',
    archive: '/r/a.tar.zst',
  }
  const page = pageOf([at(0, STARTED), at(1, finished), at(2, STARTED), at(3, skipped)])
  assert.match(
    page,
    /<th scope="row">stage1<\/th><td>finished<\/td><td>1 min 1 s, 20\.0 s of it beside the next stage<\/td><td>0\.5 s<\/td><td>2\.0 KiB<\/td>/,
  )
})

test('page: a stage that is built again is not finished meanwhile', () => {
  const finished = { ...ONE_OF_EACH['stage-finished'], stage: 'stage2' }
  const begun = { ...ONE_OF_EACH['stage-started'], stage: 'stage2' }
  const page = pageOf([at(0, STARTED), at(1, finished), at(2, STARTED), at(3, begun)])
  assert.match(page, /<th scope="row">stage2<\/th><td>not finished \(/)
  assert.ok(!page.includes(`>${finished.digest}</code>`))
})

test('runs: a step of the seed fails with its run, and a package that fails after its merge is one', () => {
  const [run] = runsOf([
    at(0, STARTED),
    at(1, { type: 'step-started', stage: 'seed', step: 'merge its packages' }),
    at(2, { ...place(1, 'a/b-1'), type: 'package-started', stage: 'seed' }),
    at(9, { ...place(1, 'a/b-1'), type: 'package-merged', stage: 'seed', durationMs: 7 }),
    at(9, { type: 'package-failed', stage: 'seed', package: 'a/b-1' }),
    at(10, ONE_OF_EACH['run-failed']),
  ])
  assert.deepEqual(
    run?.steps.map(({ name, outcome }) => [name, outcome]),
    [['merge its packages', 'failed']],
  )
  assert.deepEqual(
    run?.packages.map(({ name, startMs, endMs, outcome }) => [name, startMs, endMs, outcome]),
    [['a/b-1', 2, 9, 'failed']],
  )
})

describe('the file', () => {
  let folder = ''
  const place = () => ({
    journal: path.join(folder, 'journal.jsonl'),
    report: path.join(folder, 'report.html'),
    assets: () => ASSETS,
    facts: () => Promise.resolve(NO_FACTS),
  })
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'report-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  test('is there soon after the start of a run, has the runs before, and no half of it stays', async () => {
    const { journal, report } = place()
    const kept = keepReport(place(), assert.fail)
    const write = createJournal(journal)
    for (const event of FAILED) write.on(event)
    write.on(at(0, STARTED))
    kept.on(at(0, STARTED))
    while (!existsSync(report)) await setTimeout(50)
    assert.match(readFileSync(report, 'utf8'), />no end[\s\S]*UTC: failed after 1\.1 s/)
    write.on(at(20, ONE_OF_EACH['run-finished']))
    kept.on(at(20, ONE_OF_EACH['run-finished']))
    await kept.settled()
    assert.match(readFileSync(report, 'utf8'), />finished[\s\S]*UTC: failed after 1\.1 s/)
    write.close()
    assert.deepEqual(readdirSync(folder).sort(), ['journal.jsonl', 'report.html'])
  })

  test('is made while a package builds, and has the last events when the run is left at once', async () => {
    const { journal, report } = place()
    const kept = keepReport(place(), assert.fail)
    const write = createJournal(journal)
    const tell = (event: Event): void => {
      write.on(event)
      kept.on(event)
    }
    tell(at(0, STARTED))
    while (!existsSync(report)) await setTimeout(50)
    tell(at(1, { type: 'step-started', stage: 'stage1', step: 'run' }))
    tell(at(2, started(1, 'sys-devel/gcc-14')))
    // Not for each event: the page of the start stays for a while.
    assert.ok(!readFileSync(report, 'utf8').includes('gcc-14'))
    kept.close()
    write.close()
    assert.match(readFileSync(report, 'utf8'), /sys-devel\/gcc-14[\s\S]*not ended/)
  })

  test('has what records say as soon as they are there', async () => {
    const { journal, report } = place()
    let known = NO_FACTS
    const kept = keepReport({ ...place(), facts: () => Promise.resolve(known) }, assert.fail)
    const write = createJournal(journal)
    for (const event of [at(0, STARTED), at(5, ONE_OF_EACH['stage-finished'])]) {
      write.on(event)
      kept.on(event)
      await kept.settled()
      known = plantedFacts('a/b-1')
    }
    write.close()
    assert.match(readFileSync(report, 'utf8'), /Isolation and verification[\s\S]*a\/b-1/)
  })

  test('stays as it is in a run that has nothing to do, unless the one before it had no end', async () => {
    const { journal, report } = place()
    let hasOwnFiles = false
    const run = async (...facts: Fact[]): Promise<string> => {
      const [kept, write] = [keepReport({ ...place(), hasOwnFiles }, assert.fail), createJournal(journal)]
      for (const fact of facts) {
        const event = { ...at(0, fact), time: new Date().toISOString() }
        write.on(event)
        kept.on(event)
      }
      await kept.settled()
      kept.close()
      write.close()
      return readFileSync(report, 'utf8')
    }
    const [skipped, finished] = [ONE_OF_EACH['stage-skipped'], ONE_OF_EACH['run-finished']]
    const first = await run(STARTED, ONE_OF_EACH['stage-started'], finished)
    for (let again = 0; again < 2; again++) assert.equal(await run(STARTED, skipped, finished), first)
    hasOwnFiles = true
    assert.notEqual(await run(STARTED, skipped, finished), first)
    hasOwnFiles = false
    assert.notEqual(await run(STARTED, ONE_OF_EACH.warning, finished), first)
    const killed = await run(STARTED, ONE_OF_EACH['stage-started'])
    assert.match(killed, /not ended|no end/)
    assert.notEqual(await run(STARTED, skipped, finished), killed)
  })

  test('that cannot be written is told once, and leaves nothing half', async () => {
    const { journal, report } = place()
    const write = createJournal(journal)
    write.on(at(0, STARTED))
    mkdirSync(report)
    const told: string[] = []
    const kept = keepReport(place(), (message) => told.push(message))
    kept.on(at(0, STARTED))
    kept.on(at(1, ONE_OF_EACH['run-finished']))
    await kept.settled()
    assert.equal(told.length, 1)
    assert.match(told[0] ?? '', /the report is not up to date: .*report\.html/)
    write.close()
    assert.deepEqual(readdirSync(folder).sort(), ['journal.jsonl', 'report.html'])
  })
})

test('stages that overlap have a row each, in which they stay, and a wait for an archive is said', () => {
  const stage = (name: string, step: string): Fact => ({ type: 'step-started', stage: name, step })
  const end = (name: string, step: string, durationMs = 0): Fact => ({
    type: 'step-finished',
    stage: name,
    step,
    durationMs,
  })
  const other = { stage: 'stage2', package: 'a/b-1', index: 1, total: 1, binary: false }
  const page = pageOf([
    at(0, { ...STARTED, stages: ['stage1', 'stage2'] }),
    at(0, stage('stage1', 'run')),
    at(1000, end('stage1', 'run')),
    at(1000, stage('stage1', 'archive')),
    at(1500, stage('stage2', 'copy')),
    at(2000, end('stage2', 'copy')),
    at(2000, stage('stage2', 'run')),
    at(2100, { type: 'package-started', ...other }),
    at(2500, { type: 'package-merged', ...other, durationMs: 400 }),
    at(3000, end('stage2', 'run')),
    at(3000, stage('stage2', 'wait')),
    at(5000, end('stage1', 'archive')),
    at(5000, end('stage2', 'wait', 2000)),
    at(5000, stage('stage2', 'check')),
    at(6000, end('stage2', 'check')),
  ])
  const rows = [...page.matchAll(/aria-label="(stage\d \w+), a step:.*?<svg[^>]* y="(\d+)"/g)]
  assert.deepEqual(
    rows.map(([, words, y]) => `${words} ${y}`),
    [
      'stage1 run 0',
      'stage1 archive 0',
      'stage2 copy 22',
      'stage2 run 22',
      'stage2 wait 22',
      'stage2 check 22',
    ],
  )
  assert.match(page, /stage2 waited 2\.0 s for the archive of the stage before\./)
})

test('a run that finds all of it finished leaves the report to the run that built it', () => {
  const built = [
    at(0, STARTED),
    at(10, { type: 'step-started', stage: 'stage1', step: 'run' }),
    at(100, started(1, 'sys-devel/gcc-14.2.0')),
    at(900, merged(1, 'sys-devel/gcc-14.2.0', 800)),
    at(1000, { ...ONE_OF_EACH['run-finished'], durationMs: 1000 }),
  ]
  const idle = [
    at(0, STARTED),
    at(10, { ...ONE_OF_EACH['stage-skipped'], stage: 'stage1' }),
    at(20, { ...ONE_OF_EACH['run-finished'], durationMs: 20 }),
  ]
  assert.equal(figuresOf([...built, ...idle, ...idle], NO_FACTS)?.rows.length, 1)
  assert.match(pageOf([...built, ...idle]), /<dt>Whole run<\/dt>\s*<dd>1\.0 s/)
  // One that goes on, or has failed, is what is looked for; and where there is no other, there is this one.
  assert.equal(figuresOf([...built, at(0, STARTED)], NO_FACTS)?.rows.length, 0)
  assert.equal(
    figuresOf([...built, at(0, STARTED), at(9, ONE_OF_EACH['run-failed'])], NO_FACTS)?.run.lengthMs,
    9,
  )
  assert.equal(figuresOf(idle, NO_FACTS)?.run.lengthMs, 20)
})

test('a script that failed: each line once, and its own log of those of the stage', () => {
  const gone = "cp: cannot stat '/gone': No such file or directory"
  const problem = ['the fsscript ended with 1', 'about to copy', gone]
  const failed: readonly Event[] = [
    at(0, STARTED),
    at(10, { type: 'step-started', stage: 'stage1', step: 'run' }),
    at(1100, {
      ...{ type: 'stage-failed', stage: 'stage1', step: 'run', log: '/r/log/run.log', tail: [], problem },
      ...{ causes: [{ line: 12, text: gone }], durationMs: 1100 },
    }),
    at(1110, {
      ...{ type: 'run-failed', code: 'SDK_STAGE', message: `stage1 failed (run): ${problem.join('\n  ')}` },
      ...{ exitCode: 5, durationMs: 1110, facts: {} },
    }),
  ]
  const logs = ['prepare.log', 'run.log'].map((text) => ({ text, href: `logs/${text}`, stage: 'stage1' }))
  const page = reportPage({ events: failed, assets: ASSETS, facts: { ...NO_FACTS, logs } })
  const told = page.slice(page.indexOf('class="failure"'), page.indexOf('id="stages"'))
  for (const words of ['cp: cannot stat', 'about to copy', 'the fsscript ended', 'run.log</a>'])
    assert.equal(told.split(words).length, 2, words)
  assert.doesNotMatch(told, /prepare\.log/)
})
