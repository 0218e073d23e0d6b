// Whether a tree is the ebuild repo that a definition means: a repo says its name itself.

import { SdkError } from '../errors.js'
import { problemOf } from '../files/look.js'
import { isSquashed, readRepoName } from './squashed.js'

/**
 * Holds the repo at `path` to its `name`.
 *
 * @throws SdkError SDK_REPO when the tree is none, or another repo; SDK_HOST when unsquashfs is missing
 */
export async function checkRepoName({ name, path }: { name: string; path: string }): Promise<void> {
  const problem = await problemOf(path, isSquashed(path) ? 'file' : 'folder')
  if (problem !== undefined)
    throw new SdkError('SDK_REPO', `${path} is not an ebuild repository: ${problem}`, {
      hint: `expected the tree of ${name}; --portage_stable and --coreos_overlay name other trees`,
    })
  const found = await readRepoName(path)
  if (found === undefined)
    throw new SdkError('SDK_REPO', `${path} is not an ebuild repository: it has no profiles/repo_name`, {
      hint: `expected the tree of ${name}; --portage_stable and --coreos_overlay name other trees`,
    })
  if (found !== name)
    throw new SdkError(
      'SDK_REPO',
      `${path} is the repository "${found}", by its profiles/repo_name or layout.conf; expected "${name}"`,
      {
        hint: 'trees may be swapped on the command line, or the checkout is older or younger than the definition: one that names its repos is needed',
      },
    )
}
