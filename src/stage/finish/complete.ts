// The end of a stage whose root was found good: its tree goes into the store, the record is written last.

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Distfile } from '../../portage/distfiles/distfiles.js'
import { replaceLink } from '../../store/atomic.js'
import { sideFiles } from '../../store/layout.js'
import { writeRecord } from '../../store/record.js'
import { removeTree } from '../../store/remove.js'
import type { Adoption } from '../../store/trees.js'
import type { Seed, StagePlan } from '../plan/plan.js'
import { readDistfileList } from '../run/distfiles.js'
import type { Prepared } from '../run/prepare.js'
import type { Work } from '../run/work.js'
import type { Workshop } from '../runner.js'
import type { Stopwatch } from '../stopwatch.js'
import type { Finished } from './finish.js'
import { makeRecord } from './record.js'

/** What {@link complete} gathers. */
export interface Parts extends Prepared {
  finished: Finished
  /** The stage's tree, to be moved into the store. */
  root: Pick<Adoption, 'directory' | 'below'>
  reported: Reported
  watch: Stopwatch
  shop: Workshop
  /** Versions of other programs that made the root. */
  tools?: Readonly<Record<string, string>>
}

/** Finishes a stage whose archive is published. */
export async function complete(plan: StagePlan, parts: Parts): Promise<Seed> {
  const { work, finished, watch, shop, root } = parts
  const { sha256 } = finished.pack.digests
  await shop.trees.adopt({ sha256, entries: finished.pack.entries, ...root })
  await writeRecord(sideFiles(finished.archive).record, makeRecord(plan, parts))
  await replaceLink(plan.layout.latestLink(plan.stage, plan.compression), path.basename(finished.archive))
  await removeTree(work.folder, plan.layout.root)
  shop.emit(watch.finished({ archive: finished.archive, digest: sha256, bytes: finished.pack.bytes }))
  return { path: finished.archive, sha256 }
}

/** The script's own lists. */
export interface Reported {
  /** A line for each package of the root: cpv, repo, slot, build time, by tabs. */
  readonly packages: readonly string[]
  /** The cpv of each carried package. */
  readonly carried: readonly string[]
  readonly distfiles: readonly Distfile[]
}

/** Reads what the script has left. @param packages in place of its list, where another program built the root */
export async function readReported(work: Work, packages?: readonly string[]): Promise<Reported> {
  return {
    packages: packages ?? (await lines(work, 'packages')),
    carried: await lines(work, 'carried'),
    distfiles: await readDistfileList(work.output),
  }
}

async function lines(work: Work, name: string): Promise<string[]> {
  const text = await readFile(path.join(work.output, name), 'utf8')
  return text.split('\n').filter((line) => line !== '')
}
