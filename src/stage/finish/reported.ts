// What a stage's script says about the root that it has made.

import path from 'node:path'
import type { Distfile } from '../../portage/distfiles/distfile.js'
import { readBounded } from '../../store/bounded-file.js'
import { readDistfileList } from '../run/distfiles.js'
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
    packages: packages ?? (await lines(work, 'packages')),
    carried: await lines(work, 'carried'),
    distfiles: await readDistfileList(work.output),
    // Only stage 1 has such a copy, and only natively a list of it.
    intoSeed: await lines(work, 'seed-packages').catch(() => []),
  }
}

async function lines(work: Work, name: string): Promise<string[]> {
  const text = readBounded(path.join(work.output, name), MOST_OF_A_LIST).toString('utf8')
  return text.split('\n').filter((line) => line !== '')
}
