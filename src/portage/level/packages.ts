// Levels Portage's package database in a root: the files that database.ts has rules for are rewritten if they change.

import { spawnSync } from 'node:child_process'
import { lstatSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { readBounded } from '../../store/hostile/bounded-file.js'
import {
  DROPPED,
  levelBuildId,
  levelBuildTime,
  levelContents,
  levelCounters,
  levelEnvironment,
} from './database.js'

/**
 * @param database the folder `var/db/pkg` of a root; nothing happens where there is none
 * @param epoch no time is later, in seconds since 1970
 * @param digests new MD5, by path in the root as a byte string, of files that were changed after they were merged
 */
export function levelPackages(database: string, epoch: number, digests: ReadonlyMap<string, string>): void {
  const packages = folders(database).flatMap((category) =>
    folders(path.join(database, category)).map((name) => `${category}/${name}`),
  )
  const counters = new Map<string, number>()
  for (const cpv of packages) {
    const folder = path.join(database, cpv)
    for (const name of DROPPED) rmSync(path.join(folder, name), { force: true })
    rewrite(path.join(folder, 'CONTENTS'), (text) => levelContents(text, epoch, digests))
    rewrite(path.join(folder, 'BUILD_TIME'), (text) => levelBuildTime(text, epoch))
    rewrite(path.join(folder, 'BUILD_ID'), levelBuildId)
    rewriteEnvironment(path.join(folder, 'environment.bz2'))
    const counter = Number(read(path.join(folder, 'COUNTER'))?.toString('latin1').trim() ?? Number.NaN)
    if (Number.isSafeInteger(counter)) counters.set(cpv, counter)
  }
  for (const [cpv, counter] of levelCounters(counters))
    rewrite(path.join(database, cpv, 'COUNTER'), () => String(counter))
}

/** The folders in `folder`, sorted; none where it is not a folder itself. */
function folders(folder: string): string[] {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return []
  const entries = readdirSync(folder, { withFileTypes: true })
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort()
}

function read(file: string): Buffer | undefined {
  return lstatSync(file, { throwIfNoEntry: false })?.isFile() === true ? readBounded(file) : undefined
}

function rewrite(file: string, level: (text: string) => string): void {
  const text = read(file)?.toString('latin1')
  if (text === undefined) return
  const levelled = level(text)
  if (levelled !== text) writeFileSync(file, levelled, 'latin1')
}

/** bzip2 is deterministic, and so is what lbzip2 writes; they differ, so the same one is taken wherever it is there. */
function rewriteEnvironment(file: string): void {
  const packed = read(file)
  if (packed === undefined) return
  const text = bzip2(['--decompress', '--stdout'], packed)?.toString('latin1')
  if (text === undefined) return
  const levelled = levelEnvironment(text)
  if (levelled === text) return
  const again = bzip2(['--stdout', '-9'], Buffer.from(levelled, 'latin1'))
  if (again !== undefined) writeFileSync(file, again)
}

function bzip2(options: readonly string[], input: Buffer): Buffer | undefined {
  for (const program of ['lbzip2', 'bzip2']) {
    const { status, stdout } = spawnSync(program, options, {
      input,
      stdio: ['pipe', 'pipe', 'ignore'],
      maxBuffer: 64 * 1024 * 1024,
    })
    if (status === 0) return stdout
  }
  return undefined
}
