// What the processes of a control group use, as the kernel counts it: of all that ever were in the group, whoever their parents are.

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { readOr, type Usage } from './usage.js'

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
    const microseconds = numberIn(textOf(folder, 'cpu.stat'), /^usage_usec (\d+)$/m)
    return microseconds === undefined ? undefined : Math.round(microseconds / 1000)
  }
  const nanoseconds = numberIn(textOf(folder, 'cpuacct.usage'), /^(\d+)$/m)
  return nanoseconds === undefined ? undefined : Math.round(nanoseconds / 1_000_000)
}

/** Without the pages of files, which are the machine's to take back. */
function memoryOf({ folder, version }: Counted): number | undefined {
  const text = textOf(folder, 'memory.stat')
  const anonymous = numberIn(text, version === 2 ? /^anon (\d+)$/m : /^rss (\d+)$/m)
  return anonymous === undefined ? undefined : anonymous + (numberIn(text, /^shmem (\d+)$/m) ?? 0)
}

const processesOf = ({ folder }: Counted): number | undefined =>
  textOf(folder, 'cgroup.procs')
    ?.split('\n')
    .filter((line) => line !== '').length

const textOf = (folder: string, name: string): string | undefined =>
  readOr(() => readFileSync(path.join(folder, name), 'utf8'), undefined)

function numberIn(text: string | undefined, pattern: RegExp): number | undefined {
  const [, number] = pattern.exec(text ?? '') ?? []
  return number === undefined ? undefined : Number(number)
}
