// Flatcar's own ebuilds, really built: stage 1 on a checkout of flatcar/scripts (FLATCAR_SCRIPTS), from as many packages as the
// distribution has the sources of. CONTRIBUTING.md says how it is run; FLATCAR_ROOT keeps its catalyst root for the next time.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  cpSync,
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
import { test } from 'node:test'
import type { StageRecord } from '../../src/store/record.js'
import { PROJECT, type Run, runCommand } from '../e2e/run-command.js'

/** Packages of Flatcar that have to be built from source. */
const WANTED = 45
/** A package that the stand-in for an SDK cannot build is left out, this many times. */
const MOST_ATTEMPTS = 15

const scripts = process.env.FLATCAR_SCRIPTS
const here = path.join(PROJECT, 'tests/flatcar')

if (scripts !== undefined)
  test("Flatcar's own packages are built from source in stage 1", { timeout: 4 * 3_600_000 }, () =>
    realBuild(path.resolve(scripts)),
  )
else process.stdout.write('# FLATCAR_SCRIPTS is not set: nothing of Flatcar is built\n')

async function realBuild(checkout: string): Promise<void> {
  const root = path.resolve(process.env.FLATCAR_ROOT ?? mkdtempSync(path.join(os.tmpdir(), 'flatcar-build-')))
  const place = { root, checkout, repos: path.join(checkout, 'sdk_container/src/third_party') }
  mkdirSync(path.join(root, 'distfiles'), { recursive: true })
  const base = await baseSeed(root)
  const names = findSources(place)
  const seed = await flatcarSeed(place, base)
  const { chosen, provided } = choose(place, names)
  const record = await buildAll(place, { seed, chosen, provided })
  const built = record.packages.filter(({ origin }) => origin === 'source' || origin === 'reused')
  process.stdout.write(
    `# ${built.length} packages built:\n${built.map(({ cpv }) => `#   ${cpv}\n`).join('')}`,
  )
  assert.ok(built.length >= WANTED, `${built.length} packages were built, expected ${WANTED}`)
}

interface Place {
  readonly root: string
  readonly checkout: string
  readonly repos: string
}

const say = (text: string): void => void process.stdout.write(`# ${text}\n`)

function newest(folder: string, suffix: string): string | undefined {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(suffix)) : []
  const files = names.map((name) => path.join(folder, name))
  return files.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0]
}

/** The folder that was kept last in one of the store. */
function newestKept(folder: string): string | undefined {
  const proof = newest(folder, '.json')
  return proof && path.join(folder, (JSON.parse(readFileSync(proof, 'utf8')) as { folder: string }).folder)
}

/** The distribution seed of `embedded`: Portage, and a compiler. */
async function baseSeed(root: string): Promise<string> {
  const folder = path.join(root, 'seeds')
  if (newest(folder, '.tar.zst') === undefined)
    succeed(await runCommand(['fetch', 'stage1', '--catalyst_root', root]))
  return newest(folder, '.tar.zst') ?? assert.fail(`no seed in ${folder}`)
}

function findSources({ root, repos }: Place): string[] {
  const state = path.join(root, 'apt')
  const found = run(path.join(here, 'find-sources.py'), repos, state, path.join(root, 'distfiles'))
  const names = found.split('\n').filter((name) => name !== '')
  say(`${names.length} sources of the checkout's ebuilds are in the distribution's pools`)
  return names
}

/** What `plan --packages` has made, put into a root that has tools to build with; and that root's archive. */
async function flatcarSeed({ root, checkout, repos }: Place, base: string): Promise<string> {
  const seed = path.join(root, 'flatcar-seed.tar.zst')
  const tree = path.join(root, 'flatcar-seed')
  if (existsSync(seed)) return seed
  const sdk = ['--sdk', 'flatcar', '--scripts', checkout, '--catalyst_root', root]
  succeed(await runCommand(['plan', '--packages', 'stage1', '--json', ...sdk, '--seed_tarball', base]))
  const databases = newestKept(path.join(root, 'store/databases')) ?? assert.fail('no database was made')
  const cache = newestKept(path.join(root, 'store/md5-cache')) ?? assert.fail('no md5-cache was made')
  run(path.join(here, 'make-seed.sh'), base, repos, cache, path.join(databases, 'database.tar'), tree)
  run('tar', '-C', tree, '--xattrs', '--numeric-owner', '-I', 'zstd -3 -T0', '-cf', `${seed}.new`, '.')
  run('mv', `${seed}.new`, seed)
  return seed
}

/** Asks the Portage of the seed which packages can be built. */
function choose({ root }: Place, names: readonly string[]): { chosen: string[]; provided: string[] } {
  const tree = path.join(root, 'flatcar-seed')
  cpSync(path.join(here, 'choose.py'), path.join(tree, 'tmp/choose.py'))
  writeFileSync(path.join(tree, 'tmp/names'), names.join('\n'))
  const profile = path.join(tree, 'etc/portage/make.profile')
  run('ln', '-sfn', '../../var/gentoo/repos/coreos-overlay/profiles/coreos/amd64/sdk', profile)
  const inside = `mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" python3 /tmp/choose.py /tmp/names`
  mkdirSync(path.join(tree, 'proc'), { recursive: true })
  mkdirSync(path.join(tree, 'dev'), { recursive: true })
  const words = ['--mount', '--net', '--pid', '--fork', '--', 'bash', '-ec', inside, tree]
  const answer = JSON.parse(
    run('unshare', ...words)
      .trim()
      .split('\n')
      .at(-1) ?? '',
  ) as {
    chosen: string[]
    provided: string[]
  }
  say(`${answer.chosen.length} packages can be tried`)
  return answer
}

interface List {
  readonly seed: string
  readonly chosen: readonly string[]
  readonly provided: readonly string[]
}

/** Builds stage 1; what fails is left out of the next attempt, which takes over what is built already. */
async function buildAll(place: Place, list: List): Promise<StageRecord> {
  const { root, checkout } = place
  const version = '0.0.0+flatcar-test'
  let { chosen, provided } = list
  const packages = path.join(root, 'packages/flatcar-sdk/stage1-amd64')
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
    const before = newest(packages, '')
    const sdk = writeDefinition(place, { ...list, chosen, provided })
    const args = ['--sdk', sdk, '--scripts', checkout, '--catalyst_root', root, '--seed_tarball', list.seed]
    const others = await foreseen([...args, '--version', version], chosen)
    if (others.length > 0) {
      provided = [...provided, ...others]
      continue
    }
    succeed(await runCommand(['fetch', 'stage1', '--json', ...args]))
    const after = newest(packages, '') ?? assert.fail('no folder of packages')
    if (before !== undefined && before !== after)
      run('cp', '-an', ...readdirSync(before).map((name) => path.join(before, name)), after)
    const done = await runCommand(['stage1', '--json', '--version', version, ...args])
    const record = path.join(root, `builds/flatcar-sdk/stage1-amd64-${version}.tar.zst.record.json`)
    if (done.exitCode === 0) return JSON.parse(readFileSync(record, 'utf8')) as StageRecord
    const failed = failedPackage(done)
    say(`left out: ${failed}`)
    chosen = chosen.filter((cpv) => cpv !== failed)
    provided = [...provided, failed]
  }
  return assert.fail(`${MOST_ATTEMPTS} attempts were not enough`)
}

/** What Portage would merge beside the chosen packages: that has no sources here. */
async function foreseen(args: readonly string[], chosen: readonly string[]): Promise<string[]> {
  const done = await runCommand(['plan', '--packages', 'stage1', '--json', ...args])
  succeed(done)
  const plan = JSON.parse(done.stdout) as {
    packages: { stages: { merges: { packages: { cp: string; version: string }[] }[] }[] }
  }
  const merges = plan.packages.stages.flatMap((stage) => stage.merges).flatMap((merge) => merge.packages)
  return [...new Set(merges.map(({ cp, version }) => `${cp}-${version}`))].filter(
    (cpv) => !chosen.includes(cpv),
  )
}

function failedPackage(done: Run): string {
  const failed = done.events.find((event) => event.type === 'package-failed')
  if (failed?.type === 'package-failed') return failed.package
  return assert.fail(`stage 1 ended with ${done.exitCode}:\n${done.stderr.slice(-4000)}`)
}

/** Flatcar's definition with a package list of its own, and everything else provided. */
function writeDefinition({ root }: Place, { chosen, provided }: List): string {
  const folder = path.join(root, 'definition/flatcar-test')
  const original = path.join(PROJECT, 'sdks/flatcar')
  rmSync(folder, { recursive: true, force: true })
  cpSync(original, folder, { recursive: true, verbatimSymlinks: true })
  const profile = path.join(folder, 'portage/profile')
  writeFileSync(path.join(profile, 'packages.build'), [...chosen.map((cpv) => `=${cpv}`), ''].join('\n'))
  writeFileSync(path.join(profile, 'package.provided'), [...new Set(provided), ''].join('\n'))
  const toml = [
    `extends = ${JSON.stringify(path.join(original, 'sdk.toml'))}`,
    'name = "flatcar-test"',
    'portage_confdir = "portage"',
    'compression = "zstd"',
    'stages = [1]',
    'cflags = "-O1 -pipe"',
    'cxxflags = "-O1 -pipe"',
  ]
  writeFileSync(path.join(folder, 'sdk.toml'), `${toml.join('\n')}\n`)
  return folder
}

const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'inherit'] })

function succeed(done: Run): void {
  assert.equal(done.exitCode, 0, done.stderr.slice(-4000))
}
