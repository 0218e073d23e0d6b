// Makes the folders in which roots come to be. A folder gets the group of the one above it where that has the set-group-ID bit, and its
// default ACL; so would all that is made in it, up to the archive, and two machines of one key would make different things.

import { chmod, mkdir } from 'node:fs/promises'
import { toolEnvironment } from '../../process/environment.js'
import { must } from '../../process/run.js'

/**
 * Makes `folder`, and what is missing above it, as root's own: with `mode`, and with nothing of the folder above it.
 *
 * @throws SdkError SDK_HOST, SDK_SPACE when that cannot be
 */
export async function makeBareFolder(folder: string, mode: number): Promise<void> {
  await mkdir(folder, { recursive: true, mode })
  // By tar, which has to know ACLs anyway for them to get into an archive: setfacl may be missing. A folder that is unpacked
  // without an ACL loses the one that it has.
  const env = toolEnvironment()
  const own = [`--mode=${mode.toString(8)}`, '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0']
  const made = ['tar', '--create', '--file=-', '--format=ustar', '--no-recursion', ...own] as const
  const member = await must({ argv: [...made, '--no-unquote', `--directory=${folder}`, '.'], env })
  const taken = [
    'tar',
    '--extract',
    '--file=-',
    '--numeric-owner',
    '--same-owner',
    '--preserve-permissions',
  ] as const
  const quiet = ['--acls', '--touch', '--no-unquote'] as const
  await must({ argv: [...taken, ...quiet, `--directory=${folder}`], env }, 'SDK_HOST', member)
  // Of a folder that is there tar leaves the set-group-ID bit.
  await chmod(folder, mode)
}
