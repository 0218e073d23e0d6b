// `store gc` is killed at moments that are spread over how long it takes, while others write: what is left is whole or gone, what is
// young or newest is there, and the next one finishes it.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { lookUp, pullFiles, type Store } from '../../src/registry/artefact.js'
import { pushArtefact } from '../../src/registry/push.js'
import { MAIN } from './program.js'
import { hex, startStore } from './registry-server.js'

/** Old artefacts of each round. */
const OLD = 4

/** Kills `rounds` times. */
export async function killGc(t: TestContext, rounds: number): Promise<void> {
  const { folder, store, key } = await startStore(t)
  const push = (name: string, time: string): Promise<unknown> => pushStage(store, folder, { name, time })
  const argv = ['store', 'gc', '--store', store.registry.reference.text, '--store_keys', `${key}.pub`]
  const words = [...argv, '--keep', '1', '--min_age', '1d', '--json']
  const old: string[] = []
  const young: string[] = []
  let whole = 0
  for (let round = -1; round < rounds; round++) {
    const more = [...Array(OLD).keys()].map((index) => `old ${round} ${index}`)
    for (const name of more) await push(name, '2020-01-01T00:00:00Z')
    old.push(...more)
    const fresh = `young ${round}`
    const writing = push(fresh, new Date().toISOString())
    const took = await gc(words, round < 0 ? undefined : (whole * (round + 0.5)) / rounds)
    if (round < 0) whole = took
    await writing
    young.push(fresh)
    for (const name of old) await isWholeOrGone(store, folder, name)
    for (const name of young) assert.ok(await isWholeOrGone(store, folder, name), name)
  }
  await gc(words)
  for (const name of old) assert.equal(await isWholeOrGone(store, folder, name), false, name)
  for (const name of young) assert.ok(await isWholeOrGone(store, folder, name), name)
}

/** @returns milliseconds that it took; an end that nobody has brought about is a good one */
async function gc(words: readonly string[], afterMs?: number): Promise<number> {
  const begin = performance.now()
  const child = spawn(process.execPath, [MAIN, ...words], { stdio: 'ignore', detached: true })
  const end = once(child, 'exit')
  if (afterMs !== undefined && (await Promise.race([end.then(() => true), sleep(afterMs, false)])) === false)
    process.kill(-(child.pid ?? 0), 'SIGKILL')
  const [exitCode, signal] = (await end) as [number | null, string | null]
  assert.ok(exitCode === 0 || (afterMs !== undefined && signal === 'SIGKILL'), `${exitCode} ${signal}`)
  return performance.now() - begin
}

const tagOf = (name: string): string => `stage-${hex(name)}`

async function pushStage(
  store: Store,
  folder: string,
  { name, time }: { name: string; time: string },
): Promise<void> {
  const file = path.join(folder, hex(name))
  const data = randomBytes(10_000)
  writeFileSync(file, data)
  const about = { kind: 'stage', stage: 'stage2', type: 'x', arch: 'amd64', time }
  const files = [{ name: 'a.tar.zst', path: file, sha256: hex(data), bytes: data.length }]
  const { outcome } = await pushArtefact(store, { tag: tagOf(name), about, files }, folder)
  assert.equal(outcome, 'pushed', name)
}

async function isWholeOrGone(store: Store, folder: string, name: string): Promise<boolean> {
  const found = await lookUp(store, tagOf(name))
  if (found === undefined) return false
  await pullFiles(store, found, mkdtempSync(path.join(folder, 'pulled-')))
  return true
}
