// Where the quick embedded SDK is built by the end-to-end tests: a catalyst root for it and one for the generation that is
// built from it; its distribution seed, made once; a checkout that stage 1 must never read.

import assert from 'node:assert/strict'
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after } from 'node:test'
import { removeTree } from '../../src/store/disk/remove.js'
import type { StageRecord } from '../../src/store/record.js'
import { inputsDigest, prepared } from '../helpers/prepared.js'
import { assertNothingLeft, PROJECT, type Run, type RunOptions, runCommand } from './run-command.js'

export const REPOS = path.join(PROJECT, 'sdks/embedded/repos')
const OFFLINE = ['unshare', '--net']

/** One catalyst root, and one version that is built there. */
export class Generation {
  readonly root: string
  readonly version: string

  constructor(root: string, version: string) {
    this.root = root
    this.version = version
  }

  get builds(): string {
    return path.join(this.root, 'builds/embedded-sdk')
  }

  get release(): string {
    return path.join(this.builds, `embedded-sdk-amd64-${this.version}.tar.zst`)
  }

  archive(stage: string, version = this.version): string {
    return path.join(this.builds, `${stage}-amd64-${version}.tar.zst`)
  }

  record(stage: string): StageRecord {
    return JSON.parse(readFileSync(`${this.archive(stage)}.record.json`, 'utf8')) as StageRecord
  }

  /** Names and versions of a stage's packages. */
  packages(stage: string): string[] {
    return this.record(stage).packages.map(({ cpv }) => cpv)
  }

  /** Runs a command on it, a verb and its words or a build, with events on its standard output. */
  run(words: readonly string[] = [], options: RunOptions = {}): Promise<Run> {
    const place = ['--catalyst_root', this.root, '--version', this.version, '--json']
    return runCommand([...words, ...place], options)
  }

  /** As {@link run}, without a network. */
  offline(words: readonly string[] = [], options: RunOptions = {}): Promise<Run> {
    return this.run(words, { ...options, before: OFFLINE })
  }
}

/** A folder with both generations. */
class EmbeddedPlace {
  readonly folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'bootstrap-e2e-')))
  readonly first = new Generation(path.join(this.folder, 'first'), '1.0.0+2026-01-01-0000')
  readonly next = new Generation(path.join(this.folder, 'second'), '1.0.0+2026-02-02-0000')

  /** Gets the first generation's seed, from the test cache when it was made before, and the sources of `stages`. */
  async fetch(stages: readonly string[] = []): Promise<Run> {
    const seeds = path.join(this.first.root, 'seeds')
    let run: Run | undefined
    const folder = await prepared({
      name: 'embedded-seed',
      digest: await inputsDigest(['src', 'stages', 'sdks/embedded']),
      make: async (target) => {
        run = await this.first.run(['fetch', ...stages])
        assert.equal(run.exitCode, 0, run.stderr)
        const files = readdirSync(seeds).filter((name) => /^embedded-.*\.(?:zst|DIGESTS|json)$/.test(name))
        for (const name of files) cpSync(path.join(seeds, name), path.join(target, name))
      },
    })
    if (run === undefined) cpSync(folder, seeds, { recursive: true })
    return run ?? (await this.first.run(['fetch', ...stages]))
  }

  /** Builds the next generation from the first, offline, with both repos poisoned and changed. */
  async buildNext(words: readonly string[]): Promise<void> {
    const [main, overlay] = this.#poisonedRepos()
    cpSync(path.join(this.first.root, 'distfiles'), path.join(this.next.root, 'distfiles'), {
      recursive: true,
    })
    const checkout = ['--portage_stable', main, '--coreos_overlay', overlay]
    const run = await this.next.offline([...words, '--seed_tarball', this.first.release, ...checkout])
    assert.equal(run.exitCode, 0, run.stderr)
  }

  /** Copies of both repos, each with an ebuild that is none, and a newer baselayout. */
  #poisonedRepos(): [string, string] {
    const copies = ['portage-stable', 'coreos-overlay'].map((name) => {
      const copy = path.join(this.folder, 'checkout', name)
      cpSync(path.join(REPOS, name), copy, { recursive: true })
      rmSync(path.join(copy, 'metadata/md5-cache'), { recursive: true, force: true })
      return copy
    }) as [string, string]
    const [main, overlay] = copies
    for (const copy of [path.join(main, 'sys-apps/poison'), path.join(overlay, 'coreos-devel/poison')]) {
      cpSync(path.join(main, 'sys-apps/baselayout'), copy, { recursive: true })
      renameSync(path.join(copy, 'baselayout-2.ebuild'), path.join(copy, 'poison-1.ebuild'))
      appendFileSync(path.join(copy, 'poison-1.ebuild'), 'die "poison" ; if then fi ((\n')
    }
    const baselayout = path.join(main, 'sys-apps/baselayout')
    renameSync(path.join(baselayout, 'baselayout-2.ebuild'), path.join(baselayout, 'baselayout-3.ebuild'))
    return copies
  }
}

/** A place for the tests of one `describe`; after them nothing is left of it. */
export function embeddedPlace(): EmbeddedPlace {
  const place = new EmbeddedPlace()
  after(async () => {
    await assertNothingLeft(place.folder)
    await removeTree(place.folder, path.dirname(place.folder))
  })
  return place
}
