// Kills who gives something to a store, or takes it from there, at moments that are spread over how long it takes; what is found then is
// whole or not there, and the next one is right.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { lookUp, pullFiles, type Store } from '../../src/registry/artefact.js'
import { Careful } from '../../src/registry/careful.js'
import { SharedSeeds } from '../../src/registry/kinds/seeds.js'
import { packageKey } from '../../src/stage/plan/package-key.js'
import { sha256File } from '../../src/store/digest/digest.js'
import { ALL, Machine, NEEDS } from './packages-machine.js'
import { hex, makeKey, registryAt, startRegistry, trustIn } from './registry-server.js'
import { archiveOf, SEED_KEY } from './shared-seed.js'

/** Programs that give and take: `WHAT ROOT HOST KEY`. */
export type Kind = 'packages-machine' | 'shared-seed'

/** Runs it; kills it with all that it has started after so long. @returns milliseconds that it took */
async function run(kind: Kind, words: readonly string[], afterMs?: number): Promise<number> {
  const begin = performance.now()
  const program = path.join(import.meta.dirname, `${kind}.js`)
  const child = spawn(process.execPath, [program, ...words], { stdio: 'ignore', detached: true })
  const end = once(child, 'exit')
  if (afterMs !== undefined && (await Promise.race([end.then(() => true), sleep(afterMs, false)])) === false)
    process.kill(-(child.pid ?? 0), 'SIGKILL')
  await end
  return performance.now() - begin
}

/** Kills `rounds` pushes and as many pulls of a kind. */
export async function killRounds(t: TestContext, kind: Kind, rounds: number): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kills-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const { host } = await startRegistry(t)
  const key = makeKey(path.join(folder, 'keys'), 'writer')
  const trust = await trustIn(key)
  const moment = (whole: number, round: number): number => (whole * (round + 0.5)) / rounds
  const thing = await (kind === 'shared-seed' ? seedThing(folder) : packagesThing(folder))
  let whole = 0
  for (let round = -1; round < rounds; round++) {
    const store = { registry: registryAt(host, {}, `push-${round + 1}`), trust }
    const words = ['give', thing.made, `${host}/push-${round + 1}`, key]
    const took = await run(kind, words, round < 0 ? undefined : moment(whole, round))
    if (round < 0) whole = took
    const found = await lookUp(store, thing.tag)
    // Whoever finds it finds all of it.
    if (found !== undefined) await pullFiles(store, found, mkdtempSync(path.join(folder, 'all-')))
    await thing.giveAgain(store)
    assert.ok((await lookUp(store, thing.tag)) !== undefined, `push ${round}`)
  }
  const store = { registry: registryAt(host, {}, 'push-0'), trust }
  for (let round = -1; round < rounds; round++) {
    const there = mkdtempSync(path.join(folder, 'there-'))
    const words = ['take', there, `${host}/push-0`, key]
    const took = await run(kind, words, round < 0 ? undefined : moment(whole, round))
    if (round < 0) whole = took
    await thing.takeAgain(store, there)
  }
}

/** What is given and taken. */
interface Thing {
  /** Catalyst root in which it was made. */
  readonly made: string
  readonly tag: string
  giveAgain(store: Store): Promise<void>
  /** After a kill: what is there is right. Then takes it, and it is all there. */
  takeAgain(store: Store, root: string): Promise<void>
}

async function packagesThing(folder: string): Promise<Thing> {
  const made = path.join(folder, 'made')
  mkdirSync(made)
  const machine = new Machine(made)
  const plan = await machine.build('first', { bytes: 3_000_000 })
  return {
    made,
    tag: `packages-${packageKey(plan)}`,
    giveAgain: (store) => machine.give(store),
    async takeAgain(store, root) {
      const there = new Machine(root)
      assert.deepEqual(await there.take(store), ALL)
      assert.equal(there.said('warning'), '')
      for (const cp of Object.keys(NEEDS)) assert.equal(await there.bytes(cp), await machine.bytes(cp))
    },
  }
}

async function seedThing(folder: string): Promise<Thing> {
  const made = path.join(folder, 'made')
  const tree = path.join(folder, 'tree')
  mkdirSync(tree)
  writeFileSync(path.join(tree, 'random'), randomBytes(12_000_000))
  const bytes = archiveOf(tree)
  mkdirSync(path.join(made, 'seeds'), { recursive: true })
  writeFileSync(path.join(made, 'seeds/x.tar.zst'), bytes)
  const about = { sha256: hex(bytes), bytes: bytes.length, about: {} }
  const place = (root: string) => ({ key: SEED_KEY, file: path.join(root, 'seeds/x.tar.zst'), root })
  const seeds = (store: Store, writes: boolean) => new SharedSeeds(new Careful(store, () => {}), writes)
  return {
    made,
    tag: `seed-${SEED_KEY}`,
    giveAgain: async (store) => {
      assert.equal(await seeds(store, true).give(place(made), about), 'first')
    },
    async takeAgain(store, root) {
      mkdirSync(path.join(root, 'seeds'), { recursive: true })
      // Nothing half has its name.
      const there = readdirSync(path.join(root, 'seeds')).filter((name) => !name.startsWith('.'))
      for (const name of there) assert.equal(await sha256File(path.join(root, 'seeds', name)), about.sha256)
      assert.equal((await seeds(store, false).take(place(root)))?.sha256, about.sha256)
    },
  }
}
