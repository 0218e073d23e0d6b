// Two builds of one version from one seed, in other folders and as differently as callers can be, give the same bytes. What
// one package of the miniature SDK installs on purpose is left out: all that it sees of its build. Another version of the same inputs
// has nothing to build. Needs root and pip's index.

import assert from 'node:assert/strict'
import { chmodSync, readdirSync, utimesSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { removeTree } from '../../src/store/disk/remove.js'
import { MiniPlace, SKIP } from '../e2e/mini-place.js'
import { runCommand } from '../e2e/run-command.js'
import { assertSameBytes } from '../e2e/same-bytes.js'

const VERSION = '1.0.0+2026-01-01-0000'
const NEXT = '1.0.0+2026-02-02-0000'
const STAGES = ['stage1', 'stage2', 'stage4']

/** The files of a checkout by somebody with another umask, at another time. */
function checkOutAnew(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name)
    if (entry.isDirectory()) chmodSync(file, 0o700)
    else if (!file.endsWith('.sh')) chmodSync(file, 0o600)
    utimesSync(file, 1_600_000_000, 1_600_000_000)
  }
}

describe('two builds of the miniature SDK', { skip: SKIP }, () => {
  let places: readonly [MiniPlace, MiniPlace]

  before(async () => {
    places = [new MiniPlace(), new MiniPlace()]
    const [one, other] = places
    await one.makeSeed()
    const words = ['--seed_tarball', one.seed]
    const first = await one.build(VERSION, [...words, '--jobs', '2'])
    assert.equal(first.exitCode, 0, first.stderr)
    checkOutAnew(other.repo('.'))
    const strange =
      'umask 077; export LC_ALL=C LANG=tr_TR.UTF-8 TZ=Asia/Tokyo HOME=/nonexistent; exec "$0" "$@"'
    const before = ['bash', '-c', strange]
    const second = await other.build(VERSION, [...words, '--jobs', '1'], { before })
    assert.equal(second.exitCode, 0, second.stderr)
  })
  after(async () => {
    for (const place of places) {
      await place.assertIntact()
      await removeTree(place.folder, path.dirname(place.folder))
    }
  })

  for (const stage of STAGES)
    test(`${stage} has the same bytes`, async () => {
      const [a, b] = places.map((place) => place.archive(VERSION, stage)) as [string, string]
      await assertSameBytes(a, b)
    })

  test('each stage has the same key in both places', () => {
    for (const stage of STAGES) {
      const [a, b] = places.map((place) => place.record(VERSION, stage).inputs.key)
      assert.match(a ?? '', /^[0-9a-f]{64}$/)
      assert.equal(a, b, stage)
    }
  })

  test('another version has the same stages but for its release files, and builds nothing anew', async () => {
    const [one] = places
    const words = ['--seed_tarball', one.seed]
    const planned = await runCommand([
      ...['plan', '--json', '--sdk', one.sdk, '--catalyst_root', one.root, '--version', NEXT, ...words],
    ])
    const run = await one.build(NEXT, words)
    assert.equal(run.exitCode, 0, run.stderr)
    const said = (JSON.parse(planned.stdout) as { stages: { stage: string; key: string }[] }).stages
    for (const { stage, key } of said) {
      assert.equal(one.record(NEXT, stage).inputs.key, key, stage)
      // Stage 4 writes the version down.
      assert.equal(one.record(VERSION, stage).inputs.key === key, stage !== 'stage4', stage)
    }
    for (const stage of ['stage1', 'stage2', 'stage3']) {
      const [a, b] = [VERSION, NEXT].map((version) => one.record(version, stage).output.sha256)
      assert.equal(a, b, stage)
    }
    const built = STAGES.flatMap((stage) => Object.entries(one.origins(NEXT, stage)))
    assert.deepEqual(
      built.filter(([, origin]) => origin === 'source'),
      [],
    )
  })
})
