#!/usr/bin/env node
// Builds the same SDK with both runners, from one seed and from nothing else, and prints how long each step took, as a
// table in Markdown, each with the compressor that it has by default, unless an option names one for both.
// Usage: sudo bench/runners.mjs FOLDER SEED [OPTION OF bootstrap_sdk]…
//   FOLDER  is made; a catalyst root for each runner goes into it. What it may share is FOLDER/distfiles, if that is there.

import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import readline from 'node:readline'

/** What each packs archives with when it is asked for nothing (catalyst: `compression_mode` in its defaults.py, lbzip2). */
const COMPRESSION = { native: 'zstd', catalyst: 'bz2' }
const RUNNERS = Object.keys(COMPRESSION)
const PROJECT = path.resolve(import.meta.dirname, '..')
/** Steps of catalyst in which emerge works: the rest is catalyst's own. */
const MERGES = ['run_local', 'build_packages', 'fsscript']
/** Steps of ours in which the scripts work, or the network. */
const SCRIPTS = ['enter', 'fetch', 'run']

const seconds = (ms) => (ms === undefined ? '' : (ms / 1000).toFixed(1))
const sum = (entries) => entries.reduce((total, [, ms]) => total + ms, 0)

const [folder, seed, ...options] = process.argv.slice(2)
if (folder === undefined || seed === undefined) {
  console.error('usage: bench/runners.mjs FOLDER SEED [OPTION OF bootstrap_sdk]...')
  process.exit(2)
}
mkdirSync(folder, { recursive: true })
const runs = []
for (const runner of RUNNERS) runs.push(await build(runner))
printSteps()
printStages()
comparePackages()

/** Runs the command and reads its events: steps and phases of each stage, in milliseconds. */
async function build(runner) {
  const root = path.resolve(folder, runner)
  const shared = path.join(folder, 'distfiles')
  mkdirSync(root, { recursive: true })
  if (existsSync(shared)) cpSync(shared, path.join(root, 'distfiles'), { recursive: true })
  const place = ['--runner', runner, '--catalyst_root', root, '--seed_tarball', path.resolve(seed)]
  if (!options.includes('--compression')) place.push('--compression', COMPRESSION[runner])
  const child = spawn(path.join(PROJECT, 'bootstrap_sdk'), [...place, '--json', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const run = { runner, stages: {}, artifacts: [], durationMs: 0 }
  for await (const line of readline.createInterface({ input: child.stdout })) take(run, JSON.parse(line))
  if (run.durationMs > 0) return run
  console.error(`${runner}: the build failed`)
  process.exit(1)
}

function take(run, event) {
  if (event.type === 'run-finished')
    Object.assign(run, { durationMs: event.durationMs, artifacts: event.artifacts })
  if (event.type === 'run-failed') console.error(`${run.runner}: ${event.message}`)
  if (!/^stage[1-4]$/.test(event.stage ?? '')) return
  run.stages[event.stage] ??= { steps: {}, phases: {}, durationMs: 0 }
  const stage = run.stages[event.stage]
  // A phase ends with the next one, or with its step.
  if (['phase-started', 'step-finished'].includes(event.type) && stage.open !== undefined) {
    const { name, since } = stage.open
    stage.phases[name] = (stage.phases[name] ?? 0) + event.elapsedMs - since
    stage.open = undefined
  }
  const own = /^catalyst: (.+)$/.exec(event.phase ?? '')?.[1]
  if (event.type === 'phase-started' && own !== undefined) stage.open = { name: own, since: event.elapsedMs }
  else if (event.type === 'phase-started' && run.runner === 'catalyst' && stage.last !== undefined)
    stage.open = { name: stage.last, since: event.elapsedMs }
  if (own !== undefined) stage.last = own
  if (event.type === 'step-finished') stage.steps[event.step] = event.durationMs
  if (event.type === 'stage-finished') stage.durationMs = event.durationMs
}

function printSteps() {
  const [native, catalyst] = runs
  console.log('| stage | step | native, s | catalyst, s |\n|---|---|---|---|')
  for (const [name, mine] of Object.entries(native.stages)) {
    const theirs = catalyst.stages[name]
    for (const step of Object.keys(theirs.steps)) {
      console.log(`| ${name} | ${step} | ${seconds(mine.steps[step])} | ${seconds(theirs.steps[step])} |`)
      if (step !== 'run') continue
      for (const [phase, ms] of Object.entries(theirs.phases))
        if (ms >= 500) console.log(`| ${name} | ${step}: ${phase} | | ${seconds(ms)} |`)
    }
  }
}

/** What is not emerge: of ours all but the scripts' passes, of catalyst's also what its run does beside merging. */
function engineOf({ steps, phases }) {
  const around = sum(Object.entries(steps).filter(([step]) => !SCRIPTS.includes(step)))
  return around + sum(Object.entries(phases).filter(([phase]) => !MERGES.includes(phase)))
}
function printStages() {
  const head = RUNNERS.flatMap((runner) => [`${runner}, s`, `of it engine, s`])
  console.log(`\n| stage | ${head.join(' | ')} |\n|---|${head.map(() => '---|').join('')}`)
  for (const name of Object.keys(runs[0].stages)) {
    const cells = runs.flatMap(({ stages }) => [stages[name].durationMs, engineOf(stages[name])])
    console.log(`| ${name} | ${cells.map(seconds).join(' | ')} |`)
  }
  const all = runs.flatMap(({ stages, durationMs }) => [
    durationMs,
    sum(Object.entries(stages).map(([name, stage]) => [name, engineOf(stage)])),
  ])
  console.log(`| all | ${all.map(seconds).join(' | ')} |`)
  const waits = runs.flatMap((run) => ['', waitedFor(run)])
  console.log(`| waited for | ${waits.map((each) => (each === '' ? '' : seconds(each))).join(' | ')} |`)
}

/** The whole run without emerge and the network: of the engine, what nothing else was done beside. */
function waitedFor({ stages, durationMs }) {
  const work = Object.values(stages).map(({ steps, phases }) => {
    const scripts = sum(Object.entries(steps).filter(([step]) => SCRIPTS.includes(step)))
    const around = sum(Object.entries(phases).filter(([phase]) => !MERGES.includes(phase)))
    return ['', scripts - around]
  })
  return durationMs - sum(work)
}

function comparePackages() {
  const [native, catalyst] = runs.map(({ artifacts }) =>
    Object.fromEntries(
      artifacts.map((file) => {
        const record = JSON.parse(readFileSync(`${file}.record.json`, 'utf8'))
        return [record.stage, record.packages.map(({ cpv, repo }) => `${cpv}::${repo}`).sort()]
      }),
    ),
  )
  console.log('')
  for (const [stage, mine] of Object.entries(native)) {
    const theirs = catalyst[stage] ?? []
    const only = (one, other) => one.filter((each) => !other.includes(each)).join(' ')
    const differ = only(mine, theirs) + only(theirs, mine) !== ''
    console.log(
      differ
        ? `${stage}: only native: ${only(mine, theirs)}; only catalyst: ${only(theirs, mine)}`
        : `${stage}: the same ${mine.length} packages`,
    )
  }
}
