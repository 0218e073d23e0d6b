// Holds the length of source files and the size of their folders (CONTRIBUTING.md, "Code"): Biome's own rule leaves comments
// out, and knows no folders.

import path from 'node:path'
import { filesBelow, textOf } from './source-files.mjs'

const MOST_LINES = 250
const MOST_FILES = 15

const files = filesBelow('src', '.ts')
const wrong = []
for (const file of files) {
  const lines = textOf(file).split('\n').length - 1
  if (lines > MOST_LINES) wrong.push(`${file}: ${lines} lines, expected at most ${MOST_LINES}`)
}
for (const folder of new Set(files.map((file) => path.dirname(file)))) {
  const { length } = files.filter((file) => path.dirname(file) === folder)
  if (length > MOST_FILES) wrong.push(`${folder}: ${length} files, expected at most ${MOST_FILES}`)
}

for (const line of wrong) console.error(line)
process.exitCode = wrong.length > 0 ? 1 : 0
