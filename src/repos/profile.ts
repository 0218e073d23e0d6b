// What the folders of a profile say, its parents first, as Portage stacks them.

import { existsSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { SdkError } from '../errors.js'
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

/**
 * Walks the parents of a profile. A repo whose folder has no profiles, an image for instance, is not looked at.
 *
 * @throws SdkError SDK_REPO for what Portage would stop at: a parent that is not there, or leads back to its profile, or an EAPI that
 *   there is none of
 */
export async function requireSoundProfile({ repos }: SdkDefinition, profile: string): Promise<void> {
  const real = repos.map(({ name, path: tree }) => ({ name, tree: realPlace(tree) ?? tree }))
  const trees = new Map(real.map(({ name, tree }) => [name, path.join(tree, 'profiles')]))
  const seen = new Set<string>()
  const visit = async (folder: string, repo: string, below: readonly string[]): Promise<void> => {
    const file = path.join(folder, 'parent')
    if (below.includes(folder))
      throw wrong(path.join(below.at(-1) ?? '', 'parent'), `it leads back to ${folder}`)
    if (seen.has(folder)) return
    seen.add(folder)
    const all = real.map((each) => each.tree)
    await requireEapi(folder, all)
    const lines = await readLines(file, all)
    for (const line of lines) {
      const [, named, name = line] = /^([\w-]*):(.*)$/.exec(line) ?? []
      const tree = named === undefined ? folder : trees.get(named || repo)
      if (tree === undefined)
        throw wrong(file, `expected a profile of ${[...trees.keys()].join(', ')}, found ${line}`)
      if (!existsSync(tree)) continue
      const parent = path.join(tree, name)
      // In a stage the repos are at other places, side by side: what leads out of one may be there.
      if (path.isAbsolute(line) || !isBelow(parent, trees.get(named || repo) ?? '')) continue
      if (!existsSync(parent)) throw wrong(file, `there is no ${parent}, of the line ${line}`)
      const place = realPlace(parent)
      if (place !== undefined) await visit(place, named || repo, [...below, folder])
    }
  }
  const asked = parseProfile(profile)
  const tree = trees.get(asked?.repo ?? '')
  if (asked?.repo === undefined || tree === undefined || !existsSync(tree)) return
  const folder = realPlace(path.join(tree, asked.path))
  if (folder !== undefined) await visit(folder, asked.repo, [])
}

/** Those that Portage has had until now, with its trial ones. */
const EAPI = /^[0-9](?:[_-]\w+)?$/

/** Portage takes the first line of the file as it stands, also an empty one. */
async function requireEapi(folder: string, trees: readonly string[]): Promise<void> {
  const file = path.join(folder, 'eapi')
  for (const tree of trees) {
    const text = await readTextOf(tree, path.relative(tree, file)).catch(() => undefined)
    const eapi = text?.split('\n', 1)[0]?.trim()
    if (eapi !== undefined && !EAPI.test(eapi))
      throw wrong(file, `expected an EAPI of 0 to 9, found ${JSON.stringify(eapi.slice(0, 100))}`)
  }
}

/** Undefined of what is not there, or may not be read: whoever reads it says so. */
function realPlace(folder: string): string | undefined {
  try {
    return realpathSync(folder)
  } catch {
    return undefined
  }
}

const isBelow = (file: string, folder: string): boolean => !path.relative(folder, file).startsWith('..')

const wrong = (file: string, why: string): SdkError =>
  new SdkError('SDK_REPO', `${file}: ${why}`, { hint: 'no stage can have such a profile: mend the file' })

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
