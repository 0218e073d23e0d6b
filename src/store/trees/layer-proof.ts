// What proves that a layer is still what the store took: a digest of a stat walk, which every use compares, and the list of
// its members, for a closer look where that differs. Both lie beside the layer and are older than any tree that names it.
//
// store/layers/ID/proof.json   {format, stat, members?}: digests of the walk and of the list, once that is made
// store/layers/ID/members.gz   a line for each member (members.ts)

import path from 'node:path'
import * as v from 'valibot'
import { SdkError } from '../../errors.js'
import { readText } from '../../files/read.js'
import { statDigest } from '../digest/stat-digest.js'
import { writeFileAtomic } from '../disk/atomic.js'
import { compareMembers, type Differences, type ReadMembers, readMembers, writeMembers } from './members.js'

const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
const PROOF = v.object({ format: v.literal(1), stat: digest, members: v.exactOptional(digest) })

type Proof = v.InferOutput<typeof PROOF>

const beside = (layer: string, name: string): string => path.join(path.dirname(layer), name)

/** Notes how `layer` stands, which is in its place and complete: from here on nobody may change it. */
export const noteLayer = async (layer: string): Promise<void> =>
  writeProof(layer, { format: 1, stat: await statDigest(layer) })

/**
 * Completes the proof of `layer` by the list of its members. Whoever names it syncs the file system first.
 *
 * @throws SdkError SDK_CHAIN when it is not as it was noted
 */
export async function listLayer(layer: string, read: ReadMembers): Promise<void> {
  const members = await writeMembers(beside(layer, 'members.gz'), read(layer))
  const stat = await statDigest(layer)
  if ((await readProof(layer))?.stat !== stat)
    throw new SdkError('SDK_CHAIN', `${layer} was changed while the list of its members was made`, {
      hint: 'nobody may write into the store of a catalyst root; run the same command again',
    })
  await writeProof(layer, { format: 1, stat, members })
}

const writeProof = (layer: string, proof: Proof): Promise<void> =>
  writeFileAtomic(beside(layer, 'proof.json'), `${JSON.stringify(proof)}\n`)

/** How thoroughly a layer is looked at: by a stat walk, and by its contents where that differs, or by its contents anyway. */
export type Thoroughness = 'stat' | 'contents'

/**
 * How `layer` differs from what the store took; undefined when it is the same. One that was copied with all that belongs to
 * its files is the same: its new walk is noted.
 */
export async function layerDifferences(
  layer: string,
  { read, look }: { read: ReadMembers; look: Thoroughness },
): Promise<Differences | undefined> {
  const proof = await readProof(layer)
  if (proof === undefined) return { count: 1, first: [`${beside(layer, 'proof.json')} cannot be read`] }
  const stat = await statDigest(layer)
  if (stat === proof.stat && look === 'stat') return undefined
  const { members } = proof
  if (members === undefined)
    return stat === proof.stat
      ? undefined
      : { count: 1, first: ['it was touched before there was a list of its members'] }
  const differences = await compare(layer, members, read)
  if (differences.count > 0) return differences
  if (stat !== proof.stat) await writeProof(layer, { ...proof, stat })
  return undefined
}

/** Whether a stat walk finds `layer` as it was. Nothing is written, and no content read. */
export async function isUntouched(layer: string): Promise<boolean> {
  const proof = await readProof(layer)
  return proof !== undefined && proof.stat === (await statDigest(layer))
}

async function readProof(layer: string): Promise<Proof | undefined> {
  const text = await readText(beside(layer, 'proof.json')).catch(() => '')
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), PROOF), text)
  return parsed.success ? parsed.output : undefined
}

async function compare(layer: string, members: string, read: ReadMembers): Promise<Differences> {
  const list = beside(layer, 'members.gz')
  let broken: string | undefined
  const before = (async function* () {
    try {
      yield* readMembers(list, members)
    } catch (error) {
      broken = `${list} cannot be read: ${(error as Error).message}`
    }
  })()
  const found = await compareMembers(before, read(layer))
  return broken === undefined ? found : { count: 1, first: [broken] }
}
