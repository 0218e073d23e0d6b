// The end of a stage: the check of its ELF files is judged, its tree goes into the store, the record is written last.

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../errors.js'
import type { Emit } from '../events/event.js'
import { replaceLink } from '../store/atomic.js'
import { sideFiles } from '../store/layout.js'
import { writeRecord } from '../store/record.js'
import { removeTree } from '../store/remove.js'
import type { Adoption } from '../store/trees.js'
import { readDistfileList } from './distfiles.js'
import type { Finished } from './finish.js'
import { FORMAT_OF, type Seed, type StagePlan } from './plan.js'
import type { Prepared } from './prepare.js'
import { makeRecord } from './record.js'
import type { Workshop } from './runner.js'
import type { Stopwatch } from './stopwatch.js'
import type { Work } from './work.js'

/** Stage 1 may still lean on the seed (its libraries are of `/`): there a miss is reported; later it is an error. */
export function reportElf(plan: StagePlan, { elf }: Finished, emit: Emit): void {
  if (elf.missing.length + elf.interpreters.length === 0) return
  const misses = elf.missing.map(
    ({ file, soname, package: owner }) => `${file} (${owner ?? 'no package'}) needs ${soname}`,
  )
  for (const { file, interpreter, package: owner } of elf.interpreters)
    misses.push(`${file} (${owner ?? 'no package'}) needs the loader ${interpreter}`)
  const text = `${plan.stage}: ${misses.length} libraries or loaders are not inside the root: ${misses.slice(0, 10).join('; ')}`
  if (plan.stage !== 'stage1')
    throw new SdkError('SDK_VERIFY', text, {
      hint: 'a package links a library that its dependencies do not name',
    })
  emit({ type: 'warning', message: text })
}

/** What {@link complete} gathers. */
export interface Parts extends Prepared {
  finished: Finished
  /** The stage's tree, to be moved into the store. */
  root: Pick<Adoption, 'directory' | 'below'>
  /** Its packages, a line each: cpv, repo, slot, build time, by tabs. */
  packages: readonly string[]
  watch: Stopwatch
  shop: Workshop
  /** Versions of other programs that made the root. */
  tools?: Readonly<Record<string, string>>
}

/** Finishes a stage whose archive is published. */
export async function complete(plan: StagePlan, parts: Parts): Promise<Seed> {
  const { work, finished, watch, shop, root } = parts
  const { sha256 } = finished.pack.digests
  const reported = {
    packages: parts.packages,
    carried: await lines(work, 'carried'),
    distfiles: await readDistfileList(work.output),
  }
  await shop.trees.adopt({ sha256, entries: finished.pack.entries, ...root })
  await writeRecord(sideFiles(finished.archive).record, makeRecord(plan, { ...parts, reported }))
  const format = FORMAT_OF[plan.compression]
  await replaceLink(plan.layout.latestLink(plan.stage, format), path.basename(finished.archive))
  await removeTree(work.folder, plan.layout.root)
  shop.emit(watch.finished({ archive: finished.archive, digest: sha256, bytes: finished.pack.bytes }))
  return { path: finished.archive, sha256 }
}

/** The lines of a list that the script reported. */
export async function lines(work: Work, name: string): Promise<string[]> {
  const text = await readFile(path.join(work.output, name), 'utf8')
  return text.split('\n').filter((line) => line !== '')
}
