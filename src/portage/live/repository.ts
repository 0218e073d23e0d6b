// A kept repository of a live ebuild: opened if it is whole and plain, else made anew. Stages never write to it: what is there
// was put there by a run, or by Portage of the user's, and is looked at before Git obeys it.

import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import type { Emit } from '../../events/event.js'
import { readText } from '../../files/read.js'
import { git } from './git.js'

/** Where a repository is kept. */
export interface Keeping {
  /** Folder of all kept repositories. */
  readonly folder: string
  /** Its name there. */
  readonly name: string
  readonly emit: Emit
  readonly signal: AbortSignal | undefined
}

/** The lines that a configuration may have: those that `git init --bare` writes. */
const PLAIN =
  /^(?:\s*|\[core\]|\[extensions\]|\s*(?:repositoryformatversion = [01]|filemode = (?:true|false)|bare = true|objectformat = (?:sha1|sha256)))$/i

/** Why what lies in `directory` is not used; undefined when it may be, or when nothing is there. */
async function whyNot(directory: string): Promise<string | undefined> {
  const at = (name: string): string => path.join(directory, name)
  const info = await lstat(directory).catch(() => undefined)
  if (info === undefined) return undefined
  if (!info.isDirectory()) return 'it is not a folder'
  for (const name of ['objects', 'refs'])
    if ((await lstat(at(name)).catch(() => undefined))?.isDirectory() !== true)
      return `it has no folder ${name}`
  for (const name of ['objects/info/alternates', 'commondir', 'worktrees', 'modules', 'config.worktree'])
    if ((await lstat(at(name)).catch(() => undefined)) !== undefined) return `it has ${name}`
  // A pipe would be waited for, and a link show a line of another file.
  if ((await lstat(at('config')).catch(() => undefined))?.isFile() !== true) return 'it has no config'
  const config = await readText(at('config')).catch(() => '[cannot be read]')
  const odd = config.split('\n').find((line) => !PLAIN.test(line))
  return odd === undefined ? undefined : `its config has “${odd.trim().slice(0, 80)}”`
}

/** Moves what is there aside: somebody may want to know what it was. */
export async function moveRepositoryAside({ folder, name, emit }: Keeping, why: string): Promise<void> {
  const aside = path.join(folder, `.bad-${process.pid}-${Date.now()}-${name}`)
  await rename(path.join(folder, name), aside)
  emit({ type: 'warning', message: `${path.join(folder, name)}: ${why}; moved to ${aside}, cloning it anew` })
}

/** Opens the kept repository; undefined when there is none that can be used. What a killed run left in it is removed. */
export async function openKept(keeping: Keeping): Promise<string | undefined> {
  const directory = path.join(keeping.folder, keeping.name)
  const why = await whyNot(directory)
  if (why !== undefined) await moveRepositoryAside(keeping, why)
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => undefined)
  if (entries === undefined) return undefined
  for (const entry of entries)
    if (entry.isFile() && /(?:\.lock$|^tmp_)/.test(entry.name))
      await rm(path.join(entry.parentPath, entry.name))
  return directory
}

/** Makes an empty repository of another name beside, which `publish` gives its own. */
export async function makeNew(
  { folder, name, signal }: Keeping,
  objectFormat: 'sha1' | 'sha256',
): Promise<{ directory: string; publish(): Promise<string>; discard(): Promise<void> }> {
  // Runs hold a lock on the name: what is there is of one that was killed.
  const directory = path.join(folder, `.new-${name}`)
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory)
  const made = await git(['init', '--quiet', '--bare', '--template=', `--object-format=${objectFormat}`], {
    directory,
    signal,
  })
  if (!made.ok) throw new SdkError('SDK_HOST', `git cannot make a repository in ${directory}: ${made.why}`)
  await git(['symbolic-ref', 'HEAD', 'refs/git-r3/HEAD'], { directory, signal })
  return {
    directory,
    async publish() {
      await rename(directory, path.join(folder, name))
      return path.join(folder, name)
    },
    discard: () => rm(directory, { recursive: true, force: true }),
  }
}
