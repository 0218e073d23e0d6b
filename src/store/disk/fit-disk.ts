// Whether a file system can hold roots: owners, modes, links, extended attributes, and the upper folder of an overlay. Told by its
// kind, before hours are spent; what only a trial shows is the doctor's.

import { SdkError } from '../../errors.js'
import { inRoot } from '../layout.js'
import { freeSpace } from './space.js'

/** File systems without the attributes, locks or renames that are needed, or that overlayfs does not take as upper. */
export const UNFIT =
  /^(nfs|cifs|smb|ceph|afs|9p|fuse|virtiofs|overlay|vfat|exfat|ntfs|hfs|msdos|squashfs|erofs|iso9660|udf|ecryptfs)/

/** What helps. */
export const FIT_FOR_ROOTS = 'give a --catalyst_root on a local file system such as ext4, XFS or Btrfs'

/**
 * Checks where the catalyst root `root` keeps roots: `work` and `store`, or where these will be made. Where nothing tells (a chroot
 * whose `/` is no mount point), nothing is said.
 *
 * @throws SdkError SDK_HOST that names folder, kind and mount point
 */
export async function requireFitDisk(root: string): Promise<void> {
  for (const name of ['work', 'store'] as const) {
    const folder = inRoot(root, name)
    const { fileSystem, mountPoint } = await freeSpace(folder)
    if (fileSystem === undefined || !UNFIT.test(fileSystem)) continue
    throw new SdkError(
      'SDK_HOST',
      `${folder}: expected a file system that can hold the root of a system (owners, links, extended attributes, overlays), found ${fileSystem}, mounted at ${mountPoint}`,
      { hint: FIT_FOR_ROOTS },
    )
  }
}
