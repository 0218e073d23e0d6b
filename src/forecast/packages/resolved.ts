// What Portage resolved for a stage is kept by the digest of all that it was asked upon: a plan of the same inputs reads it.
// A resolver that ended otherwise is asked again.

import { createHash } from 'node:crypto'
import { lstat, readdir } from 'node:fs/promises'
import path from 'node:path'
import { stageEnvironment } from '../../stage/plan/environment.js'
import { sharedFolders } from '../../stage/plan/mounts.js'
import { sha256File } from '../../store/digest/digest.js'
import { forecastPaths } from '../../store/layout.js'
import { findKeptFolder, keepFiles } from '../../store/trees/kept-folder.js'
import { MERGES } from './merges.js'
import type { PretendSandbox } from './pretend.js'
import { DATABASE, type WithDatabase } from './seed-database.js'

/** Where the calls of emerge (`merges.ts`) and the database after them lie. */
export interface Resolved {
  readonly output: string
  readonly database: WithDatabase['database']
}

/** How what a resolver left is kept, and found again. */
export interface ResolvedPlace {
  /** What it left when it was asked the same before. */
  readonly found: Resolved | undefined
  /** Moves there what it has left now. */
  keep(made: WithDatabase['database']): Promise<Resolved>
}

/**
 * The place in `store` for what `pretend` resolves on the package database `before`.
 *
 * @throws as `findKeptFolder` and `sha256File`
 */
export async function resolvedPlace(
  pretend: PretendSandbox,
  before: WithDatabase['database'],
  store: string,
): Promise<ResolvedPlace> {
  const directory = forecastPaths(store).databases
  const key = await keyOf(pretend, before)
  const resolvedIn = (output: string): Resolved => ({
    output,
    database: { tar: path.join(output, DATABASE) },
  })
  const kept = await findKeptFolder(directory, key)
  return {
    found: kept === undefined ? undefined : resolvedIn(kept),
    keep: async ({ tar }) => {
      const calls = path.join(pretend.work.output, MERGES)
      // A script that calls no emerge has none.
      const hasCalls = (await lstat(calls).catch(() => undefined))?.isFile() === true
      const files = { [DATABASE]: tar, ...(hasCalls ? { [MERGES]: calls } : {}) }
      return resolvedIn(await keepFiles(directory, key, files))
    },
  }
}

/** All that the resolver is given: what is mounted into its sandbox, and what is in it by another way. */
async function keyOf(
  { plan, given, scripts }: PretendSandbox,
  { tar }: WithDatabase['database'],
): Promise<string> {
  const { packages, carried } = sharedFolders(plan)
  const facts = {
    ...{ stage: plan.stage, given, scripts, env: stageEnvironment(plan) },
    repos: plan.stageRepos.map(({ name, location, tree }) => ({ name, location, digest: tree?.digest })),
    database: await sha256File(tar),
    // Which of them are there decides whether a package is built or taken.
    binaries: [await listingOf(packages), await listingOf(carried)],
  }
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex')
}

async function listingOf(folder: string): Promise<[string, number, number][]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries.filter((entry) => !entry.isDirectory())
  const listed = files.map(async (entry): Promise<[string, number, number]> => {
    const file = path.join(entry.parentPath, entry.name)
    const { size, mtimeMs } = await lstat(file)
    return [path.relative(folder, file), size, mtimeMs]
  })
  return (await Promise.all(listed)).sort(([a], [b]) => (a < b ? -1 : 1))
}
