#!/usr/bin/env node
// Builds the miniature SDK of the tests by specs with real catalyst and with this program, stage by stage in turns, each upon
// its own stages; prints wall and CPU seconds of each stage as a table in Markdown: medians, and the ratio's spread.
// Usage: sudo bench/small.mjs [ROUNDS]   (3; it needs a catalyst 4, and the tests compiled: npx tsc -p tsconfig.json)

import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { findCatalyst } from '../dist/src/catalyst/run/host.js'
import { STAGES } from '../dist/src/sdk/stages.js'
import { removeTree } from '../dist/src/store/disk/remove.js'
import { MiniPlace } from '../dist/tests/e2e/mini-place.js'
import { forCatalyst, writeSpecs } from '../dist/tests/e2e/mini-spec-files.js'

const PROJECT = path.resolve(import.meta.dirname, '..')
const rounds = Number(process.argv[2] ?? 3)
const host = await findCatalyst()
const figures = []
for (let round = 0; round < rounds; round++) figures.push(await oneRound())
print()

/** Both runners in turns, each in a catalyst root of its own; stages by name: `{ catalyst, native }`, each [wall, CPU] in s. */
async function oneRound() {
  const [catalyst, native] = [await place(), await place()]
  forCatalyst(catalyst.specs, { root: catalyst.root, sharedir: host.sharedir })
  const stages = {}
  for (const stage of STAGES) {
    const files = (of) => [path.join(of.specs, 'catalyst.conf'), path.join(of.specs, `${stage}.spec`)]
    const [theirConf, theirSpec] = files(catalyst)
    const [ourConf, ourSpec] = files(native)
    stages[stage] = {
      catalyst: timed(host.program, '-c', theirConf, '-f', theirSpec),
      native: timed(path.join(PROJECT, 'bootstrap_sdk'), '--config', ourConf, '--file', ourSpec),
    }
  }
  for (const { folder } of [catalyst, native]) await removeTree(folder, path.dirname(folder))
  return stages
}

async function place() {
  const made = new MiniPlace()
  await made.makeSeed()
  const seed = path.join(made.root, 'builds/seed.tar.zst')
  mkdirSync(path.dirname(seed), { recursive: true })
  mkdirSync(path.join(made.root, 'distfiles'))
  cpSync(made.seed, seed)
  const specs = path.join(made.folder, 'specs')
  await writeSpecs({ root: made.root, sdk: made.sdk, seed, repo: (name) => made.repo(name) }, specs)
  return { folder: made.folder, root: made.root, specs }
}

/** Wall and CPU seconds of a command and of all that it waited for. */
function timed(...argv) {
  const done = spawnSync('/usr/bin/time', ['-f', '%e %U %S', ...argv], { encoding: 'utf8' })
  const last = done.stderr.trimEnd().split('\n').at(-1) ?? ''
  if (done.status !== 0) {
    console.error(
      `${argv.join(' ')} ended with ${done.status}\n${done.stdout.slice(-3000)}\n${done.stderr.slice(-3000)}`,
    )
    process.exit(1)
  }
  const [wall, user, system] = last.split(' ').map(Number)
  return [wall, user + system]
}

function print() {
  const sorted = (values) => values.toSorted((a, b) => a - b)
  const median = (values) => sorted(values)[Math.floor(values.length / 2)]
  const cell = (stage, runner) =>
    [0, 1].map((which) => median(figures.map((each) => each[stage][runner][which])).toFixed(1)).join(', ')
  console.log(`${rounds} rounds; ${/model name\s*: (.*)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]}`)
  console.log(
    '| stage | catalyst: wall, CPU s | native: wall, CPU s | CPU, native : catalyst (spread) |\n|---|---|---|---|',
  )
  for (const stage of STAGES) {
    const ratios = sorted(figures.map((each) => each[stage].native[1] / each[stage].catalyst[1]))
    const spread = `${median(ratios).toFixed(2)} (${ratios[0].toFixed(2)}–${ratios.at(-1).toFixed(2)})`
    console.log(`| ${stage.slice(-1)} | ${cell(stage, 'catalyst')} | ${cell(stage, 'native')} | ${spread} |`)
  }
}
