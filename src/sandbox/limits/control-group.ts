// A control group of its own for what runs in a sandbox: the bounds of its memory and of its processes, and how often they were
// met. Owns the folders of the groups, those that a killed engine left too. Where no group can be made, a stage has the other
// bounds only (enter.sh).

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { constrainedMemory } from 'node:process'
import { isGone, ownerToken } from '../../process/owner.js'
import { type Counted, groupUsage } from './group-usage.js'
import { type Controller, findHierarchies, type Hierarchy } from './hierarchies.js'
import { readOr, type Usage } from './usage.js'

/** Most processes and threads of a stage, as in assemble.sh; no build has a tenth of them. */
export const MOST_PROCESSES = 16384

/** Most open files of a process of a stage, as in enter.sh. */
export const MOST_FILES = 524_288

/** What a group may take. */
export interface Bounds {
  readonly memoryBytes: number
  readonly processes: number
}

/** How often bounds were met. */
export interface BoundCounts {
  /** Processes that the kernel killed for want of memory in the group. */
  readonly kills: number
  /** Processes that the kernel would not start, or attempts at that. */
  readonly refused: number
}

/** A group that exists. */
export interface ControlGroup {
  /** Files that take a process into it by a written `0`. */
  readonly joins: readonly string[]
  /** What bounds it has: where the kernel has no controller for one, that is undefined. */
  readonly bounds: Partial<Bounds>
  met(): BoundCounts
  /** What its processes use, as far as the kernel counts that. */
  usage(): Partial<Usage>
  /** Takes it away. What is still in it keeps it, for the next run to take away. */
  remove(): void
}

/** What a stage may take: `memoryBytes`, or what `defaultMemory` says. */
export const stageBounds = ({ memoryBytes }: { readonly memoryBytes?: number | undefined }): Bounds => ({
  memoryBytes: memoryBytes ?? defaultMemory(),
  processes: MOST_PROCESSES,
})

/**
 * All but a sixteenth of the memory that this process can have, and at least 256 MiB less: what a real build would need beyond
 * that is taken from the system's own programs, which the kernel may then kill in its place. Swap is not bounded.
 */
function defaultMemory(): number {
  const [all, limit] = [os.totalmem(), constrainedMemory()]
  const most = limit > 0 && limit < all ? limit : all
  return most - Math.min(most / 2, Math.max(most / 16, 256 * 2 ** 20))
}

const PREFIX = 'bootstrap_sdk-'
let made = 0

/** Makes a group; undefined where none can be had: without control groups, in a container that may not, without root. */
export function makeControlGroup(bounds: Bounds): ControlGroup | undefined {
  const parts = hierarchies().flatMap((each) => makePart(each, bounds))
  if (parts.length === 0) return undefined
  const has = (controller: Controller): boolean => parts.some((part) => part.controllers.includes(controller))
  return {
    joins: parts.map(({ folder }) => path.join(folder, 'cgroup.procs')),
    bounds: {
      ...(has('memory') ? { memoryBytes: bounds.memoryBytes } : {}),
      ...(has('pids') ? { processes: bounds.processes } : {}),
    },
    met: () => ({
      kills: countIn(parts, /^oom_kill (\d+)$/m, ['memory.events', 'memory.oom_control']),
      refused: countIn(parts, /^max (\d+)$/m, ['pids.events']),
    }),
    usage: () => groupUsage(parts),
    remove: () => {
      for (const { folder } of parts) attempt(() => fs.rmdirSync(folder))
    },
  }
}

function hierarchies(): Hierarchy[] {
  const [groups, mounts] = ['cgroup', 'mountinfo'].map((name) => read(`/proc/self/${name}`))
  return findHierarchies(groups ?? '', mounts ?? '')
}

/** A group in one of the hierarchies. */
interface Part extends Counted {
  readonly controllers: readonly Controller[]
}

function makePart(hierarchy: Hierarchy, bounds: Bounds): Part[] {
  const { parent, beside, controllers } = placeFor(hierarchy)
  const { version, counts } = hierarchy
  if (controllers.length === 0 && !counts) return []
  removeLeft(parent)
  made += 1
  const folder = path.join(parent, `${PREFIX}${ownerToken()}-${made}`)
  if (!attempt(() => fs.mkdirSync(folder))) return []
  // In a threaded tree, which somebody else has begun, it could take no process.
  if (version === 2 && read(path.join(folder, 'cgroup.type')).trim() !== 'domain') {
    attempt(() => fs.rmdirSync(folder))
    return []
  }
  if (beside !== undefined) inherit(beside, folder)
  const [memory, pids] = version === 2 ? ['memory.max', 'pids.max'] : ['memory.limit_in_bytes', 'pids.max']
  const isBound: Readonly<Record<Controller, boolean>> = {
    memory: controllers.includes('memory') && lower(folder, memory ?? '', Math.floor(bounds.memoryBytes)),
    pids: controllers.includes('pids') && lower(folder, pids ?? '', bounds.processes),
  }
  const bound = controllers.filter((each) => isBound[each])
  const isOfUse = counts || bound.length > 0
  if (!isOfUse) attempt(() => fs.rmdirSync(folder))
  return isOfUse ? [{ folder, version, controllers: bound }] : []
}

/** Where a group can be made. */
interface GroupPlace {
  readonly parent: string
  /** The group of this process, where the new one cannot be in it: what bounds that has, the new one gets too. */
  readonly beside?: string
  readonly controllers: readonly Controller[]
}

/**
 * In the group of this process, so that what bounds that has bounds the new one; version 2 does not let a group have both
 * processes and groups with bounds (but for the outermost): there beside it.
 */
function placeFor({ version, top, own, controllers }: Hierarchy): GroupPlace {
  if (version === 1) return { parent: own, controllers }
  const offered = controllers.filter((each) => hasWord(path.join(own, 'cgroup.controllers'), each))
  const inside = handedOn(own, offered)
  // A group that only counts may lie beside processes.
  if (inside.length > 0 || offered.length === 0 || own === top) return { parent: own, controllers: inside }
  const parent = path.dirname(own)
  return { parent, beside: own, controllers: controllers.filter((each) => isHandedOn(parent, each)) }
}

const isHandedOn = (folder: string, controller: Controller): boolean =>
  hasWord(path.join(folder, 'cgroup.subtree_control'), controller)

/**
 * Those of `controllers` which groups in `folder` have; hands them on where the kernel lets us. All or none: by pids alone, a group
 * with processes would become the root of a threaded tree, in which no group takes a process.
 */
function handedOn(folder: string, controllers: readonly Controller[]): readonly Controller[] {
  if (!controllers.includes('memory')) return []
  const words = controllers.map((each) => `+${each}`).join(' ')
  if (controllers.every((each) => isHandedOn(folder, each))) return controllers
  return attempt(() => fs.writeFileSync(path.join(folder, 'cgroup.subtree_control'), words))
    ? controllers
    : []
}

const hasWord = (file: string, word: string): boolean => read(file).trim().split(/\s+/).includes(word)

/** Bounds that hold for a group, of any controller: cgroups(7), and the kernel's cgroup-v2. */
const INHERITED = [
  ...['memory.max', 'memory.high', 'memory.swap.max', 'pids.max'],
  ...['cpu.max', 'cpu.weight', 'cpuset.cpus', 'cpuset.mems', 'io.max', 'io.weight'],
]

function inherit(from: string, folder: string): void {
  for (const name of INHERITED)
    for (const line of read(path.join(from, name))
      .split('\n')
      .filter((each) => each !== ''))
      attempt(() => fs.writeFileSync(path.join(folder, name), line))
}

/** Sets a bound unless there is a lower one. */
function lower(folder: string, name: string, value: number): boolean {
  const file = path.join(folder, name)
  const now = Number.parseInt(read(file), 10)
  return (Number.isFinite(now) && now <= value) || attempt(() => fs.writeFileSync(file, String(value)))
}

/** Takes away what engines left that are gone. Groups with processes stay by themselves. */
function removeLeft(parent: string): void {
  let names: string[] = []
  attempt(() => (names = fs.readdirSync(parent)))
  for (const name of names) {
    const [, owner] = /^bootstrap_sdk-(\d+-\d+-\d+)-\d+$/.exec(name) ?? []
    if (owner === undefined || !isGone(owner)) continue
    attempt(() => fs.rmdirSync(path.join(parent, name)))
  }
}

function countIn(parts: readonly Part[], pattern: RegExp, names: readonly string[]): number {
  const files = parts.flatMap(({ folder }) => names.map((name) => path.join(folder, name)))
  return files.reduce((sum, file) => sum + Number(pattern.exec(read(file))?.[1] ?? 0), 0)
}

/** '' for what cannot be read. */
const read = (file: string): string => readOr(() => fs.readFileSync(file, 'utf8'), '')

/** False when the kernel refuses. */
function attempt(act: () => unknown): boolean {
  try {
    act()
    return true
  } catch {
    return false
  }
}
