// What a stage's script says about the root that it has made.

import type { Distfile } from '../../portage/distfiles/distfile.js'
import { readBelow } from '../../store/hostile/held-folder.js'
import { noReport, readDistfileList } from '../run/distfiles.js'
import { MOST_OF_A_LIST, type Work } from '../run/work.js'

/** The script's own lists. */
export interface Reported {
  /** A line for each package of the root: cpv, repo, slot, build time, by tabs. */
  readonly packages: readonly string[]
  /** The cpv of each carried package. */
  readonly carried: readonly string[]
  readonly distfiles: readonly Distfile[]
  /** The cpv of each package that was merged into the copy of the seed, sorted. */
  readonly intoSeed: readonly string[]
}

/** Reads what the script has left. @param packages in place of its list, where another program built the root */
export async function readReported(work: Work, packages?: readonly string[]): Promise<Reported> {
  return {
    packages: packages ?? lines(work, 'packages'),
    carried: lines(work, 'carried'),
    distfiles: await readDistfileList(work.output),
    // Only stage 1 has such a copy, and only natively a list of it.
    intoSeed: linesOf(work, 'seed-packages') ?? [],
  }
}

/** @throws SdkError SDK_STAGE when there is no such list, or one that is far too long */
function lines(work: Work, name: string): string[] {
  const found = linesOf(work, name)
  if (found === undefined) throw noReport(work.output, name)
  return found
}

/** The lines of a list; undefined when there is none. */
const linesOf = (work: Work, name: string): string[] | undefined =>
  readBelow(work.output, name, MOST_OF_A_LIST)
    ?.split('\n')
    .filter((line) => line !== '')
