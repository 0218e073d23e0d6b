// The end of a stage: the check of its ELF files is judged, its tree goes into the store, the record is written last.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../errors.js'
import type { Emit } from '../events/event.js'
import { replaceLink } from '../store/atomic.js'
import { sideFiles } from '../store/layout.js'
import { writeRecord } from '../store/record.js'
import { removeTree } from '../store/remove.js'
import type { Adoption } from '../store/trees.js'
import { type ElfReport, leanings } from '../toolchain/elf-check.js'
import { ROW_COLUMNS } from '../toolchain/elf-table.js'
import { readDistfileList } from './distfiles.js'
import type { Finished } from './finish.js'
import { FORMAT_OF, type Seed, type StagePlan } from './plan.js'
import type { Prepared } from './prepare.js'
import { makeRecord } from './record.js'
import type { Workshop } from './runner.js'
import type { Stopwatch } from './stopwatch.js'
import type { Work } from './work.js'

/** Stage 1 may still lean on the seed (its libraries are of `/`): there a miss is reported; later it is an error. */
export async function reportElf(plan: StagePlan, { elf }: Finished, emit: Emit): Promise<void> {
  const list = await writeElfList(plan, elf.rows)
  warnOfStageRoots(plan, elf.report, emit)
  const found = leanings(elf.report)
  if (found.length === 0) return
  const text = `${plan.stage}: ${found.length} libraries, loaders or search paths are not inside the root: ${found.slice(0, 10).join('; ')}`
  if (plan.stage !== 'stage1')
    throw new SdkError('SDK_VERIFY', text, {
      hint: `a package links a library that its dependencies do not name, or says where it was built; ${list} has every file with what it is linked with`,
    })
  emit({ type: 'warning', message: text })
}

/** A folder of a build in a file is only counted, in the record: assertions and debug information name their sources. */
function warnOfStageRoots(plan: StagePlan, { table }: ElfReport, emit: Emit): void {
  for (const { place, files, packages } of table.buildPlaces)
    if (place.endsWith('root'))
      emit({
        type: 'warning',
        message: `${plan.stage}: ${files} files name ${place}, which is only there during a build: ${packages.slice(0, 10).join(', ') || 'no package'}`,
      })
}

async function writeElfList({ layout, stage }: StagePlan, rows: readonly string[]): Promise<string> {
  const file = path.join(layout.stageLog(stage), 'elf.tsv')
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, [ROW_COLUMNS.join('\t'), ...rows, ''].join('\n'))
  return file
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
