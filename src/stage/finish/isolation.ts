// Judges what was found in a finished root: how it is linked, and what of it is the seed's.

import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import type { Emit, Fact } from '../../events/event.js'
import { formatCount } from '../../events/measures.js'
import { quotedCommand } from '../../process/own-command.js'
import { TRAITS } from '../../sdk/stages.js'
import { writeFileAtomic } from '../../store/disk/atomic.js'
import type { StageRecord } from '../../store/record.js'
import type { TreeStore } from '../../store/trees/trees.js'
import { type ElfReport, neededFromOutside } from '../../toolchain/elf/check.js'
import { ROW_COLUMNS } from '../../toolchain/elf/table.js'
import { PACKAGE_FOLDERS } from '../../toolchain/root/build-paths.js'
import type { CarriedRequest } from '../../toolchain/root/carried-files.js'
import { ELF_LIST } from '../packages/take-shared.js'
import type { SeededPlan, StagePlan } from '../plan/plan.js'
import type { PassContext } from '../run/run-script.js'
import type { Work } from '../run/work.js'
import type { CheckedRoot } from './finish.js'
import { carriedPackages, carriesNothing, findLineage, generationOf } from './lineage.js'
import { packages } from './record.js'
import type { Reported } from './reported.js'

/** What a message names of a long list. */
const few = (names: readonly string[]): string => names.slice(0, 10).join('; ')

/**
 * Stage 1 may still lean on the seed (its libraries are of `/`): there a miss is reported; later it is an error.
 *
 * @throws SdkError SDK_VERIFY
 */
export async function reportIsolation(plan: StagePlan, { scan }: CheckedRoot, emit: Emit): Promise<void> {
  const list = await writeElfList(plan, scan.rows)
  warnOfStageRoots(plan, scan.elf, emit)
  const unread = scan.elf.unreadable.map((each) => `${each.path} cannot be read: ${each.reason}`)
  const found = [...neededFromOutside(scan.elf), ...unread]
  const count = found.length + scan.elf.left
  if (count === 0) return
  const text = `${plan.stage}: ${count} libraries, loaders or search paths are not inside the root, or not known: ${few(found)}`
  if (!TRAITS[plan.stage].leansOnSeed)
    throw new SdkError('SDK_VERIFY', text, {
      hint: `a package links a library that its dependencies do not name, or says where it was built; ${list} has every file with what it is linked with`,
    })
  emit({ type: 'warning', message: text })
}

/** A folder of a build in a file is only counted, in the record: assertions and debug information name their sources. */
function warnOfStageRoots(plan: StagePlan, { table }: ElfReport, emit: Emit): void {
  for (const { place, files, packages } of table.buildPlaces)
    if (place !== PACKAGE_FOLDERS)
      emit({
        type: 'warning',
        message: `${plan.stage}: ${formatCount(files, 'file')} ${files === 1 ? 'names' : 'name'} ${place}, which is only there during a build: ${few(packages) || 'no package'}`,
      })
}

async function writeElfList({ layout, stage }: StagePlan, rows: readonly string[]): Promise<string> {
  const file = path.join(layout.stageLog(stage), ELF_LIST)
  await mkdir(path.dirname(file), { recursive: true })
  await writeFileAtomic(file, [ROW_COLUMNS.join('\t'), ...rows, ''].join('\n'))
  return file
}

/** A stage whose script is done. */
export interface Ran {
  readonly work: Work
  /** Of the seed, top first. */
  readonly layers: readonly string[]
  readonly context: PassContext
  readonly reported: Reported
  readonly trees: TreeStore
}

/** What to look for of the seed in the root of `plan`; undefined when nothing is known of its chain. */
export async function whatToLookFor(
  plan: SeededPlan,
  ran: Ran,
  emit: Emit,
): Promise<CarriedRequest | undefined> {
  const { work, layers, context, reported, trees } = ran
  const lineage = await findLineage(plan, trees, layers)
  if (lineage === undefined) return undefined
  const newest = {
    stage: plan.stage,
    packages: packages({ reported, context }),
    epoch: plan.epoch,
  }
  return {
    packages: carriedPackages(
      [newest, ...lineage.records.map(generationOf)],
      plan.definition.places.packages === undefined,
    ),
    stage1Layers: lineage.stage1Layers,
    lineage: lineage.file,
    layers: [work.root, ...lineage.above],
    compilers: compilersOf(lineage.records.at(-1), emit),
  }
}

/** The compilers in stage 1's root. A record of an older program does not name them: nothing is looked for then, and that is said. */
function compilersOf(stage1: StageRecord | undefined, emit: Emit): string[] {
  if (stage1?.elf?.compilers === undefined)
    emit({
      type: 'warning',
      message:
        "the record of stage 1 names no compilers: so files that the seed's compilers have made are not looked for; build stage 1 again",
    })
  return Object.keys(stage1?.elf?.compilers ?? {})
}

/**
 * Where no stage after the first carries anything, nothing of the seed may be left after stage 3.
 *
 * @throws SdkError SDK_VERIFY
 */
export function reportCarried(plan: StagePlan, { traces }: CheckedRoot, emit: Emit): void {
  if (!carriesNothing(plan)) return
  if (traces?.by !== 'layers') emit(unproven(plan, traces !== undefined))
  if (traces === undefined) return
  const { packages, files, names, compiled } = traces
  const found = [
    ...(packages.length === 0 ? [] : [`packages that no stage after stage 1 built: ${few(packages)}`]),
    ...(files === 0 ? [] : [`${formatCount(files, 'file')}: ${few(names)}`]),
    ...(compiled.length === 0 ? [] : [`files that a compiler of the seed made: ${few(compiled)}`]),
  ]
  if (found.length === 0) return
  throw new SdkError(
    'SDK_VERIFY',
    `${plan.stage}: what the root still has of its seed: ${found.join('; and ')}`,
    {
      hint: 'a package that the system needs is not rebuilt, or not one of its dependencies and left over; prebuilt files are declared by QA_PREBUILT of their ebuild; docs/manual.md, "What is checked after each stage"',
    },
  )
}

/** What is said of a stage that is taken for good although less was looked at than its promise needs. */
function unproven({ stage, layout }: StagePlan, isChainKnown: boolean): Fact {
  const what = isChainKnown
    ? "files that no package owns may be the seed's: the store does not have stage 1's tree below this stage's any more, since it was unpacked anew, and there is no list beside the seed that tells"
    : `cannot tell whether anything of the chain's first seed is left: records of the stages before it, from stage 1 on, are missing in ${layout.builds}`
  return {
    type: 'warning',
    message: `${stage}: ${what}`,
    hint: 'to have it proven, build all stages from stage 1 on with --rebuild; a stage by itself, upon a seed that is given, proves nothing of what came before',
  }
}

/**
 * Where a file without an owner came from nobody knows: a package's own steps may have made it, or copied it from the seed
 * under another name, where no comparison by path finds it. That is no proof of either, so it is only said.
 */
export function warnOfUnowned({ stage, again }: StagePlan, { scan }: CheckedRoot, emit: Emit): void {
  const { files = 0, names = [] } = scan.unowned ?? {}
  if (files === 0 || !TRAITS[stage].freeOfSeed) return
  emit({
    type: 'warning',
    message: `${stage}: ${formatCount(files, 'file')} ${files === 1 ? 'belongs' : 'belong'} to no package, and nothing that is known writes ${files === 1 ? 'it' : 'them'}: ${few(names)}`,
    hint: `look at what the steps of packages (pkg_postinst) make and copy; ${quotedCommand([...again('verify'), '--json'])} lists all files without an owner`,
  })
}
