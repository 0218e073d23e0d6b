// A seed that is an image: the one layer of an OCI image layout, `oci:DIR` or `oci:DIR:TAG`.

import { createHash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import path from 'node:path'
import * as v from 'valibot'
import { SdkError } from '../errors.js'
import type { Emit } from '../events/event.js'
import { formatBytes } from '../events/measures.js'
import { isWithin } from '../files/place.js'
import { readText } from '../files/read.js'
import { quotedCommand } from '../process/own-command.js'
import { type DigestMemory, knownSha256 } from '../store/digest/known-digest.js'

const PREFIX = 'oci:'

const digest = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/))
const INDEX = v.object({
  manifests: v.array(v.object({ digest, annotations: v.optional(v.record(v.string(), v.string()), {}) })),
})
const MANIFEST = v.object({ layers: v.array(v.object({ digest })) })

/** Whether a seed is named as an image. */
export const isImage = (text: string): boolean => text.startsWith(PREFIX)

/** The same image for any working directory. */
export const absoluteImage = (text: string): string => `${PREFIX}${path.resolve(text.slice(PREFIX.length))}`

/** A path that is there if the image, or the file, is: of `oci:DIR:TAG` its DIR. */
export const placeOfSeed = (text: string): string =>
  isImage(text) ? text.slice(PREFIX.length).replace(/:[\w][\w.-]*$/, '') : text

/**
 * The archive that is the layer of an image.
 *
 * @param text `oci:DIR` or `oci:DIR:TAG`
 * @returns its absolute path; whether it is what its name says is found out when it is read ({@link seedSha256})
 * @throws SdkError SDK_SEED when there is no such image, it has more layers than one, or a link leads out of the layout
 */
export async function layerOfImage(text: string): Promise<string> {
  const [, folder = '', tag] = /^oci:(.+?)(?::([\w][\w.-]*))?$/.exec(text) ?? []
  const dir = path.resolve(folder)
  const { manifests } = await readJson(dir, 'index.json', INDEX)
  const named = manifests.filter(
    ({ annotations }) => tag === undefined || annotations['org.opencontainers.image.ref.name'] === tag,
  )
  const [only, ...others] = named
  if (only === undefined || others.length > 0)
    throw new SdkError(
      'SDK_SEED',
      `${text}: expected one image${tag === undefined ? '' : ` ${tag}`} in ${dir}, found ${named.length}`,
      {
        hint: 'name it as oci:DIR:TAG',
      },
    )
  const { layers } = await readJson(dir, blobOf(only.digest), MANIFEST)
  const [layer] = layers
  if (layer === undefined || layers.length > 1)
    throw new SdkError('SDK_SEED', `${text}: expected an image of one layer, found ${layers.length} layers`, {
      hint: `a seed is one archive: ${quotedCommand(['export', '--oci', 'DIR'])} makes such an image`,
    })
  return await requireOwn(dir, blobOf(layer.digest))
}

const blobOf = (name: string): string => path.join('blobs', ...name.split(':'))

const BLOB = /\/blobs\/sha256\/([0-9a-f]{64})$/

/**
 * SHA-256 of a seed, as {@link knownSha256}.
 *
 * @throws SdkError SDK_SEED for a blob of an image layout that is not what its name says; and as that does
 */
export async function seedSha256(memory: DigestMemory, file: string, emit?: Emit): Promise<string> {
  const sha256 = await knownSha256(memory, file, emit)
  requireNamed(file, sha256)
  return sha256
}

function requireNamed(file: string, sha256: string): void {
  const name = BLOB.exec(file)?.[1] ?? sha256
  if (name === sha256) return
  throw new SdkError('SDK_SEED', `${file}: expected the SHA-256 that is its name, found ${sha256}`, {
    hint: 'it is damaged, or somebody has changed it: copy the image anew',
  })
}

/** Whoever made the layout may have been anybody: what it has is in it. */
async function requireOwn(dir: string, name: string): Promise<string> {
  const file = path.join(dir, name)
  const [around, real] = await Promise.all([dir, file].map((each) => realpath(each).catch(() => each)))
  if (real === undefined || around === undefined || isWithin(real, around) || real === file) return file
  throw new SdkError('SDK_SEED', `${file}: expected a file of the image, found a link to ${real}`, {
    hint: 'an OCI image layout has all that belongs to it; copy it anew (`skopeo copy`)',
  })
}

/** As registries have it (distribution-spec, "Pushing Manifests"): what is parsed takes many times as much memory. */
const MOST = 4 * 2 ** 20

function requireSmall(file: string, size: number): void {
  if (size <= MOST) return
  throw new SdkError(
    'SDK_SEED',
    `${file}: expected at most ${formatBytes(MOST)}, found ${formatBytes(size)}`,
    {
      hint: 'an index or a manifest of an image has some hundred bytes: this is none',
    },
  )
}

async function readJson<T extends v.GenericSchema>(
  dir: string,
  name: string,
  schema: T,
): Promise<v.InferOutput<T>> {
  const file = await requireOwn(dir, name)
  const text = await readText(file, ({ size }) => requireSmall(file, size)).catch((cause: unknown) => {
    if (cause instanceof SdkError) throw cause
    throw new SdkError('SDK_SEED', `${file} cannot be read: an OCI image layout has it`, {
      hint: `${quotedCommand(['export', '--oci', 'DIR'])} or \`skopeo copy … oci:DIR\` makes one`,
      cause,
    })
  })
  requireNamed(file, createHash('sha256').update(text).digest('hex'))
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text)
  if (parsed.success) return parsed.output
  throw new SdkError('SDK_SEED', `${file} is not that of an OCI image layout: ${parsed.issues[0].message}`)
}
