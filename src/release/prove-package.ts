// Proves a binary package before it is published: it was built days ago, maybe, in a folder that others can write to.

import { stat } from 'node:fs/promises'
import { checkBinaryPackage } from '../archive/binary-package.js'
import { SdkError } from '../errors.js'
import { mismatch } from '../portage/distfiles/digest.js'
import type { IndexEntry } from '../portage/package-index.js'

/**
 * Reads all of a binary package: it has to be whole, by the digests in it, and the one that its index tells of, by size and
 * digests there, since whoever gets it is given the index, too.
 *
 * @throws SdkError SDK_PUBLISH when it is not
 */
export async function provePackage(
  file: string,
  entry: IndexEntry,
  signal: AbortSignal | undefined,
): Promise<void> {
  const fault = (await faultOf(file)) ?? (await otherThan(file, entry, signal))
  if (fault === undefined) return
  throw new SdkError('SDK_PUBLISH', `the binary package ${file} is not published: ${fault}`, {
    hint: 'remove it; the stage that built it makes it again with --rebuild',
  })
}

async function faultOf(file: string): Promise<string | undefined> {
  const check = await checkBinaryPackage(file)
  return 'fault' in check ? check.fault : undefined
}

async function otherThan(
  file: string,
  { size, digests }: IndexEntry,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const saidBy = 'its index'
  return await mismatch(file, { size: size ?? (await stat(file)).size, digests, saidBy }, signal)
}
