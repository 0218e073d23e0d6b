// The project's source files, for the checks beside this file.

import fs from 'node:fs'
import path from 'node:path'

/** Files below `folder` whose name ends in `suffix`, relative to the project. */
export function globSync(folder, suffix) {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(suffix))
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .sort()
}

/** The text of a file. */
export const readFileSync = (file) => fs.readFileSync(file, 'utf8')
