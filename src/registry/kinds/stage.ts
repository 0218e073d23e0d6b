// A finished stage as an artefact of the store: which files it is made of, and which it must be made of to be taken.

import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { PACKAGE_SUFFIXES } from '../../archive/binary-package.js'
import { provenDigests } from '../../archive/prove-digests.js'
import { SdkError } from '../../errors.js'
import { TRAITS } from '../../sdk/stages.js'
import type { FinishedStage } from '../../stage/finished.js'
import { lostPackages } from '../../stage/packages/proved-packages.js'
import { sideFiles } from '../../store/layout.js'
import { readLineage } from '../../store/lineage-file.js'
import { RECORD_HINT, readRecord, type StageRecord } from '../../store/record.js'
import type { Registry } from '../client.js'
import { type ArtefactFile, artefactFile } from '../layout.js'
import type { Artefact } from '../push.js'
import { auditArchive } from './audit-archive.js'

/** The key under which others may have a stage; undefined for one whose sources may be others the next time. */
export const sharedKey = ({ inputs }: StageRecord): string | undefined =>
  inputs.git?.some(({ pinned }) => !pinned) === true ? undefined : inputs.key

/** The tag of the stage that has `key` (stage/key.ts). */
export const stageTag = (key: string): string => `stage-${key}`

/** Where the packages that stage 1 keeps for stage 4 are among the files of its artefact. */
export const POOL = 'carried/'

/**
 * The artefact of a finished stage under its key. All but the archive itself is looked at, since who takes it believes the signature.
 *
 * @param pool the folder of what stage 1 keeps for stage 4
 * @throws SdkError SDK_CHAIN when what is beside the archive is not what its record says, or the pool is not all there any more
 */
export async function stageArtefact(
  { record, output }: FinishedStage,
  { key, pool }: { key: string; pool: string },
): Promise<Artefact> {
  const { stage, type, arch, version, timing } = record
  const { sha256, bytes } = record.output
  const beside = sideFiles(output.path)
  const name = path.basename(output.path)
  const files = [{ name, path: output.path, sha256, bytes }]
  await provenDigests(output.path, record)
  await requireLineage(record, beside.lineage)
  for (const file of [beside.record, beside.contents, beside.digests, beside.lineage])
    files.push(...(await described(path.basename(file), file)))
  if (TRAITS[stage].pool === 'keeps') {
    await requireWhole(pool)
    for (const each of await packagesBelow(pool))
      files.push(...(await described(`${POOL}${each}`, path.join(pool, each))))
  }
  return {
    tag: stageTag(key),
    about: { kind: 'stage', stage, type, arch, version, time: timing.finished },
    files,
  }
}

/** Who took a stage 1 without a part of it would build three stages before the fourth says so. */
async function requireWhole(pool: string): Promise<void> {
  const [first] = await lostPackages(pool)
  if (first === undefined) return
  throw new SdkError('SDK_CHAIN', `${path.join(pool, first.name)}, which stage 4 is to carry: ${first.why}`, {
    hint: 'build stage 1 again, which keeps it there: --rebuild stage1',
  })
}

async function requireLineage({ carried }: StageRecord, file: string): Promise<void> {
  const digest = carried?.lineage
  if (digest !== undefined && (await readLineage(file, digest)) === undefined)
    throw damaged(`${file}: expected a list with the sha256 ${digest}, as the record says, found none`)
}

const damaged = (what: string): SdkError => new SdkError('SDK_CHAIN', what, { hint: RECORD_HINT })

/** A file with its digest; none where there is no file of that path. */
async function described(name: string, file: string): Promise<ArtefactFile[]> {
  const info = await stat(file).catch(() => undefined)
  if (info?.isFile() !== true) return []
  return [await artefactFile(name, file)]
}

/** Paths of the binary packages below `folder`, in order. */
async function packagesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isFile() && PACKAGE_SUFFIXES.some((suffix) => entry.name.endsWith(suffix)))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort()
}

/** The files of a stage that was pulled, each looked at. */
export interface PulledStage {
  readonly record: StageRecord
  readonly archive: ArtefactFile
  readonly contents: ArtefactFile
  readonly digests: ArtefactFile
  readonly lineage: ArtefactFile | undefined
  /** What goes into the pool, by its path there. */
  readonly pool: ReadonlyMap<string, ArtefactFile>
}

/** What a stage has to be that is taken. */
export interface ExpectedStage extends Pick<StageRecord, 'stage' | 'type' | 'arch'> {
  /** Digest of the seed that it would be built upon here. */
  readonly seed: string
  readonly key: string
}

/**
 * Looks at the files of a stage: the record first, then the archive, which is read from end to end and audited as any other.
 *
 * @throws SdkError SDK_CHAIN when the record is not of what is expected, or not of these files; SDK_ARCHIVE for a member that no
 *   archive may have, and an archive that is damaged
 */
export async function examineStage(
  files: readonly ArtefactFile[],
  expected: ExpectedStage,
  registry: Registry,
): Promise<PulledStage> {
  const [archive] = files
  const named = (name: string): ArtefactFile | undefined => files.find((file) => file.name === name)
  const beside = sideFiles(archive?.name ?? '')
  const [recorded, contents, digests] = [beside.record, beside.contents, beside.digests].map(named)
  if (archive === undefined || recorded === undefined || contents === undefined || digests === undefined)
    throw unfit(
      `expected an archive with record, CONTENTS and DIGESTS, found ${files.map(({ name }) => name).join(', ')}`,
    )
  const record = await readRecord(recorded.path)
  if (record === undefined) throw unfit('its record is not there')
  requireExpected(record, archive, expected)
  await readWhole(record, archive, registry)
  const lineage = named(beside.lineage)
  const digest = record.carried?.lineage
  if (
    digest !== undefined &&
    (lineage === undefined || (await readLineage(lineage.path, digest)) === undefined)
  )
    throw unfit('the list of what of it is stage 1’s is not the one that its record tells of')
  return { record, archive, contents, digests, lineage, pool: poolOf(files) }
}

/** Those of the pool among `files`, by their paths there. */
export const poolOf = (files: readonly ArtefactFile[]): PulledStage['pool'] =>
  new Map(
    files
      .filter(({ name }) => name.startsWith(POOL))
      .map((file) => [file.name.slice(POOL.length), file] as const),
  )

function requireExpected(record: StageRecord, archive: ArtefactFile, expected: ExpectedStage): void {
  const { stage, type, arch, inputs, output } = record
  const found = {
    ...{ stage, type, arch, key: inputs.key ?? 'none', seed: inputs.seed.sha256 },
    ...{ archive: output.sha256, bytes: output.bytes },
  }
  const wanted = { ...expected, archive: archive.sha256, bytes: archive.bytes }
  for (const name of Object.keys(found) as (keyof typeof found)[])
    if (found[name] !== wanted[name])
      throw unfit(`its record is of ${name} ${found[name]}, expected ${wanted[name]}`)
}

async function readWhole({ output }: StageRecord, archive: ArtefactFile, registry: Registry): Promise<void> {
  const { entries, tarSha256 } = await auditArchive(archive, registry)
  if (entries !== output.entries || tarSha256 !== output.tarSha256)
    throw unfit('its archive does not hold what its record says')
}

const unfit = (why: string): SdkError => new SdkError('SDK_CHAIN', why)
