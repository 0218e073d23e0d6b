// Ebuild repos in squashfs files, as catalyst keeps its snapshots: read with unsquashfs, without a mount or loop device.

import { opendir } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../errors.js'
import { whyUnread } from '../files/look.js'
import { readTextOf } from '../files/read.js'
import { firstOutput } from '../process/first-output.js'
import { must } from '../process/run.js'

/** Whether a repo is a squashfs file, by its name: catalyst goes by it too. */
export const isSquashed = (tree: string): boolean => /\.(?:sqfs|squashfs)$/.test(tree)

/** The name that a repo gives itself, or undefined. @throws SdkError SDK_HOST when unsquashfs is missing, SDK_REPO when it cannot be read */
export async function readRepoName(tree: string): Promise<string | undefined> {
  const read = (name: string): Promise<string> =>
    isSquashed(tree) ? readSquashed(tree, name) : readPlain(tree, name)
  const [first = ''] = (await read('profiles/repo_name')).split('\n', 1)
  if (first.trim() === '') return undefined
  // Portage goes by layout.conf where that has a name, too; a repo that repos.conf has under another one is lost to it.
  const renamed = /^[ \t]*repo-name[ \t]*=[ \t]*(\S.*)$/m.exec(
    await read('metadata/layout.conf').catch(() => ''),
  )?.[1]
  return (renamed ?? first).trim().slice(0, LONGEST)
}

/** Bytes of the file that says it. */
const MOST_OF_A_NAME = 64 * 1024

/** Of a name, in a message. */
const LONGEST = 200

async function readPlain(tree: string, name: string): Promise<string> {
  const file = path.join(tree, name)
  try {
    return await readTextOf(tree, name)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return ''
    const why = await whyUnread(error as NodeJS.ErrnoException, file)
    throw new SdkError('SDK_REPO', `${file} cannot be read: ${why}`, { cause: error })
  }
}

async function readSquashed(file: string, name: string): Promise<string> {
  try {
    const { exitCode, text } = await firstOutput(['unsquashfs', '-cat', file, name], MOST_OF_A_NAME)
    return exitCode === 0 && text !== undefined ? text : ''
  } catch (error) {
    if (error instanceof SdkError && error.code === 'SDK_HOST')
      throw new SdkError('SDK_HOST', `${file} cannot be read: this host lacks unsquashfs`, {
        hint: 'apt-get install squashfs-tools',
        cause: error,
      })
    throw error
  }
}

/** Unpacks a repo to `target`, which does not exist. @throws SdkError SDK_REPO */
export async function unsquash(file: string, target: string): Promise<void> {
  // Who owns the files of a snapshot means nothing here, as for a copied tree; their links stay inside it or lead nowhere.
  await must(
    { argv: ['unsquashfs', '-quiet', '-no-progress', '-no-xattrs', '-dest', target, file] },
    'SDK_REPO',
  )
  for await (const entry of await opendir(target, { recursive: true }))
    if (!entry.isFile() && !entry.isDirectory() && !entry.isSymbolicLink())
      throw new SdkError(
        'SDK_REPO',
        `${file}: expected files, folders and links, found something else as ${path.relative(target, path.join(entry.parentPath, entry.name))}`,
        { hint: 'make it anew, of a tree without' },
      )
}
