// The project's source files, for the checks beside this file.

import fs from 'node:fs'
import path from 'node:path'

const NOT_SOURCE = new Set(['node_modules', 'dist', 'lib', 'build', '.cache', '.git'])

/** Files below `folder` whose name ends in `suffix`, relative to the project; without what is installed or built. */
export function filesBelow(folder, suffix) {
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const file = path.join(folder, entry.name)
      if (entry.isDirectory()) return NOT_SOURCE.has(entry.name) ? [] : filesBelow(file, suffix)
      return entry.isFile() && entry.name.endsWith(suffix) ? [file] : []
    })
    .sort()
}

/** The text of a file. */
export const textOf = (file) => fs.readFileSync(file, 'utf8')
