// Three machines and a registry: the first builds the miniature SDK, the second has all of it, the third has one leaf ebuild edited and
// builds only what depends on it. Each has its own network, catalyst root, umask, number of jobs. Needs root and pip's index.

import assert from 'node:assert/strict'
import { appendFileSync, cpSync, existsSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { removeTree } from '../../src/store/disk/remove.js'
import type { StageRecord } from '../../src/store/record.js'
import { MiniPlace, SKIP, stages } from '../e2e/mini-place.js'
import { type Run, runCommand } from '../e2e/run-command.js'
import { type Moved, onMachine, openDoor } from '../helpers/in-machine.js'
import { hex, keptBlob, makeKey, type RegistryServer, startRegistry } from '../helpers/registry-server.js'

const VERSION = '1.0.0+2026-01-01-0000'
const OTHER = '2.0.0+other'
const ALL = ['stage1', 'stage2', 'stage3', 'stage4'] as const

interface Asked {
  readonly version: string
  readonly umask: string
  readonly words: readonly string[]
  readonly sdk?: string
}

describe('three machines', { skip: SKIP }, () => {
  const place = new MiniPlace()
  const ends: (() => unknown)[] = []
  const t = { after: (end: unknown) => void ends.push(end as () => unknown) }
  let moved: Moved
  let host: string
  let server: RegistryServer
  let key: string
  const told: string[] = []

  /** Builds there; says what it took, and what it moved. */
  const build = async (root: string, { version, umask, words, sdk = place.sdk }: Asked): Promise<Run> => {
    const begin = performance.now()
    Object.assign(moved, { down: 0, up: 0 })
    const before = onMachine(path.join(place.folder, 'door'), host.split(':')[1] ?? '', [
      ...['bash', '-c', `umask ${umask}; exec "$0" "$@"`],
    ])
    const run = await runCommand(
      [
        ...['--json', '--sdk', sdk, '--seed_tarball', place.seed, '--version', version],
        ...[
          '--catalyst_root',
          path.join(place.folder, root),
          '--store',
          `oci://${host}/mini/store`,
          ...words,
        ],
      ],
      { before },
    )
    assert.equal(run.exitCode, 0, run.stderr)
    const seconds = ((performance.now() - begin) / 1000).toFixed(1)
    told.push(`${root}: ${seconds} s, ${moved.down} bytes from the registry, ${moved.up} to it`)
    return run
  }
  const fileOf = (root: string, version: string, stage: string): string =>
    path.join(place.folder, root, `builds/mini-sdk/${stage}-amd64-${version}.tar.zst`)
  const recordOf = (root: string, version: string, stage: string): StageRecord =>
    JSON.parse(readFileSync(`${fileOf(root, version, stage)}.record.json`, 'utf8')) as StageRecord
  /** What it built itself. */
  const built = (run: Run): string[] =>
    run.events
      .flatMap((event) =>
        event.type === 'package-merged' && !event.binary ? [`${event.stage} ${event.package}`] : [],
      )
      .sort()

  before(async () => {
    await place.makeSeed()
    server = await startRegistry(t as never)
    host = server.host
    moved = await openDoor(t as never, { socket: path.join(place.folder, 'door'), host })
    key = makeKey(path.join(place.folder, 'keys'), 'ci')
    const words = ['--jobs', '2', '--store_mode', 'write', '--store_sign', key]
    const first = await build('first', { version: VERSION, umask: '022', words })
    assert.deepEqual(stages(first, 'stage-started'), [...ALL])
  })
  after(async () => {
    for (const end of ends) await end()
    await place.assertIntact()
    await removeTree(place.folder, path.dirname(place.folder))
  })

  test('the second has all: nothing is built, the same bytes, the same proofs', async () => {
    const words = ['--jobs', '1', '--store_keys', `${key}.pub`]
    const run = await build('a/second', { version: VERSION, umask: '077', words })
    assert.deepEqual(stages(run, 'stage-skipped'), [...ALL])
    assert.deepEqual(built(run), [])
    for (const stage of ALL) {
      const [one, other] = ['first', 'a/second'].map((root) => fileOf(root, VERSION, stage)) as [
        string,
        string,
      ]
      assert.equal(hex(readFileSync(other)), hex(readFileSync(one)), stage)
      assert.deepEqual(
        recordOf('a/second', VERSION, stage).carried,
        recordOf('first', VERSION, stage).carried,
      )
    }
  })

  test('the third has a leaf edited: only what depends on it is built', async () => {
    const sdk = path.join(place.folder, 'edited')
    cpSync(place.sdk, sdk, { recursive: true })
    appendFileSync(path.join(sdk, 'repos/overlay/dev-mini/late/late-1.ebuild'), '# edited\n')
    const words = ['--jobs', '3', '--store_keys', `${key}.pub`]
    const run = await build('third', { version: OTHER, umask: '027', words, sdk })
    assert.deepEqual(stages(run, 'stage-skipped'), ['stage1'])
    assert.deepEqual(built(run), ['stage3 dev-mini/late-1', 'stage4 dev-mini/sdk-1'])
    // What was not edited came out as it was.
    assert.equal(
      hex(readFileSync(fileOf('third', OTHER, 'stage2'))),
      hex(readFileSync(fileOf('first', VERSION, 'stage2'))),
    )
    // For docs/store.md.
    const warnings = run.events.flatMap((event) => (event.type === 'warning' ? [event.message] : []))
    assert.deepEqual(
      warnings.filter((message) => /binary package|the store/.test(message)),
      [],
    )
  })

  test('a job on a machine of its own fetches what it builds upon, and builds what has been lost meanwhile', async (context) => {
    const job = (root: string, version: string, asked: readonly string[]): Promise<Run> => {
      const words = [...asked, '--jobs', '2', '--store_keys', `${key}.pub`, '--store_take', 'needed']
      return build(root, { version, umask: '022', words })
    }
    for (const [index, stage] of ALL.slice(0, 3).entries()) {
      const asked = ALL.slice(0, index + 1)
      const run = await job(`job-${stage}`, VERSION, asked)
      assert.deepEqual([stages(run, 'stage-skipped'), stages(run, 'stage-started')], [asked, []])
      assert.ok(moved.down < 1_000_000, `${stage}: ${moved.down} bytes`)
    }
    const built4 = await job('job-stage4', OTHER, ALL)
    assert.deepEqual(stages(built4, 'stage-started'), ['stage4'])
    assert.ok(!existsSync(fileOf('job-stage4', OTHER, 'stage2')))
    // The look finds it; its archive is gone when it is needed.
    rmSync(keptBlob(server, recordOf('first', VERSION, 'stage3').output.sha256))
    const lost = await job('lost', OTHER, ALL)
    assert.deepEqual(stages(lost, 'stage-started'), ['stage3', 'stage4'])
    for (const [stage, root] of [
      ['stage3', 'first'],
      ['stage4', 'job-stage4'],
    ] as const) {
      const [own, other] = [
        recordOf('lost', OTHER, stage),
        recordOf(root, root === 'first' ? VERSION : OTHER, stage),
      ]
      assert.deepEqual([own.output.sha256, own.carried], [other.output.sha256, other.carried], stage)
    }
    for (const line of told) context.diagnostic(line)
  })
})
