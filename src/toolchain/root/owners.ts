// Who owns which file of a root, by Portage's own database `/var/db/pkg` inside it. Paths are byte strings (latin1).

import { listDirectory, type RootView, readRootText, viewRoot } from './view.js'

/** Where Portage keeps what is installed, inside a root. */
const DATABASE = '/var/db/pkg'

/**
 * Path → package (`category/name-version`) for every file and link that a package of `root` installed. Directories
 * above a file are canonical inside the root, so that `/bin/sh` of a package is found as `/usr/bin/sh` after usr-merge.
 */
export function ownerIndex(root: string | RootView): Map<string, string> {
  const view = typeof root === 'string' ? viewRoot(root) : root
  const owners = new Map<string, string>()
  for (const category of listDirectory(view, DATABASE)) {
    for (const name of listDirectory(view, `${DATABASE}/${category}`)) {
      // A package without files has no CONTENTS, or an empty one.
      const text = readRootText(view, `${DATABASE}/${category}/${name}/CONTENTS`) ?? ''
      for (const path of contentsPaths(text)) owners.set(view.canonicalParent(path), `${category}/${name}`)
    }
  }
  return owners
}

/**
 * The files and links of a CONTENTS text: `obj PATH MD5 MTIME`, `sym PATH -> TARGET MTIME`, `fif` and `dev PATH`.
 * `dir` lines are left out, since directories have many owners. A path may hold blanks: fields are cut from the end.
 */
export function* contentsPaths(text: string): Generator<string> {
  for (const line of text.split('\n')) {
    const kind = line.slice(0, 4)
    const rest = line.slice(4)
    if (kind === 'obj ') {
      const path = rest.slice(0, rest.lastIndexOf(' ', rest.lastIndexOf(' ') - 1))
      if (path.startsWith('/')) yield path
    } else if (kind === 'sym ') {
      const path = rest.slice(0, rest.indexOf(' -> '))
      if (path.startsWith('/')) yield path
    } else if ((kind === 'fif ' || kind === 'dev ') && rest.startsWith('/')) yield rest
  }
}
