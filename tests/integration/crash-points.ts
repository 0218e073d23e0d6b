// Runs a real command under strace, which kills it or fails a system call at a given point, and then asks what matters: nothing
// counts as finished that is not, the same command ends well and leaves the same bytes, no mount and no process stays.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { TestContext } from 'node:test'
import type { Captured } from '../../src/process/run.js'
import type { StageRecord } from '../../src/store/record.js'
import { assertNothingLeft } from '../e2e/run-command.js'
import { finishedSdk } from './publish-helpers.js'
import { cli, type Ground } from './verbs-helpers.js'

/** What is done to a call. */
export type Injury = 'SIGKILL' | 'EIO' | 'ENOSPC'

/** The `count`th call of a kind, in each thread and process of the command. */
export interface CrashPoint {
  readonly operation: keyof typeof OPERATIONS
  readonly call: (typeof CALLS)[number]
  readonly injury: Injury
  readonly count: number
}

/** The calls by which the state of a disk changes for good; strace counts each by itself. */
const CALLS = [
  ...['mount', 'move_mount', 'fsmount', 'umount2'],
  ...['fsync', 'fdatasync', 'syncfs'],
  ...['rename', 'renameat', 'renameat2'],
  ...['link', 'linkat', 'symlink', 'symlinkat'],
  ...['unlink', 'unlinkat', 'rmdir'],
] as const

const INJURIES: readonly Injury[] = ['SIGKILL', 'EIO', 'ENOSPC']

type Words = (place: Ground, target: string) => string[]

/** Commands upon four finished stages: each is quick, and together they publish, adopt, mount and remove. */
const OPERATIONS = {
  release: ({ place }: Ground, target: string) => [
    ...place,
    ...['--version', '1.0.0+a', '--upload', '--upload_path', `file://${target}`],
  ],
  verify: ({ place }: Ground) => ['verify', ...place],
  clean: ({ place }: Ground) => ['clean', ...place],
} as const satisfies Record<string, Words>

/** Codes of an injured command: done all the same, the host's (mounts), the disk's, the publishing's. */
const CODES: readonly (number | null)[] = [0, 3, 6, 8]

/** A finished SDK whose catalyst root is as it was before each point. */
export class CrashPlace {
  readonly #ground: Ground
  readonly #target: string
  readonly #before: string
  /** Digests of everything that is published or finished, after an undisturbed command. */
  readonly #whole = new Map<string, Record<string, string>>()
  /** What was seen, for a report. */
  readonly outcomes = new Map<string, number>()

  private constructor(ground: Ground) {
    this.#ground = ground
    this.#target = path.join(ground.folder, 'published')
    this.#before = path.join(ground.folder, 'before')
    // As every run leaves it: without it, the folder is no catalyst root, and `clean` refuses.
    mkdirSync(ground.layout.locks, { recursive: true })
    writeFileSync(ground.layout.storeLock, '')
    cpSync(ground.layout.root, this.#before, { recursive: true, preserveTimestamps: true })
  }

  static async make(t: TestContext): Promise<CrashPlace> {
    return new CrashPlace(await finishedSdk(t))
  }

  /** All points of an operation, from one undisturbed run of it. */
  async points(operation: CrashPoint['operation']): Promise<CrashPoint[]> {
    this.#restore()
    const log = path.join(this.#ground.folder, 'strace')
    const run = await this.#run(operation, ['strace', '-f', '-qqq', '-o', log, '-e', `trace=${CALLS.join()}`])
    assert.equal(run.exitCode, 0, run.stderr)
    this.#whole.set(operation, this.#state())
    const lines = readFileSync(log, 'utf8').split('\n')
    return CALLS.flatMap((call) =>
      Array.from({ length: mostCalls(lines, call) }, (_, index) =>
        INJURIES.map((injury) => ({ operation, call, injury, count: index + 1 })),
      ).flat(),
    )
  }

  /** Injures a command at `point` and checks what is left, and what comes of it. */
  async try(point: CrashPoint): Promise<void> {
    const { operation, call, injury, count } = point
    const what = `${operation}: ${injury} at ${call} ${count}`
    this.#restore()
    const how = injury === 'SIGKILL' ? 'signal=SIGKILL' : `error=${injury}`
    const strace = ['strace', '-f', '-qqq', '-o', '/dev/null', '-e', `inject=${call}:${how}:when=${count}`]
    const injured = await this.#run(operation, strace)
    const { exitCode, stderr } = injured
    await assertNothingLeft(this.#ground.layout.root)
    const end = exitCode ?? injured.signal
    this.outcomes.set(`${injury} ${end}`, (this.outcomes.get(`${injury} ${end}`) ?? 0) + 1)
    if (injury !== 'SIGKILL') assert.ok(CODES.includes(exitCode), `${what}: exit code ${exitCode}\n${stderr}`)
    assert.doesNotMatch(stderr, /internal error|^ {4}at /m, what)
    assertNothingFalse(this.#ground.layout.builds, what)
    const again = await this.#run(operation, [])
    assert.equal(again.exitCode, 0, `${what}, again: ${again.stderr}`)
    await assertNothingLeft(this.#ground.layout.root)
    assert.deepEqual(this.#state(), this.#whole.get(operation), what)
  }

  #restore(): void {
    const { root } = this.#ground.layout
    for (const folder of [root, this.#target]) rmSync(folder, { recursive: true, force: true })
    cpSync(this.#before, root, { recursive: true, preserveTimestamps: true })
  }

  /** One thread for the file system: the calls are then counted in one order. */
  #run(operation: CrashPoint['operation'], before: readonly string[]): Promise<Captured> {
    const words = OPERATIONS[operation](this.#ground, this.#target)
    return cli(words, { before, env: { UV_THREADPOOL_SIZE: '1' } })
  }

  /** Every file that somebody may take for finished, by its digest. */
  #state(): Record<string, string> {
    const state: Record<string, string> = {}
    for (const folder of [this.#ground.layout.builds, this.#target]) {
      if (!existsSync(folder)) continue
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        const file = path.join(entry.parentPath, entry.name)
        if (entry.isFile()) state[file] = createHash('sha256').update(readFileSync(file)).digest('hex')
      }
    }
    return state
  }
}

/** The most times that one thread or process has called `call`. */
function mostCalls(lines: readonly string[], call: string): number {
  const counts = new Map<string, number>()
  for (const line of lines) {
    const [, pid = '', name = ''] = /^(\d+) +(\w+)\(/.exec(line) ?? []
    if (name === call) counts.set(pid, (counts.get(pid) ?? 0) + 1)
  }
  return Math.max(0, ...counts.values())
}

/** Each record, published or not, has its archive, with the bytes that it says. */
function assertNothingFalse(builds: string, what: string): void {
  for (const name of readdirSync(builds).filter((each) => /^[^.].*\.record\.json$/.test(each))) {
    const archive = path.join(builds, name.replace(/\.record\.json$/, ''))
    assert.ok(existsSync(archive), `${what}: ${name} has no archive`)
    const { output } = JSON.parse(readFileSync(path.join(builds, name), 'utf8')) as StageRecord
    const sha256 = createHash('sha256').update(readFileSync(archive)).digest('hex')
    assert.equal(sha256, output.sha256, `${what}: ${name}`)
  }
}

/** `count` of `points`, by a sequence that `seed` begins. */
export function sample<T>(points: readonly T[], count: number, seed: number): T[] {
  const left = [...points]
  const chosen: T[] = []
  for (let state = seed; chosen.length < count && left.length > 0; ) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    chosen.push(...left.splice(state % left.length, 1))
  }
  return chosen
}
