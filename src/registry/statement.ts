// What is signed of an artefact: the tag that it is for, and each of its files by digest. It is the configuration of the
// artefact's manifest, with the signature beside it: one small blob tells whether the rest is worth a transfer.

import * as v from 'valibot'

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
const bytes = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/** Parts of file names, joined by slashes; none begins with a dot. So no name leads out of a folder. */
const FILE_NAME = /^[A-Za-z0-9_+][A-Za-z0-9._+@-]*(?:\/[A-Za-z0-9_+][A-Za-z0-9._+@-]*)*$/
const name = v.pipe(v.string(), v.maxLength(300), v.regex(FILE_NAME))

/** Most files of an artefact: a root has fewer packages. */
const MOST_FILES = 4000

const STATEMENT = v.object({
  format: v.literal(1),
  /** The one tag that it is good for: under another it is a replay. */
  tag: v.string(),
  /** For people, and `store ls`: stage, type, architecture, version. */
  about: v.record(v.string(), v.string()),
  /** In the order of the manifest's layers. */
  files: v.pipe(v.array(v.object({ name, sha256, bytes })), v.minLength(1), v.maxLength(MOST_FILES)),
})

/** What is signed of an artefact. */
export type Statement = v.InferOutput<typeof STATEMENT>

const SIGNED = v.object({
  format: v.literal(1),
  /** The {@link Statement}, as the very text that was signed. */
  statement: v.string(),
  /** By `ssh-keygen -Y sign`. */
  signature: v.pipe(v.string(), v.maxLength(65536)),
})

/** A statement and its signature, as the registry keeps them. */
export type Signed = v.InferOutput<typeof SIGNED>

const descriptor = { digest: v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/)), size: bytes }

const MANIFEST = v.object({
  schemaVersion: v.literal(2),
  config: v.object({ mediaType: v.string(), ...descriptor }),
  layers: v.pipe(v.array(v.object({ mediaType: v.string(), ...descriptor })), v.maxLength(MOST_FILES)),
})

/** What of a manifest is looked at (image-spec 1.1). */
export type Manifest = v.InferOutput<typeof MANIFEST>

/** Media types of ours, by the rules of RFC 6838. */
export const TYPES = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  statement: 'application/vnd.bootstrap-sdk.statement.v1+json',
  file: 'application/vnd.bootstrap-sdk.file.v1',
} as const

/** Reads what a registry has sent. @returns undefined for what is none */
const reader =
  <T extends v.GenericSchema>(schema: T) =>
  (text: string): v.InferOutput<T> | undefined => {
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text)
    return parsed.success ? parsed.output : undefined
  }

export const readStatement = reader(STATEMENT)
export const readSigned = reader(SIGNED)
export const readManifestText = reader(MANIFEST)
