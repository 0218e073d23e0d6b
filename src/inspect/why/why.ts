// Why a package is in the stages of a version, and why it was built or taken over: from records, the journal, the stage's own
// package database where its tree is in the store, and the lists of the definition.

import { SdkError } from '../../errors.js'
import { journalEvents } from '../../events/journal.js'
import { isCalled, nearPackages } from '../../portage/atoms.js'
import { splitCpv } from '../../portage/cpv.js'
import type { SdkDefinition } from '../../sdk/definition.js'
import { decidingGlob } from '../../sdk/glob.js'
import { STAGES, type StageName } from '../../sdk/stages.js'
import { findStageRecord } from '../../store/find-record.js'
import type { Layout } from '../../store/layout.js'
import type { StageRecord } from '../../store/record.js'
import { isListed, readInstalled, type Wanting, whoWants } from './installed.js'
import { packageLists } from './lists.js'

/** A package of a stage, and why it is there. */
export interface WhyPackage {
  readonly stage: StageName
  /** Of the stage, where its record has one. */
  readonly key?: string | undefined
  readonly cpv: string
  /** As the record has it; of a stage that is not finished what the journal says of its last attempt. */
  readonly origin: StageRecord['packages'][number]['origin'] | 'merged' | 'failed' | 'begun'
  /** Where it is from, and why it was built or taken over, in a sentence each. */
  readonly why: readonly string[]
  /** The lists that name it. */
  readonly listedBy: readonly string[]
  /** The packages that want it; undefined when that is not known. */
  readonly wantedBy: readonly Wanting[] | undefined
}

/** Packages, and the stages that have none so called. */
export interface Why {
  readonly packages: readonly WhyPackage[]
  readonly without: readonly StageName[]
}

/**
 * All that is known of the packages that are called `asked`.
 *
 * @throws SdkError SDK_USAGE when no stage has one
 */
export async function whyOf(layout: Layout, definition: SdkDefinition, asked: string): Promise<Why> {
  const records = await recordsOf(layout)
  const attempts = attemptsOf(layout.journal)
  const packages: WhyPackage[] = []
  for (const stage of STAGES) {
    const record = records.get(stage)
    if (record !== undefined)
      packages.push(...(await recorded({ layout, definition, records }, record, asked)))
    else
      for (const [cpv, origin] of attempts.get(stage) ?? [])
        if (isCalled(cpv, asked)) packages.push(attempted(stage, cpv, origin))
  }
  if (packages.length === 0) throw unknown(layout, asked, [...namesIn(records), ...attemptNames(attempts)])
  const having = new Set(packages.map(({ stage }) => stage))
  const looked = STAGES.filter((stage) => records.has(stage) || attempts.has(stage))
  return { packages, without: looked.filter((stage) => !having.has(stage)) }
}

function unknown(layout: Layout, asked: string, cpvs: readonly string[]): SdkError {
  const advice = nearPackages(asked, cpvs)
  return new SdkError(
    'SDK_USAGE',
    `no stage of ${layout.version} has a package ${JSON.stringify(asked)}${advice}`,
    {
      hint: 'packages are named as name, category/name, or either with its version',
    },
  )
}

/** Records by stage. */
export type Records = ReadonlyMap<StageName, StageRecord>

const namesIn = (records: Records): string[] =>
  [...records.values()].flatMap((record) => record.packages.map(({ cpv }) => cpv))

/** The records of the finished stages; one that cannot be read is as none. */
export async function recordsOf(layout: Layout): Promise<Map<StageName, StageRecord>> {
  const records = new Map<StageName, StageRecord>()
  for (const stage of STAGES) {
    const found = await findStageRecord(layout, stage).catch(() => undefined)
    if (found !== undefined) records.set(stage, found.record)
  }
  return records
}

type Attempts = ReadonlyMap<StageName, ReadonlyMap<string, 'merged' | 'failed' | 'begun'>>

const attemptNames = (attempts: Attempts): string[] =>
  [...attempts.values()].flatMap((each) => [...each.keys()])

/** What the last attempt at each stage did with its packages. */
function attemptsOf(journal: string): Attempts {
  const found = new Map<StageName, Map<string, 'merged' | 'failed' | 'begun'>>()
  try {
    for (const event of journalEvents(journal)) {
      const stage = STAGES.find((each) => 'stage' in event && event.stage === each)
      if (stage === undefined) continue
      if (event.type === 'stage-started') found.set(stage, new Map())
      if (event.type === 'package-started') found.get(stage)?.set(event.package, 'begun')
      if (event.type === 'package-merged') found.get(stage)?.set(event.package, 'merged')
      if (event.type === 'package-failed') found.get(stage)?.set(event.package, 'failed')
    }
  } catch {
    // No journal, or one of another schema: the records say enough.
  }
  return found
}

const ATTEMPTS = {
  merged: 'merged by the last attempt at this stage, which is not finished',
  failed: 'it failed in the last attempt at this stage',
  begun: 'begun by the last attempt at this stage, which is not finished',
} as const

const attempted = (stage: StageName, cpv: string, origin: keyof typeof ATTEMPTS): WhyPackage => ({
  ...{ stage, cpv, origin, why: [ATTEMPTS[origin]], listedBy: [], wantedBy: undefined },
})

interface Known {
  readonly layout: Layout
  readonly definition: SdkDefinition
  readonly records: Records
}

async function recorded(known: Known, record: StageRecord, asked: string): Promise<WhyPackage[]> {
  const named = record.packages.filter(({ cpv }) => isCalled(cpv, asked))
  if (named.length === 0) return []
  const { layout, definition } = known
  const { stage, output, inputs, packages } = record
  // A version of another SDK, or of a spec, has other lists.
  const isOurs = layout.type === definition.type && layout.arch === definition.archName
  const lists = isOurs ? await packageLists(definition, { stage, profile: inputs.profile }) : []
  const all = packages.map(({ cpv }) => cpv)
  const installed = await readInstalled(layout, output.sha256, all)
  return named.map(({ cpv, slot, origin }) => {
    const { cp } = splitCpv(cpv)
    const world =
      installed !== undefined && isListed(installed.world, cp) ? ['the world file of the stage'] : []
    const named = lists.filter(({ atoms }) => isListed(atoms, cp)).map(({ name }) => name)
    return {
      ...{ stage, key: inputs.key, cpv, origin, why: originWords(known, record, { cpv, origin }) },
      listedBy: [...named, ...world],
      wantedBy: installed && whoWants(installed, { cp, slot }).filter((each) => each.cpv !== cpv),
    }
  })
}

/** Where a package of a finished stage is from, and why; pure. */
export function originWords(
  { records }: { readonly records: Records },
  { inputs }: StageRecord,
  { cpv, origin }: Pick<StageRecord['packages'][number], 'cpv' | 'origin'>,
): string[] {
  const glob = decidingGlob(inputs.carry, splitCpv(cpv).cp)
  const seed = seedName(records, inputs.seed.sha256)
  switch (origin) {
    case 'source':
      return ['built from source by the run that finished the stage', notCarried(inputs.carry, glob)]
    case 'reused':
      return [
        'merged from a binary package that an earlier attempt, or an equal stage, built from source',
        notCarried(inputs.carry, glob),
      ]
    case 'carried': {
      const from = inputs.packagesCarried.find((each) => each.cpv === cpv)?.from
      return [
        `merged from a binary package that was made of what ${from === undefined ? seed : seedName(records, from)} has`,
        glob === undefined ? 'it is carried' : `it is carried: [carry] has ${JSON.stringify(glob)}`,
      ]
    }
    case 'seed':
      return [`it was in ${seed} already, and nothing asked for it to be merged again`]
  }
}

function notCarried(globs: readonly string[], glob: string | undefined): string {
  if (globs.length === 0) return 'it was not taken from the seed: this stage carries nothing'
  if (glob === undefined) return 'it was not taken from the seed: no pattern of [carry] names it'
  if (glob.startsWith('-'))
    return `it was not taken from the seed: [carry] takes it out by ${JSON.stringify(glob)}`
  return `[carry] has ${JSON.stringify(glob)}, but the seed had no such package in this version`
}

/** The stage that an archive is, or the digest of another seed. */
function seedName(records: Records, sha256: string): string {
  const stage = STAGES.find((each) => records.get(each)?.output.sha256 === sha256)
  return stage ?? `the seed (sha256 ${sha256.slice(0, 16)})`
}
