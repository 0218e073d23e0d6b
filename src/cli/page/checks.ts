// What was checked after a stage, and what was found, as its record has it. Pure.

import { formatCount } from '../../events/measures.js'
import type { Records } from '../../inspect/why/why.js'
import type { ShownCheck } from '../../report/facts.js'
import { FIRST_STAGE, STAGES } from '../../sdk/stages.js'
import type { StageRecord } from '../../store/record.js'

/** The checks of a stage among `records`. */
export function checksOf(records: Records, record: StageRecord): ShownCheck[] {
  const { elf, carried, unowned, stage, inputs } = record
  return [
    chain(records, record),
    ...(elf === undefined ? [] : elfChecks(elf, stage)),
    ...(carried === undefined ? [] : [carriedCheck(carried)]),
    ...(unowned === undefined
      ? []
      : [{ what: 'Files that no package owns', found: formatCount(unowned, 'file'), isGood: unowned === 0 }]),
    ...(inputs.git ?? [])
      .filter(({ pinned }) => !pinned)
      .map(({ package: name, uri }) => ({
        what: 'Can be built again',
        found: `${name} is built from what ${uri} had at the time: its commit is not pinned`,
        isGood: false,
      })),
  ]
}

/** Whether the seed is what the stage before has made. */
function chain(records: Records, { stage, inputs }: StageRecord): ShownCheck {
  const before = STAGES[STAGES.indexOf(stage) - 1]
  const made = before === undefined ? undefined : records.get(before)?.output.sha256
  const what = 'Seed'
  if (made === undefined || before === undefined)
    return { what, found: `${inputs.seed.path} (sha256 ${inputs.seed.sha256})`, isGood: true }
  const isGood = made === inputs.seed.sha256
  return { what, isGood, found: isGood ? `what ${before} made` : `not what ${before} made now` }
}

function elfChecks(elf: NonNullable<StageRecord['elf']>, stage: string): ShownCheck[] {
  const places = elf.buildPlaces ?? []
  return [
    {
      what: 'Libraries inside the root',
      found:
        elf.missing === 0
          ? `all libraries of ${formatCount(elf.checked, 'program')} are found inside (${formatCount(elf.files, 'file')} looked at)`
          : `${elf.missing} of the libraries that ${formatCount(elf.checked, 'program')} need are not inside`,
      // What the first one lacks is its seed's: only a warning.
      isGood: elf.missing === 0 || stage === FIRST_STAGE,
    },
    ...places.map(({ place, in: where, files, packages }) => ({
      what: 'Places of the build',
      found: `${formatCount(files, where === 'elf' ? 'ELF file' : 'file')} name ${place}: ${packages.join(', ') || 'of no package'}`,
      isGood: where !== 'elf',
    })),
  ]
}

function carriedCheck({ by, files, packages, compilers }: NonNullable<StageRecord['carried']>): ShownCheck {
  const foreign = Object.values(compilers).reduce((sum, count) => sum + count, 0)
  const more =
    foreign === 0 ? '' : `; ${formatCount(foreign, 'file')} name a compiler that is not in this root`
  return {
    what: 'What is left of the seed',
    found: `${formatCount(files, 'file')} of ${formatCount(packages.length, 'package')}, told by ${by}${more}`,
    isGood: foreign === 0,
  }
}
