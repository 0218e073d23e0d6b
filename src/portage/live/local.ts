// A repository in a folder of this machine: a stage says which, and root fetches it. So only what everybody may read is asked.

import { lstat, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import { isLocal } from './place.js'

/**
 * Options of `git fetch` by which a repository of this machine is read by nobody, not by root: what it leads to (links, alternates,
 * other folders of objects) is then what everybody may read, whoever changes it meanwhile. Git reads what is another's, if it is told to.
 */
export function asNobody(): string[] {
  if (process.getuid?.() !== 0) return []
  const drop = `setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups --inh-caps=-all --no-new-privs --`
  return [`--upload-pack=${drop} git -c 'safe.directory=*' upload-pack`]
}

/** The user and group of nobody else: Linux has it for what it cannot name. */
const NOBODY = 65534

/** Where Git looks for a repository that is named by a path, in this order (`enter_repo` of its path.c). */
const SUFFIXES = ['/.git', '', '.git/.git', '.git'] as const

/** Others may list the folder and open what is in it; others may pass through it. */
const [READ, PASS] = [0o005, 0o001]

/** Why the repository at `uri` is nobody's to build with; undefined when it may be fetched, is elsewhere, or not there: Git says that. */
export async function notForAll(uri: string): Promise<string | undefined> {
  if (!isLocal(uri)) return undefined
  for (const suffix of SUFFIXES) {
    const folder = `${pathOf(uri).replace(/\/+$/, '')}${suffix}`
    const info = await lstat(folder).catch(() => undefined)
    if (info === undefined) continue
    // What leads to another folder: worktrees and submodules have it.
    if (suffix.endsWith('/.git') && !info.isDirectory()) return 'is not a repository of its own'
    const objects = await realpath(path.join(folder, 'objects')).catch(() => undefined)
    if (objects !== undefined) return await closedTo(await realpath(folder), objects)
  }
  return undefined
}

function pathOf(uri: string): string {
  if (uri.startsWith('/')) return uri
  const text = uri.replace(/^file:\/\/[^/]*/, '')
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

async function closedTo(...folders: string[]): Promise<string | undefined> {
  for (const folder of folders)
    for (let at = folder; ; at = path.dirname(at)) {
      const wanted = at === folder ? READ : PASS
      if (((await stat(at)).mode & wanted) !== wanted) return `not everybody may read ${at}`
      if (at === path.dirname(at)) break
    }
  return undefined
}
