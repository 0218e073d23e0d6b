// A run works on copies of the checkout's repos, so that an edit in the middle of it cannot mix two states.

import { access, chmod, cp, lstat, mkdir, mkdtemp, stat } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../errors.js'
import { must } from '../process/run.js'
import type { RepoDefinition } from '../sdk/definition.js'
import { sha256File } from '../store/digest/digest.js'
import { type DigestMemory, knownDigest } from '../store/digest/known-digest.js'
import { removeTree } from '../store/disk/remove.js'
import { PRIVATE } from '../store/layout.js'
import { findKeptFolder, keepFolder } from '../store/trees/kept-folder.js'
import { checkRepoName } from './check-name.js'
import { type Graft, treeDigest } from './digest.js'
import { findJunk, junkOf, withoutJunk } from './junk.js'
import { knownTreeDigest } from './known-tree.js'
import { programGraft } from './program.js'
import { sharedDigest } from './sources.js'
import { isSquashed, unsquash } from './squashed.js'

/** A repo as a run uses it. */
export interface RepoSnapshot {
  readonly name: string
  /** Where it is archived in an SDK, and where it is in the stages that use the checkout's. */
  readonly archive: string
  readonly location: string
  readonly main: boolean
  /** The tree it was copied from. */
  readonly source: string
  /** The copy, which nobody changes. */
  readonly path: string
  /** {@link treeDigest} of the copy; of a squashfs file the digest of that. */
  readonly digest: string
  /** {@link sharedDigest} of the copy: what every ebuild of it may depend on. */
  readonly shared: string
}

/** How copies are made and found. */
export interface Copies {
  readonly memory?: DigestMemory
  /** Told of a copy that is not as it was made, and is made anew, by its path. */
  readonly onTouched?: ((copy: string) => void) | undefined
}

/**
 * Copies `repo` into `directory`, unless a copy of that digest is there that nobody has touched; with this program in it, if
 * it has the package for that.
 *
 * @throws SdkError SDK_REPO when the tree is not there or is another repo
 */
export async function snapshotRepo(
  repo: RepoDefinition,
  directory: string,
  { memory, onTouched }: Copies = {},
): Promise<RepoSnapshot> {
  if (!isSquashed(repo.path)) await checkRepoName(repo)
  await mkdir(directory, { recursive: true, mode: PRIVATE })
  const graft = await graftOf(repo)
  const digest = await knownTreeDigest(memory, { path: repo.path, graft, junk: repo.junk })
  const kept = await findKeptFolder(directory, digest, onTouched)
  const [found, tree] =
    kept === undefined ? await makeCopy(repo, { directory, digest, graft }) : [digest, kept]
  if (isSquashed(repo.path)) await checkRepoName({ ...repo, path: tree })
  const { name, archive, location, main, path: source } = repo
  const shared = await knownDigest(memory, {
    key: `shared ${SHARED_RECIPE} ${found}`,
    // The tree is what its digest says: the copy was looked at, or has just been made.
    look: async () => ({ stat: found, changed: 0n }),
    read: () => sharedDigest(tree),
  })
  return { name, archive, location, main, source, digest: found, shared, path: tree }
}

/** Version of {@link sharedDigest}; raise it when the same tree would have another one. */
const SHARED_RECIPE = 1

/** What is put into a copy of `repo`. */
const graftOf = async (repo: RepoDefinition): Promise<Graft | undefined> =>
  isSquashed(repo.path) ? undefined : await programGraft(repo, repo.path)

interface Making {
  readonly directory: string
  /** Of the repo as it was looked at. */
  readonly digest: string
  readonly graft: Graft | undefined
}

/** @returns the digest of the copy, and where it is */
async function makeCopy(
  repo: RepoDefinition,
  { directory, digest, graft }: Making,
): Promise<[string, string]> {
  const temporary = await mkdtemp(path.join(directory, '.copy-'))
  try {
    const copy = path.join(temporary, 'repo')
    if (isSquashed(repo.path)) await unsquashSame(repo.path, copy, digest)
    else await copyTree(repo, { copy, temporary, graft })
    // The digest of the copy counts: the source may have changed meanwhile.
    const found = isSquashed(repo.path) ? digest : await treeDigest(copy, undefined, repo.junk)
    return [found, (await findKeptFolder(directory, found)) ?? (await keepFolder(directory, found, copy))]
  } finally {
    await removeTree(temporary, directory)
  }
}

/**
 * Unpacks the file whose `digest` the copy is to be kept by: of a snapshot that is renewed meanwhile it would be kept by that of the
 * older one, for all runs to come.
 */
async function unsquashSame(file: string, copy: string, digest: string): Promise<void> {
  const before = await standing(file)
  const isSame = (await sha256File(file)) === digest
  if (isSame) await unsquash(file, copy)
  if (isSame && (await standing(file)) === before) return
  throw new SdkError('SDK_REPO', `${file} was replaced while it was copied`, {
    hint: 'run the same command again when nobody writes that file any more',
  })
}

async function standing(file: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true })
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
}

interface Copying extends Pick<Making, 'graft'> {
  readonly copy: string
  readonly temporary: string
}

/** Copies the tree without its junk: what lies at the top may be large, and is not copied at all. */
async function copyTree(
  { path: source, junk }: RepoDefinition,
  { copy, temporary, graft }: Copying,
): Promise<void> {
  const kept = await withoutJunk(source, junkOf(source, junk))
  // What is in it: the repo may be a link.
  const from = kept?.map((name) => `${source}/${name}`) ?? [`${source}/.`]
  await mkdir(copy)
  await chmod(copy, (await stat(source)).mode & 0o7777)
  const into = ['--no-preserve=ownership', `--target-directory=${copy}`]
  if (from.length > 0)
    await must({ argv: ['cp', '-a', '--reflink=auto', ...into, '--', ...from] }, 'SDK_REPO')
  for await (const name of findJunk(copy, junkOf(copy, junk)))
    await removeTree(path.join(copy, name), temporary)
  if (graft !== undefined) await putIn(graft, copy, temporary)
}

/** The digest that a snapshot of `repo` would have. */
export const repoDigest = async (repo: RepoDefinition, memory?: DigestMemory): Promise<string> =>
  await knownTreeDigest(memory, { path: repo.path, graft: await graftOf(repo), junk: repo.junk })

/** Puts `graft` into the copy; modes are everybody's, not those that a checkout happens to have. */
async function putIn({ at, files }: Graft, copy: string, inside: string): Promise<void> {
  const folder = path.join(copy, at)
  if (await exists(folder)) await removeTree(folder, inside)
  for (const [name, file] of files) {
    const target = path.join(folder, name)
    await mkdir(path.dirname(target), { recursive: true, mode: 0o755 })
    await cp(file, target, { verbatimSymlinks: true })
    const info = await lstat(target)
    if (info.isFile()) await chmod(target, (info.mode & 0o111) === 0 ? 0o644 : 0o755)
  }
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )
