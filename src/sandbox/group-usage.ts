// What the processes of a control group use, as the kernel counts it: of all that ever were in the group, whoever their parents are.

import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Usage } from './usage.js'

/** A folder of a group, and by which version of control groups. */
export interface Counted {
  readonly folder: string
  readonly version: 1 | 2
}

/**
 * What a group uses, by the files of its folders (the kernel's cgroup-v2, and its cgroup-v1/memory and cpuacct); what no folder
 * tells is not there.
 */
export function groupUsage(parts: readonly Counted[]): Partial<Usage> {
  const first = <T>(of: (part: Counted) => T | undefined): T | undefined => {
    for (const part of parts) {
      const value = of(part)
      if (value !== undefined) return value
    }
    return undefined
  }
  const found = { cpuMs: first(cpuOf), memoryBytes: first(memoryOf), processes: first(processesOf) }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined))
}

function cpuOf({ folder, version }: Counted): number | undefined {
  if (version === 2) {
    const microseconds = numberIn(folder, 'cpu.stat', /^usage_usec (\d+)$/m)
    return microseconds === undefined ? undefined : microseconds / 1000
  }
  const nanoseconds = numberIn(folder, 'cpuacct.usage', /^(\d+)$/m)
  return nanoseconds === undefined ? undefined : nanoseconds / 1_000_000
}

/** Without the pages of files, which are the machine's to take back. */
function memoryOf({ folder, version }: Counted): number | undefined {
  const [own, shared] =
    version === 2 ? [/^anon (\d+)$/m, /^shmem (\d+)$/m] : [/^rss (\d+)$/m, /^shmem (\d+)$/m]
  const anonymous = numberIn(folder, 'memory.stat', own)
  return anonymous === undefined ? undefined : anonymous + (numberIn(folder, 'memory.stat', shared) ?? 0)
}

function processesOf({ folder }: Counted): number | undefined {
  const text = read(path.join(folder, 'cgroup.procs'))
  return text?.split('\n').filter((line) => line !== '').length
}

function numberIn(folder: string, name: string, pattern: RegExp): number | undefined {
  const [, number] = pattern.exec(read(path.join(folder, name)) ?? '') ?? []
  return number === undefined ? undefined : Number(number)
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
