// Checks an archive against what was written down of it: record, DIGESTS, CONTENTS, and the chain of seeds. One that
// another program has made, catalyst for one, has no record.

import { stat } from 'node:fs/promises'
import path from 'node:path'
import * as v from 'valibot'
import { countLines } from '../../archive/stream/count-lines.js'
import { DIGEST_ORDER, parseDigests, selectDigests, verifyDigests } from '../../archive/stream/digests.js'
import { checkListing } from '../../archive/tar/listing.js'
import type { Emit } from '../../events/event.js'
import { readText } from '../../files/read.js'
import { COMPRESSIONS } from '../../sdk/definition.js'
import { STAGES, type StageName } from '../../sdk/stages.js'
import { sha256File } from '../../store/digest/digest.js'
import { findRecord } from '../../store/find-record.js'
import { createLayout, sideFiles } from '../../store/layout.js'
import { readLineage } from '../../store/lineage-file.js'
import { readRecord, type StageRecord } from '../../store/record.js'

/** Something that is not as it should be, as it is told. */
export const FINDING = v.object({
  check: v.picklist(['record', 'digests', 'contents', 'chain', 'elf', 'tree']),
  problem: v.string(),
})

/** Something that is not as it should be. */
export type Finding = Readonly<v.InferOutput<typeof FINDING>>

/** What was found out about one archive. */
export interface ArchiveCheck {
  readonly archive: string
  readonly record: StageRecord | undefined
  /** Its bytes are those of its record, or, without one, those of its digests. */
  readonly isIntact: boolean
  /** What could be checked of an archive without a record. */
  readonly foreign?: Foreign
  readonly findings: readonly Finding[]
}

/** What lies beside an archive that has no record. */
export interface Foreign {
  /** Lower-case hex; undefined when a digest does not fit, or there is none. */
  readonly sha256: string | undefined
  /** Algorithms by which it was checked. */
  readonly digests: readonly string[]
  /** Members of the archive; undefined when it cannot be read to its end or is not what its listing says. */
  readonly members: number | undefined
  /** Whether there is a CONTENTS. */
  readonly isListed: boolean
}

/** Checks `archive`; the archive and the listing beside it are read once, and `emit` is told how far that is. Never throws for what is wrong with them. */
export async function checkArchive(archive: string, emit?: Emit): Promise<ArchiveCheck> {
  const findings: Finding[] = []
  const attempt: Attempt = async (check, act) => {
    try {
      return await act()
    } catch (error) {
      findings.push({ check, problem: (error as Error).message })
      return undefined
    }
  }
  const record = await attempt('record', () => recordOf(archive))
  if (record === undefined && findings.length === 0) {
    const foreign = await checkForeign(archive, attempt, emit)
    return { archive, record, isIntact: findings.length === 0, findings, foreign }
  }
  const listed = await attempt('digests', () => checkDigests(archive, record, emit))
  // Without digests of its own the record still says what the bytes have to be.
  const sha256 = listed ?? (await attempt('record', () => sha256File(archive, emit)))
  if (record !== undefined && sha256 !== undefined && sha256 !== record.output.sha256)
    findings.push({ check: 'record', problem: `expected sha256 ${record.output.sha256}, found ${sha256}` })
  if (record !== undefined) {
    await attempt('contents', () => checkContents(sideFiles(archive).contents, record.output.entries))
    // A release has the record of its stage, and no such list.
    if (record.output.file === path.basename(archive))
      await attempt('contents', () => checkLineage(sideFiles(archive).lineage, record))
    await attempt('chain', () => checkChain(archive, record))
  }
  return { archive, record, isIntact: sha256 === record?.output.sha256, findings }
}

/** Notes what `act` throws as a finding. */
type Attempt = <T>(check: Finding['check'], act: () => Promise<T>) => Promise<T | undefined>

async function checkForeign(archive: string, attempt: Attempt, emit?: Emit): Promise<Foreign> {
  const { contents } = sideFiles(archive)
  const isListed = await isThere(contents)
  const checked = await attempt('digests', () => checkForeignDigests(archive, isListed, emit))
  const members = await attempt('contents', () =>
    checkListing(archive, isListed ? contents : undefined, emit),
  )
  return { sha256: checked?.sha256, digests: checked?.digests ?? [], members, isListed }
}

const isThere = (file: string): Promise<boolean> =>
  stat(file).then(
    (info) => info.isFile(),
    () => false,
  )

/** Which algorithms there are was the maker's choice; one at least has to be strong. Flatcar has the sha256 apart. */
async function checkForeignDigests(
  archive: string,
  isListed: boolean,
  emit?: Emit,
): Promise<{ sha256: string; digests: string[] }> {
  const { digests: source, contents } = sideFiles(archive)
  const name = path.basename(archive)
  const apart = `${archive}.sha256`
  const sources = [...((await isThere(source)) ? [source] : []), ...((await isThere(apart)) ? [apart] : [])]
  if (sources.length === 0) throw new Error(`there is neither ${source} nor ${apart}`)
  const texts = await Promise.all(sources.map((file) => readText(file)))
  const digests = texts.flatMap((text, index) =>
    Object.keys(selectDigests(parseDigests(text, sources[index] ?? ''), name, sources[index] ?? '')),
  )
  const [main = '', ...more] = texts
  if (isListed && parseDigests(main, source).has(path.basename(contents)))
    await verifyDigests({ file: contents, text: main, source })
  for (const text of more) await verifyDigests({ file: archive, text, source: apart, emit })
  const [first = source] = sources
  return { sha256: await verifyDigests({ file: archive, text: main, source: first, emit }), digests }
}

async function recordOf(archive: string): Promise<StageRecord | undefined> {
  const record = await readRecord(sideFiles(archive).record)
  if (record === undefined) return undefined
  const { bytes } = record.output
  const { size } = await stat(archive)
  if (size !== bytes) throw new Error(`expected ${bytes} bytes, found ${size}`)
  return record
}

/** Those of the file and of the record, which say the same. @returns the sha256 of the archive */
async function checkDigests(archive: string, record: StageRecord | undefined, emit?: Emit): Promise<string> {
  const { digests: source, contents } = sideFiles(archive)
  const text = await readText(source)
  const known = parseDigests(text, source)
  for (const file of [archive, contents]) {
    const there = known.get(path.basename(file)) ?? {}
    const lacking = DIGEST_ORDER.filter((algorithm) => there[algorithm] === undefined)
    if (lacking.length > 0)
      throw new Error(`${source}: expected ${lacking.join(', ')} of ${path.basename(file)}, found none`)
  }
  await verifyDigests({ file: contents, text, source })
  const sha256 = await verifyDigests({ file: archive, text, source, emit })
  const listed = known.get(path.basename(archive)) ?? {}
  for (const algorithm of record === undefined ? [] : DIGEST_ORDER) {
    const recorded = record?.output.digests[algorithm]
    if (recorded !== listed[algorithm])
      throw new Error(
        `its record says ${algorithm} ${recorded ?? 'nothing'}, expected ${listed[algorithm]} as in ${source}`,
      )
  }
  return sha256
}

/** Every member has a line of its own: line ends in names are quoted. */
async function checkContents(contents: string, entries: number): Promise<void> {
  const lines = await countLines(contents)
  if (lines !== entries) throw new Error(`${contents}: expected ${entries} lines, found ${lines}`)
}

/** Whoever builds upon the archive on another machine goes by the list of what of it is stage 1's. */
async function checkLineage(file: string, { carried }: StageRecord): Promise<void> {
  const digest = carried?.lineage
  if (digest !== undefined && (await readLineage(file, digest)) === undefined)
    throw new Error(`${file}: expected a list with the sha256 ${digest}, found none`)
}

/** The stage before it, of this version, must have made its seed; if it is not there, nothing can be said. */
async function checkChain(archive: string, record: StageRecord): Promise<void> {
  const before = seedStage(record) ?? STAGES[STAGES.indexOf(record.stage) - 1]
  const made = before === undefined ? undefined : await recordBeside(archive, record, before)
  if (made === undefined) return
  const { seed } = record.inputs
  const [from, is] = [seed.sha256, made.output.sha256]
  if (from !== is)
    throw new Error(
      `built from the seed ${from.slice(0, 16)}, but ${before} of this version is ${is.slice(0, 16)}`,
    )
  // Binary packages are kept by it.
  const [root, its] = [seed.root, made.output.rootSha256]
  if (root !== undefined && its !== undefined && root !== its)
    throw new Error(
      `built upon the root ${root.slice(0, 16)}, but that of ${before} of this version is ${its.slice(0, 16)}`,
    )
}

/** The stage whose archive the seed was, as far as its name tells: not every SDK has all stages. */
function seedStage({ inputs, arch, version }: StageRecord): StageName | undefined {
  const name = path.basename(inputs.seed.path)
  return STAGES.find((stage) => name.startsWith(`${stage}-${arch}-${version}.tar.`))
}

async function recordBeside(
  archive: string,
  { type, arch, version }: StageRecord,
  stage: StageName,
): Promise<StageRecord | undefined> {
  // Only the names in the folder of the builds are needed, wherever that folder is.
  const layout = createLayout({ root: '/catalyst', type, arch, version })
  const names = COMPRESSIONS.map((compression) => path.basename(layout.archive(stage, compression)))
  return (await findRecord(names.map((name) => path.join(path.dirname(archive), name))))?.record
}
