// Runs comparisons in pairs, in alternation, and prints the ratios; bench/run has the usage. The result is kept by commit in
// build/bench, where another commit's can be compared with it.

import { execFileSync, spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { COMPARISONS } from './comparisons.mjs'

const PROJECT = path.resolve(import.meta.dirname, '..')
const RESULTS = path.join(PROJECT, 'build/bench')
/** A second of a processor, or so: what a side without a counterpart is compared with, and by whose spread noise is told. */
const LOOP = ['bash', '-c', 'for ((i = 0; i < 250000; i++)); do :; done']
/** Of the machine's own programs and libraries as much as archives in seconds. */
const TREE_PARTS = ['usr/lib/python3', 'usr/lib/python3.11', 'usr/lib/python3.13', 'usr/share/perl']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pairs: { type: 'string', default: '3' },
    tree: { type: 'string' },
    compare: { type: 'boolean' },
    table: { type: 'boolean' },
  },
})

async function measure() {
  const unknown = positionals.filter((name) => COMPARISONS[name] === undefined)
  if (unknown.length > 0)
    fail(`no comparison is called ${unknown.join(', ')}: ${Object.keys(COMPARISONS).join(', ')}`)
  const names = positionals.length > 0 ? positionals : Object.keys(COMPARISONS)
  const work = mkdtempSync(path.join(os.tmpdir(), 'bench-'))
  try {
    const place = await prepare(work)
    const result = { ...about(), pairs: Number(values.pairs), noise: [], comparisons: {} }
    for (const name of names) {
      const lacks = COMPARISONS[name].lacks?.()
      result.comparisons[name] = lacks ? { left: lacks } : await pairsOf(name, { place, result })
      console.error(`${name}: ${lacks || describe(result.comparisons[name])}`)
    }
    mkdirSync(RESULTS, { recursive: true })
    const file = path.join(RESULTS, `${result.commit}.json`)
    writeFileSync(file, `${JSON.stringify(result, undefined, 1)}\n`)
    console.log(`${tableOf(result)}\n\nKept in ${path.relative(process.cwd(), file)}`)
  } finally {
    // Nothing is mounted here: what Portage sees is mounted in namespaces of its own.
    rmSync(work, { recursive: true, force: true })
  }
}

async function prepare(work) {
  const place = {
    ...{ work, out: path.join(work, 'out'), tree: values.tree ?? path.join(work, 'tree') },
    ...{ tar: path.join(work, 'tree.tar'), zstd: path.join(work, 'tree.tar.zst') },
    run: async (argv) => void (await timed(argv)),
  }
  if (values.tree === undefined) {
    mkdirSync(place.tree)
    const parts = TREE_PARTS.filter((part) => existsSync(path.join('/', part)))
    execFileSync('cp', ['-a', '--parents', ...parts, place.tree], { cwd: '/' })
  }
  execFileSync('tar', ['-C', place.tree, '-cf', place.tar, '.'])
  execFileSync('zstd', ['-q', '-T0', place.tar, '-o', place.zstd])
  return place
}

async function pairsOf(name, { place, result }) {
  const comparison = COMPARISONS[name]
  await comparison.prepare?.(place)
  const sides = await comparison.sides(place)
  const pairs = []
  // One more, which is not counted: it reads the disk. What takes minutes is run once.
  const [first, end] = comparison.takesMinutes ? [0, 1] : [-1, result.pairs]
  for (let n = first; n < end; n++) {
    const pair = {}
    // Who begins changes, so that neither always finds what the other has left in memory.
    for (const side of n % 2 === 0 ? ['ours', 'theirs'] : ['theirs', 'ours']) {
      rmSync(place.out, { recursive: true, force: true })
      mkdirSync(place.out)
      pair[side] = await timed(sides[side] ?? LOOP)
    }
    result.noise.push(await timed(LOOP))
    if (n >= 0) pairs.push(pair)
  }
  return { what: comparison.what, reference: comparison.reference, pairs }
}

/** Seconds of wall time, and of the processors, of a command and all that it has started. */
async function timed(argv) {
  const script = 'TIMEFORMAT="%R %U %S"; exec 3>&2; { time "$@" >/dev/null 2>&3; } 2>&1'
  const child = spawn('bash', ['-euc', script, 'bash', ...argv], { stdio: ['ignore', 'pipe', 'pipe'] })
  const texts = await Promise.all([child.stdout.toArray(), child.stderr.toArray()])
  const [out, err] = texts.map((chunks) => Buffer.concat(chunks).toString())
  const code = child.exitCode ?? (await new Promise((resolve) => child.on('close', resolve)))
  const [wall, user, system] = out.trim().split(' ').map(Number)
  if (code !== 0 || system === undefined) fail(`${argv.join(' ')} ended with ${code}: ${err.slice(-2000)}`)
  return { wall, cpu: user + system }
}

function about() {
  const git = (...words) => execFileSync('git', ['-C', PROJECT, ...words], { encoding: 'utf8' }).trim()
  const dirty = git('status', '--porcelain') === '' ? '' : '-edited'
  const { length, 0: cpu } = os.cpus()
  return {
    format: 1,
    commit: `${git('rev-parse', '--short=12', 'HEAD')}${dirty}`,
    machine: `${length} × ${cpu?.model ?? os.machine()}, Node ${process.versions.node}`,
    load: os.loadavg()[0],
  }
}

/** Median, least and greatest of numbers. */
function spread(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  return { median, least: sorted[0], greatest: sorted.at(-1) }
}

const ratios = ({ pairs }, unit) =>
  spread(pairs.map(({ ours, theirs }) => ours[unit] / Math.max(theirs[unit], 0.001)))
const show = ({ median, least, greatest }) =>
  `${median.toFixed(2)} (${least.toFixed(2)}–${greatest.toFixed(2)})`
const seconds = ({ pairs }, side, unit) => spread(pairs.map((pair) => pair[side][unit])).median.toFixed(2)
const describe = (one) => `CPU ${show(ratios(one, 'cpu'))}, wall ${show(ratios(one, 'wall'))}`

function tableOf({ commit, machine, load, pairs, noise, comparisons }) {
  const loop = ['cpu', 'wall'].map((unit) => {
    const { median, least, greatest } = spread(noise.map((each) => each[unit]))
    return `${unit} ${((100 * (greatest - least)) / median).toFixed(0)} %`
  })
  const rows = Object.entries(comparisons).map(([name, one]) =>
    one.left !== undefined
      ? `| ${name} | left: ${one.left} | | | | |`
      : `| ${name} | ${one.what} | ${one.reference} | ${show(ratios(one, 'cpu'))} | ${show(ratios(one, 'wall'))} | ${seconds(one, 'ours', 'cpu')} : ${seconds(one, 'theirs', 'cpu')} |`,
  )
  return [
    `Commit ${commit}; ${machine}; ${pairs} pairs; load ${load.toFixed(1)} at the start; a busy loop's spread: ${loop.join(', ')}.`,
    '',
    '| name | what | reference | CPU ratio (spread) | wall ratio (spread) | CPU s |',
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

function compare(one, other) {
  if (one === undefined) fail('name the result files to compare')
  const [before, after] = [read(one), read(other)]
  console.log(
    `CPU ratios at ${before.commit} and ${after.commit}\n\n| name | before | after | after : before |\n|---|---|---|---|`,
  )
  for (const [name, now] of Object.entries(after.comparisons)) {
    const then = before.comparisons[name]
    if (then?.pairs === undefined || now.pairs === undefined) continue
    const [was, is] = [ratios(then, 'cpu'), ratios(now, 'cpu')]
    // Where the spreads meet, nothing was shown.
    const meets = was.least <= is.greatest && is.least <= was.greatest
    console.log(
      `| ${name} | ${show(was)} | ${show(is)} | ${(is.median / was.median).toFixed(2)}${meets ? ', within the spread' : ''} |`,
    )
  }
}

function read(file) {
  const place = existsSync(file) ? file : path.join(RESULTS, `${file}.json`)
  if (!existsSync(place)) fail(`${file}: no result file there, nor in ${RESULTS}`)
  return JSON.parse(readFileSync(place, 'utf8'))
}

function newest() {
  const files = existsSync(RESULTS) ? readdirSync(RESULTS).map((name) => path.join(RESULTS, name)) : []
  const [first] = files.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
  return first ?? fail(`no results in ${RESULTS}: run bench/run first`)
}

function fail(message) {
  console.error(`bench/run: ${message}`)
  process.exit(2)
}

if (values.compare) compare(positionals[0], positionals[1] ?? newest())
else if (values.table) console.log(tableOf(read(positionals[0] ?? newest())))
else await measure()
