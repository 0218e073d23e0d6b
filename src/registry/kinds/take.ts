// A stage of the store becomes a finished stage here: every file under its own name, the record last, as for one that was built.

import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, rmdir } from 'node:fs/promises'
import path from 'node:path'
import { type FileDigests, parseDigests, renderDigests } from '../../archive/stream/digests.js'
import { SdkError } from '../../errors.js'
import type { StageName } from '../../sdk/stages.js'
import { type FinishedStage, forgetStage, outputOf, recordedSeed } from '../../stage/finished.js'
import type { RunSettings, Seed } from '../../stage/plan/plan.js'
import { moveLink, moveToFinalName, writeFileAtomic } from '../../store/disk/atomic.js'
import { removeTree } from '../../store/disk/remove.js'
import { LEAST, requireSpace } from '../../store/disk/space.js'
import { makeTemporary } from '../../store/disk/temporary.js'
import { leftRecord } from '../../store/find-record.js'
import { nextInOrder } from '../../store/finish-order.js'
import { compressionOf, type Layout, PRIVATE, sideFiles } from '../../store/layout.js'
import { readRecord, type StageRecord, writeRecord } from '../../store/record.js'
import { type Believed, pullFiles, type Store } from '../artefact.js'
import { bytesOf } from '../list.js'
import { placeFiles } from '../place.js'
import { subjectOf } from '../push.js'
import { examineStage, POOL, type PulledStage, poolOf } from './stage.js'

/** A stage that could be taken in place of being built. */
export interface WantedStage {
  readonly stage: StageName
  readonly seed: Seed
  readonly firstSeed: string
  readonly key: string
}

/**
 * Pulls `believed` and makes it a finished stage of `run`, whose version's lock is held.
 *
 * @throws SdkError SDK_CHAIN, SDK_ARCHIVE when it is not what it should be; SDK_HOST; SDK_SPACE. Then nothing of it has a final name
 *   but for what no record vouches for
 */
export async function takeStage(
  store: Store,
  believed: Believed,
  { run, wanted }: { run: RunSettings; wanted: WantedStage },
): Promise<FinishedStage> {
  const { layout, definition } = run
  const { stage, seed, key } = wanted
  const folder = layout.work(stage)
  const aside = path.join(folder, 'pulled')
  await mkdir(folder, { recursive: true, mode: PRIVATE })
  await removeTree(aside, layout.root)
  try {
    await requireSpace(layout.root, bytesOf(believed) + LEAST.bytes, LEAST.inodes)
    const files = await pullFiles(store, believed, aside)
    const expected = { stage, type: definition.type, arch: definition.archName, seed: seed.sha256, key }
    const pulled = await examineStage(files, expected, store.registry)
    await forgetStage(run, stage)
    await keepPool(pulled, layout.carried(wanted.firstSeed))
    const taken = await publish(pulled, {
      layout,
      wanted,
      from: { ...originOf(store, believed), version: pulled.record.version, firstSeed: wanted.firstSeed },
    })
    // What a killed attempt at building it has left is of no use any more.
    await removeTree(folder, layout.root)
    return taken
  } finally {
    await removeTree(aside, layout.root)
    await rmdir(folder).catch(() => undefined)
  }
}

const originOf = ({ registry }: Store, { signedBy, digest }: Believed) => ({
  store: registry.reference.text,
  digest,
  signedBy,
})

/** What is fetched of a stage whose archive stays in the store. */
export interface Proving extends Pick<WantedStage, 'stage' | 'key' | 'firstSeed'> {
  readonly layout: Layout
  /** Whether what a stage 1 keeps for stage 4 is needed. */
  readonly withPool: boolean
}

/**
 * Pulls what proves where the packages of a later stage come from, and nothing else: the record, and the pool.
 *
 * @throws SdkError SDK_CHAIN when a file is not what was signed, or the record is of another stage; SDK_HOST; SDK_SPACE
 */
export async function takeProofs(
  store: Store,
  believed: Believed,
  { layout, stage, key, firstSeed, withPool }: Proving,
): Promise<void> {
  const isWanted = (name: string): boolean =>
    name.endsWith('.record.json') || (withPool && name.startsWith(POOL))
  const { files } = believed.statement
  const bytes = files.reduce((sum, file) => (isWanted(file.name) ? sum + file.bytes : sum), 0)
  await requireSpace(layout.root, bytes + LEAST.bytes, LEAST.inodes)
  const aside = await makeTemporary(layout.root, 'store')
  try {
    const pulled = await pullFiles(store, { ...believed, isWanted }, aside)
    const record = await readRecord(pulled.find(({ name }) => !name.startsWith(POOL))?.path ?? '')
    if (record?.stage !== stage || record.inputs.key !== key || record.output.sha256 !== subjectOf(believed))
      throw new SdkError(
        'SDK_CHAIN',
        `the store ${store.registry.reference.text}: ${believed.tag} has the record of another stage`,
      )
    await keepPool({ pool: poolOf(pulled) }, layout.carried(firstSeed))
    const file = leftRecord(layout, stage)
    await mkdir(path.dirname(file), { recursive: true })
    await writeRecord(file, record)
  } finally {
    await removeTree(aside, layout.root)
  }
}

/** Packages that are there stay: they were kept by a stage 1 of the same seed, and are proved before they are used. */
async function keepPool({ pool }: Pick<PulledStage, 'pool'>, folder: string): Promise<void> {
  if (pool.size === 0) return
  // The folder of seeds, which may not be there yet.
  await mkdir(path.dirname(folder), { recursive: true, mode: PRIVATE })
  const placings = [...pool].map(([name, { path: from }]) => ({ from, to: path.join(folder, name) }))
  await placeFiles(placings.filter(({ to }) => !existsSync(to)))
}

interface Publishing {
  readonly layout: Layout
  readonly wanted: WantedStage
  readonly from: NonNullable<StageRecord['taken']>
}

async function publish(pulled: PulledStage, { layout, wanted, from }: Publishing): Promise<FinishedStage> {
  const { stage, seed } = wanted
  const compression = compressionOf(pulled.archive.name)
  if (compression === undefined)
    throw new SdkError('SDK_CHAIN', `${pulled.archive.name} is not named as an archive`)
  const archive = layout.archive(stage, compression)
  const beside = sideFiles(archive)
  const digests = await renamedDigests(pulled, archive)
  await moveToFinalName(pulled.contents.path, beside.contents)
  if (pulled.lineage === undefined) await rm(beside.lineage, { force: true })
  else await moveToFinalName(pulled.lineage.path, beside.lineage)
  await writeFileAtomic(beside.digests, digests)
  await moveToFinalName(pulled.archive.path, archive)
  const order = await nextInOrder(layout, stage)
  const record = recordHere(pulled.record, { archive, layout, seed, from, order })
  await writeRecord(beside.record, record)
  await moveLink(layout.latestLink(stage, compression), path.basename(archive))
  return { record, output: outputOf(record, archive) }
}

interface HereParts {
  readonly archive: string
  readonly layout: Layout
  readonly seed: Seed
  readonly from: Publishing['from']
  /** Its number among the stages of its name here. */
  readonly order: number
}

/** The record of another version and place, as one of here: what came out, and of what, is what it was. */
function recordHere(record: StageRecord, { archive, layout, seed, from, order }: HereParts): StageRecord {
  return {
    ...record,
    version: layout.version,
    inputs: { ...record.inputs, seed: { ...rootOf(record), ...recordedSeed(seed) } },
    output: { ...record.output, file: path.basename(archive) },
    taken: from,
    timing: { ...record.timing, order },
  }
}

/** What packages upon its seed are kept by: of a seed that stayed in the store nothing is known here but its digest. */
const rootOf = ({ inputs }: StageRecord): { root?: string } =>
  inputs.seed.root === undefined ? {} : { root: inputs.seed.root }

/** The DIGESTS under the names that the files have here. */
async function renamedDigests({ archive, contents, digests }: PulledStage, target: string): Promise<string> {
  const known = parseDigests(await readFile(digests.path, 'utf8'), digests.name)
  const renamed = (from: string, to: string): { name: string; digests: FileDigests } => {
    const found = known.get(from)
    if (
      found?.md5 === undefined ||
      found.sha1 === undefined ||
      found.sha512 === undefined ||
      found.blake2b === undefined
    )
      throw new SdkError('SDK_CHAIN', `its DIGESTS have no complete digests of ${from}`)
    return { name: path.basename(to), digests: found as FileDigests }
  }
  return renderDigests([renamed(archive.name, target), renamed(contents.name, sideFiles(target).contents)])
}
