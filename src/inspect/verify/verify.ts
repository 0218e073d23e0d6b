// Verifies finished archives: each against what was written down of it, and its root against itself.

import path from 'node:path'
import type { Emit } from '../../events/event.js'
import { STAGES, type StageName, TRAITS } from '../../sdk/stages.js'
import { damaged, type KnownArchive, unpackedTree } from '../../stage/run/unpacked.js'
import { foreignRecord } from '../../store/find-record.js'
import { compressionOf, type Layout } from '../../store/layout.js'
import type { TreeStore } from '../../store/trees/trees.js'
import { isSelfContained, neededFromOutside } from '../../toolchain/elf/check.js'
import type { VersionState } from '../versions.js'
import { type ArchiveCheck, checkArchive, type Finding } from './check-archive.js'
import { type RootReport, verifyRoot } from './check-root.js'

/** What is known of one archive in the end. */
export interface Verification extends ArchiveCheck {
  /** Undefined when the archive is not intact: then nothing is unpacked. */
  readonly root: RootReport | undefined
}

/** What verifying works with. */
export interface Verifier {
  readonly layout: Layout
  readonly trees: TreeStore
  readonly signal: AbortSignal | undefined
  /** Told how far the reading of archives and trees is. */
  readonly emit?: Emit
  /** Reports by sha256: the release has the bytes of its stage. */
  readonly roots: Map<string, RootReport>
  /** Digests of the archives whose trees in the store were compared. */
  readonly examined: Set<string>
}

/** The archives of a version that are to be verified: its stages, the broken ones too, and its release. */
export function archivesOf({ stages, release }: VersionState): string[] {
  const archives = Object.values(stages).flatMap((state) => ('archive' in state ? [state.archive] : []))
  return release === undefined ? archives : [...archives, release]
}

/** Verifies `archive`. What is wrong with it is found, not thrown. @throws SdkError SDK_HOST, SDK_SPACE, SDK_VERIFY when the check itself fails; SDK_ARCHIVE, SDK_CHAIN as unpacking does */
export async function verifyArchiveFully(archive: string, verifier: Verifier): Promise<Verification> {
  const looked = await checkArchive(archive, verifier.emit)
  const { record } = looked
  const checked = {
    ...looked,
    findings: [...foreignTo(archive, record, verifier.layout), ...looked.findings],
  }
  if (record === undefined || !checked.isIntact) return { ...checked, root: undefined }
  const { sha256 } = record.output
  const known = { archive, sha256 }
  const { seed } = record.inputs
  const findings = [...checked.findings]
  for (const each of [{ archive: seed.path, sha256: seed.sha256 }, known])
    findings.push(...(await examineTree(each, verifier)))
  const root = verifier.roots.get(sha256) ?? (await rootOf(known, verifier))
  verifier.roots.set(sha256, root)
  return { ...checked, root, findings: [...findings, ...rootFindings(record.stage, root)] }
}

/** What a record says of an archive with a name of this version that is not what the name says; an archive may have any other name. */
function foreignTo(archive: string, record: ArchiveCheck['record'], layout: Layout): Finding[] {
  if (record === undefined) return []
  const compression = compressionOf(archive)
  const named =
    compression && STAGES.find((stage) => layout.archive(stage, compression) === path.resolve(archive))
  const isRelease = compression !== undefined && layout.release(compression) === path.resolve(archive)
  const stage = named ?? (isRelease ? record.stage : undefined)
  if (stage === undefined || compression === undefined) return []
  // The release has the bytes of its stage, and the record says whose.
  const expected = path.basename(layout.archive(stage, compression))
  const { file } = record.output
  const foreign =
    foreignRecord(record, layout, stage) ??
    (file === expected ? undefined : `its record is of ${file}, expected ${expected}`)
  return foreign === undefined ? [] : [{ check: 'record', problem: `not what its name says: ${foreign}` }]
}

/** Compares the tree that the store has of an archive with what was unpacked. The release has its stage's tree: once is enough. */
async function examineTree(known: KnownArchive, { trees, examined, emit }: Verifier): Promise<Finding[]> {
  const findings: Finding[] = []
  if (examined.has(known.sha256)) return findings
  examined.add(known.sha256)
  const onDamage = (damage: string): void => {
    const problem = `${damaged(known, damage)}; whoever needs it unpacks it again`
    findings.push({ check: 'tree', problem })
  }
  await trees.examine(known.sha256, onDamage, emit)
  return findings
}

async function rootOf(known: KnownArchive, verifier: Verifier): Promise<RootReport> {
  const { layout, trees, signal, emit } = verifier
  const { layers } = await unpackedTree(trees, known, { inside: layout.store, signal, emit })
  return await verifyRoot(layers, { root: layout.root, signal })
}

/** What in a root is wrong. Stage 1 still leans on its seed, so there a miss is only reported; pure. */
export function rootFindings(stage: StageName, { elf }: RootReport): Finding[] {
  const unread = elf.unreadable.map(
    ({ path, reason }): Finding => ({ check: 'tree', problem: `${path} cannot be read: ${reason}` }),
  )
  return TRAITS[stage].leansOnSeed || isSelfContained(elf) ? unread : [...unread, ...misses({ elf })]
}

/** What a root takes from elsewhere; pure. */
export function misses({ elf }: Pick<RootReport, 'elf'>): Finding[] {
  return neededFromOutside(elf).map((problem) => ({ check: 'elf', problem }))
}
