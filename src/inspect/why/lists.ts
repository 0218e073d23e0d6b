// The lists that a definition and its profile have of packages: the system set, packages.build, what stages are told to install.
// They are those of now; a finished stage may have been built from others.

import path from 'node:path'
import { readText } from '../../files/read.js'
import { mainRepo, type SdkDefinition, stageProfile } from '../../sdk/definition.js'
import { parseProfile } from '../../sdk/profile.js'
import { type StageName, TRAITS } from '../../sdk/stages.js'

/** A list, by what it is called, and its atoms. */
export interface PackageList {
  readonly name: string
  readonly atoms: readonly string[]
}

/** A profile of more parents is a circle. */
const MOST_PARENTS = 200

/** The lists that have a say about `stage`, built with `profile` (`repo:path`). What cannot be read is empty. */
export async function packageLists(
  definition: SdkDefinition,
  { stage, profile }: { stage: StageName; profile: string },
): Promise<PackageList[]> {
  const { root, buildsCross } = TRAITS[stage]
  const folders = await profileFolders(definition, stageProfile(definition, profile, stage))
  const profileLists = [
    { name: "the profile's system set", atoms: (await linesOf(folders, 'packages')).filter(isSystem) },
    // What an empty root is filled with.
    ...(root === 'empty'
      ? [{ name: "the profile's packages.build", atoms: await linesOf(folders, 'packages.build') }]
      : []),
  ]
  const cross = definition.cross.flatMap(({ chost, packages }) =>
    packages.map((name) => `cross-${chost}/${name.replace(/\[.*/, '')}`),
  )
  return [
    ...profileLists,
    ...ownLists(definition, stage),
    ...(buildsCross ? [{ name: 'a cross toolchain of the definition', atoms: cross }] : []),
  ]
}

/** The lists that the definition has for a stage, by their keys there. */
function ownLists(definition: SdkDefinition, stage: StageName): PackageList[] {
  const own = definition.stage[stage]
  const list = (key: string, atoms: readonly string[]): PackageList => ({
    name: `${stage}.${key} of the definition`,
    atoms,
  })
  return [
    ...('first' in own ? [list('first', own.first)] : []),
    ...('packages' in own ? [list('packages', own.packages)] : []),
  ]
}

const isSystem = (line: string): boolean => line.startsWith('*')

/** The lines of a file of the profile and its parents; a later `-line` takes one out. */
async function linesOf(folders: readonly string[], name: string): Promise<string[]> {
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
async function profileFolders(definition: SdkDefinition, profile: string): Promise<string[]> {
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
