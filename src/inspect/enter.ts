// Opens a shell in a stage: in the very sandbox of an attempt that failed, or in a throw-away copy of a finished root.

import { chmod, mkdir, realpath } from 'node:fs/promises'
import path from 'node:path'
import * as v from 'valibot'
import { treeMembers } from '../archive/tree-members.js'
import { SdkError } from '../errors.js'
import type { Emit } from '../events/event.js'
import { readText } from '../files/read.js'
import { ended } from '../process/run.js'
import { enterSandbox } from '../sandbox/enter.js'
import { rootInside } from '../sandbox/inside.js'
import type { Mount, SandboxSpec } from '../sandbox/spec.js'
import { systemMounts } from '../sandbox/system-mounts.js'
import type { RepoDefinition } from '../sdk/definition.js'
import { STAGES, type StageName, TRAITS } from '../sdk/stages.js'
import { unpackedTree } from '../stage/run/unpacked.js'
import { removeTree } from '../store/disk/remove.js'
import { makeTemporary } from '../store/disk/temporary.js'
import type { Layout } from '../store/layout.js'
import { openTreeStore, type TreeStore } from '../store/trees/trees.js'
import type { Enterable } from './enterable.js'
import {
  type KeptCopy,
  keptCopy,
  type Visit,
  visitArguments,
  visitEnvironment,
  visitMounts,
} from './visit.js'

/** What a shell needs beside its root. */
export interface ShellOptions {
  readonly layout: Layout
  readonly signal: AbortSignal | undefined
  readonly visit: Visit
  /** The caller's TERM: the stage's own is `dumb`. */
  readonly term: string
  /** The checkout's repos: a finished stage before the last has none of its own. */
  readonly repos: readonly RepoDefinition[]
  /** A finished SDK, in which the next one may be built: with the catalyst root, and the capabilities for sandboxes. */
  readonly canBuild: boolean
  /** Runs what may have to unpack an archive first: `emit` is told how far that is. */
  readonly preparing: <T>(act: (emit: Emit) => Promise<T>) => Promise<T>
  /** Told of what is odd about the tree. */
  readonly warn: (message: string) => void
  /** Told when everything is ready, just before the shell begins. */
  readonly ready: () => void
}

/**
 * Runs a shell to its end, on the caller's own standard streams.
 *
 * @returns its exit code
 * @throws SdkError SDK_STAGE when the attempt cannot be entered (any more); SDK_HOST, SDK_CHAIN, SDK_ARCHIVE
 */
export async function runShell(where: Enterable, options: ShellOptions): Promise<number> {
  const store = await openTreeStore(options.layout, treeMembers)
  try {
    if (where.kind === 'attempt') return await shellInAttempt(where, store, options)
    const { archive, sha256 } = where
    const { layout, signal, warn, preparing } = options
    const how = { inside: layout.store, signal, warn }
    const tree = await preparing((emit) => unpackedTree(store, { archive, sha256 }, { ...how, emit }))
    const { keep } = options.visit
    const kept = keep === undefined ? undefined : await keptCopy(layout, keep, sha256)
    return await shellInCopy(tree.layers, options, kept)
  } finally {
    store.close()
  }
}

const FAILED = 128

async function run(spec: SandboxSpec, scratch: string, options: ShellOptions): Promise<number> {
  options.ready()
  const { signal } = options
  const { exitCode } = await ended(enterSandbox(spec, { scratch, stdio: 'inherit', signal }))
  return exitCode ?? FAILED
}

const strings = v.array(v.string())
const text = v.string()
const ATTEMPT = v.object({
  stage: v.picklist(STAGES),
  sandbox: v.object({
    root: v.object({
      kind: v.literal('layers'),
      layers: strings,
      upper: v.exactOptional(text),
      work: v.exactOptional(text),
    }),
    mounts: v.array(
      v.variant('kind', [
        v.object({
          ...{ kind: v.literal('bind'), source: text, target: text, readOnly: v.boolean() },
          data: v.exactOptional(v.boolean()),
        }),
        v.object({
          kind: v.literal('overlay'),
          layers: strings,
          upper: v.exactOptional(text),
          work: v.exactOptional(text),
          target: text,
          data: v.exactOptional(v.boolean()),
        }),
        v.object({
          kind: v.literal('tmpfs'),
          target: text,
          mode: text,
          sizeBytes: v.exactOptional(v.number()),
        }),
        v.object({ kind: v.picklist(['proc', 'sys', 'dev']), target: text }),
      ]),
    ),
    hostname: text,
    network: v.picklist(['off', 'host']),
    cwd: text,
    env: v.record(text, text),
  }),
})

async function shellInAttempt(
  where: { stage: StageName; work: string },
  store: TreeStore,
  options: ShellOptions,
): Promise<number> {
  const file = path.join(where.work, 'sandbox.json')
  const json = await readText(file).catch(() => '')
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), ATTEMPT), json)
  if (!parsed.success)
    throw new SdkError('SDK_STAGE', `the attempt at ${where.stage} ended before its sandbox was made`, {
      hint: `there is no ${file} that could be used; build the stage again`,
    })
  const { sandbox, stage } = parsed.output
  await requireIntact(sandbox.root.layers, store, where.stage)
  const mounts = await visitMounts(options.visit, TRAITS[stage].root === 'empty' ? '/' : rootInside(stage))
  const spec = attemptSpec(sandbox as Omit<SandboxSpec, 'argv'>, stage, { ...options, mounts })
  return await run(spec, path.join(where.work, 'mnt'), options)
}

/** What the attempt saw has to be what the shell shows. */
async function requireIntact(layers: readonly string[], store: TreeStore, stage: StageName): Promise<void> {
  const damage = await store.damageOf(layers)
  if (damage === undefined) return
  throw new SdkError(
    'SDK_STAGE',
    `the seed of the attempt at ${stage} was changed after it was unpacked: ${damage}`,
    {
      hint: 'build the stage again: its seed is then unpacked anew',
    },
  )
}

/** The sandbox of an attempt with a shell in it: stage 1's works upon its root from outside, the others' inside; pure. */
export function attemptSpec(
  sandbox: Omit<SandboxSpec, 'argv'>,
  stage: StageName,
  { term, visit, mounts }: Pick<ShellOptions, 'term' | 'visit'> & { mounts: readonly Mount[] },
): SandboxSpec {
  const stageRoot = rootInside(stage)
  const isOutside = TRAITS[stage].root === 'empty'
  const program = visitArguments(visit)
  return {
    ...sandbox,
    ...(visit.network ? { network: 'host' } : {}),
    mounts: [...sandbox.mounts, ...mounts],
    env: {
      ...sandbox.env,
      ...visitEnvironment(visit),
      TERM: term,
      ...(isOutside ? { ROOT: stageRoot } : {}),
    },
    argv: isOutside ? program : ['chroot', stageRoot, ...program],
  }
}

const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
}

async function shellInCopy(
  layers: readonly string[],
  options: ShellOptions,
  kept: KeptCopy | undefined,
): Promise<number> {
  const { root } = options.layout
  const folder = await makeTemporary(root, 'enter')
  const part = (name: string): string => path.join(folder, name)
  try {
    for (const name of ['mnt', 'upper', 'ovl']) await mkdir(part(name))
    await chmod(part('upper'), 0o755)
    const repos: Mount[] = []
    for (const { path: tree, location } of options.repos)
      repos.push({ kind: 'bind', source: await realpath(tree), target: location, readOnly: true })
    const { upper, work } = kept ?? { upper: part('upper'), work: part('ovl') }
    const mounts = [...repos, ...(await visitMounts(options.visit, '/'))]
    return await run(copySpec({ layers, upper, work }, mounts, options), part('mnt'), options)
  } finally {
    await removeTree(folder, root)
  }
}

/** Where a finished SDK finds the catalyst root that it is in: `./build/catalyst` of the folder that its shell begins in. */
const OWN_ROOT = '/root/build/catalyst'

/** A sandbox with a shell in a copy of a root, with `mounts` of the caller's; what builds the next SDK may be started in a finished one. Pure. */
export function copySpec(
  copy: { layers: readonly string[]; upper: string; work: string },
  mounts: readonly Mount[],
  { canBuild, layout, term, visit }: Pick<ShellOptions, 'canBuild' | 'layout' | 'term' | 'visit'>,
): SandboxSpec {
  const own: Mount = { kind: 'bind', source: layout.root, target: OWN_ROOT, readOnly: false }
  return {
    root: { kind: canBuild ? 'nest' : 'layers', ...copy },
    mounts: [...systemMounts(), ...(canBuild ? [own] : []), ...mounts],
    hostname: 'sdk',
    network: visit.network ? 'host' : 'off',
    cwd: canBuild ? '/root' : '/',
    env: { ...ENVIRONMENT, ...visitEnvironment(visit), TERM: term },
    argv: visitArguments(visit),
  }
}
