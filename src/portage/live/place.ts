// Where repositories are, and what git-r3.eclass calls the folders that it keeps them in (pure).

import { SdkError } from '../../errors.js'

/** Folder of the kept repositories below that of the sources: the eclass's name. */
export const GIT_FOLDER = 'git3-src'

/** First parts of a path that name how a server is used, not what: the eclass drops one of them. */
const PREFIX = /^(?:browse|cgit|git|gitroot|p|pub\/scm)\//

/**
 * The folder's name of the repository whose first place is `uri`, as git-r3.eclass makes it.
 *
 * @throws SdkError SDK_REPO when it would not be a plain name
 */
export function folderName(uri: string): string {
  const path = uri
    .replace(/^.*?:\/\/[^/]*\//, '')
    .replace(/\/$/, '')
    .replace(PREFIX, '')
  const name = `${path.replace(/\.git$/, '')}.git`.replaceAll('/', '_')
  if (/^[^.\0\n][^\0\n]{0,200}$/.test(name) && !name.startsWith('-')) return name
  throw new SdkError('SDK_REPO', `${JSON.stringify(uri)} is not the address of a Git repository`, {
    hint: 'correct EGIT_REPO_URI of the ebuild',
  })
}

/** Whether a place is a folder of this machine. */
export const isLocal = (uri: string): boolean => uri.startsWith('/') || uri.startsWith('file://')

/** What Git may be given as a place: what its own protocols are, and nothing that runs a program. */
const ALLOWED = /^(?:(?:https?|git|ssh|git\+ssh|file):\/\/[^\s-][^\s]*|[\w.-]+@[\w.-]+:[^\s-]\S*|\/\S+)$/

/** What Git does by ssh: `user@host:path` too. */
const BY_SSH = /^(?:(?:git\+)?ssh:|[^/:]+@[^/:]+:)/

/**
 * Why `uri` is not asked; undefined if it may be. A submodule's parents may not send into folders of this machine, and ssh has the
 * keys of root.
 */
export function refusedPlace(
  uri: string,
  { fromLocal, bySsh }: { fromLocal: boolean; bySsh: boolean },
): string | undefined {
  if (!ALLOWED.test(uri)) return 'is not an https, http, git, ssh or file address'
  if (!bySsh && BY_SSH.test(uri)) return 'is asked by ssh, with the keys of root: --git_ssh allows it'
  return isLocal(uri) && !fromLocal ? 'is a submodule on this machine of a repository that is not' : undefined
}

/** Places of a submodule: relative ones are so to each place of its parent (gitmodules(5), as the eclass reads it). */
export function submodulePlaces(url: string, parents: readonly string[]): string[] {
  if (!/^\.\.?\//.test(url)) return [url]
  let bases = parents.map((each) => each.replace(/\/+$/, ''))
  let rest = url
  for (;;) {
    if (rest.startsWith('./')) rest = rest.slice(2)
    else if (rest.startsWith('../')) {
      rest = rest.slice(3)
      bases = bases.map((each) => each.replace(/\/[^/]*$/, '').replace(/\/+$/, ''))
    } else return bases.map((each) => `${each}/${rest}`)
  }
}
