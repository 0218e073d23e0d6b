// Whether a pass of a stage failed because something of the machine was used up: a disk, a quota, memory.

import { SdkError } from '../../errors.js'
import { formatBytes } from '../../events/measures.js'
import type { Outcome } from '../../process/run.js'
import { findFullDisk, saysFull } from '../../store/disk/full-disk.js'
import { freeSpace, LEAST } from '../../store/disk/space.js'
import type { StagePlan } from '../plan/plan.js'
import { findFileLimit, findMemoryFailure, findProcessLimit, type MemoryEvidence } from './memory.js'

/** A failed pass, as far as that goes. */
interface Exhaustion extends Pick<MemoryEvidence, 'said' | 'facts' | 'hint' | 'met'> {
  /** What failed, and the package, if there was one. */
  readonly what: readonly (string | undefined)[]
  readonly outcome: Outcome
}

/** SDK_SPACE when a full disk or too little memory is why; undefined when nothing says so. */
export async function findExhaustion(
  { layout, jobs, runner }: StagePlan,
  { what, said, facts, hint, met, outcome }: Exhaustion,
): Promise<SdkError | undefined> {
  const headline = what.filter((each) => each !== undefined).join(': ')
  const isKilled = outcome.signal === 'SIGKILL' || outcome.exitCode === 137
  return (
    (runner === 'native' ? await findFullMemory(layout.root, { headline, said, facts, hint }) : undefined) ??
    (await findFullDisk({ headline, said, places: [layout.root], facts, hint })) ??
    findMemoryFailure({ headline, said, isKilled, met, facts, jobs, hint }) ??
    findProcessLimit({ headline, said, facts, hint, met }) ??
    findFileLimit({ headline, said, facts, hint })
  )
}

/** Places of a stage that are in memory, but for what is mounted below them. */
const IN_MEMORY = ['/tmp', '/run', '/dev/shm', '/var/cache', '/var/log']

/**
 * SDK_SPACE when a folder in memory was full: programs say the same of those as of a disk, which is asked. A disk that has room
 * now may have had none: what fills it can be removed meanwhile, so both are named.
 */
async function findFullMemory(
  root: string,
  { headline, said, facts, hint }: Pick<Exhaustion, 'said' | 'facts' | 'hint'> & { headline: string },
): Promise<SdkError | undefined> {
  const line = said.flatMap((text) => text.split('\n')).find(saysFull)
  if (line === undefined || /quota/i.test(line)) return undefined
  const disk = await freeSpace(root).catch(() => undefined)
  if (disk === undefined || disk.bytes < LEAST.bytes || (disk.inodes ?? LEAST.inodes) < LEAST.inodes)
    return undefined
  const places = IN_MEMORY.join(', ')
  return new SdkError(
    'SDK_SPACE',
    [
      `${headline}: no space left in a folder that a stage has in memory (${places}: 40 % of the memory and 800,000 files for all together), or for a while on the disk (mounted at ${disk.mountPoint}: ${formatBytes(disk.bytes)} free now)`,
      line.trim(),
    ].join('\n'),
    {
      hint: `look for what writes so much there; packages are built in /var/tmp, which is on the disk; ${hint}`,
      facts: { ...facts, disk },
    },
  )
}
