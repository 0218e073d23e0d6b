// What --seed_tarball names, as a file or as a digest.

import path from 'node:path'
import { digestOfSeed } from '../../sdk/paths.js'
import { isImage, layerOfImage } from '../../seed/oci-layout.js'

/** A file, the layer of an image, or a digest, which stays what it is. @throws SdkError SDK_SEED for an image that is none */
export async function seedFile(given: string | undefined): Promise<string | undefined> {
  if (given === undefined || digestOfSeed(given) !== undefined) return given
  return isImage(given) ? await layerOfImage(given) : path.resolve(given)
}
