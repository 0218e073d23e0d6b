// Writes a stage, or the SDK, as an image for container engines, in the format that its target asks for.

import { lstat, readdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import * as v from 'valibot'
import { SdkError } from '../../errors.js'
import type { Emit } from '../../events/event.js'
import { sizeOf, tellWork } from '../../events/work.js'
import { must } from '../../process/run.js'
import { giveFinalName, temporaryPath } from '../../store/disk/atomic.js'
import { makeFolder } from '../../store/disk/make-folder.js'
import { removeTree } from '../../store/disk/remove.js'
import { makeTemporary } from '../../store/disk/temporary.js'
import { imageName, type Recorded } from './config.js'
import { writeDockerFiles } from './docker-archive.js'
import { writeImageLayout } from './oci-layout.js'

/** What is exported, and where to. */
export interface Export extends Recorded {
  /** `oci`: a folder that is not there or empty, or, when its path ends in `.tar`, a file; `docker`: a file. */
  readonly target: { readonly format: ImageFormat; readonly path: string }
  /** The catalyst root: what is unfinished is below it. */
  readonly root: string
}

/** An OCI image layout (image-spec 1.0.2), or what `docker load` takes. */
export type ImageFormat = 'oci' | 'docker'

/** Name and digest of an image, as they are told. */
export const EXPORTED = v.object({
  name: v.string(),
  tag: v.string(),
  /** `sha256:…` of its manifest, of Docker's archives of their configuration. */
  digest: v.string(),
})

/** Name and digest of an image. */
export type Exported = Readonly<v.InferOutput<typeof EXPORTED>>

const WRITERS = { oci: writeImageLayout, docker: writeDockerFiles } as const

/**
 * Exports an archive. The same archive and record give the same image, byte by byte: nothing in it is of now.
 *
 * @throws SdkError SDK_USAGE when there is something at the target; SDK_ARCHIVE when the archive is not what its record says
 */
export async function exportImage({ target, root, ...recorded }: Export): Promise<Exported> {
  const isFile = target.format === 'docker' || target.path.endsWith('.tar')
  await requireFree(target.path, isFile)
  const folder = await makeTemporary(root, 'export')
  try {
    const image = path.join(folder, 'image')
    const digest = await WRITERS[target.format](image, recorded)
    makeFolder(path.dirname(target.path))
    const { emit } = recorded
    await (isFile ? packFiles(image, target.path, emit) : copyFolder(image, target.path))
    return { ...imageName(recorded.record), digest }
  } finally {
    await removeTree(folder, root)
  }
}

async function requireFree(target: string, isFile: boolean): Promise<void> {
  const found = await lstat(target).catch(() => undefined)
  if (found === undefined) return
  if (!isFile && found.isDirectory() && (await readdir(target)).length === 0) return
  throw new SdkError('SDK_USAGE', `export: ${target} is there already`, {
    hint: `an image is never written over another one: name a ${isFile ? 'file' : 'folder, or a file that ends in .tar,'} that is not there`,
  })
}

/** Copies a folder beside `target`, and gives it that name when it is whole. */
async function copyFolder(image: string, target: string): Promise<void> {
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

/** One tar of the files of an image, the same each time. GNU's format: a layer may have more than 8 GiB. */
async function packFiles(image: string, target: string, emit: Emit | undefined): Promise<void> {
  const same = [
    '--format=gnu',
    '--sort=name',
    '--mtime=@0',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--mode=u=rwX,go=rX',
  ]
  // What says what the others are comes first.
  const parts = (await readdir(image)).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
  const aside = temporaryPath(target)
  try {
    const argv = ['tar', ...same, '--create', '--file', aside, '--directory', image, ...parts] as const
    const work = { emit, work: 'pack', name: path.basename(target), done: sizeOf(aside) }
    await tellWork(work, () => must({ argv }, 'SDK_SPACE'))
    await giveFinalName(aside, target)
  } catch (error) {
    await rm(aside, { force: true })
    throw error
  }
}

const rank = (name: string): number => ['oci-layout', 'index.json', 'manifest.json'].indexOf(name) >>> 0
