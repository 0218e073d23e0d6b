// An artefact of the shared store: files under one tag, with a signed statement of what they are. What is not signed by a
// key of the list, or is not what was signed, is refused, with the reason.

import { mkdir, stat, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../errors.js'
import { sha256File } from '../store/digest/digest.js'
import {
  blobIn,
  digestOf,
  isRemoved,
  pullLayout,
  type RawManifest,
  type Registry,
  readArtefactConfiguration,
  readManifest,
} from './client.js'
import type { ArtefactFile } from './layout.js'
import { signerOf, type Trust } from './signature.js'
import {
  type Manifest,
  readManifestText,
  readSigned,
  readStatement,
  type Statement,
  TYPES,
} from './statement.js'

/** A registry, and whom its users believe. */
export interface Store {
  readonly registry: Registry
  readonly trust: Trust
}

/** An artefact that is believed; its files are still there. */
export interface Believed {
  readonly tag: string
  /** Of its manifest: what is pulled, whatever becomes of the tag. */
  readonly digest: string
  readonly statement: Statement
  /** Whose key it was. */
  readonly signedBy: string
}

/**
 * What is under `tag`, if it is believed. Only the manifest and the statement are read.
 *
 * @returns undefined when nothing is there
 * @throws SdkError SDK_CHAIN with the reason when what is there is refused; SDK_HOST when the registry does not say
 */
export async function lookUp({ registry, trust }: Store, tag: string): Promise<Believed | undefined> {
  const found = await readManifest(registry, tag)
  if (found === undefined) return undefined
  const refuse = refuserOf(registry, tag)
  const manifest = readManifestText(found.text)
  if (manifest === undefined || manifest.config.mediaType !== TYPES.statement)
    throw refuse('it is not an artefact of this program, or a damaged one')
  const { text, signature } = await signedText(registry, found, manifest)
  const signer = await signerOf(trust, text, signature)
  if ('refused' in signer) throw refuse(REASONS[signer.refused])
  const statement = readStatement(text)
  if (statement === undefined) throw refuse('its statement is not one of format 1, with plain names')
  if (statement.tag !== signedTag(tag))
    throw refuse(`its statement is of ${statement.tag}: a good one was put under another key (replay)`)
  if (!isOf(manifest, statement)) throw refuse('its files are not those of its statement (other archive)')
  return { tag, digest: found.digest, statement, signedBy: signer.name }
}

/**
 * As {@link lookUp} for who puts the same there: undefined too where the statement is gone. Nobody can take that any more, so it is in
 * nobody's way.
 */
export const lookUpWhole = (store: Store, tag: string): Promise<Believed | undefined> =>
  lookUp(store, tag).catch((error: unknown) => {
    if (isRemoved(error)) return undefined
    throw error
  })

/** What a statement under `tag` is of: a tag of one writer ends with `.` and what is the writer's own (push.ts). */
const signedTag = (tag: string): string => tag.split('.')[0] ?? ''

const REASONS = {
  'foreign key': 'it is signed by a key that is not in the list of those believed (foreign key)',
  changed:
    'its signature does not fit: the statement was changed since it was signed, or the key may not sign this',
} as const

/** Reads the statement, which has to be the one that the manifest names. */
async function signedText(
  registry: Registry,
  { digest }: RawManifest,
  { config }: Manifest,
): Promise<{ text: string; signature: string }> {
  const text = await readArtefactConfiguration(registry, digest)
  const signed = digestOf(text) === config.digest ? readSigned(text) : undefined
  if (signed === undefined) throw refuserOf(registry, digest)('its statement is damaged')
  return { text: signed.statement, signature: signed.signature }
}

/** Whether layers and files are the same, in digest, size and order. */
const isOf = ({ layers }: Manifest, { files }: Statement): boolean =>
  layers.length === files.length &&
  files.every(
    ({ sha256, bytes }, at) => layers[at]?.digest === `sha256:${sha256}` && layers[at]?.size === bytes,
  )

/**
 * Gets the files of `believed` into `folder`, which is made; each is read and compared with what was signed.
 *
 * @param believed and which of them are wanted, by name; all if nothing is said
 * @returns them by name, in the order of the statement
 * @throws SdkError SDK_CHAIN when one is not what was signed; SDK_HOST when the registry does not deliver
 */
export async function pullFiles(
  { registry }: Store,
  { tag, digest, statement, isWanted = () => true }: Believed & { isWanted?: (name: string) => boolean },
  folder: string,
): Promise<ArtefactFile[]> {
  await mkdir(folder, { recursive: true })
  const wanted = statement.files.filter(({ name }) => isWanted(name))
  await holdPlaces(folder, statement.files, wanted)
  const sizes = wanted.map(({ bytes }) => bytes)
  const amount = { bytes: sizes.reduce((sum, size) => sum + size, 0), largest: Math.max(...sizes) }
  await pullLayout(registry, { folder, digest, amount }).catch((error: unknown) => {
    // Who copies blobs compares them, too.
    if (
      error instanceof SdkError &&
      /digest/i.test(error.message) &&
      /mismatch|did not match|not match/i.test(error.message)
    )
      throw refuserOf(registry, tag)(`a file of it is damaged in the store (damaged blob): ${error.message}`)
    throw error
  })
  const files: ArtefactFile[] = []
  for (const { name, sha256, bytes } of wanted) {
    const file = blobIn(folder, `sha256:${sha256}`)
    const size = await stat(file).then(
      (info) => info.size,
      () => undefined,
    )
    if (size !== bytes || (await sha256File(file, registry.emit)) !== sha256)
      throw refuserOf(registry, tag)(`its file ${name} is not what was signed (damaged blob)`)
    files.push({ name, path: file, sha256, bytes })
  }
  return files
}

/** Files that are not wanted: the client fetches no blob of which there is a file of its size. Empty ones, which take no space. */
async function holdPlaces(
  folder: string,
  all: Statement['files'],
  wanted: Statement['files'],
): Promise<void> {
  const digests = new Set(wanted.map(({ sha256 }) => sha256))
  for (const { sha256, bytes } of all) {
    if (digests.has(sha256)) continue
    const blob = blobIn(folder, `sha256:${sha256}`)
    await mkdir(path.dirname(blob), { recursive: true })
    await writeFile(blob, '')
    await truncate(blob, bytes)
  }
}

/** Makes the error that says why something of the store is not taken. */
const refuserOf =
  ({ reference }: Registry, what: string) =>
  (why: string): SdkError =>
    new SdkError('SDK_CHAIN', `the store ${reference.text}: ${what} is refused: ${why}`, {
      hint: 'nothing of it was used; who keeps the store can remove it (`skopeo delete`), and look who may write there',
      facts: { store: reference.text, artefact: what },
    })
