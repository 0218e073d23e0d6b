// What the processes of a sandbox use, by /proc: they all descend from the one that started it, whatever session they make and
// whoever dies, since process 1 of the sandbox takes what is left alone.

import { readdirSync, readFileSync } from 'node:fs'

/** What processes use. */
export interface Usage {
  /** Processor time so far, in milliseconds, of those that have ended too. */
  readonly cpuMs: number
  /** Bytes of their own (anonymous and shared memory): what is mapped from files is the machine's to take back. */
  readonly memoryBytes: number
  readonly processes: number
}

/** USER_HZ, which is 100 on every architecture of Linux but Alpha. */
const TICK_MS = 10

/** A process, by proc_pid_stat(5). */
interface Process {
  readonly pid: number
  readonly parent: number
  /** Its own time, and that of its children it has waited for. */
  readonly ticks: number
}

/** What process `pid` and all that descend from it use; undefined when it is gone, or /proc cannot be read. */
export function usageOf(pid: number): Usage | undefined {
  const family = descendants(processes(), pid)
  if (family.length === 0) return undefined
  return {
    cpuMs: family.reduce((sum, { ticks }) => sum + ticks, 0) * TICK_MS,
    memoryBytes: family.reduce((sum, each) => sum + memoryOf(each.pid), 0),
    processes: family.length,
  }
}

function processes(): Process[] {
  return readOr(() => readdirSync('/proc'), []).flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    const text = readOr(() => readFileSync(`/proc/${name}/stat`, 'latin1'), '')
    // The name of the program is in parentheses, and may have any in it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const [parent, ...ticks] = [1, 11, 12, 13, 14].map((index) => Number(fields[index] ?? 0))
    return text === '' ? [] : [{ pid: Number(name), parent: parent ?? 0, ticks: sum(ticks) }]
  })
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)

function descendants(all: readonly Process[], pid: number): Process[] {
  const byParent = new Map<number, Process[]>()
  for (const each of all) byParent.set(each.parent, [...(byParent.get(each.parent) ?? []), each])
  const found = all.filter((each) => each.pid === pid)
  for (const each of found) found.push(...(byParent.get(each.pid) ?? []))
  return found
}

/** Bytes, by proc_pid_status(5); 0 for one that has just ended. */
function memoryOf(pid: number): number {
  const text = readOr(() => readFileSync(`/proc/${pid}/status`, 'latin1'), '')
  return [...text.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB$/gm)].reduce(
    (bytes, [, kilobytes]) => bytes + Number(kilobytes) * 1024,
    0,
  )
}

/** What `act` reads; `otherwise` where it cannot: processes and their groups end while they are looked at. */
export function readOr<T>(act: () => T, otherwise: T): T {
  try {
    return act()
  } catch {
    return otherwise
  }
}
