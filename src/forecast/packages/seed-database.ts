// The package database of a seed, as packages are planned on it: its own; or, for a seed that is not an SDK of this
// definition, a synthetic one that says what such an SDK has installed.

import { createHash } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { opendir } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { SdkError } from '../../errors.js'
import { splitCpv } from '../../portage/cpv.js'
import { collectWords } from '../../process/output.js'
import { describeOutcome, ended, failure, start } from '../../process/run.js'
import type { Ended } from '../../sandbox/run.js'
import type { SdkDefinition } from '../../sdk/definition.js'
import { parseOsRelease } from '../../seed/distribution/host.js'
import { forecastPaths } from '../../store/layout.js'
import { findKeptFolder, keepFiles } from '../../store/trees/kept-folder.js'
import { readRootText, viewRoot } from '../../toolchain/root/view.js'
import { readMerges } from './merges.js'
import type { PretendSandbox } from './pretend.js'

/** How a program ended, and the package database that it left. */
export interface WithDatabase {
  readonly done: Ended
  readonly database: { readonly tar: string }
}

/** Runs a program in a pretend sandbox and takes the package database of `root` with it, however the program ended. */
export async function runWithDatabase(
  pretend: PretendSandbox,
  root: string,
  { argv, env = {} }: { argv: readonly string[]; env?: Record<string, string> },
): Promise<WithDatabase> {
  const done = await pretend.run(['with-database', root, pretend.inside, ...argv], env)
  const { output } = pretend.work
  const tar = path.join(output, DATABASE)
  // What runs there is the seed's: a link would lead to a file of this machine, a pipe would be waited for.
  if (lstatSync(tar, { throwIfNoEntry: false })?.isFile() === false)
    throw new SdkError('SDK_SEED', `${tar}: the seed's programs left something else than a file`, {
      hint: 'take another seed',
    })
  return { done, database: { tar } }
}

/** What the file of a package database is called. */
export const DATABASE = 'database.tar'

/** Copies the pretend sandbox's own package database. @throws SdkError SDK_SEED */
export async function copyDatabase(pretend: PretendSandbox): Promise<WithDatabase['database']> {
  const { done, database } = await runWithDatabase(pretend, '/', { argv: ['true'] })
  if (done.outcome.exitCode === 0) return database
  throw new SdkError('SDK_SEED', `the package database of the seed cannot be read:\n${done.stderr.trim()}`, {
    hint: 'take another seed',
  })
}

/** A seed's own os-release ID; undefined when none of its layers (top first) has that file. */
export function osReleaseId(layers: readonly string[]): string | undefined {
  for (const layer of layers)
    for (const name of ['/usr/lib/os-release', '/etc/os-release']) {
      const text = readRootText(viewRoot(layer), name)
      if (text !== undefined) return parseOsRelease(text).get('ID')
    }
  return undefined
}

/** Version of the package `cp` in a root of `layers`, top first, by its package database; undefined when that lacks it. */
export async function installedVersion(layers: readonly string[], cp: string): Promise<string | undefined> {
  const [category = '', name] = cp.split('/')
  for (const layer of layers) {
    const view = viewRoot(layer)
    // Not where a link of the seed leads on this machine.
    const folder = view.canonical(`/var/db/pkg/${category}`)
    const version = folder === undefined ? undefined : await versionIn(view.real(folder), name)
    if (version !== undefined) return version
  }
  return undefined
}

/** Streamed: a seed may have any number of names there. */
async function versionIn(category: Buffer, name: string | undefined): Promise<string | undefined> {
  const entries = await opendir(category as unknown as string).catch(() => [])
  for await (const entry of entries) {
    // What an upper layer has removed is a device there, no folder.
    const { cp, version } = entry.isDirectory() ? splitCpv(entry.name) : {}
    if (cp === name && version !== undefined) return version
  }
  return undefined
}

/** How many packages a database has. @throws SdkError SDK_HOST when it cannot be read */
export async function countPackages({ tar }: WithDatabase['database']): Promise<number> {
  const argv = ['tar', '-tf', tar] as const
  const child = start({ argv, stdio: ['ignore', 'pipe', 'pipe'] })
  const [outcome, stderr, count] = await Promise.all([
    ended(child),
    collectWords(child.stderr),
    countEnds(child.stdout),
  ])
  if (outcome.exitCode !== 0) throw failure(argv, outcome, { code: 'SDK_HOST', stderr })
  return count
}

/** How many lines end with what each package has; a seed's database is of any length. */
async function countEnds(lines: Readable | null): Promise<number> {
  const end = Buffer.from('/SLOT\n')
  let count = 0
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of lines ?? []) {
    const text: Buffer = Buffer.concat([rest, chunk as Buffer])
    for (let at = text.indexOf(end); at >= 0; at = text.indexOf(end, at + 1)) count++
    rest = text.subarray(Math.max(0, text.length - end.length + 1))
  }
  return count
}

/** Share of the pretend sandbox's system set that its database has, by `category/name`: 0 to 1. */
export async function systemShare(pretend: PretendSandbox): Promise<number> {
  const done = await pretend.run(['python3', '-c', SYSTEM_SHARE])
  const share = Number(done.stdout.trim())
  if (done.outcome.exitCode === 0 && !Number.isNaN(share)) return share
  throw new SdkError('SDK_SEED', `Portage of the seed cannot read the profile:\n${done.stderr.trim()}`, {
    hint: 'take a seed with a newer Portage, or look at the profile',
  })
}

const SYSTEM_SHARE = `
import portage
database = portage.db["/"]["vartree"].dbapi
wanted = {portage.dep.Atom(str(atom).lstrip("*")).cp for atom in portage.settings.packages}
print(sum(1 for cp in wanted if database.cp_list(cp)) / max(1, len(wanted)))
`

/** Whose database is made, and where it is kept. */
export interface Synthesis {
  readonly definition: SdkDefinition
  /** The store's folder. */
  readonly store: string
}

/**
 * The database of an SDK of `definition` as if it had been built from the pretend sandbox's repos: what its profile calls the
 * system, and what its last stage installs, with all that they need. It is made once for each state of all of that.
 *
 * @throws SdkError SDK_REPO with Portage's words when these packages cannot be had from the repos
 */
export async function synthesize(
  pretend: PretendSandbox,
  { definition, store }: Synthesis,
): Promise<WithDatabase['database']> {
  const atoms = ['@system', ...definition.stage.stage4.packages]
  const facts = [pretend.given, pretend.plan.stageRepos.map(({ tree }) => tree?.digest), atoms]
  const key = createHash('sha256').update(JSON.stringify(facts)).digest('hex')
  const directory = forecastPaths(store).databases
  const kept = await findKeptFolder(directory, key)
  if (kept !== undefined) return { tar: path.join(kept, DATABASE) }
  const made = await makeSynthetic(pretend, definition, atoms)
  return { tar: path.join(await keepFiles(directory, key, { [DATABASE]: made.tar }), DATABASE) }
}

async function makeSynthetic(
  pretend: PretendSandbox,
  { name }: SdkDefinition,
  atoms: readonly string[],
): Promise<WithDatabase['database']> {
  const argv = ['emerge', '--oneshot', '--update', '--deep', '--with-bdeps=y', ...atoms]
  const { done, database } = await runWithDatabase(pretend, '/', { argv, env: { PRETEND: 'seed' } })
  if (done.outcome.exitCode === 0) return database
  const problem = (await readMerges(pretend.work.output, '/')).at(-1)?.problem
  const said = problem ?? `emerge ${describeOutcome(done.outcome)}:\n${done.stderr.trim()}`
  throw new SdkError(
    'SDK_REPO',
    `Portage cannot tell what an SDK of ${name} has installed (${atoms.join(' ')}): ${said}`,
    { hint: 'fix the repos, or give a real SDK with --seed_tarball' },
  )
}
