// What the folders of a profile say, its parents first, as Portage stacks them.

import path from 'node:path'
import { readText } from '../files/read.js'
import { mainRepo, type SdkDefinition } from '../sdk/definition.js'
import { parseProfile } from '../sdk/profile.js'

/** A profile of more parents is a circle. */
const MOST_PARENTS = 200

/** The lines of the files `name` in the folders of a profile, without comments; a later `-line` takes one out (portage(5)). */
export async function profileLines(folders: readonly string[], name: string): Promise<string[]> {
  const lines = new Set<string>()
  for (const folder of folders)
    for (const line of await readLines(path.join(folder, name)))
      if (line.startsWith('-')) lines.delete(line.slice(1))
      else lines.add(line)
  return [...lines]
}

const readLines = async (file: string): Promise<string[]> =>
  (await readText(file).catch(() => ''))
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')

/** The folders of a profile, parents first. */
export async function profileFolders(definition: SdkDefinition, profile: string): Promise<string[]> {
  const trees = new Map(definition.repos.map(({ name, path: tree }) => [name, tree]))
  const main = mainRepo(definition).name
  const folderOf = (repo: string, name: string): string => path.join(trees.get(repo) ?? '', 'profiles', name)
  const found: string[] = []
  const visit = async (folder: string, tree: string): Promise<void> => {
    // Of a repo that is none of the definition's nothing is known.
    if (!trees.has(tree) || found.length > MOST_PARENTS || found.includes(folder)) return
    for (const parent of await readLines(path.join(folder, 'parent'))) {
      const [, repo, name = parent] = /^([\w-]*):(.*)$/.exec(parent) ?? []
      if (repo === undefined) await visit(path.join(folder, name), tree)
      else await visit(folderOf(repo || tree, name), repo || tree)
    }
    found.push(folder)
  }
  const asked = parseProfile(profile)
  if (asked !== undefined) await visit(folderOf(asked.repo ?? main, asked.path), asked.repo ?? main)
  return found
}
