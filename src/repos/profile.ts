// What the folders of a profile say, its parents first, as Portage stacks them.

import path from 'node:path'
import { readTextOf } from '../files/read.js'
import { mainRepo, type SdkDefinition } from '../sdk/definition.js'
import { parseProfile } from '../sdk/profile.js'

/** No profile has as many parents. */
const MOST_PARENTS = 200

/** A profile. */
export interface ProfileFolders {
  /** Its folders, parents first. */
  readonly folders: readonly string[]
  /** The repos' trees, in which they are. */
  readonly trees: readonly string[]
}

/** The lines of the files `name` in the folders of a profile, without comments; a later `-line` takes one out (portage(5)). */
export async function profileLines({ folders, trees }: ProfileFolders, name: string): Promise<string[]> {
  const lines = new Set<string>()
  for (const folder of folders)
    for (const line of await readLines(path.join(folder, name), trees))
      if (line.startsWith('-')) lines.delete(line.slice(1))
      else lines.add(line)
  return [...lines]
}

/** None of a file that is not there, or is none of the trees: in a stage, a link out of them leads elsewhere. */
async function readLines(file: string, trees: readonly string[]): Promise<string[]> {
  for (const tree of trees) {
    const text = await readTextOf(tree, path.relative(tree, file)).catch(() => undefined)
    if (text === undefined) continue
    const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim())
    return lines.filter((line) => line !== '')
  }
  return []
}

/** The folders of a profile; one that is its own parent is there once. */
export async function profileFolders(definition: SdkDefinition, profile: string): Promise<ProfileFolders> {
  const trees = new Map(definition.repos.map(({ name, path: tree }) => [name, tree]))
  const main = mainRepo(definition).name
  const folderOf = (repo: string, name: string): string => path.join(trees.get(repo) ?? '', 'profiles', name)
  const found: string[] = []
  const seen = new Set<string>()
  const visit = async (folder: string, tree: string): Promise<void> => {
    // Of a repo that is none of the definition's nothing is known.
    if (!trees.has(tree) || seen.size > MOST_PARENTS || seen.has(folder)) return
    seen.add(folder)
    for (const parent of await readLines(path.join(folder, 'parent'), [...trees.values()])) {
      const [, repo, name = parent] = /^([\w-]*):(.*)$/.exec(parent) ?? []
      if (repo === undefined) await visit(path.join(folder, name), tree)
      else await visit(folderOf(repo || tree, name), repo || tree)
    }
    found.push(folder)
  }
  const asked = parseProfile(profile)
  if (asked !== undefined) await visit(folderOf(asked.repo ?? main, asked.path), asked.repo ?? main)
  return { folders: found, trees: [...trees.values()] }
}
