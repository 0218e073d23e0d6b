// A fleet for engines that really run: a checkout with the miniature SDK and its fleet.toml, a registry as the shared store, and a
// bootstrap_sdk in PATH. Machines share nothing but the store.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Event } from '../../src/events/event.js'
import { must } from '../../src/process/run.js'
import { removeTree } from '../../src/store/disk/remove.js'
import { MiniPlace } from '../e2e/mini-place.js'
import { PROJECT } from '../e2e/run-command.js'
import { makeKey, startRegistry } from './registry-server.js'

/** A process, and all that descend from it. */
function processTree(root: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
      children.set(parent, [...(children.get(parent) ?? []), Number(name)])
    } catch {
      // It has ended meanwhile.
    }
  }
  const found = [root]
  for (const pid of found) found.push(...(children.get(pid) ?? []))
  return found
}

/** Processes whose command line has `words` in it. */
export const processesWith = (words: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').includes(words)
      } catch {
        return false
      }
    })
    .map(Number)

/** Kills a process with its tree, as a machine that goes away. */
export async function killTree(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const end = once(child, 'exit')
  for (const pid of processTree(child.pid)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended meanwhile.
    }
  }
  await end
}

/** Asks until there is an answer. @throws Error with what was waited for, after ten minutes */
export async function until<T>(
  what: string,
  ask: () => T | undefined | Promise<T | undefined>,
): Promise<NonNullable<T>> {
  for (let attempt = 0; attempt < 3000; attempt++) {
    const answer = await ask()
    if (answer !== undefined && answer !== null) return answer
    await sleep(200)
  }
  throw new Error(`waited in vain for ${what}`)
}

/** The fleet, after {@link make}. */
class Fleet {
  readonly place = new MiniPlace()
  /** What engines check out. */
  readonly checkout = this.at('checkout')
  /** Of all processes: with the store and its keys. */
  env: Record<string, string> = {}
  readonly #ends: (() => unknown)[] = []

  /** A path of the test. */
  at(...names: string[]): string {
    return path.join(this.place.folder, ...names)
  }

  /** Makes all of it; `wrapper` is what bootstrap_sdk in PATH is, by default the project's. */
  async make(wrapper = 'exec "$SDK_OF_TEST" "$@"'): Promise<void> {
    await this.place.makeSeed()
    const { host } = await startRegistry(this.context as never)
    const key = makeKey(this.at('keys'), 'ci')
    mkdirSync(this.at('bin'))
    writeFileSync(this.at('bin/bootstrap_sdk'), `#!/bin/bash\n${wrapper}\n`, { mode: 0o755 })
    this.env = {
      ...(process.env as Record<string, string>),
      ...{
        PATH: `${this.at('bin')}:${process.env.PATH ?? ''}`,
        SDK_OF_TEST: path.join(PROJECT, 'bootstrap_sdk'),
      },
      ...{ BOOTSTRAP_SDK_STORE: `oci://${host}/fleet/store`, BOOTSTRAP_SDK_STORE_MODE: 'write' },
      ...{ BOOTSTRAP_SDK_STORE_SIGN: key, BOOTSTRAP_SDK_STORE_KEYS: `${key}.pub` },
    }
    cpSync(this.place.sdk, path.join(this.checkout, 'mini'), { recursive: true })
    writeFileSync(
      path.join(this.checkout, 'fleet.toml'),
      `format = 1\n[needs]\ncores = 1\nmemory = 1\ndisk = 1\nminutes = { stage1 = 1, stage2 = 1, stage3 = 1, stage4 = 1 }\n` +
        `[labels]\namd64 = ["mini"]\n[[builds]]\nsdk = "mini"\nseed_tarball = "${this.place.seed}"\n`,
    )
    await this.git('init', '--quiet', '--initial-branch', 'main')
    await this.commit('the first')
  }

  /** For helpers that want a test's context. */
  get context(): { after: (end: () => unknown) => void } {
    return { after: (end) => void this.#ends.push(end) }
  }

  /** Starts a process that goes, with its tree, at the end. */
  start(
    argv: readonly [string, ...string[]],
    { cwd, env = {} }: { cwd: string; env?: Record<string, string> },
  ): ChildProcess {
    const [program, ...words] = argv
    const child = spawn(program, words, { cwd, env: { ...this.env, ...env }, stdio: 'ignore' })
    this.context.after(() => killTree(child))
    return child
  }

  git(...words: string[]): Promise<string> {
    return must({
      argv: ['git', '-C', this.checkout, '-c', 'user.name=ci', '-c', 'user.email=ci@sdk.example', ...words],
    })
  }

  async commit(message: string): Promise<void> {
    await this.git('add', '--all')
    await this.git('commit', '--quiet', '--message', message)
  }

  /** Appends a comment to a file of the definition. */
  async edit(file: string): Promise<void> {
    appendFileSync(path.join(this.checkout, 'mini', file), '# edited\n')
    await this.commit(`edit ${file}`)
  }

  /** Packages that were built from source below `folder`, by runs of versions that end in `suffix`. */
  built(folder: string, suffix = ''): string[] {
    return this.events(folder)
      .filter(({ version }) => version.endsWith(suffix))
      .flatMap(({ event }) =>
        event.type === 'package-merged' && !event.binary ? [`${event.stage} ${event.package}`] : [],
      )
      .sort()
  }

  /** What all journals below `folder` have, with the version of each. */
  events(folder: string): { version: string; event: Event }[] {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => path.basename(name) === 'journal.jsonl')
      .flatMap((name) =>
        readFileSync(path.join(folder, name), 'utf8')
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => ({
            version: path.basename(path.dirname(name)),
            event: JSON.parse(line) as Event,
          })),
      )
  }

  /** Ends everything, and finds nothing left. */
  async end(): Promise<void> {
    for (const end of this.#ends.reverse()) await end()
    await this.place.assertIntact()
  }
}

/** A fleet that goes with its suite; call it at the top of it. */
export function useFleet(): Fleet {
  const fleet = new Fleet()
  after(async () => {
    await fleet.end()
    await removeTree(fleet.place.folder, path.dirname(fleet.place.folder))
  })
  return fleet
}
