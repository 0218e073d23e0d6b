// A seed that is an image: the one layer of an OCI image layout, `oci:DIR` or `oci:DIR:TAG`.

import path from 'node:path'
import * as v from 'valibot'
import { SdkError } from '../errors.js'
import { formatBytes } from '../events/measures.js'
import { readText } from '../files/read.js'
import { quotedCommand } from '../process/own-command.js'

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
 * @returns its absolute path; whether it is what its name says is found out as for any seed
 * @throws SdkError SDK_SEED when there is no such image, or it has more layers than one
 */
export async function layerOfImage(text: string): Promise<string> {
  const [, folder = '', tag] = /^oci:(.+?)(?::([\w][\w.-]*))?$/.exec(text) ?? []
  const dir = path.resolve(folder)
  const { manifests } = await readJson(path.join(dir, 'index.json'), INDEX)
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
  const { layers } = await readJson(blobAt(dir, only.digest), MANIFEST)
  const [layer] = layers
  if (layer === undefined || layers.length > 1)
    throw new SdkError('SDK_SEED', `${text}: expected an image of one layer, found ${layers.length} layers`, {
      hint: `a seed is one archive: ${quotedCommand(['export', '--oci', 'DIR'])} makes such an image`,
    })
  return blobAt(dir, layer.digest)
}

const blobAt = (dir: string, name: string): string => path.join(dir, 'blobs', ...name.split(':'))

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

async function readJson<T extends v.GenericSchema>(file: string, schema: T): Promise<v.InferOutput<T>> {
  const text = await readText(file, ({ size }) => requireSmall(file, size)).catch((cause: unknown) => {
    if (cause instanceof SdkError) throw cause
    throw new SdkError('SDK_SEED', `${file} cannot be read: an OCI image layout has it`, {
      hint: `${quotedCommand(['export', '--oci', 'DIR'])} or \`skopeo copy … oci:DIR\` makes one`,
      cause,
    })
  })
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text)
  if (parsed.success) return parsed.output
  throw new SdkError('SDK_SEED', `${file} is not that of an OCI image layout: ${parsed.issues[0].message}`)
}
