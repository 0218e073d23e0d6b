// Fetches what the live packages of a stage are built from: each repository with the commit that is wanted, and its submodules.

import { mkdir } from 'node:fs/promises'
import { SdkError } from '../../errors.js'
import type { Emit } from '../../events/event.js'
import { decidingGlob } from '../../sdk/glob.js'
import { redact } from '../../transfer/place.js'
import { git } from './git.js'
import type { GitInput, GitSource, LivePackage } from './live-package.js'
import { askedFor, isPinned, type Obtained, obtain, type Want } from './obtain.js'
import { isLocal, submodulePlaces } from './place.js'

/** What to fetch, and where to. */
export interface LiveRequest {
  readonly packages: readonly LivePackage[]
  /** Folder of the kept repositories. */
  readonly folder: string
  readonly stage: string
  readonly emit: Emit
  readonly signal: AbortSignal | undefined
  /** Repositories may be asked by ssh, with the keys of who runs this. */
  readonly bySsh: boolean
}

/** What is there then. */
export interface LiveFetched {
  /** In the order of the packages. */
  readonly inputs: readonly GitInput[]
  /** Names of the repositories' folders. */
  readonly names: readonly string[]
}

/** Submodules within submodules, at most so deep: more is a circle. */
const DEEPEST = 16
/** Submodules of one package, those within others too: ten in each of ten would keep Git busy for ever. */
const MOST_SUBMODULES = 500

/**
 * Fetches. What is pinned and there needs no network. Of what is not pinned the newest is fetched each time, and a warning says
 * that the stage cannot be built again.
 *
 * @throws SdkError SDK_DISTFILE when a commit cannot be had; SDK_REPO for an address that cannot be one; SDK_HOST
 */
export async function fetchLive({
  packages,
  folder,
  stage,
  emit,
  signal,
  bySsh,
}: LiveRequest): Promise<LiveFetched> {
  const inputs: GitInput[] = []
  const names = new Set<string>()
  await mkdir(folder, { recursive: true })
  for (const live of packages)
    for (const source of live.git) {
      if (live.binary && isPinned(source)) {
        // Its binary package is of this commit.
        inputs.push({
          package: live.package,
          uri: redact(source.name),
          ref: source.commit,
          commit: source.commit.toLowerCase(),
          pinned: true,
        })
        continue
      }
      const want: Want = {
        ...{ folder, emit, signal, source, bySsh },
        package: live.package,
        fromLocal: source.uris.some(isLocal) || isLocal(source.mirror),
      }
      await withSubmodules(want, {
        inputs,
        names,
        parent: '',
        depth: 0,
        left: { submodules: MOST_SUBMODULES },
      })
    }
  for (const { package: name, uri, ref, commit, pinned } of inputs)
    if (!pinned)
      emit({
        type: 'warning',
        message: `${stage} cannot be reproduced: ${name} is built from whatever ${ref} of ${uri} is, now ${commit}`,
        hint: 'let the ebuild name the commit (EGIT_COMMIT)',
      })
  return { inputs, names: [...names] }
}

interface Walk {
  readonly inputs: GitInput[]
  readonly names: Set<string>
  /** Path of the submodule in the outermost repository, with a slash at its end; or nothing. */
  readonly parent: string
  readonly depth: number
  /** How many more the package may have. */
  readonly left: { submodules: number }
}

async function withSubmodules(want: Want, walk: Walk): Promise<void> {
  const { source, folder, signal } = want
  const got = await obtain(want)
  const { commit, uri } = got
  // What a pinned commit has as a submodule is pinned by it; all of another is as new as that.
  walk.inputs.push({ package: want.package, uri, ref: askedFor(source), commit, pinned: got.pinned })
  walk.names.add(got.name)
  if (walk.depth === DEEPEST)
    throw new SdkError(
      'SDK_REPO',
      `${want.package}: the submodules of ${uri} are in each other, ${DEEPEST} deep`,
    )
  const directory = `${folder}/${got.name}`
  const found = await submodules(directory, got, { signal, most: walk.left.submodules })
  if (found === 'too many')
    throw new SdkError('SDK_REPO', `${want.package} has more than ${MOST_SUBMODULES} submodules: ${uri}`, {
      hint: 'let the ebuild say which it needs (EGIT_SUBMODULES)',
    })
  for (const each of found) {
    if (!isWanted(source, `${walk.parent}${each.name}`, each.update)) continue
    walk.left.submodules--
    const [first = '', ...rest] = submodulePlaces(each.url, source.uris)
    // A submodule's commit may be on any branch of its repository.
    const submodule: GitSource = {
      ...{
        name: first,
        uris: [first, ...rest],
        commit: each.commit,
        branch: '',
        date: '',
        lfs: '',
        mirror: source.mirror,
      },
      ...{ cloneType: 'mirror', minCloneType: 'mirror' },
      ...(source.submodules === undefined ? {} : { submodules: source.submodules }),
    }
    await withSubmodules(
      { ...want, source: submodule },
      { ...walk, parent: `${walk.parent}${each.path}/`, depth: walk.depth + 1 },
    )
  }
}

interface Submodule {
  readonly name: string
  readonly url: string
  readonly path: string
  readonly update: string
  readonly commit: string
}

/** The submodules of a commit that are in its tree. */
async function submodules(
  directory: string,
  { commit }: Obtained,
  { signal, most }: { signal: AbortSignal | undefined; most: number },
): Promise<Submodule[] | 'too many'> {
  const listed = await git(['config', '--null', `--blob=${commit}:.gitmodules`, '--list'], {
    directory,
    signal,
  })
  if (!listed.ok) return []
  const found = new Map<string, Record<string, string>>()
  for (const line of listed.stdout.split('\0')) {
    const [, name, key, value] = /^submodule\.(.*)\.(url|path|update)\n(.*)$/s.exec(line) ?? []
    if (name !== undefined && key !== undefined) found.set(name, { ...found.get(name), [key]: value ?? '' })
  }
  if (found.size > most) return 'too many'
  const result: Submodule[] = []
  for (const [name, { url = '', path = '', update = '' }] of found) {
    const { stdout } = await git(['ls-tree', '-z', commit, '--', path], { directory, signal })
    const pinned = /^160000 commit ([0-9a-f]+)\t/.exec(stdout)?.[1]
    if (path !== '' && url !== '' && pinned !== undefined)
      result.push({ name, url, path, update, commit: pinned })
  }
  return result
}

/** Whether an ebuild wants a submodule: the last of its patterns that matches decides; without patterns what is not switched off. */
function isWanted({ submodules: patterns }: GitSource, name: string, update: string): boolean {
  if (patterns === undefined) return update !== 'none'
  return decidingGlob(patterns, name)?.startsWith('-') === false
}
