// The registry, by way of skopeo: what is asked of it, how long that may take, and what its words mean.

import { createHash } from 'node:crypto'
import path from 'node:path'
import * as v from 'valibot'
import { SdkError } from '../errors.js'
import type { Emit } from '../events/event.js'
import { tellWork } from '../events/work.js'
import { describeOutcome } from '../process/run.js'
import { writtenBytes } from '../process/written-bytes.js'
import { hintFor } from './hints.js'
import type { StoreReference } from './reference.js'
import { ask, type Said, saidWhy } from './skopeo.js'

/** How long a registry may take: whoever waits longer builds. Milliseconds, and bytes a second. */
export interface RegistryLimits {
  /** For a look at one manifest, one statement, or the list of tags. */
  readonly lookUpMs: number
  /** For a transfer, beside what its bytes take at `bytesPerSecond`. */
  readonly transferMs: number
  /** A transfer that is slower is given up. */
  readonly bytesPerSecond: number
}

/** What a run waits for. */
export const LIMITS: RegistryLimits = { lookUpMs: 30_000, transferMs: 60_000, bytesPerSecond: 2 ** 20 }

/** A repository of a registry, and how it is spoken to. */
export interface Registry {
  readonly reference: StoreReference
  readonly limits: RegistryLimits
  readonly signal: AbortSignal | undefined
  /** Told how far transfers are, and the reading of what was transferred. */
  readonly emit?: Emit | undefined
  /** What skopeo gets of the caller's environment beside what package clients do: what helpers of clouds take logins from. */
  readonly environment?: Readonly<Record<string, string>>
}

/** A manifest as it came. */
export interface RawManifest {
  readonly text: string
  /** `sha256:…` of these bytes: names the manifest whatever becomes of the tag. */
  readonly digest: string
}

/** The manifest of `tag`; undefined when there is none. @throws SdkError SDK_HOST when the registry does not say */
export async function readManifest(registry: Registry, tag: string): Promise<RawManifest | undefined> {
  const said = await look(registry, ['inspect', '--raw', ...tls(registry), named(registry, tag)])
  if (said.exitCode !== 0) {
    if (isAbsent(registry, said.stderr)) return undefined
    throw failed(registry, said, `looking for ${tag}`)
  }
  return { text: said.stdout, digest: digestOf(said.stdout) }
}

/**
 * The configuration of a manifest: of an artefact its statement.
 *
 * @param digest of the manifest
 * @throws SdkError SDK_CHAIN as {@link isRemoved} tells, where it is gone; SDK_HOST
 */
export async function readArtefactConfiguration(registry: Registry, digest: string): Promise<string> {
  const argv = ['inspect', '--config', '--raw', ...tls(registry), named(registry, digest)]
  const said = await look(registry, argv)
  const doing = `reading the statement of ${digest}`
  if (said.exitCode !== 0)
    throw isAbsent(registry, said.stderr) ? removed(registry, doing) : failed(registry, said, doing)
  return said.stdout
}

const TAGS = v.pipe(v.string(), v.parseJson(), v.object({ Tags: v.nullish(v.array(v.string())) }))

/** A list without an end is cut where it is heard. */
const NO_LIST = 'what came is no list of tags, or too long a one'

/** All tags of the repository; none where there is no such repository. @throws SdkError SDK_HOST */
export async function listTags(registry: Registry): Promise<string[]> {
  const { repository } = registry.reference
  const said = await look(registry, ['list-tags', ...tls(registry), `docker://${repository}`])
  if (said.exitCode !== 0) {
    if (isAbsent(registry, said.stderr)) return []
    throw failed(registry, said, 'listing what is there')
  }
  const tags = v.safeParse(TAGS, said.stdout)
  if (!tags.success) throw failed(registry, { ...said, stderr: NO_LIST }, 'listing what is there')
  return tags.output.Tags ?? []
}

/** What is transferred: the most that it may take, and its largest part, in bytes. */
export interface Amount {
  readonly bytes: number
  readonly largest: number
}

/** Puts the image layout in `folder` under `tag`. Its manifest comes last. @throws SdkError SDK_HOST */
export async function pushLayout(
  registry: Registry,
  { folder, tag, bytes }: { folder: string; tag: string; bytes: number },
): Promise<void> {
  const from = `oci:${folder}:${LAYOUT_TAG}`
  await transfer(registry, [...COPY, ...tls(registry, 'dest-'), from, named(registry, tag)], {
    ...{ work: 'send', name: tag, doing: `pushing ${tag}` },
    amount: { bytes, largest: Number.MAX_SAFE_INTEGER },
  })
}

/** Lets `tag` lead to the manifest `digest`, all of which is there. @throws SdkError SDK_HOST */
export async function setTag(registry: Registry, tag: string, digest: string): Promise<void> {
  const said = await look(registry, [
    ...COPY,
    ...tls(registry, 'src-', 'dest-'),
    named(registry, digest),
    named(registry, tag),
  ])
  if (said.exitCode !== 0) throw failed(registry, said, `setting the tag ${tag}`)
}

/**
 * Gets the manifest `digest` and all that it names into a new image layout in `folder`. No file there gets larger than
 * `amount.largest`, whatever the registry sends.
 *
 * @throws SdkError SDK_HOST
 */
export async function pullLayout(
  registry: Registry,
  { folder, digest, amount }: { folder: string; digest: string; amount: Amount },
): Promise<void> {
  const to = `oci:${folder}:${LAYOUT_TAG}`
  await transfer(registry, [...COPY, ...tls(registry, 'src-'), named(registry, digest), to], {
    ...{ work: 'download', name: digest, doing: `pulling ${digest}` },
    amount,
  })
}

/** Removes a manifest, and with it each tag that leads to it. @throws SdkError SDK_HOST */
export async function deleteManifest(registry: Registry, digest: string): Promise<void> {
  const said = await look(registry, ['delete', ...tls(registry), named(registry, digest)])
  if (said.exitCode !== 0 && !isAbsent(registry, said.stderr))
    throw failed(registry, said, `removing ${digest}`)
}

/** The name of what an image layout of ours holds. */
export const LAYOUT_TAG = 'artefact'

/** The file of a blob in an image layout. @param digest `sha256:…` */
export const blobIn = (folder: string, digest: string): string =>
  path.join(folder, 'blobs/sha256', digest.slice('sha256:'.length))

/** `sha256:…` of a text. */
export const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`

const COPY = ['copy', '--quiet', '--preserve-digests']

/** Plain HTTP, on loopback alone; a copy says it of each end. */
const tls = ({ reference }: Registry, ...ends: ('src-' | 'dest-')[]): string[] =>
  reference.isLoopback ? (ends.length === 0 ? [''] : ends).map((end) => `--${end}tls-verify=false`) : []

/** By tag, or by digest. */
const named = ({ reference }: Registry, what: string): string =>
  `docker://${reference.repository}${what.startsWith('sha256:') ? '@' : ':'}${what}`

/**
 * What registries answer to who asks for what is not there (distribution-spec, "Error codes"), in skopeo's words. The name of the
 * repository is in these, too, and says nothing; and a server that does not know `/v2/` is no registry. What a server
 * of tokens does not know says nothing of the registry.
 */
const isAbsent = ({ reference }: Registry, stderr: string): boolean =>
  !/pinging container registry|bearer? token/i.test(stderr) &&
  /manifest unknown|blob unknown|BLOB_UNKNOWN|name unknown|repository name not known|\b404\b|not found: manifest|MANIFEST_UNKNOWN|NAME_UNKNOWN/.test(
    stderr.replaceAll(reference.repository, ''),
  )

const look = (registry: Registry, words: readonly string[]): Promise<Said> =>
  ask(registry, words, { ms: registry.limits.lookUpMs })

interface Transfer {
  readonly work: 'send' | 'download'
  readonly name: string
  readonly doing: string
  readonly amount: Amount
}

async function transfer(
  registry: Registry,
  words: readonly string[],
  { work, name, doing, amount }: Transfer,
): Promise<void> {
  const { transferMs, bytesPerSecond } = registry.limits
  const ms = Math.min(Math.ceil(transferMs + (amount.bytes / bytesPerSecond) * 1000), LONGEST_MS)
  // Nothing that a registry sends fills this disk: the system ends a file that grows beyond what was signed.
  const isBound = amount.largest < Number.MAX_SAFE_INTEGER
  const limits = isBound ? [`--fsize=${amount.largest + SLACK}`] : []
  let pid: number | undefined
  const told = { emit: registry.emit, work, name, bytes: amount.bytes, done: () => writtenBytes(pid) }
  const said = await tellWork(told, () => ask(registry, words, { ms, limits, started: (own) => (pid = own) }))
  if (said.exitCode === 0) return
  if (isFrom(words) && isAbsent(registry, said.stderr)) throw removed(registry, doing)
  if (isFrom(words) && DISK_IS_FULL.test(said.stderr)) throw tooFull(registry, doing)
  throw failed(registry, said, doing)
}

/** Whether a copy is one from the registry. */
const isFrom = (words: readonly string[]): boolean => words.at(-2)?.startsWith('docker://') === true

const DISK_IS_FULL = /: (?:no space left on device|disk quota exceeded)/

/** Not the registry's fault. */
const tooFull = ({ reference }: Registry, doing: string): SdkError =>
  new SdkError('SDK_SPACE', `the store ${reference.text}: ${doing}: the disk of the catalyst root is full`, {
    hint: '`clean` makes room; another root has a disk of its own (--catalyst_root)',
  })

/** It was there at the look; the registry itself is well. */
const removed = ({ reference }: Registry, doing: string): SdkError =>
  new SdkError(
    'SDK_CHAIN',
    `the store ${reference.text}: ${doing}: it, or a part of it, is not there any more`,
    {
      hint: 'somebody has removed it (`store gc`), or the registry has collected its files while it was written',
      facts: { store: reference.text, removed: doing.slice(doing.indexOf('sha256:')) },
    },
  )

/** Whether `error` says that an artefact, or a part of it, is not there any more. */
export const isRemoved = (error: unknown): boolean =>
  error instanceof SdkError && typeof error.facts.removed === 'string'

/** Bytes that a file of the layout which is none of the artefact's may have: the index, say. */
const SLACK = 2 ** 22

/** What timers take: 24 days. */
const LONGEST_MS = 2 ** 31 - 1

/** What a registry, or the way to it, could not do. */
function failed({ reference }: Registry, said: Said, doing: string): SdkError {
  const words = saidWhy(said)
  const how =
    said.gaveUpAfter !== undefined
      ? `nothing came of it in ${said.gaveUpAfter} s`
      : words === undefined || words === ''
        ? `skopeo ${describeOutcome(said)}`
        : words
  return new SdkError('SDK_HOST', `the store ${reference.text}: ${doing}: ${how}`, {
    hint: hintFor(how),
    facts: { store: reference.text },
  })
}
