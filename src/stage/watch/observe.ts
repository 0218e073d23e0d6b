// Watches a script while it runs: the phases and last lines of the packages that it builds, and what its processes use.

import { statfsSync } from 'node:fs'
import type { Emit } from '../../events/event.js'
import { createBuildLogs } from '../../portage/build-logs.js'
import { type Usage, usageOf } from '../../sandbox/limits/usage.js'

/** What is watched. */
export interface Observed {
  readonly stage: string
  /** Where Portage writes its logs, as this machine sees it. */
  readonly logs: string
  /** The catalyst root, or a folder on its file system. */
  readonly root: string
  readonly emit: Emit
}

/** A watch over one run of a script. */
export interface Watch {
  /** Passes on what emerge does. */
  readonly emit: Emit
  /** Begins to look, at what descends from process `pid`; `counted`: what of it its control group tells. */
  begin(pid: number | undefined, counted?: () => Partial<Usage>): void
  end(): void
}

const LOOK_MS = 1000
/** Between measurements of resources: for so many, then twice as long for as many more, up to {@link LONGEST_MS}. */
const MEASURE_MS = 5000
const MEASUREMENTS = 500
const LONGEST_MS = 80_000

/** A watch that has not begun. */
export function observe({ stage, logs, root, emit }: Observed): Watch {
  const builds = createBuildLogs({ stage, folder: logs, emit })
  const measure = createMeter({ stage, root, emit })
  let timer: NodeJS.Timeout | undefined
  return {
    emit(fact) {
      builds.take(fact)
      emit(fact)
    },
    begin(pid, counted = () => ({})) {
      timer = setInterval(() => {
        builds.look()
        if (pid !== undefined) measure(() => usageNow(pid, counted()))
      }, LOOK_MS).unref()
    },
    end: () => clearInterval(timer),
  }
}

/** What a control group does not count is looked up process by process. */
function usageNow(pid: number, counted: Partial<Usage>): Usage | undefined {
  const { cpuMs, memoryBytes, processes } = counted
  if (cpuMs !== undefined && memoryBytes !== undefined && processes !== undefined)
    return { cpuMs, memoryBytes, processes }
  const looked = usageOf(pid)
  return looked === undefined ? undefined : { ...looked, ...counted }
}

/** Measures when it is time to. */
function createMeter({ stage, root, emit }: Omit<Observed, 'logs'>): (look: () => Usage | undefined) => void {
  let lastMs = performance.now()
  let periodMs = MEASURE_MS
  let left = MEASUREMENTS
  let before: Usage = { cpuMs: 0, memoryBytes: 0, processes: 0 }
  return (look) => {
    const now = performance.now()
    // A timer is late rather than early, and a second late is a period missed.
    if (now - lastMs < periodMs - LOOK_MS / 2) return
    const usage = look()
    if (usage === undefined) return
    emit({
      type: 'resources-measured',
      stage,
      periodMs: Math.round(now - lastMs),
      // Of what is looked up, a process that ends between two looks is missed once.
      cpuMs: Math.max(0, usage.cpuMs - before.cpuMs),
      memoryBytes: usage.memoryBytes,
      freeBytes: freeBytes(root),
      processes: usage.processes,
    })
    before = { ...usage, cpuMs: Math.max(usage.cpuMs, before.cpuMs) }
    lastMs = now
    left--
    if (left > 0 || periodMs >= LONGEST_MS) return
    left = MEASUREMENTS
    periodMs *= 2
  }
}

function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  } catch {
    return 0
  }
}
