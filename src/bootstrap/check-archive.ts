// Checks a finished archive against what was written down of it: record, DIGESTS, CONTENTS, and the chain of seeds.

import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { countLines } from '../archive/count-lines.js'
import { DIGEST_ORDER, parseDigests, verifyDigests } from '../archive/digests.js'
import { STAGES, type StageName } from '../sdk/definition.js'
import { sha256File } from '../store/digest.js'
import { ARCHIVE_FORMATS, createLayout, sideFiles } from '../store/layout.js'
import { readRecord, type StageRecord } from '../store/record.js'

/** Something that is not as it should be. */
export interface Finding {
  readonly check: 'record' | 'digests' | 'contents' | 'chain' | 'elf' | 'tree'
  readonly problem: string
}

/** What was found out about one archive. */
export interface ArchiveCheck {
  readonly archive: string
  readonly record: StageRecord | undefined
  /** Its bytes are those of its record. */
  readonly isIntact: boolean
  readonly findings: readonly Finding[]
}

/** Checks `archive`; the archive and the listing beside it are read once. Never throws for what is wrong with them. */
export async function checkArchive(archive: string): Promise<ArchiveCheck> {
  const findings: Finding[] = []
  const attempt = async <T>(check: Finding['check'], act: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await act()
    } catch (error) {
      findings.push({ check, problem: (error as Error).message })
      return undefined
    }
  }
  const record = await attempt('record', () => recordOf(archive))
  const listed = await attempt('digests', () => checkDigests(archive))
  // Without digests of its own the record still says what the bytes have to be.
  const sha256 = listed ?? (await attempt('record', () => sha256File(archive)))
  if (record !== undefined && sha256 !== undefined && sha256 !== record.output.sha256)
    findings.push({ check: 'record', problem: `expected sha256 ${record.output.sha256}, found ${sha256}` })
  if (record !== undefined) {
    await attempt('contents', () => checkContents(sideFiles(archive).contents, record.output.entries))
    await attempt('chain', () => checkChain(archive, record))
  }
  return { archive, record, isIntact: sha256 === record?.output.sha256, findings }
}

async function recordOf(archive: string): Promise<StageRecord> {
  const file = sideFiles(archive).record
  const record = await readRecord(file)
  if (record === undefined) throw new Error(`there is no ${file}`)
  const { bytes } = record.output
  const { size } = await stat(archive)
  if (size !== bytes) throw new Error(`expected ${bytes} bytes, found ${size}`)
  return record
}

/** @returns the sha256 of the archive */
async function checkDigests(archive: string): Promise<string> {
  const { digests: source, contents } = sideFiles(archive)
  const text = await readFile(source, 'utf8')
  const known = parseDigests(text, source)
  for (const file of [archive, contents]) {
    const there = known.get(path.basename(file)) ?? {}
    const lacking = DIGEST_ORDER.filter((algorithm) => there[algorithm] === undefined)
    if (lacking.length > 0)
      throw new Error(`${source}: expected ${lacking.join(', ')} of ${path.basename(file)}, found none`)
  }
  await verifyDigests({ file: contents, text, source })
  return await verifyDigests({ file: archive, text, source })
}

/** Every member has a line of its own: line ends in names are quoted. */
async function checkContents(contents: string, entries: number): Promise<void> {
  const lines = await countLines(contents)
  if (lines !== entries) throw new Error(`${contents}: expected ${entries} lines, found ${lines}`)
}

/** The stage before it, of this version, must have made its seed; if it is not there, nothing can be said. */
async function checkChain(archive: string, record: StageRecord): Promise<void> {
  const before = seedStage(record) ?? STAGES[STAGES.indexOf(record.stage as StageName) - 1]
  const made = before === undefined ? undefined : await recordBeside(archive, record, before)
  if (made === undefined || made.output.sha256 === record.inputs.seed.sha256) return
  throw new Error(
    `built from the seed ${record.inputs.seed.sha256.slice(0, 16)}, but ${before} of this version is ${made.output.sha256.slice(0, 16)}`,
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
  for (const format of ARCHIVE_FORMATS) {
    const name = path.basename(layout.archive(stage, format))
    const record = await readRecord(sideFiles(path.join(path.dirname(archive), name)).record)
    if (record !== undefined) return record
  }
  return undefined
}
