// Writes the ebuild repos of a distribution seed: one ebuild per group, which installs the files that are the group's.

import { lstatSync, type Stats } from 'node:fs'
import { cp, lstat, mkdir, readdir, realpath, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import { ARCHS } from '../../sdk/architecture.js'
import { globPattern } from '../../sdk/glob.js'
import { globMatcher, type SeedPackage } from './groups.js'

/** A repo of the definition, and where it goes in the root. */
export interface SeedRepo {
  name: string
  /** The checkout's tree: its profiles are taken over, its ebuilds are not. */
  source: string
  /** Absolute path inside the root, e.g. `/var/gentoo/repos/gentoo`. */
  archive: string
  main: boolean
}

/** What {@link generateRepos} needs. */
export interface GenerateOptions {
  root: string
  repos: readonly SeedRepo[]
  packages: readonly SeedPackage[]
  /** category/name of ebuilds taken over from the definition's repos as they are. */
  copy: readonly string[]
  /** Globs of files of packages that are nobody's: dpkg lists also what it was told not to unpack. */
  excluded: readonly string[]
}

/** Writes both repos below `root`. @throws SdkError SDK_DEFINITION on a package for an unknown repo */
export async function generateRepos(options: GenerateOptions): Promise<void> {
  const { root, repos } = options
  for (const repo of repos) await copyFrame(root, repo, options.copy)
  const canonical = canonicalizer(root)
  const filesOfGlobs = globber(root)
  const isExcluded = globMatcher(options.excluded)
  const owned = new Set<string>()
  const claimed = new Map(
    options.packages.flatMap((item) =>
      item.extra.filter((file) => !/[*[]/.test(file)).map((file) => [file, item.package] as const),
    ),
  )
  for (const item of options.packages) {
    const repo = repos.find((candidate) =>
      item.repo === undefined ? candidate.main : candidate.name === item.repo,
    )
    if (repo === undefined)
      throw new SdkError(
        'SDK_DEFINITION',
        `group ${item.package} wants repo ${item.repo}, which the definition lacks`,
      )
    const files = await filesOf(item, { root, canonical, filesOfGlobs, isExcluded, owned, claimed })
    await writePackage(path.join(root, repo.archive), item, files)
  }
}

/** What a seed's repo takes over from the definition's, below its folder; `copy` as the groups file has it. */
export const takenOver = (copy: readonly string[]): string[] => ['profiles', 'metadata/layout.conf', ...copy]

async function copyFrame(root: string, repo: SeedRepo, copy: readonly string[]): Promise<void> {
  const target = path.join(root, repo.archive)
  await mkdir(target, { recursive: true })
  for (const part of takenOver(copy)) {
    const source = path.join(repo.source, part)
    const exists = await lstat(source).then(
      () => true,
      () => false,
    )
    if (exists) await cp(source, path.join(target, part), { recursive: true })
  }
}

/** Folders whose content is no package's payload: a stage covers them with folders of its own. */
const VOLATILE = /^\/(?:dev|proc|run|sys|tmp|var\/(?:cache|db|log|tmp|lib\/dpkg|lib\/apt))(?:\/|$)/

interface FileContext {
  root: string
  canonical: (file: string) => Promise<string | undefined>
  isExcluded: (file: string) => boolean
  filesOfGlobs: (globs: readonly string[]) => Promise<string[]>
  /** Files that a group has already; directories may belong to many. */
  owned: Set<string>
  /** Files that a group names without a glob: nobody else's, whatever dpkg says. */
  claimed: ReadonlyMap<string, string>
}

async function filesOf(item: SeedPackage, context: FileContext): Promise<string[]> {
  const listed = [...new Set(item.debs.flatMap((deb) => deb.files))]
  const wanted = listed.filter((file) => !context.isExcluded(file))
  const found = (await Promise.all(wanted.map((file) => context.canonical(file)))).filter(
    (file) => file !== undefined && (context.claimed.get(file) ?? item.package) === item.package,
  ) as string[]
  const extras = await context.filesOfGlobs(item.extra)
  const files: string[] = []
  for (const file of [...new Set([...found, ...extras])].sort()) {
    const stat = look(path.join(context.root, file))
    // Portage makes the folders of the files, and takes away those with nothing in them.
    if (stat?.isDirectory() === false && !context.owned.has(file)) files.push(file)
  }
  for (const file of files) context.owned.add(file)
  return files
}

/** Resolves links among a path's parents (merged /usr: `/bin/bash` is `/usr/bin/bash`); undefined when it is not there. */
function canonicalizer(root: string): (file: string) => Promise<string | undefined> {
  const parents = new Map<string, Promise<string | undefined>>()
  const resolveParent = (dir: string): Promise<string | undefined> => {
    const known = parents.get(dir)
    if (known !== undefined) return known
    const resolved = realpath(path.join(root, dir)).then(
      (real) => (real === root || real.startsWith(`${root}/`) ? real.slice(root.length) : undefined),
      () => undefined,
    )
    parents.set(dir, resolved)
    return resolved
  }
  return async (file) => {
    const parent = await resolveParent(path.dirname(file))
    if (parent === undefined) return undefined
    const full = path.join('/', parent, path.basename(file))
    const stat = look(path.join(root, full))
    // The merged-/usr links themselves are baselayout's; caches and logs are nobody's.
    if (VOLATILE.test(full)) return undefined
    if (stat === undefined || full === '/' || (stat.isSymbolicLink() && path.dirname(full) === '/'))
      return undefined
    return full
  }
}

/** Without a turn of the event loop for each of thirty thousand files. */
function look(file: string): Stats | undefined {
  try {
    return lstatSync(file, { throwIfNoEntry: false })
  } catch {
    // Below what is no folder.
    return undefined
  }
}

/** Finds the files below `root` that globs match; a folder is read once for all of them. */
function globber(root: string): FileContext['filesOfGlobs'] {
  const folders = new Map<string, Promise<string[]>>()
  const below = (folder: string): Promise<string[]> => {
    const known = folders.get(folder) ?? listFiles(root, folder)
    folders.set(folder, known)
    return known
  }
  return async (globs) => {
    const found = new Set<string>()
    for (const glob of globs) {
      const fixed = glob.split(/[*?[\\]/)[0] ?? glob
      const files = fixed === glob ? [glob] : await below(fixed.slice(0, fixed.lastIndexOf('/')))
      const pattern = globPattern(glob)
      for (const file of files) if (pattern.test(file)) found.add(file)
    }
    return [...found]
  }
}

/** `folder` of `root`, and all that is below it. */
async function listFiles(root: string, folder: string): Promise<string[]> {
  // With types: without them Node goes into folders that are only linked.
  const entries = await readdir(path.join(root, folder), { recursive: true, withFileTypes: true }).catch(
    () => [],
  )
  return [
    folder,
    ...entries.map((entry) => `/${path.relative(root, path.join(entry.parentPath, entry.name))}`),
  ]
}

async function writePackage(repo: string, item: SeedPackage, files: readonly string[]): Promise<void> {
  const [category = '', name = ''] = item.package.split('/')
  const folder = path.join(repo, category, name)
  await rm(folder, { recursive: true, force: true })
  await mkdir(path.join(folder, 'files'), { recursive: true })
  await writeFile(
    path.join(folder, 'files', `${name}.list`),
    files.map((file) => `${file.slice(1)}\n`).join(''),
  )
  await writeFile(path.join(folder, `${name}-${item.version}.ebuild`), renderEbuild(item))
}

/** The ebuild of one group (pure). */
export function renderEbuild(item: SeedPackage): string {
  const stands = item.debs.map((deb) => `${deb.name} ${deb.version}`)
  return `# Generated when the distribution seed was made; stands for these packages of the distribution:
${stands.map((line) => `#   ${line}\n`).join('')}
EAPI=8

DESCRIPTION="${item.package.split('/')[1]}, as the distribution built it"
S="\${WORKDIR}"
LICENSE="distribution"
SLOT="${item.slot}"
KEYWORDS="${ARCHS.join(' ')}"
RDEPEND="${item.depends.map((cp) => `\n\t${cp}`).join('')}
"
RESTRICT="mirror strip"
QA_PREBUILT="*"

src_install() {
	# The seed holds the files that the list names; nothing else of it is taken.
	tar -C / --no-recursion --xattrs --xattrs-include='*' -cf - -T "\${FILESDIR}/\${PN}.list" |
		tar -C "\${ED}" --xattrs --xattrs-include='*' -xpf -
	[[ \${PIPESTATUS[*]} == "0 0" ]] || die "copying the files of \${PN} failed"
}
`
}
