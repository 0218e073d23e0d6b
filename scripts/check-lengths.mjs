// Holds the length of source files (CONTRIBUTING.md, "Code"): Biome's own rule leaves comments out.

import { filesBelow, textOf } from './source-files.mjs'

const MOST_LINES = 250

for (const file of filesBelow('src', '.ts')) {
  const lines = textOf(file).split('\n').length - 1
  if (lines <= MOST_LINES) continue
  console.error(`${file}: ${lines} lines, expected at most ${MOST_LINES}`)
  process.exitCode = 1
}
