// A stage's own sandbox, with two changes: emerge is the stand-in that only plans, and the package database is a folder
// of ours. What the script of the stage is given is otherwise what a build would give it.

import { createHash } from 'node:crypto'
import { chmod, copyFile, mkdir, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Emit } from '../../events/event.js'
import { PROJECT } from '../../files/own.js'
import { INSIDE } from '../../sandbox/inside.js'
import { type Ended, runInSandbox } from '../../sandbox/run.js'
import type { Mount } from '../../sandbox/spec.js'
import { TRAITS } from '../../sdk/stages.js'
import { sharedFolders, stageSandbox } from '../../stage/plan/mounts.js'
import type { StagePlan } from '../../stage/plan/plan.js'
import { runHooks } from '../../stage/run/hooks.js'
import { type StageInput, writeInput } from '../../stage/run/input.js'
import { openWork, type Work } from '../../stage/run/work.js'

/** A stage's sandbox, ready for a program. */
export interface PretendSandbox {
  readonly plan: StagePlan
  readonly work: Work
  /** Digest of what its programs are given: configuration, seed, stand-ins; not of repos, scripts, database. */
  readonly given: string
  /** Digests of the stages' scripts. */
  readonly scripts: Readonly<Record<string, string>>
  /** Where the stage's "/" is, seen from the sandbox's: nothing for stage 1. */
  readonly inside: string
  run(argv: readonly [string, ...string[]], env?: Record<string, string>): Promise<Ended>
}

/** The package database of a pretend sandbox: that of its layers, an empty one, or one that an earlier one left. */
export type Database = 'own' | 'empty' | { readonly tar: string }

/** What lies over the tree of a repo: its md5-cache, or folders that it is written to. */
export type RepoOverlay = { readonly cache: string } | { readonly upper: string; readonly work: string }

/** Overlays of repos, by the path of their trees. */
export type RepoOverlays = ReadonlyMap<string, RepoOverlay>

/** What a pretend sandbox is made of. */
export interface PretendParts {
  readonly plan: StagePlan
  /** Layers of its "/", top first; the first is {@link pretendLayer}'s. */
  readonly layers: readonly string[]
  readonly database: Database
  /** How each repo is mounted; others as they are. */
  readonly repos?: RepoOverlays
  readonly emit: Emit
  readonly signal: AbortSignal | undefined
}

/** Folder of the programs that stand in; they are not compiled, so they stay in src/. */
const programs = (): string => path.join(PROJECT, 'src/forecast/packages/pretend')

/** Makes the layer that lies over a seed: the stand-ins hide its own emerge. */
export async function pretendLayer(folder: string): Promise<string> {
  const bin = path.join(folder, 'usr/bin')
  await mkdir(bin, { recursive: true, mode: 0o755 })
  for (const name of await readdir(programs())) {
    await copyFile(path.join(programs(), name), path.join(bin, name))
    await chmod(path.join(bin, name), 0o755)
  }
  return folder
}

/**
 * Opens a pretend sandbox for `parts.plan`; its folders are below the plan's layout.
 *
 * @throws SdkError SDK_STAGE when a hook of stage 1 fails
 */
export async function openPretendSandbox(parts: PretendParts): Promise<PretendSandbox> {
  const { layers, database, emit, signal } = parts
  const work = await openWork(parts.plan)
  const plan = await runHooks(parts.plan, { work, layers, emit, signal })
  for (const each of [...Object.values(sharedFolders(plan)), plan.layout.distfiles])
    await mkdir(each, { recursive: true })
  const input = await writeInput(plan, work)
  const given = await digestOf(input, layers)
  const inside = TRAITS[plan.stage].root === 'empty' ? '' : plan.stageRoot
  const sandbox = stageSandbox(plan, work, layers)
  const mounts = [
    ...sandbox.mounts.map((mount) => withOverlay(mount, parts, plan)),
    ...(await databases(work, { plan, inside, database })),
  ]
  return {
    plan,
    work,
    given,
    scripts: input.script,
    inside,
    run: (argv, env = {}) =>
      runInSandbox(
        { ...sandbox, mounts, argv, env: { ...sandbox.env, ...env } },
        { scratch: work.mnt, signal, words: true },
      ),
  }
}

/** The stage's own scripts are left out: what is kept by this digest does not come from them. */
async function digestOf({ config }: StageInput, layers: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([config, layers.slice(1)]))
  for (const name of await readdir(programs())) hash.update(await readFile(path.join(programs(), name)))
  return hash.digest('hex')
}

/** Where a database is planned with, it is in memory (pretend/with-database fills it). */
async function databases(
  work: Work,
  { plan, inside, database }: { plan: StagePlan; inside: string; database: Database },
): Promise<Mount[]> {
  if (database === 'own') return []
  if (database !== 'empty') await copyFile(database.tar, path.join(work.input, 'database.tar'))
  const roots = [inside]
  if (TRAITS[plan.stage].root === 'empty') {
    // Stage 1's root is a plain folder, in which nothing makes a mount point.
    await mkdir(path.join(work.root, INSIDE.packageDatabase), { recursive: true })
    roots.push(plan.stageRoot)
  }
  return roots.map((root) => ({ kind: 'tmpfs', target: `${root}${INSIDE.packageDatabase}`, mode: '0755' }))
}

function withOverlay(mount: Mount, { plan: before, repos }: PretendParts, plan: StagePlan): Mount {
  if (mount.kind !== 'bind' || repos === undefined) return mount
  const { source, target } = mount
  // A copy that a hook has edited has the cache of what it was copied from: Portage sees which entries still hold.
  const { name } = plan.stageRepos.find(({ tree }) => tree?.path === source) ?? {}
  const tree = before.stageRepos.find((each) => each.name === name)?.tree?.path
  const over = repos.get(tree ?? source)
  if (over === undefined) return mount
  if ('cache' in over) return { kind: 'overlay', target, layers: [over.cache, source] }
  return { kind: 'overlay', target, layers: [source], ...over }
}
