#!/usr/bin/env node
// Prints the figures of a finished version as tables in Markdown, from its records and its journal: time by stage and step,
// packages and where they are from, sizes, what ELF files are linked with, the packages that took longest.
// Usage: bench/figures.mjs CATALYST_ROOT TYPE VERSION

import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

const LONGEST = 20

const [root, type, version] = process.argv.slice(2)
if (version === undefined) {
  console.error('usage: bench/figures.mjs CATALYST_ROOT TYPE VERSION')
  process.exit(2)
}
const seconds = (ms) => (ms === undefined ? '' : (ms / 1000).toFixed(1))
const mebibytes = (bytes) => (bytes / 2 ** 20).toFixed(1)
const row = (...cells) => console.log(`| ${cells.join(' | ')} |`)
const head = (...cells) => {
  row(...cells)
  row(...cells.map(() => '---'))
}

const builds = path.join(root, 'builds', type)
const records = readdirSync(builds)
  .filter(
    (name) => name.startsWith('stage') && name.includes(`-${version}.tar.`) && name.endsWith('.record.json'),
  )
  .sort()
  .map((name) => JSON.parse(readFileSync(path.join(builds, name), 'utf8')))
const merges = readFileSync(path.join(root, 'log', type, version, 'journal.jsonl'), 'utf8')
  .split('\n')
  .filter((line) => line.includes('"package-merged"'))
  .map((line) => JSON.parse(line))

printTimes()
printContents()
printElf()
printMerges()

function printTimes() {
  const steps = [...new Set(records.flatMap(({ timing }) => Object.keys(timing.steps)))]
  head('stage', ...steps.map((step) => `${step}, s`), 'all, s')
  for (const { stage, timing } of records) {
    const all = Object.values(timing.steps).reduce((total, ms) => total + ms, 0)
    row(stage, ...steps.map((step) => seconds(timing.steps[step])), seconds(all))
  }
  console.log()
}

function printContents() {
  const origins = [...new Set(records.flatMap(({ packages }) => packages.map(({ origin }) => origin)))].sort()
  head(
    'stage',
    'packages',
    ...origins,
    'members',
    'archive, MiB',
    'of the seed: packages',
    'files',
    'by its compilers',
  )
  for (const { stage, packages, output, carried } of records) {
    const from = origins.map((origin) => packages.filter((each) => each.origin === origin).length)
    const left =
      carried === undefined
        ? ['', '', '']
        : [
            carried.packages.length,
            carried.files,
            Object.values(carried.compilers).reduce((all, n) => all + n, 0),
          ]
    row(stage, packages.length, ...from, output.entries, mebibytes(output.bytes), ...left)
  }
  console.log()
}

function printElf() {
  head(
    'stage',
    'ELF files',
    'missing',
    'loaders',
    'libraries',
    'search paths',
    'compilers',
    'without one',
    'name places of builds',
  )
  for (const { stage, elf } of records)
    row(
      stage,
      elf.checked,
      elf.missing,
      elf.interpreters.map((each) => `\`${each.interpreter}\` of ${each.package}: ${each.files}`).join('; '),
      elf.libraries.length,
      elf.runpaths.map(({ entry, files }) => `\`${entry}\`: ${files}`).join('; ') || 'none',
      Object.entries(elf.compilers)
        .map(([name, files]) => `${name}: ${files}`)
        .join('; '),
      elf.unsigned,
      elf.buildPlaces.reduce((total, { files }) => total + files, 0),
    )
  console.log()
}

function printMerges() {
  const taken = merges
    .filter(({ binary, stage }) => !binary && stage !== 'seed')
    .sort((a, b) => b.durationMs - a.durationMs)
  head('stage', 'package', 's')
  for (const each of taken.slice(0, LONGEST)) row(each.stage, each.package, seconds(each.durationMs))
}
