// Stage 2 of the full profile, a few packages of it: nothing is carried, libraries and headers come from source, in place
// of those that stage 1 took from the distribution.

import assert from 'node:assert/strict'
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { must } from '../../src/process/run.js'
import type { StageRecord } from '../../src/store/record.js'
import { members } from './archive-facts.js'
import { assertNothingLeft, PROJECT, runCommand } from './run-command.js'

const VERSION = '1.0.0+2026-03-03-0000'
/** What the bootstrap script of the test merges; the profile's own also has the C library and the compiler. */
const FEW = ['sys-apps/baselayout', 'sys-kernel/linux-headers', 'sys-libs/zlib', 'dev-libs/mpc']

/** A definition like the embedded SDK's, but for its stages and its bootstrap script. */
function definitionOfFew(folder: string): string {
  const sdk = path.join(folder, 'few')
  cpSync(path.join(PROJECT, 'sdks/embedded'), sdk, { recursive: true })
  const toml = path.join(sdk, 'sdk.toml')
  const text = readFileSync(toml, 'utf8')
    .replace(/^arch = /m, 'stages = [2]\narch = ')
    .replace('/sdk/quick"\ncompression', '/sdk"\ncompression')
    .replace('scripts/bootstrap.sh', 'scripts/few.sh')
  assert.match(text, /^profile = "[^"]*\/sdk"$/m)
  writeFileSync(toml, text)
  const script = path.join(sdk, 'repos/portage-stable/scripts/few.sh')
  const merge = `USE='-* bootstrap' emerge --oneshot --selective=n "$@" ${FEW.join(' ')}`
  writeFileSync(script, `#!/bin/bash\nset -eu\nset --\n${merge}\n`)
  chmodSync(script, 0o755)
  return sdk
}

/**
 * Registers the tests.
 *
 * @param place a folder of the test's own, and the archive of a stage 1 of the embedded SDK
 */
export function testFullStage2(place: { folder: () => string; stage1: () => Promise<string> }): void {
  test('full: stage 2 builds from source, in place of what was carried', async () => {
    const root = path.join(place.folder(), 'full')
    mkdirSync(root)
    const sdk = definitionOfFew(place.folder())
    const run = await runCommand([
      ...['--sdk', sdk, '--catalyst_root', root, '--version', VERSION, '--json'],
      ...['--seed_tarball', await place.stage1()],
    ])
    assert.equal(run.exitCode, 0, run.stderr)
    const archive = path.join(root, `builds/embedded-sdk/stage2-amd64-${VERSION}.tar.zst`)
    const record = JSON.parse(readFileSync(`${archive}.record.json`, 'utf8')) as StageRecord
    assert.deepEqual(record.inputs.carry, [])
    const fromSource = record.packages.filter(({ origin }) => origin === 'source').map(({ cpv }) => cpv)
    for (const name of [...FEW, 'dev-libs/gmp', 'dev-libs/mpfr'])
      assert.ok(
        fromSource.some((cpv) => new RegExp(`^${name}-[0-9]`).test(cpv)),
        name,
      )
    // One library folder, one version of each library: the old one is gone.
    const gmp = members(archive).filter((file) => /\/libgmp\.so\.\d+\.\d+\.\d+$/.test(file))
    assert.equal(gmp.length, 1, gmp.join())
    await compileWithGmp(place.folder(), archive)
    await assertNothingLeft(place.folder())
  })
}

/** The carried compiler finds the new headers and the new library. */
async function compileWithGmp(folder: string, archive: string): Promise<void> {
  const root = path.join(folder, 'few-root')
  mkdirSync(root)
  await must({ argv: ['tar', '-C', root, '-xf', archive] })
  const program = '#include <gmp.h>\n#include <stdio.h>\nint main(void) { puts(gmp_version); return 0; }\n'
  writeFileSync(path.join(root, 'tmp/a.c'), program)
  const said = await must({
    argv: ['chroot', root, '/bin/sh', '-c', 'gcc -o /tmp/a /tmp/a.c -lgmp && /tmp/a'],
  })
  assert.equal(said, '6.3.0\n')
}
