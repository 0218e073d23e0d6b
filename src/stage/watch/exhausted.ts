// Whether a pass of a stage failed because something of the machine was used up: a disk, a quota, memory.

import type { SdkError } from '../../errors.js'
import type { Outcome } from '../../process/run.js'
import { findFullDisk } from '../../store/disk/full-disk.js'
import type { StagePlan } from '../plan/plan.js'
import { findMemoryFailure, findProcessLimit, type MemoryEvidence } from './memory.js'

/** A failed pass, as far as that goes. */
interface Exhaustion extends Pick<MemoryEvidence, 'said' | 'facts' | 'hint' | 'kills'> {
  /** What failed, and the package, if there was one. */
  readonly what: readonly (string | undefined)[]
  readonly outcome: Outcome
}

/** SDK_SPACE when a full disk or too little memory is why; undefined when nothing says so. */
export async function findExhaustion(
  { layout, jobs }: StagePlan,
  { what, said, facts, hint, kills, outcome }: Exhaustion,
): Promise<SdkError | undefined> {
  const headline = what.filter((each) => each !== undefined).join(': ')
  const isKilled = outcome.signal === 'SIGKILL' || outcome.exitCode === 137
  return (
    (await findFullDisk({ headline, said, places: [layout.root], facts, hint })) ??
    findMemoryFailure({ headline, said, isKilled, kills, facts, jobs, hint }) ??
    findProcessLimit({ headline, said, facts, hint })
  )
}
