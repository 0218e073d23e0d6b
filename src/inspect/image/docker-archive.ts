// What `docker load` takes: the archive of `docker save`, with one layer. Its layers are not compressed.

import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { readArchive } from '../../archive/read-archive.js'
import { sha256File } from '../../store/digest/digest.js'
import { configOf, imageName, notAsRecorded, type Recorded } from './config.js'

/**
 * Writes the files of such an archive into `image`, which is not there.
 *
 * @returns the digest of its configuration, the id that Docker shows
 * @throws SdkError SDK_ARCHIVE when the archive is not what its record says
 */
export async function writeDockerFiles(image: string, { archive, record, emit }: Recorded): Promise<string> {
  await mkdir(image)
  const { tarSha256 } = record.output
  const layer = path.join(image, `${tarSha256}.tar`)
  await readArchive(archive, (stream) => writeFile(layer, stream), { emit })
  const hex = await sha256File(layer, emit)
  if (hex !== tarSha256) throw notAsRecorded(archive, `its tar has sha256 ${hex}`)
  const config = JSON.stringify(await configOf({ archive, record }))
  const id = createHash('sha256').update(config).digest('hex')
  await writeFile(path.join(image, `${id}.json`), config)
  const { name, tag } = imageName(record)
  const entry = { Config: `${id}.json`, RepoTags: [`${name}:${tag}`], Layers: [path.basename(layer)] }
  await writeFile(path.join(image, 'manifest.json'), JSON.stringify([entry]))
  return `sha256:${id}`
}
