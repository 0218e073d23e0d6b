// The kept repositories as a stage sees them: refs of its own, as they are now, over objects that it cannot write to. What its
// ebuilds write (refs of git-r3.eclass, whatever a build does) goes with the attempt, and no other run changes what it builds.

import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import { git } from './git.js'

/** What a view is made of. */
export interface View {
  /** Folder of the kept repositories, and what the stage will see it as. */
  readonly folder: string
  readonly inside: string
  /** Names of the repositories' folders. */
  readonly names: readonly string[]
  /** An empty folder for the view. */
  readonly target: string
  readonly signal: AbortSignal | undefined
}

/** Fills `target`. Everybody in the stage may write: Portage may build as another user. */
export async function writeView({ folder, inside, names, target, signal }: View): Promise<void> {
  await chmod(target, 0o777)
  for (const name of names) {
    const [from, to] = [path.join(folder, name), path.join(target, name)]
    for (const each of ['', 'refs', 'objects', 'objects/info', 'objects/pack']) {
      await mkdir(path.join(to, each), { recursive: true })
      await chmod(path.join(to, each), 0o777)
    }
    const refs = await git(['for-each-ref', '--format=%(objectname) %(refname)'], { directory: from, signal })
    if (!refs.ok) throw new SdkError('SDK_HOST', `git cannot list the refs of ${from}: ${refs.why}`)
    // The eclass's own of other stages would look like an older build of this one.
    const lines = refs.stdout.split('\n').filter((line) => !/ refs\/git-r3\/.*\/__\w+__$/.test(line))
    await writeFile(path.join(to, 'packed-refs'), lines.join('\n'))
    await writeFile(path.join(to, 'HEAD'), 'ref: refs/git-r3/HEAD\n')
    await writeFile(path.join(to, 'objects/info/alternates'), `${path.posix.join(inside, name, 'objects')}\n`)
    for (const each of ['config', 'shallow'])
      await copyFile(path.join(from, each), path.join(to, each)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT' || each === 'config') throw error
      })
    for (const each of ['config', 'HEAD', 'packed-refs']) await chmod(path.join(to, each), 0o666)
  }
}
