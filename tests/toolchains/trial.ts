// The sandbox in which toolchains of a finished SDK are tried: its root, writable in a copy that is thrown away, the scripts and
// sources of the trial read-only at /trial, an emulator of ARM beside them. Reads what the scripts report.

import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { collectOutput } from '../../src/process/output.js'
import { ended } from '../../src/process/run.js'
import { enterSandbox } from '../../src/sandbox/enter.js'
import { sideFiles } from '../../src/store/layout.js'
import type { StageRecord } from '../../src/store/record.js'
import { PROJECT } from '../e2e/run-command.js'

/** The toolchain of `embedded` that programs of the SDK itself are built with. */
export const SDK_TUPLE = 'x86_64-pc-linux-gnu'

/** Its others. */
export const CROSS_TUPLES = ['x86_64-cros-linux-gnu', 'aarch64-cros-linux-gnu'] as const

/** What one script of a trial reported. */
export interface Report {
  readonly ok: readonly string[]
  /** What was left out, with the reason. */
  readonly skipped: readonly string[]
  /** Processor time of the whole script. */
  readonly cpuSeconds: number
}

/** Where a trial is made. */
export interface TrialPlace {
  /** The layers of the SDK's root, topmost first; they stay as they are. */
  readonly layers: readonly string[]
  /** A folder of the trial's own, on a file system that can be the upper layer of an overlay. */
  readonly folder: string
  /** The SDK's archive, with its record beside it. */
  readonly archive: string
}

/** Trials in one SDK. */
export class Trial {
  /** What the scripts see, read-only, at `/trial`. */
  readonly input: string
  readonly #place: TrialPlace
  readonly #carried: string

  constructor(place: TrialPlace) {
    this.#place = place
    this.input = path.join(place.folder, 'trial')
    this.#carried = carriedTuples(place.archive).join(' ')
    cpSync(path.join(PROJECT, 'tests/toolchains'), this.input, { recursive: true })
    cpSync(path.join(PROJECT, 'tests/fixtures/toolchain-programs'), path.join(this.input, 'programs'), {
      recursive: true,
    })
    cpSync(path.join(PROJECT, 'tests/fixtures/toolchain-project'), path.join(this.input, 'project'), {
      recursive: true,
    })
    cpSync(emulator(), path.join(this.input, 'qemu-aarch64'))
    for (const name of ['mnt', 'upper', 'ovl']) mkdirSync(path.join(place.folder, name), { mode: 0o755 })
  }

  /** Runs one of the scripts beside this file; fails when one of its checks, or the script itself, has failed. */
  async run(script: string, ...args: string[]): Promise<Report> {
    const { layers, folder } = this.#place
    const child = enterSandbox(
      {
        root: { kind: 'layers', layers, upper: path.join(folder, 'upper'), work: path.join(folder, 'ovl') },
        mounts: [
          { kind: 'proc', target: '/proc' },
          { kind: 'sys', target: '/sys' },
          { kind: 'dev', target: '/dev' },
          { kind: 'tmpfs', target: '/run', mode: '0755' },
          { kind: 'tmpfs', target: '/tmp', mode: '1777' },
          { kind: 'bind', source: this.input, target: '/trial', readOnly: true },
        ],
        hostname: 'trial',
        network: 'off',
        cwd: '/tmp',
        env: {
          PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
          HOME: '/root',
          LC_ALL: 'C.UTF-8',
          TZ: 'UTC',
          CARRIED_TUPLES: this.#carried,
        },
        argv: ['bash', `/trial/${script}`, ...args],
      },
      { scratch: path.join(folder, 'mnt') },
    )
    const [stdout, stderr, { exitCode }] = await Promise.all([
      collectOutput(child.stdout),
      collectOutput(child.stderr),
      ended(child),
    ])
    const report = readReport(stdout)
    assert.deepEqual(report.failed, [], stdout)
    assert.equal(exitCode, 0, `${script} ended with ${exitCode}:\n${stdout}\n${stderr}`)
    return report
  }
}

/** What the scripts print, line by line; pure. */
function readReport(stdout: string): Report & { failed: string[] } {
  const lines = (start: RegExp): string[] =>
    stdout.split('\n').flatMap((line) => (start.test(line) ? [line.replace(start, '')] : []))
  const cpuSeconds = Number(lines(/^cpu (?=\d+ s$)/)[0]?.replace(' s', '') ?? 0)
  return { ok: lines(/^ok /), skipped: lines(/^skip /), failed: lines(/^not ok /), cpuSeconds }
}

/** Tuples whose compiler the SDK took over from the distribution, as its record says. */
function carriedTuples(archive: string): string[] {
  const { packages, carried } = JSON.parse(readFileSync(sideFiles(archive).record, 'utf8')) as StageRecord
  return [SDK_TUPLE, ...CROSS_TUPLES].filter((tuple) => {
    const name = tuple === SDK_TUPLE ? 'sys-devel/gcc-' : `cross-${tuple}/gcc-`
    // A toolchain that is not there at all fails by itself, when it is tried.
    const gcc = packages.find(({ cpv }) => cpv.startsWith(name))
    return gcc?.origin === 'carried' || carried?.packages.includes(gcc?.cpv ?? '') === true
  })
}

function emulator(): string {
  const folders = (process.env.PATH ?? '').split(':')
  const found = folders
    .map((folder) => path.join(folder, 'qemu-aarch64-static'))
    .find((file) => existsSync(file))
  return found ?? assert.fail('qemu-aarch64-static is missing (package qemu-user-static)')
}
