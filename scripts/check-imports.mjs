// Holds the direction of imports between rooms (ARCHITECTURE.md, "Rooms"). Exit code 1 lists every import that points up.

import { filesBelow, textOf } from './source-files.mjs'

const LAYERS = [
  ['cli'],
  ['forecast', 'bootstrap', 'release', 'inspect', 'doctor', 'request'],
  ['stage', 'seed', 'repos', 'catalyst', 'compare'],
  ['sandbox', 'archive', 'portage', 'toolchain'],
  ['transfer'],
  ['store', 'process'],
  ['sdk', 'events', 'errors'],
]
const ONLY_EVENTS = ['progress', 'report']
const levelOf = (room) => LAYERS.findIndex((layer) => layer.includes(room))
const roomOf = (path) =>
  path
    .replace(/^src\//, '')
    .split('/')[0]
    .replace(/\.[jt]s$/, '')

const allowed = (from, to) => {
  if (from === to || to === 'errors') return true
  if (ONLY_EVENTS.includes(from)) return to === 'events'
  if (ONLY_EVENTS.includes(to)) return from === 'cli'
  return levelOf(from) >= 0 && levelOf(from) <= levelOf(to)
}

const wrong = []
for (const file of filesBelow('src', '.ts')) {
  for (const [, target] of textOf(file).matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
    const path = new URL(target, `file:///${file}`).pathname.slice(1)
    if (!allowed(roomOf(file), roomOf(path)))
      wrong.push(`${file}: ${roomOf(file)} must not import ${roomOf(path)}`)
  }
}
for (const line of wrong) console.error(line)
process.exitCode = wrong.length > 0 ? 1 : 0
