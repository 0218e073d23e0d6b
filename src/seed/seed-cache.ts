// The cache of distribution seeds: which inputs make one, and whether a cached one is still what was made.

import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import * as v from 'valibot'
import { SdkError } from '../errors.js'
import type { Emit } from '../events/event.js'
import { readBytes, readText } from '../files/read.js'
import { treeDigest } from '../repos/digest.js'
import type { SdkDefinition } from '../sdk/definition.js'
import { stagesFolder } from '../stage/run/input.js'
import { sha256File } from '../store/digest/digest.js'
import { type DigestMemory, knownSha256 } from '../store/digest/known-digest.js'
import { writeFileAtomic } from '../store/disk/atomic.js'
import { takenOver } from './distribution/generate-repos.js'
import { type GroupFile, portagePatches, prepareScript } from './distribution/groups.js'
import type { HostDistribution } from './distribution/host.js'
import { seedSettings } from './distribution/seed-root.js'

/** Version of how a seed is made; part of every key. Raise it when the same inputs would give another seed. */
const RECIPE = 3

const RecordSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    format: v.literal(1),
    key: v.string(),
    sha256: v.string(),
    bytes: v.number(),
    /** Of one that another machine has made: who has signed it. */
    signedBy: v.exactOptional(v.string()),
  }),
)

/** What a distribution seed depends on. The distribution's package versions are not part: a seed is made once. */
export interface SeedInputs {
  definition: SdkDefinition
  groups: GroupFile
  host: HostDistribution
  profile: string
}

/** SHA-256 over all inputs. */
export async function seedKey({ definition, groups, host, profile }: SeedInputs): Promise<string> {
  const hash = createHash('sha256')
  const settings = seedSettings(definition, profile)
  hash.update(JSON.stringify([RECIPE, host.id, host.codename, profile, definition.arch, settings]))
  const scripts = await scriptsNamedBy('seed.sh', stagesFolder())
  for (const file of [groups.file, prepareScript(groups), ...portagePatches(groups), ...scripts])
    hash.update(await readBytes(file))
  for (const repo of definition.repos)
    for (const part of takenOver(groups.copy))
      hash.update(`${repo.name}/${part} ${await digestOf(path.join(repo.path, part))}\n`)
  return hash.digest('hex')
}

/**
 * Holds the inputs of a seed that is made to the key that it was begun for: making one takes minutes, in which any of them can be edited.
 *
 * @throws SdkError SDK_CHAIN
 */
export async function requireSameKey(inputs: SeedInputs, key: string): Promise<void> {
  if ((await seedKey(inputs)) === key) return
  const { groups, definition } = inputs
  throw new SdkError(
    'SDK_CHAIN',
    `the seed of ${definition.name}: its repos, the files that ${groups.file} names, or the scripts of this program have changed since it was begun`,
    { hint: 'run the same command again: the seed is made of what is there then' },
  )
}

/** Digest of a file or of a tree; repos may lack either. */
async function digestOf(place: string): Promise<string> {
  const info = await stat(place).catch(() => undefined)
  if (info === undefined) return 'none'
  return info.isDirectory() ? await treeDigest(place) : await sha256File(place)
}

/**
 * `first` and every script of `folder` that it names, directly or by way of another, whether to source or to run it.
 *
 * @returns absolute paths, sorted
 */
export async function scriptsNamedBy(first: string, folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const left = new Set(
    entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name)),
  )
  const found = [path.join(folder, first)]
  for (const script of found) {
    left.delete(script)
    const text = await readFile(script, 'utf8')
    for (const other of left)
      if (text.includes(path.basename(other))) {
        left.delete(other)
        found.push(other)
      }
  }
  return found.sort()
}

/** A seed of the cache. */
export interface CachedSeed {
  readonly path: string
  readonly sha256: string
  readonly signedBy?: string | undefined
}

/** The cached seed in `file`, if it was made from `key` and has the recorded size; its bytes are not read. */
export async function cachedSeedBySize(file: string, key: string): Promise<CachedSeed | undefined> {
  const text = await readText(`${file}.seed.json`).catch(() => undefined)
  const record = v.safeParse(RecordSchema, text)
  if (!record.success || record.output.key !== key) return undefined
  const { bytes, sha256, signedBy } = record.output
  const info = await stat(file).catch(() => undefined)
  const signed = signedBy === undefined ? {} : { signedBy }
  return info?.size === bytes ? { path: file, sha256, ...signed } : undefined
}

/** The cached seed in `file`, if it was made from `key` and its bytes are as recorded. */
export async function cachedSeed(
  file: string,
  key: string,
  { memory, emit }: { memory?: DigestMemory; emit?: Emit } = {},
): Promise<CachedSeed | undefined> {
  const seed = await cachedSeedBySize(file, key)
  if (seed === undefined) return undefined
  const sha256 = await knownSha256(memory, file, emit).catch(() => undefined)
  return sha256 === seed.sha256 ? seed : undefined
}

/** Writes the record that makes `file` a cached seed; last of all. */
export async function rememberSeed(
  file: string,
  made: { key: string; sha256: string; bytes: number; signedBy?: string },
): Promise<void> {
  await writeFileAtomic(`${file}.seed.json`, `${JSON.stringify({ format: 1, ...made }, null, 2)}\n`)
}
