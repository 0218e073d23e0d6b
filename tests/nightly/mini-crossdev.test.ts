// Stage 4 with `crossdev = true` on the miniature SDK: how the stage calls crossdev, selects what it has made, builds Rust again,
// and what is left to do for the next attempt; natively and, where there is one, by catalyst. The toolchain is two packages of
// scripts; tests/flatcar/crossdev.test.ts has the real ones. Needs root and pip's index.

import assert from 'node:assert/strict'
import { appendFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { findCatalyst } from '../../src/catalyst/run/host.js'
import { removeTree } from '../../src/store/disk/remove.js'
import { memberText } from '../e2e/archive-facts.js'
import { MiniPlace } from '../e2e/mini-place.js'
import { assertNothingLeft, PROJECT, type Run } from '../e2e/run-command.js'
import { once } from '../helpers/prepared.js'

const TARGET = 'aarch64-cros-linux-gnu'
const GCC = `cross-${TARGET}/gcc-1`
const FIXTURE = path.join(PROJECT, 'tests/fixtures/crossdev')

const hasCatalyst = await findCatalyst().then(
  () => true,
  (error: Error) => {
    process.stdout.write(`# the runner catalyst is not tried here: ${error.message}\n`)
    return false
  },
)

/** Gives the definition crossdev, Rust, and a target. */
function addCrossdev(place: MiniPlace): void {
  const main = place.repo('main')
  for (const folder of ['mini/sys-devel', 'dev-lang'])
    cpSync(path.join(FIXTURE, folder), path.join(main, path.basename(folder)), { recursive: true })
  cpSync(path.join(FIXTURE, 'select'), path.join(main, 'sys-devel/crossdev/files/select'))
  appendFileSync(path.join(main, 'profiles/categories'), 'dev-lang\nsys-devel\n')
  const toml = path.join(place.sdk, 'sdk.toml')
  const packages = 'packages = ["dev-mini/sdk"]'
  const text = readFileSync(toml, 'utf8')
  assert.ok(text.includes(packages))
  const more = 'packages = ["dev-mini/sdk", "sys-devel/crossdev", "dev-lang/rust"]\ncrossdev = true'
  const cross = `\n[[cross]]\nchost = "${TARGET}"\npackages = ["binutils", "gcc"]\n`
  // The seed is as good as a stage 3 for it.
  const all = text.replace(packages, more).replace('version_id', 'stages = [4]\nversion_id')
  writeFileSync(toml, `${all}${cross}`)
}

const merged = (run: Run): string[] =>
  run.events.flatMap((event) =>
    event.type === 'package-merged' && /^cross-|rust/.test(event.package) ? [event.package] : [],
  )

describe('toolchains by crossdev', { skip: process.getuid?.() === 0 ? false : 'needs root' }, () => {
  const place = new MiniPlace()
  before(async () => {
    addCrossdev(place)
    await place.makeSeed()
  })
  after(async () => {
    await assertNothingLeft(place.folder)
    await removeTree(place.folder, path.dirname(place.folder))
  })

  for (const runner of hasCatalyst ? (['native', 'catalyst'] as const) : (['native'] as const)) {
    const version = `1.0.0+${runner}`
    const words = ['--runner', runner]
    const seed = (): string[] => [...words, '--seed_tarball', place.seed]
    const text = (file: string): string => memberText(place.archive(version, 'stage4'), file)

    const built = once(async () => {
      const run = await place.build(version, seed(), {
        killAt: (event) => event.type === 'package-merged' && event.package === GCC,
      })
      assert.equal(run.signal, 'SIGKILL', run.stderr)
      const again = await place.build(version, seed())
      assert.equal(again.exitCode, 0, again.stderr)
    })

    test(`${runner}: killed after the first compiler, stage 4 goes on with what crossdev had built`, async () => {
      await built()
      assert.equal(place.origins(version, 'stage4')[`cross-${TARGET}/binutils-1`], 'reused')
    })

    test(`${runner}: the compiler is the full one, and selected; Rust has the target`, async () => {
      await built()
      assert.equal(text(`usr/bin/${TARGET}-gcc`), `#!/bin/bash\necho ${TARGET} gcc-1 full\n`)
      assert.equal(text(`etc/env.d/gcc/config-${TARGET}`), `CURRENT=${TARGET}-1\n`)
      assert.equal(text(`etc/env.d/binutils/config-${TARGET}`), `CURRENT=${TARGET}-1\n`)
      assert.equal(text('usr/lib/rustlib/aarch64-unknown-linux-gnu/lib/libstd.rlib'), `${TARGET}\n`)
      assert.match(
        text(`usr/${TARGET}/etc/portage/${TARGET}-crossdev`),
        /^# mini 1\n# --target .*\narch=aarch64/,
      )
    })

    test(`${runner}: made anew of the same inputs, nothing of it is built again`, async () => {
      await built()
      const run = await place.build(version, [...seed(), '--rebuild'])
      assert.equal(run.exitCode, 0, run.stderr)
      assert.deepEqual([...new Set(merged(run))].sort(), [
        `cross-${TARGET}/binutils-1`,
        GCC,
        'dev-lang/rust-1',
      ])
      const origins = Object.entries(place.origins(version, 'stage4'))
      assert.deepEqual(
        origins.filter(([, origin]) => origin === 'source'),
        [],
      )
    })
  }
})
