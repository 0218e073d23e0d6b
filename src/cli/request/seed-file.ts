// What --seed_tarball names, as a file or as a digest.

import path from 'node:path'
import { SdkError } from '../../errors.js'
import { withoutLogins } from '../../events/secrets.js'
import { digestOfSeed, isAddress } from '../../sdk/paths.js'
import { isImage, layerOfImage } from '../../seed/oci-layout.js'
import { quoted } from '../arguments/quoted.js'

/**
 * A file, the layer of an image, or a digest, which stays what it is.
 *
 * @throws SdkError SDK_USAGE for an address: what proves a download is the definition's to say; SDK_SEED for an image that is none
 */
export async function seedFile(given: string | undefined): Promise<string | undefined> {
  if (given === undefined || digestOfSeed(given) !== undefined) return given
  if (isAddress(given))
    throw new SdkError(
      'SDK_USAGE',
      `--seed_tarball: expected a file, oci:DIR or sha256:DIGEST, found the address ${quoted(withoutLogins(given))}`,
      {
        hint: 'download it, and give the file; SDKs of a known version are downloaded and proved by `seed.urls` of the definition (docs/manual.md#seeds)',
      },
    )
  return isImage(given) ? await layerOfImage(given) : path.resolve(given)
}
