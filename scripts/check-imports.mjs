// Holds the direction of imports between rooms (ARCHITECTURE.md, "Rooms"), and that no files import each other in a circle.
// Exit code 1 lists every import that points up and every circle.

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

/** The files that each file imports, types too. */
const importsOf = new Map(
  filesBelow('src', '.ts').map((file) => [
    file,
    [...textOf(file).matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, target]) =>
      new URL(target, `file:///${file}`).pathname.slice(1).replace(/\.js$/, '.ts'),
    ),
  ]),
)

const wrong = []
for (const [file, targets] of importsOf)
  for (const target of targets)
    if (!allowed(roomOf(file), roomOf(target)))
      wrong.push(`${file}: ${roomOf(file)} must not import ${roomOf(target)}`)

/** One way round each circle of files: a type that two of them share belongs into a file below both. */
function findCircles(file, way = [], done = new Set()) {
  if (way.includes(file)) {
    wrong.push(`a circle: ${[...way.slice(way.indexOf(file)), file].join(' → ')}`)
    return
  }
  if (done.has(file)) return
  for (const target of importsOf.get(file) ?? []) findCircles(target, [...way, file], done)
  done.add(file)
}
const done = new Set()
for (const file of importsOf.keys()) findCircles(file, [], done)

for (const line of wrong) console.error(line)
process.exitCode = wrong.length > 0 ? 1 : 0
