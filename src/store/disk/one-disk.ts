// Whether the folders between which a run moves trees lie where that can be done. Asked before anything is built.

import { lstatSync } from 'node:fs'
import { SdkError } from '../../errors.js'
import { placeProblem } from '../../files/look.js'
import { inRoot, rootFolders } from '../layout.js'
import { freeSpace } from './space.js'

const HINT =
  'keep `work` and `store` as folders of the catalyst root, or give a --catalyst_root on the other disk; its folders for sources, packages, logs and builds may be links'

/**
 * Checks that each folder directly below the catalyst root `root` is one, as far as it is there, or a link to one.
 *
 * @throws SdkError SDK_HOST that names what is in its place
 */
export async function requireFolders(root: string): Promise<void> {
  for (const name of rootFolders()) {
    const folder = inRoot(root, name)
    const problem = await placeProblem(folder)
    if (problem === undefined) continue
    throw new SdkError('SDK_HOST', `${folder}: ${problem}`, {
      hint: 'remove it, or let the link lead to a folder that is there: this program makes what is missing',
    })
  }
}

/**
 * Checks `work` and `store` of the catalyst root `root`: a finished stage is moved from one to the other, and a run removes what it
 * has made in `work`, but nothing behind a link.
 *
 * @throws SdkError SDK_HOST that names what is where
 */
export async function requireOneDisk(root: string): Promise<void> {
  const [work, store] = [inRoot(root, 'work'), inRoot(root, 'store')]
  if (lstatSync(work, { throwIfNoEntry: false })?.isSymbolicLink() === true)
    throw new SdkError(
      'SDK_HOST',
      `${work} is a symbolic link: expected a folder, in which a run can remove what it has made`,
      {
        hint: HINT,
      },
    )
  const places = [(await freeSpace(work)).mountPoint, (await freeSpace(store)).mountPoint]
  if (places[0] !== places[1])
    throw new SdkError(
      'SDK_HOST',
      `${work} and ${store} are on different file systems (mounted at ${places.join(' and ')}): a finished stage is moved from one to the other`,
      { hint: HINT },
    )
}
