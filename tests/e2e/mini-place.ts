// Where the miniature SDK is built by the end-to-end tests: its definition, its seed, one catalyst root; what is found
// there after a run, and files that no run may ever remove.

import assert from 'node:assert/strict'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before } from 'node:test'
import type { Event } from '../../src/events/event.js'
import { removeTree } from '../../src/store/disk/remove.js'
import type { StageRecord } from '../../src/store/record.js'
import { miniDefinition, miniSeed, type SeedExtras } from '../helpers/mini-sdk.js'
import { inputsDigest, prepared } from '../helpers/prepared.js'
import { assertNothingLeft, type Run, type RunOptions, runCommand } from './run-command.js'

/** The environment of every run; no stage may see it. */
const ENVIRONMENT = { NUM_JOBS: '2', SECRET: 'of-the-caller', http_proxy: 'http://proxy.invalid:3128' }

/** What the seed is made of, beside the definition: the program, the programs of this machine, this file. */
const SEED_INPUTS = [
  ...['src', 'stages', 'sdks/embedded/seed', 'tests/helpers', 'tests/e2e/mini-place.ts'],
  'sdks/embedded/repos/portage-stable/sys-apps/portage',
  '/var/lib/dpkg/status',
]

/** What app-misc/alpha writes down of its environment, and what Portage writes down of those files. */
export const OF_THE_BUILD = [
  'usr/share/alpha/environment',
  'usr/share/alpha/mountinfo',
  'usr/share/alpha/report',
  'var/db/pkg/app-misc/alpha-1/CONTENTS',
  'var/db/pkg/app-misc/alpha-1/SIZE',
]

/** The place, and what is asked of it. Stages are of the version that is given first. */
export class MiniPlace {
  readonly folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'bootstrap-mini-')))
  readonly root = path.join(this.folder, 'cr')
  readonly builds = path.join(this.root, 'builds/mini-sdk')
  readonly sdk = miniDefinition(path.join(this.folder, 'mini'))
  readonly work = path.join(this.folder, 'work')
  /** The seed's archive, after {@link makeSeed}. */
  seed = ''
  readonly #devices = readdirSync('/dev').length
  readonly #sentinels: string[] = []

  /** Makes the seed, or takes the one of the test cache; `seed-sentinel` in its root belongs to no package. */
  async makeSeed(extras?: SeedExtras): Promise<void> {
    mkdirSync(this.work)
    this.seed = path.join(this.work, 'seed.tar.zst')
    if (extras !== undefined) return await this.#makeSeed(extras)
    const folder = await prepared({
      name: 'mini-seed',
      digest: await inputsDigest([this.sdk, ...SEED_INPUTS]),
      make: async (target) => {
        await this.#makeSeed()
        cpSync(this.seed, path.join(target, 'seed.tar.zst'))
      },
    })
    if (!existsSync(this.seed)) cpSync(path.join(folder, 'seed.tar.zst'), this.seed)
  }

  async #makeSeed(extras: SeedExtras = {}): Promise<void> {
    await miniSeed(this.sdk, this.work, {
      ...extras,
      async finish(root) {
        writeFileSync(path.join(root, 'etc/seed-sentinel'), '')
        await extras.finish?.(root)
      },
    })
  }

  /** Runs the command on this place with events on its standard output. */
  build(version: string, words: readonly string[] = [], options: RunOptions = {}): Promise<Run> {
    return this.plain(version, ['--json', ...words], options)
  }

  /** As {@link build}, with lines for people. */
  plain(version: string, words: readonly string[] = [], options: RunOptions = {}): Promise<Run> {
    const place = ['--sdk', this.sdk, '--catalyst_root', this.root, '--version', version]
    return runCommand([...place, ...words], { ...options, env: ENVIRONMENT })
  }

  /** A file of the definition's repos. */
  repo(name: string): string {
    return path.join(this.sdk, 'repos', name)
  }

  archive(version: string, stage: string): string {
    return path.join(this.builds, `${stage}-amd64-${version}.tar.zst`)
  }

  record(version: string, stage: string): StageRecord {
    return JSON.parse(readFileSync(`${this.archive(version, stage)}.record.json`, 'utf8')) as StageRecord
  }

  /** Where each package of a stage came from, by its name and version. */
  origins(version: string, stage: string): Record<string, string> {
    return Object.fromEntries(this.record(version, stage).packages.map((each) => [each.cpv, each.origin]))
  }

  /** Where the `latest` links lead, by stage; stages without one are left out. */
  latest(): Record<string, string> {
    const links = existsSync(this.builds)
      ? readdirSync(this.builds).filter((name) => name.includes('latest'))
      : []
    return Object.fromEntries(
      links.map((name) => [name.slice(0, 'stageN'.length), readlinkSync(path.join(this.builds, name))]),
    )
  }

  /** Identities of all files in `builds`: what was written again has another one. */
  identities(): Record<string, string> {
    return Object.fromEntries(
      readdirSync(this.builds).map((name) => {
        const { ino, mtimeMs } = statSync(path.join(this.builds, name))
        return [name, `${ino} ${mtimeMs}`]
      }),
    )
  }

  /** Puts a file into every folder that a stage gets to write to or read from. */
  plantSentinels(): void {
    const shared = [
      'distfiles',
      'seeds',
      'log',
      ...this.#below('log'),
      ...this.#below('packages'),
      ...this.#below('seeds'),
    ]
    for (const folder of shared) {
      const file = path.join(this.root, folder, 'sentinel')
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(file, 'keep me\n')
      if (!this.#sentinels.includes(file)) this.#sentinels.push(file)
    }
  }

  #below(name: string): string[] {
    const entries = existsSync(path.join(this.root, name))
      ? readdirSync(path.join(this.root, name), { recursive: true, withFileTypes: true })
      : []
    return (
      entries
        .filter((entry) => entry.isDirectory())
        .map((entry) => path.relative(this.root, path.join(entry.parentPath, entry.name)))
        // packages/TYPE/.STAGE/KEY: below that, the packages of an edited ebuild are dropped.
        .filter((folder) => folder.split('/').length <= 4)
    )
  }

  /** Nothing runs, nothing is mounted, all sentinels and the host's devices are there. */
  async assertIntact(): Promise<void> {
    await assertNothingLeft(this.folder)
    assert.deepEqual(
      this.#sentinels.filter((file) => !existsSync(file)),
      [],
      'removed',
    )
    assert.ok(statSync('/dev/null').isCharacterDevice())
    assert.ok(readdirSync('/dev').length >= this.#devices)
  }
}

/** A place for the tests of one `describe`: its seed is made before them, and after them nothing is lost or left. */
export function miniPlace(): MiniPlace {
  const place = new MiniPlace()
  before(async () => {
    await place.makeSeed()
    place.plantSentinels()
  })
  after(async () => {
    await place.assertIntact()
    await removeTree(place.folder, path.dirname(place.folder))
  })
  return place
}

/** Why the miniature SDK cannot be built here; for `skip`. */
export const SKIP = process.getuid?.() === 0 || process.env.CI !== undefined ? false : 'needs root'

/** Stages that a run started, or skipped, in order. */
export const stages = (run: Run, type: 'stage-started' | 'stage-skipped'): string[] =>
  run.events.flatMap((event) => (event.type === type ? [event.stage] : []))

/** The event of a type (and stage). */
export function only<T extends Event['type']>(
  run: Run,
  type: T,
  stage?: string,
): Extract<Event, { type: T }> {
  const found = run.events.filter(
    (event) => event.type === type && (stage === undefined || (event as { stage?: string }).stage === stage),
  )
  assert.equal(found.length, 1, `${found.length} events ${type} ${stage ?? ''}: ${run.stderr}`)
  return found[0] as Extract<Event, { type: T }>
}
