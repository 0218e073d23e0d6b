// A small seed that goes to a store and comes from it. As a program (`GIVE|TAKE ROOT HOST/NAME KEY`) it does one of both, for who kills
// it in the middle.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Careful } from '../../src/registry/careful.js'
import { SharedSeeds } from '../../src/registry/kinds/seeds.js'
import { hex, registryNamed, trustIn } from './registry-server.js'

export const SEED_KEY = 'ab'.repeat(32)

/** The archive of a tree. */
export const archiveOf = (tree: string): Buffer =>
  execFileSync('tar', ['--create', '--zstd', '--directory', tree, '.'], { maxBuffer: 2 ** 26 })

const [, program, what, root, where, key] = process.argv
if (program === import.meta.filename && root !== undefined && where !== undefined && key !== undefined) {
  const store = { registry: registryNamed(where), trust: await trustIn(key) }
  const file = path.join(root, 'seeds/x.tar.zst')
  mkdirSync(path.dirname(file), { recursive: true })
  const seeds = new SharedSeeds(new Careful(store, () => {}), what === 'give')
  if (what === 'take') await seeds.take({ key: SEED_KEY, file, root })
  else {
    const bytes = readFileSync(file)
    await seeds.give({ key: SEED_KEY, file, root }, { sha256: hex(bytes), bytes: bytes.length, about: {} })
  }
}
