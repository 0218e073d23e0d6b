// The rounds of the fuzzer: what the audit lets pass, the tool's own tar unpacks to what was audited, and nothing else happens.

import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { extractCommand } from '../../../src/archive/tar/command.js'
import { attributesBelow, difference, type Outcome, unpackAll } from './disk.js'
import { damaged, makeParts } from './make.js'
import { read, type Tree } from './model.js'
import { Choices } from './random.js'

/** What was done. */
export interface Counts {
  rounds: number
  /** Archives that the audit let pass. */
  accepted: number
  /** Of those, the ones that tar unpacked, all of which were compared. */
  compared: number
}

/** The archive of one round; each can be made again by its number alone. */
export const archiveOf = (round: number): Buffer => {
  const by = new Choices(round)
  for (let skip = 0; skip < 4; skip++) by.below(2)
  return damaged(by, makeParts(by))
}

const BATCH = 250

/**
 * Runs `rounds` rounds from number `start` on, in the empty folder `work`, on a file system with attributes.
 *
 * @throws AssertionError that names the round and the difference
 */
export function fuzz(work: string, { start, rounds }: { start: number; rounds: number }): Counts {
  const counts: Counts = { rounds: 0, accepted: 0, compared: 0 }
  for (let first = start; first < start + rounds; first += BATCH) {
    batch(join(work, 'batch'), { first, end: Math.min(first + BATCH, start + rounds), counts })
  }
  return counts
}

function batch(folder: string, { first, end, counts }: { first: number; end: number; counts: Counts }): void {
  mkdirSync(join(folder, 'canary'), { recursive: true })
  writeFileSync(join(folder, 'canary/file'), 'untouched')
  const canary = (): string =>
    `${readdirSync(join(folder, 'canary'))} ${readFileSync(join(folder, 'canary/file'))} ${statSync(join(folder, 'canary')).mtimeMs} ${statSync(join(folder, 'canary/file')).ctimeMs}`
  const before = canary()
  const inside = join(folder, 'in')
  mkdirSync(inside)
  const trees = new Map<string, Tree>()
  for (let round = first; round < end; round++, counts.rounds++) {
    const bytes = archiveOf(round)
    const archive = read(bytes)
    if (archive === undefined) continue
    trees.set(String(round), archive.tree)
    mkdirSync(join(inside, String(round)), { mode: 0o700 })
    writeFileSync(join(inside, `${round}.tar`), archive.rebuilt)
  }
  counts.accepted += trees.size
  const names = [...trees.keys()]
  const outcomes = unpackAll(inside, names, extractCommand())
  counts.compared += check(inside, trees, outcomes)
  assert.equal(canary(), before, `rounds ${first} to ${end}: a file outside was changed`)
  const expected = names.flatMap((name) => [name, `${name}.err`, `${name}.tar`]).sort()
  assert.deepEqual(readdirSync(inside).sort(), expected, `rounds ${first} to ${end}: a file outside was made`)
  rmSync(folder, { recursive: true, force: true })
}

/** What the tool takes for a failure though tar ends well. */
const isWell = ({ exitCode, stderr }: Outcome): boolean =>
  exitCode === 0 && !/Cannot set [\s\S]*?(extended attribute|ACLs)/.test(stderr)

function check(inside: string, trees: Map<string, Tree>, outcomes: Map<string, Outcome>): number {
  const attributes = attributesBelow(inside)
  let compared = 0
  for (const [name, tree] of trees) {
    const outcome = outcomes.get(name)
    if (outcome === undefined || !isWell(outcome)) continue
    const of = (path: string): Map<string, string> | undefined =>
      attributes.get(path === '' ? name : `${name}/${path}`)
    assert.equal(difference(tree, join(inside, name), of), undefined, `round ${name} (${outcome.stderr})`)
    compared++
  }
  return compared
}
