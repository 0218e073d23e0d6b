// Writes a stage, or the SDK, as an image for container engines: an OCI image layout (image-spec 1.0.2) of one layer, the archive.

import { createHash } from 'node:crypto'
import { copyFile, lstat, mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { MAGIC_BYTES, packedAs } from '../archive/stream/compression.js'
import { SdkError } from '../errors.js'
import { must } from '../process/run.js'
import { LAST_STAGE } from '../sdk/stages.js'
import { giveFinalName, temporaryPath } from '../store/atomic.js'
import { sha256File } from '../store/digest.js'
import { sideFiles } from '../store/layout.js'
import { makeFolder } from '../store/make-folder.js'
import type { StageRecord } from '../store/record.js'
import { removeTree } from '../store/remove.js'
import { makeTemporary } from '../store/temporary.js'

/** What is exported, and where to. */
export interface Export {
  readonly archive: string
  readonly record: StageRecord
  /** A folder that is not there or empty; or, when it ends in `.tar`, a file. */
  readonly target: string
  /** The catalyst root: what is unfinished is below it. */
  readonly root: string
}

/** Name and digest of an image. */
export interface Exported {
  readonly name: string
  readonly tag: string
  /** Of its manifest. */
  readonly digest: string
}

const OCI = 'application/vnd.oci.image'

/** Layers as container engines take them; others are compressed anew. */
const LAYERS = { zstd: `${OCI}.layer.v1.tar+zstd`, gz: `${OCI}.layer.v1.tar+gzip` } as const

/**
 * Exports an archive. The same archive and record give the same image, byte by byte: nothing in it is of now.
 *
 * @throws SdkError SDK_USAGE when there is something at the target; SDK_ARCHIVE when the archive is not what its record says
 */
export async function exportImage({ archive, record, target, root }: Export): Promise<Exported> {
  const isFile = target.endsWith('.tar')
  await requireFree(target, isFile)
  const folder = await makeTemporary(root, 'export')
  try {
    const image = path.join(folder, 'image')
    const exported = await writeLayout(image, { archive, record })
    makeFolder(path.dirname(target))
    await (isFile ? packLayout(image, target) : copyLayout(image, target))
    return exported
  } finally {
    await removeTree(folder, root)
  }
}

async function requireFree(target: string, isFile: boolean): Promise<void> {
  const found = await lstat(target).catch(() => undefined)
  if (found === undefined) return
  if (!isFile && found.isDirectory() && (await readdir(target)).length === 0) return
  throw new SdkError('SDK_USAGE', `export: ${target} is there already`, {
    hint: 'an image is never written over another one: name a folder, or a file that ends in .tar, that is not there',
  })
}

async function writeLayout(
  image: string,
  { archive, record }: Pick<Export, 'archive' | 'record'>,
): Promise<Exported> {
  const blobs = path.join(image, 'blobs/sha256')
  await mkdir(blobs, { recursive: true })
  const layer = await writeLayer(blobs, archive, record)
  const config = await writeJson(
    blobs,
    `${OCI}.config.v1+json`,
    configOf(record, await sha256File(sideFiles(archive).record)),
  )
  const manifest = await writeJson(blobs, `${OCI}.manifest.v1+json`, {
    ...{ schemaVersion: 2, mediaType: `${OCI}.manifest.v1+json` },
    config,
    layers: [layer],
  })
  const { name, tag } = imageName(record)
  const annotations = { 'org.opencontainers.image.ref.name': tag }
  const platform = { architecture: record.arch, os: 'linux' }
  const index = {
    schemaVersion: 2,
    mediaType: `${OCI}.index.v1+json`,
    manifests: [{ ...manifest, annotations, platform }],
  }
  await writeFile(path.join(image, 'index.json'), JSON.stringify(index))
  await writeFile(path.join(image, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
  return { name, tag, digest: manifest.digest }
}

/** `flatcar-sdk-amd64`, with the version as tag, as Flatcar names its images; a tag has no "+". */
function imageName({
  type,
  arch,
  stage,
  version,
}: Pick<StageRecord, 'type' | 'arch' | 'stage' | 'version'>): {
  name: string
  tag: string
} {
  const part = stage === LAST_STAGE ? '' : `-${stage}`
  return { name: `${type.replaceAll('/', '-')}-${arch}${part}`, tag: version.replaceAll('+', '-') }
}

/** The configuration of the image; labels as the image-spec predefines them, and the record by its digest. */
function configOf(record: StageRecord, recordSha256: string): object {
  const { name } = imageName(record)
  return {
    ...{ architecture: record.arch, os: 'linux' },
    config: {
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C.UTF-8'],
      Cmd: ['/bin/bash', '-l'],
      WorkingDir: '/root',
      Labels: {
        'org.opencontainers.image.title': name,
        'org.opencontainers.image.version': record.version,
        'bootstrap_sdk.record.sha256': recordSha256,
        'bootstrap_sdk.seed.sha256': record.inputs.seed.sha256,
      },
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${record.output.tarSha256}`] },
    history: [{ created_by: `bootstrap_sdk ${record.inputs.bootstrapSdk}, ${record.stage}` }],
  }
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
async function writeLayer(blobs: string, archive: string, record: StageRecord): Promise<Descriptor> {
  const packed = await compressionAt(archive)
  const file = path.join(blobs, 'layer')
  if (packed === 'zstd' || packed === 'gz') await copyFile(archive, file)
  else await recompress(archive, packed, file)
  const hex = await sha256File(file)
  if ((packed === 'zstd' || packed === 'gz') && hex !== record.output.sha256)
    throw new SdkError('SDK_ARCHIVE', `${archive} is not what its record says: sha256 ${hex}`, {
      hint: 'build the stage anew with --rebuild, or restore the archive',
    })
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

/** Copies a layout beside `target`, and gives it that name when it is whole. */
async function copyLayout(image: string, target: string): Promise<void> {
  const aside = temporaryPath(target)
  try {
    await must({ argv: ['cp', '-R', '--reflink=auto', '--', image, aside] }, 'SDK_SPACE')
    await must({ argv: ['sync', '--file-system', aside] }, 'SDK_SPACE')
    // An empty folder of that name is replaced.
    await rename(aside, target)
  } catch (error) {
    await removeTree(aside, path.dirname(target))
    throw error
  }
}

/** One tar of a layout, the same each time. */
async function packLayout(image: string, target: string): Promise<void> {
  const same = [
    '--format=ustar',
    '--sort=name',
    '--mtime=@0',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--mode=u=rwX,go=rX',
  ]
  const parts = ['oci-layout', 'index.json', 'blobs']
  const aside = temporaryPath(target)
  try {
    await must(
      { argv: ['tar', ...same, '--create', '--file', aside, '--directory', image, ...parts] },
      'SDK_SPACE',
    )
    await giveFinalName(aside, target)
  } catch (error) {
    await rm(aside, { force: true })
    throw error
  }
}
