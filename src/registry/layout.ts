// An artefact on its way: an OCI image layout (image-spec 1.1) of hard links to its files, its statement, and its manifest.

import { copyFile, link, mkdir, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { sha256File } from '../store/digest/digest.js'
import { blobIn, digestOf, LAYOUT_TAG } from './client.js'
import { type Signed, type Statement, TYPES } from './statement.js'

/** A file of an artefact. */
export interface ArtefactFile {
  /** In the statement. */
  readonly name: string
  readonly path: string
  readonly sha256: string
  /** Its size. */
  readonly bytes: number
}

/** The file at `file` as one of an artefact, called `name` there. @throws the system's error */
export async function artefactFile(name: string, file: string): Promise<ArtefactFile> {
  return { name, path: file, sha256: await sha256File(file), bytes: (await stat(file)).size }
}

/** What is signed of `files` under `tag`, as text. */
export function statementOf(
  tag: string,
  about: Readonly<Record<string, string>>,
  files: readonly ArtefactFile[],
): string {
  const listed = files.map(({ name, sha256, bytes }) => ({ name, sha256, bytes }))
  const statement: Statement = { format: 1, tag, about: { ...about }, files: listed }
  return JSON.stringify(statement)
}

/**
 * Writes the layout into the new folder `folder`.
 *
 * @returns digest of the manifest
 */
export async function writeLayout(
  folder: string,
  files: readonly ArtefactFile[],
  signed: Omit<Signed, 'format'>,
): Promise<string> {
  await mkdir(path.join(folder, 'blobs/sha256'), { recursive: true })
  for (const file of files) await place(file, blobIn(folder, `sha256:${file.sha256}`))
  const config = await writeBlob(folder, TYPES.statement, JSON.stringify({ format: 1, ...signed }))
  const layers = files.map(({ name, sha256, bytes }) => ({
    mediaType: TYPES.file,
    digest: `sha256:${sha256}`,
    size: bytes,
    // For people who pull it with other clients; nothing here reads it.
    annotations: { 'org.opencontainers.image.title': name },
  }))
  const manifest = { schemaVersion: 2, mediaType: TYPES.manifest, config, layers }
  const written = await writeBlob(folder, TYPES.manifest, JSON.stringify(manifest))
  const annotations = { 'org.opencontainers.image.ref.name': LAYOUT_TAG }
  const index = { schemaVersion: 2, manifests: [{ ...written, annotations }] }
  await writeFile(path.join(folder, 'index.json'), JSON.stringify(index))
  await writeFile(path.join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
  return written.digest
}

async function writeBlob(
  folder: string,
  mediaType: string,
  text: string,
): Promise<{ mediaType: string; digest: string; size: number }> {
  const digest = digestOf(text)
  await writeFile(blobIn(folder, digest), text)
  return { mediaType, digest, size: Buffer.byteLength(text) }
}

/** Another name of the file where that can be had, for the time of the push; two files with the same bytes are one blob. */
async function place(file: ArtefactFile, blob: string): Promise<void> {
  await link(file.path, blob).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return
    if (error.code !== 'EXDEV') throw error
    await copyFile(file.path, blob)
  })
}
