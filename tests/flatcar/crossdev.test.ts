// A cross toolchain really built by crossdev: stage 4 of `embedded` with `stage4.crossdev`, on the archive of a finished stage 3
// (STAGE3_ARCHIVE), with the program of a checkout of gentoo/crossdev (CROSSDEV) and the eclasses of Flatcar's
// tree (FLATCAR_SCRIPTS) that it reads. CONTRIBUTING.md says how it is run.

import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { unpackArchive } from '../../src/archive/unpack.js'
import { removeTree } from '../../src/store/disk/remove.js'
import { sideFiles } from '../../src/store/layout.js'
import type { StageRecord } from '../../src/store/record.js'
import { PROJECT, type Run, runCommand } from '../e2e/run-command.js'
import { Trial } from '../toolchains/trial.js'

const TARGET = 'aarch64-cros-linux-gnu'
const PROFILE = 'coreos-overlay:coreos/amd64/sdk'

const { CROSSDEV, FLATCAR_SCRIPTS, STAGE3_ARCHIVE, CROSSDEV_ROOT } = process.env

if (CROSSDEV !== undefined && FLATCAR_SCRIPTS !== undefined && STAGE3_ARCHIVE !== undefined)
  test('crossdev builds a cross toolchain, and Rust is built again for it', { timeout: 4 * 3_600_000 }, () =>
    crossToolchain({ crossdev: CROSSDEV, scripts: FLATCAR_SCRIPTS, seed: path.resolve(STAGE3_ARCHIVE) }),
  )
else process.stdout.write('# CROSSDEV or STAGE3_ARCHIVE is not set: crossdev builds nothing\n')

interface Sources {
  readonly crossdev: string
  readonly scripts: string
  readonly seed: string
}

async function crossToolchain(sources: Sources): Promise<void> {
  const root = path.resolve(CROSSDEV_ROOT ?? mkdtempSync(path.join(os.tmpdir(), 'crossdev-')))
  const sdk = writeDefinition(root, sources)
  const common = ['stage4', '--json', '--sdk', sdk, '--catalyst_root', root, '--seed_tarball', sources.seed]
  const build = (version: string, ...more: string[]): Promise<Run> =>
    runCommand([...common, '--version', version, ...more])
  const first = await build('1.0.0+crossdev-1')
  assert.equal(first.exitCode, 0, first.stderr.slice(-4000))
  const record = recordOf(root, '1.0.0+crossdev-1')
  for (const name of ['binutils', 'gcc', 'linux-headers', 'glibc'])
    assert.ok(
      record.packages.some(({ cpv }) => cpv.startsWith(`cross-${TARGET}/${name}-`)),
      `no ${name} of the toolchain in the record`,
    )
  const merged = mergedPackages(first)
  assert.equal(merged.filter((cpv) => cpv.startsWith(`cross-${TARGET}/gcc-`)).length, 2, merged.join(' '))
  assert.equal(merged.filter((cpv) => cpv.startsWith('dev-lang/rust-')).length, 2, merged.join(' '))
  await tryToolchain(archiveOf(root, '1.0.0+crossdev-1'))
  const again = await build('1.0.0+crossdev-2')
  assert.equal(again.exitCode, 0, again.stderr.slice(-4000))
  const sourceBuilds = recordOf(root, '1.0.0+crossdev-2').packages.filter(({ origin }) => origin === 'source')
  assert.deepEqual(sourceBuilds, [], 'the second run built packages that the first one had kept')
}

const archiveOf = (root: string, version: string): string =>
  path.join(root, `builds/crossdev-test/stage4-amd64-${version}.tar.zst`)

const recordOf = (root: string, version: string): StageRecord =>
  JSON.parse(readFileSync(sideFiles(archiveOf(root, version)).record, 'utf8')) as StageRecord

/** Builds the programs of `run_tests --toolchains` with it, and runs them. */
async function tryToolchain(archive: string): Promise<void> {
  const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'crossdev-trial-')))
  try {
    const root = path.join(folder, 'root')
    await unpackArchive({ file: archive, target: root })
    const { ok } = await new Trial({ layers: [root], folder, archive }).run('programs.sh', 'all', TARGET)
    assert.ok(ok.length > 0, 'nothing was checked')
    process.stdout.write(`# ${ok.length} checks of programs\n`)
  } finally {
    await removeTree(folder, path.dirname(folder))
  }
}

const mergedPackages = (done: Run): string[] =>
  done.events.flatMap((event) => (event.type === 'package-merged' ? [event.package] : []))

/** `embedded` with one target, whose toolchain crossdev makes, and with stand-ins for what its compilers do not need. */
function writeDefinition(root: string, { crossdev, scripts }: Sources): string {
  const folder = path.join(root, 'definition/crossdev-test')
  const original = path.join(PROJECT, 'sdks/embedded')
  cpSync(original, folder, { recursive: true, verbatimSymlinks: true })
  const stable = path.join(folder, 'repos/portage-stable')
  const eclasses = path.join(scripts, 'sdk_container/src/third_party/portage-stable/eclass')
  cpSync(path.join(eclasses, 'multilib.eclass'), path.join(stable, 'eclass/multilib.eclass'))
  // The definition has one of this name, for newer ebuilds; the fixture's leads crossdev to this one.
  cpSync(
    path.join(eclasses, 'toolchain-funcs.eclass'),
    path.join(stable, 'eclass/flatcar-toolchain-funcs.eclass'),
  )
  const fixture = path.join(PROJECT, 'tests/fixtures/crossdev')
  cpSync(path.join(fixture, 'dev-lang'), path.join(stable, 'dev-lang'), { recursive: true })
  const own = path.join(stable, 'sys-devel/crossdev')
  cpSync(path.join(fixture, 'real/sys-devel/crossdev'), own, { recursive: true })
  cpSync(path.join(fixture, 'select'), path.join(own, 'files/select'))
  cpSync(crossdev, path.join(own, 'files/crossdev'), {
    recursive: true,
    filter: (file) => path.basename(file) !== '.git',
  })
  cpSync(path.join(fixture, 'real/portage'), path.join(folder, 'portage'), {
    recursive: true,
  })
  const toml = readFileSync(path.join(original, 'sdk.toml'), 'utf8')
  const top = `portage_confdir = "portage"\nstages = [4]\nprofile = "${PROFILE}"`
  const edited = toml
    .replace(/^(name|type) = "embedded.*/gm, '$1 = "crossdev-test"')
    .replace(/^profile = .*/m, top)
    .replace(/^\[stage1\][\s\S]*/m, '')
  writeFileSync(path.join(folder, 'sdk.toml'), `${edited}${STAGE4}`)
  mkdirSync(path.join(root, 'distfiles'), { recursive: true })
  return folder
}

const STAGE4 = `
[stage4]
packages = ["sys-devel/crossdev", "dev-lang/rust"]
crossdev = true

[[cross]]
chost = "${TARGET}"
packages = ["binutils", "gcc", "linux-headers", "glibc"]
`
