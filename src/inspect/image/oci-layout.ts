// An OCI image layout (image-spec 1.0.2) of one layer, the archive.

import { createHash } from 'node:crypto'
import { copyFile, mkdir, open, rename, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { MAGIC_BYTES, packedAs } from '../../archive/stream/compression.js'
import { sizeOf, tellWork } from '../../events/work.js'
import { must } from '../../process/run.js'
import { sha256File } from '../../store/digest/digest.js'
import { configOf, imageName, notAsRecorded, type Recorded } from './config.js'

const OCI = 'application/vnd.oci.image'

/** Layers as container engines take them; others are compressed anew. */
const LAYERS = { zstd: `${OCI}.layer.v1.tar+zstd`, gz: `${OCI}.layer.v1.tar+gzip` } as const

/** Writes a layout at `image`, which is not there. @returns the digest of its manifest */
export async function writeImageLayout(image: string, { archive, record, emit }: Recorded): Promise<string> {
  const blobs = path.join(image, 'blobs/sha256')
  await mkdir(blobs, { recursive: true })
  const layer = await writeLayer(blobs, { archive, record, emit })
  const config = await writeJson(blobs, `${OCI}.config.v1+json`, await configOf({ archive, record }))
  const manifest = await writeJson(blobs, `${OCI}.manifest.v1+json`, {
    ...{ schemaVersion: 2, mediaType: `${OCI}.manifest.v1+json` },
    config,
    layers: [layer],
  })
  const annotations = { 'org.opencontainers.image.ref.name': imageName(record).tag }
  const platform = { architecture: record.arch, os: 'linux' }
  const index = {
    schemaVersion: 2,
    mediaType: `${OCI}.index.v1+json`,
    manifests: [{ ...manifest, annotations, platform }],
  }
  await writeFile(path.join(image, 'index.json'), JSON.stringify(index))
  await writeFile(path.join(image, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
  return manifest.digest
}

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

async function writeJson(blobs: string, mediaType: string, value: object): Promise<Descriptor> {
  const text = JSON.stringify(value)
  const hex = createHash('sha256').update(text).digest('hex')
  await writeFile(path.join(blobs, hex), text)
  return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(text) }
}

/** The archive as a layer: as it is where engines can read it, else by zstd. */
async function writeLayer(blobs: string, { archive, record, emit }: Recorded): Promise<Descriptor> {
  const packed = await compressionAt(archive)
  const file = path.join(blobs, 'layer')
  const isReadable = packed === 'zstd' || packed === 'gz'
  const work = {
    ...{ emit, work: isReadable ? 'copy' : 'compress', name: path.basename(archive), done: sizeOf(file) },
    ...(isReadable ? { bytes: record.output.bytes } : {}),
  }
  await tellWork(work, () => (isReadable ? copyFile(archive, file) : recompress(archive, packed, file)))
  const hex = await sha256File(file, emit)
  if (isReadable && hex !== record.output.sha256) throw notAsRecorded(archive, `sha256 ${hex}`)
  await rename(file, path.join(blobs, hex))
  const { size } = await stat(path.join(blobs, hex))
  return { mediaType: packed === 'gz' ? LAYERS.gz : LAYERS.zstd, digest: `sha256:${hex}`, size }
}

async function compressionAt(archive: string): Promise<ReturnType<typeof packedAs>> {
  const handle = await open(archive)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAGIC_BYTES), 0, MAGIC_BYTES, 0)
    return packedAs(buffer.subarray(0, bytesRead))
  } finally {
    await handle.close()
  }
}

/** No name is put into the script: bash gets them as words. */
async function recompress(archive: string, packed: 'bz2' | 'xz' | undefined, file: string): Promise<void> {
  const reader = packed === undefined ? 'cat' : packed === 'xz' ? 'xz' : 'lbzip2'
  const options = packed === undefined ? [] : ['--decompress', '--stdout']
  const script = 'set -o pipefail; file=$1; shift; "$@" <"$0" | zstd --quiet -3 --single-thread -o "$file"'
  await must({ argv: ['bash', '-c', script, archive, file, reader, ...options] }, 'SDK_ARCHIVE')
}
