// Whether a file can be a seed, as far as that shows without unpacking it.

import { stat } from 'node:fs/promises'
import path from 'node:path'
import { checkFirstMember } from '../archive/first-member.js'
import { SdkError } from '../errors.js'
import { errorWords, kindOf } from '../files/look.js'

/** Files that lie beside tarballs, and what they are. */
const BESIDE: readonly [RegExp, string][] = [
  [/\.(?:sig|asc|gpg)$/, 'a signature'],
  [/\.(?:DIGESTS|sha256|sha512)$/, 'a list of digests'],
  [/\.CONTENTS(?:\.[a-z0-9]+)?$/, 'a list of contents'],
  [/\.record\.json$/, 'the record of a stage'],
]

/** @throws SdkError SDK_SEED when it is not a file, or one that only lies beside tarballs; SDK_ARCHIVE when it is not an archive */
export async function checkSeedFile(file: string): Promise<void> {
  const found = await stat(file).catch(async (cause: NodeJS.ErrnoException) => {
    const words = await errorWords(cause, file)
    const what = words === 'none' ? 'there is no such file' : `expected a tarball, found ${words}`
    throw new SdkError('SDK_SEED', `seed ${file}: ${what}`, {
      hint: 'give the path of an SDK or stage tarball',
      cause,
    })
  })
  if (!found.isFile())
    throw new SdkError(
      'SDK_SEED',
      `seed ${file}: expected a tarball, found ${found.isDirectory() ? 'a directory' : kindOf(found)}`,
      {
        hint: 'pack it with tar first, or give the path of an SDK or stage tarball',
      },
    )
  requireTarballName(file)
  requireNoImage(file, await checkFirstMember(file))
}

/** What images of container engines begin with: OCI layouts, and what `docker save` writes. */
const OF_AN_IMAGE =
  /^(?:blobs(?:\/|$)|(?:oci-layout|index\.json|manifest\.json)$|[0-9a-f]{64}(?:\/|\.tar$|\.json$|$))/

/** Such a file may take a minute to unpack until it turns out to be no root. */
function requireNoImage(file: string, first: string): void {
  if (!OF_AN_IMAGE.test(first)) return
  throw new SdkError(
    'SDK_SEED',
    `seed ${file}: expected a root, found an image of a container engine (it begins with ${JSON.stringify(first)})`,
    {
      hint: '`docker export` or `podman export` writes the root of a container; an OCI image that is unpacked in a folder is given as oci:DIR',
    },
  )
}

function requireTarballName(file: string): void {
  for (const [suffix, what] of BESIDE) {
    const tarball = file.replace(suffix, '')
    if (tarball === file) continue
    throw new SdkError('SDK_SEED', `seed ${file}: expected a tarball, found ${what}, by its name`, {
      hint: `did you mean ${path.basename(tarball)}?`,
    })
  }
}
