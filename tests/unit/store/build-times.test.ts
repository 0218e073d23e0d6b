import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { openBuildTimes } from '../../../src/cli/build-times.js'
import {
  addBuildTime,
  type BuildTime,
  readBuildTimes,
  tidyBuildTimes,
} from '../../../src/store/build-times.js'
import { at, ONE_OF_EACH } from '../../helpers/events.js'

function place(t: TestContext): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'build-times-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return path.join(folder, 'log/times-amd64.jsonl')
}

const time = (name: string, ms: number): BuildTime => ({ kind: 'package', package: name, ms })

test('each time is there at once, and a line that a kill has torn costs no other one', (t) => {
  const file = place(t)
  assert.deepEqual(readBuildTimes(file), [])
  addBuildTime(file, time('a/b-1', 1000))
  appendFileSync(file, '{"kind":"package","pack')
  addBuildTime(file, time('a/c-1', 2000))
  assert.deepEqual(readBuildTimes(file), [time('a/b-1', 1000), time('a/c-1', 2000)])
})

test('what somebody else has written there is left out', (t) => {
  const file = place(t)
  addBuildTime(file, time('a/b-1', 1000))
  writeFileSync(
    file,
    '{"kind":"package","package":7,"ms":1}\n{"kind":"x"}\n[]\n{"kind":"package","package":"a/b-1","ms":-1}\n{"kind":"package","package":"a/b-1","ms":1e300}\n\xff\n',
  )
  assert.deepEqual(readBuildTimes(file), [])
  assert.deepEqual(readBuildTimes(path.dirname(file)), [])
})

test('a file that has grown long is made anew with what still counts', async (t) => {
  const file = place(t)
  const stage = (profile: string, ms: number): BuildTime => ({
    ...{ kind: 'stage', profile, stage: 'stage2', pieces: [{ step: 'run', ms }] },
  })
  addBuildTime(file, stage('p', 1))
  addBuildTime(file, stage('q', 2))
  addBuildTime(file, stage('p', 3))
  appendFileSync(file, `${JSON.stringify(time('a/b-1', 7))}\n`.repeat(50_000))
  const lines = readBuildTimes(file)
  await tidyBuildTimes(file, [stage('p', 1), stage('q', 2), stage('p', 3), ...lines])
  assert.ok(statSync(file).size < 1000)
  assert.deepEqual(readBuildTimes(file), [stage('q', 2), stage('p', 3), ...Array(5).fill(time('a/b-1', 7))])
  await tidyBuildTimes(file, [])
  assert.equal(readFileSync(file, 'utf8').split('\n').length, 8)
})

test('a run adds what it builds, whatever becomes of it; stages count for their profile alone', (t) => {
  const file = place(t)
  const run = (profile: string, ...facts: Parameters<typeof at>[1][]): void => {
    const { keep } = openBuildTimes(file, profile)
    for (const [index, fact] of facts.entries()) keep.on(at(index * 1000, fact))
  }
  const { 'stage-started': begin, 'stage-finished': end, 'package-merged': merged } = ONE_OF_EACH
  run('quick', ONE_OF_EACH['run-started'], begin, merged)
  assert.equal(openBuildTimes(file, 'full').history.usual(merged.package), merged.durationMs)
  assert.equal(openBuildTimes(file, 'quick').history.stage('stage2'), undefined)
  run('quick', ONE_OF_EACH['run-started'], begin, ONE_OF_EACH['step-started'], merged, end)
  assert.deepEqual(openBuildTimes(file, 'quick').history.stage('stage2'), [
    { step: 'run', name: 'sys-libs/zlib', binary: false, ms: 2000 },
    { step: '', ms: 1000 },
  ])
  assert.equal(openBuildTimes(file, 'full').history.stage('stage2'), undefined)
})

test('how the log of a package grew is kept with its stage, and what came after the last one', (t) => {
  const file = place(t)
  const { 'stage-started': begin, 'stage-finished': end, 'package-merged': merged } = ONE_OF_EACH
  const said = ONE_OF_EACH['package-output']
  const { keep } = openBuildTimes(file, 'quick')
  const facts = [ONE_OF_EACH['run-started'], begin, { ...merged, type: 'package-started' as const }]
  for (const [second, fact] of facts.entries()) keep.on(at(second, fact))
  for (let second = 1; second < 8; second++) keep.on(at(second * 1000, { ...said, logBytes: second * 100 }))
  keep.on(at(8000, merged))
  keep.on(at(9000, end))
  keep.on(at(11_000, ONE_OF_EACH['run-finished']))
  const { history } = openBuildTimes(file, 'quick')
  const log = history.stage('stage2')?.[0]?.log
  assert.deepEqual([log?.length, log?.[0], log?.[8], log?.[16]], [17, 0, 400, 700])
  assert.deepEqual(history.stage('after'), [{ step: '', ms: 2000 }])
})
