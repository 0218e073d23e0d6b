// This very program as files of a package: an SDK then holds what built it, and so do the repos that it archives.
// The package's ebuild installs them.

import { access, readdir } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../errors.js'
import { PROJECT } from '../files/own.js'
import type { RepoDefinition } from '../sdk/definition.js'
import type { Graft } from './digest.js'

/** What of it makes an installed program. Sources are bundled, and tests are not needed. */
const PARTS: readonly (readonly [part: string, isWanted: (name: string) => boolean])[] = [
  ['bootstrap_sdk', () => true],
  ['LICENSE', () => true],
  ['package.json', () => true],
  ['scripts/setup.sh', () => true],
  ['lib', (name) => !name.startsWith('.')],
  ['src', (name) => !name.endsWith('.ts')],
  ['stages', () => true],
  ['sdks', () => true],
  ['schemas', () => true],
]

/** What is put into the copy of `repo`, whose tree is at `tree`: nothing, unless it has the package that holds this program. */
export async function programGraft({ program }: RepoDefinition, tree: string): Promise<Graft | undefined> {
  if (program === undefined || !(await exists(path.join(tree, program)))) return undefined
  return { at: `${program}/files/program`, files: await programFiles(PROJECT) }
}

/**
 * The files of the program in `project`, by their paths below it.
 *
 * @throws SdkError SDK_INTERNAL when it is not whole
 */
export async function programFiles(project: string): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  for (const [part, isWanted] of PARTS) {
    const folder = path.join(project, part)
    const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOTDIR') return undefined
        throw new SdkError('SDK_INTERNAL', `this program cannot put itself into a repository: no ${folder}`, {
          hint: 'in a checkout `npm run build` makes it',
          cause: error,
        })
      },
    )
    if (found === undefined) files.set(part, folder)
    for (const entry of found ?? []) {
      const file = path.join(entry.parentPath, entry.name)
      if (!entry.isDirectory() && isWanted(entry.name)) files.set(path.relative(project, file), file)
    }
  }
  return files
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )
