// A run works on copies of the checkout's repos, so that an edit in the middle of it cannot mix two states.

import { access, chmod, cp, lstat, mkdir, mkdtemp, rename } from 'node:fs/promises'
import path from 'node:path'
import { must } from '../process/run.js'
import type { RepoDefinition } from '../sdk/definition.js'
import { removeTree } from '../store/remove.js'
import { checkRepoName } from './check-name.js'
import { type Graft, treeDigest } from './digest.js'
import { programGraft } from './program.js'
import { sharedDigest } from './sources.js'
import { isSquashed, squashedDigest, unsquash } from './squashed.js'

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

/**
 * Copies `repo` to `directory/DIGEST`, unless that copy is there already; with this program in it, if it has the package
 * for that.
 *
 * @throws SdkError SDK_REPO when the tree is not there or is another repo
 */
export async function snapshotRepo(repo: RepoDefinition, directory: string): Promise<RepoSnapshot> {
  if (isSquashed(repo.path)) return await unsquashRepo(repo, directory)
  await checkRepoName(repo)
  const { name, archive, location, main, path: source } = repo
  const made = async (digest: string, tree: string): Promise<RepoSnapshot> => ({
    ...{ name, archive, location, main, source, digest },
    shared: await sharedDigest(tree),
    path: path.join(directory, digest),
  })
  await mkdir(directory, { recursive: true })
  const graft = await programGraft(repo, source)
  const before = await treeDigest(source, graft)
  const there = path.join(directory, before)
  if (await exists(there)) return await made(before, there)
  const temporary = await mkdtemp(path.join(directory, '.copy-'))
  const copy = path.join(temporary, 'repo')
  // What is in it: the repo may be a link.
  await must(
    { argv: ['cp', '-a', '--reflink=auto', '--no-preserve=ownership', '--', `${source}/.`, copy] },
    'SDK_REPO',
  )
  await removeVersionControl(copy, temporary)
  if (graft !== undefined) await putIn(graft, copy, temporary)
  // The digest of the copy counts: the source may have changed meanwhile.
  const after = await made(await treeDigest(copy), copy)
  await rename(copy, after.path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
  })
  await removeTree(temporary, directory)
  return after
}

/** The digest that a snapshot of `repo` would have. */
export const repoDigest = async (repo: RepoDefinition): Promise<string> =>
  isSquashed(repo.path)
    ? await squashedDigest(repo.path)
    : await treeDigest(repo.path, await programGraft(repo, repo.path))

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

/** Unpacks a squashfs file to `directory/DIGEST`, the digest being that of the file. */
async function unsquashRepo(repo: RepoDefinition, directory: string): Promise<RepoSnapshot> {
  const { name, archive, location, main, path: source } = repo
  const digest = await squashedDigest(source)
  const tree = path.join(directory, digest)
  await mkdir(directory, { recursive: true })
  if (!(await exists(tree))) await unsquash(source, tree)
  await checkRepoName({ ...repo, path: tree })
  const shared = await sharedDigest(tree)
  return { name, archive, location, main, source, digest, shared, path: tree }
}

async function removeVersionControl(copy: string, inside: string): Promise<void> {
  for (const name of ['.git', '.svn', '.github']) {
    const folder = path.join(copy, name)
    if (await exists(folder)) await removeTree(folder, inside)
  }
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )
