// What a spec names on this machine: its snapshot, repos, seed, the seed's make.conf. Looks, and changes nothing.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { kindAtSync, placeProblem, problemOf } from '../../files/look.js'
import { readText } from '../../files/read.js'
import { firstOutput } from '../../process/first-output.js'
import { isSquashed, readRepoName } from '../../repos/squashed.js'
import { parseProfile } from '../../sdk/profile.js'
import { sideFiles } from '../../store/layout.js'
import type { FoundRepo } from '../spec-parts.js'
import { type OnLeftOut, parseMakeConf } from './flags.js'
import type { Settings } from './settings.js'

/** A repo that is not there, so that the other problems can be found all the same. */
const NO_REPO: FoundRepo = { name: 'missing', path: '/missing' }

/**
 * The snapshot: `snapshots/REPO-TREEISH.sqfs` below `storedir`, as catalyst has it, a folder of that name, or any folder or
 * .sqfs file by its absolute path.
 */
export async function findSnapshot(
  settings: Settings,
  { storedir, repoName }: { storedir: string; repoName: string },
): Promise<FoundRepo> {
  const treeish = settings.one('snapshot_treeish') ?? ''
  const below = path.join(storedir, 'snapshots', `${repoName}-${treeish}`)
  const places = treeish.startsWith('/') ? [treeish] : [`${below}.sqfs`, below]
  const found = places.find((each) => existsSync(each))
  if (treeish === '') return NO_REPO
  if (found === undefined) {
    settings.wrong('snapshot_treeish', `there is no ${places.join(' and no ')}; make it with mksquashfs`)
    return NO_REPO
  }
  const repo = await namedRepo(found)
  if ('problem' in repo) settings.wrong('snapshot_treeish', repo.problem)
  else if (repo.name !== repoName)
    settings.wrong('snapshot_treeish', `${found} is the repo ${repo.name}, and repo_name says ${repoName}`)
  else return repo
  return NO_REPO
}

/** The other repos: folders or .sqfs files. */
export async function findRepos(settings: Settings): Promise<FoundRepo[]> {
  const repos: FoundRepo[] = []
  for (const word of settings.many('repos')) {
    const repo = await namedRepo(path.resolve(word))
    if ('problem' in repo) settings.wrong('repos', repo.problem)
    else if (repos.some(({ name }) => name === repo.name))
      settings.wrong('repos', `${repo.path} is the repo ${repo.name}, as one before it`)
    else repos.push(repo)
  }
  return repos
}

async function namedRepo(tree: string): Promise<FoundRepo | { problem: string }> {
  const problem = await problemOf(tree, isSquashed(tree) ? 'file' : 'folder')
  if (problem !== undefined) return { problem: `${problem} at ${tree}` }
  const name = await readRepoName(tree)
  if (name === undefined)
    return { problem: `${tree} is not an ebuild repository: it has no profiles/repo_name` }
  return { name, path: tree }
}

/** Notes a folder or file that a key names and that is not there. */
export async function requireFiles(settings: Settings): Promise<void> {
  const confdir = settings.one('portage_confdir')
  const problem = confdir === undefined ? undefined : await problemOf(confdir, 'folder')
  if (confdir !== undefined && problem !== undefined)
    settings.wrong('portage_confdir', `${problem} at ${path.resolve(confdir)}`)
  const own = {
    'make.conf': 'but for compiler flags and CHOST where catalyst takes those from there, ',
    'repos.conf': '',
  }
  for (const [name, but] of Object.entries(own))
    if (confdir !== undefined && existsSync(path.join(confdir, name)))
      settings.notice('portage_confdir', `its ${name} is left out, ${but}the stage has its own`)
  for (const file of settings.many('interpreter'))
    if (!path.isAbsolute(file) || (await problemOf(file, 'file')) !== undefined)
      settings.wrong('interpreter', `expected the absolute path of a file that is there, found ${file}`)
}

/** Notes a folder that is used, or made, where there can be none. */
export async function requirePlaces(settings: Settings): Promise<void> {
  for (const key of ['distdir', 'port_logdir', 'pkgcache_path'] as const) {
    const place = settings.one(key)
    const problem = place === undefined ? undefined : await placeProblem(path.resolve(place))
    if (problem !== undefined) settings.wrong(key, `${problem} at ${place}`)
  }
}

/** Notes a profile that is not there; what a .sqfs file has is not looked at. */
export function requireProfile(settings: Settings, profile: string, repos: readonly FoundRepo[]): void {
  const name = parseProfile(profile)
  const tree = repos.find((repo) => repo.name === name?.repo)?.path
  if (name === undefined || tree === undefined || isSquashed(tree) || tree === NO_REPO.path) return
  const folder = path.join(tree, 'profiles', name.path)
  if (!existsSync(folder)) settings.wrong('profile', `there is no ${folder}`)
}

/** The text of the envscript, or undefined with a problem noted. */
export async function envscriptText(settings: Settings, file: string): Promise<string | undefined> {
  const problem = await problemOf(file, 'file')
  if (problem !== undefined) {
    settings.wrong('envscript', `${problem} at ${file}`)
    return undefined
  }
  try {
    return await readText(file)
  } catch (error) {
    settings.wrong('envscript', `${file}: ${(error as Error).message}`)
    return undefined
  }
}

/** The variables of the make.conf in a `portage_confdir`; undefined when it has no such file. */
export function confdirMakeConf(confdir: string, onLeftOut?: OnLeftOut): Record<string, string> | undefined {
  const file = path.join(confdir, 'make.conf')
  const read = (each: string): string | undefined => {
    try {
      return isFile(each) ? readFileSync(each, 'utf8') : undefined
    } catch {
      return undefined
    }
  }
  return isFile(file)
    ? parseMakeConf(readFileSync(file, 'utf8'), onLeftOut, { file: path.resolve(file), read })
    : undefined
}

/** The variables of the make.conf in an archive; none when it has no such file. */
export async function seedMakeConf(archive: string, onLeftOut?: OnLeftOut): Promise<Record<string, string>> {
  // tar would wait for a FIFO, or read a device for ever; that it is no seed is said by who opens it.
  if (!isFile(archive)) return {}
  const argv = [
    'tar',
    '--extract',
    '--to-stdout',
    '--occurrence=1',
    '--wildcards',
    '--no-wildcards-match-slash',
  ] as const
  const { text = '' } = await firstOutput(
    [...argv, '--file', archive, '*/etc/portage/make.conf'],
    MOST_MAKE_CONF,
  )
  return parseMakeConf(text, onLeftOut)
}

/** Nobody has written a longer one. */
const MOST_MAKE_CONF = 2 ** 20

/** Endings of archives, as catalyst and this program name them. */
const ARCHIVE = /^\.(?:tar(?:\.(?:zst|bz2|xz|gz|zstd))?|tbz2|txz|tgz|tzst)$/

/** The seed, or in words why there is none. */
export type FoundSource = { readonly file: string } | { readonly problem: string }

/**
 * Finds the archive of `subpath` below `builds`: that file itself, or the one `SUBPATH.SUFFIX` that is an archive.
 * Signatures, digests and lists beside it are not archives. Of several, the only one with a record counts.
 */
export function findSource(builds: string, subpath: string): FoundSource {
  const exact = path.join(builds, subpath)
  if (isFile(exact)) return { file: exact }
  const folder = path.dirname(exact)
  const name = path.basename(exact)
  const names = existsSync(folder) ? readdirSync(folder) : []
  const candidates = names
    .filter((each) => each.startsWith(`${name}.`) && ARCHIVE.test(each.slice(name.length)))
    .map((each) => path.join(folder, each))
    .filter(isFile)
    .sort()
  const recorded = candidates.filter((each) => isFile(sideFiles(each).record))
  const [first, second] = candidates.length > 1 && recorded.length === 1 ? recorded : candidates
  if (first === undefined) return { problem: `there is no ${exact}, and no archive ${exact}.tar.*` }
  if (second === undefined) return { file: first }
  const all = candidates.map((each) => path.basename(each)).join(', ')
  return { problem: `several archives fit: ${all} in ${folder}; name one with its suffix` }
}

const isFile = (file: string): boolean => kindAtSync(file) === 'a file'
