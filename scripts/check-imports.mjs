// Holds the direction of imports between rooms (ARCHITECTURE.md, "Rooms"), that a room's sub-folders are private but for its
// face, that no files import each other in a circle, and that what a file exports is used by another one. Exit code 1 lists
// whatever breaks one of these.

import { FACES, LAYERS, ONLY_EVENTS } from './rooms.mjs'
import { filesBelow, textOf } from './source-files.mjs'

const levelOf = (room) => LAYERS.findIndex((layer) => layer.includes(room))
const roomOf = (path) => path.split('/')[1].replace(/\.ts$/, '')

const allowed = (from, to) => {
  if (from === to || to === 'errors') return true
  if (ONLY_EVENTS.includes(from)) return to === 'events'
  if (ONLY_EVENTS.includes(to)) return from === 'cli'
  return levelOf(from) >= 0 && levelOf(from) < levelOf(to)
}

/** The files that each file imports, types too; a test also those that it starts or imports in a process of its own. */
const importsOf = new Map(
  ['src', 'tests', 'bench'].flatMap((folder) =>
    filesBelow(folder, '.ts').map((file) => [
      file,
      [...textOf(file).matchAll(/['"](\.{1,2}\/[^'"]+\.js)['"]/g)].map(([, target]) =>
        new URL(target, `file:///${file}`).pathname.slice(1).replace(/\.js$/, '.ts'),
      ),
    ]),
  ),
)
const isSource = (file) => file.startsWith('src/')

const faces = new Map(
  Object.entries(FACES).flatMap(([room, files]) => files.map((file) => [`src/${room}/${file}.ts`, false])),
)

const wrong = []
for (const [file, targets] of [...importsOf].filter(([each]) => isSource(each)))
  for (const target of targets) {
    const [from, to] = [roomOf(file), roomOf(target)]
    if (from === to) continue
    if (!allowed(from, to)) wrong.push(`${file}: ${from} must not import ${to}`)
    const isInside = target.split('/').length > 3
    if (isInside && !faces.has(target))
      wrong.push(`${file}: ${target} is private to ${to}; scripts/rooms.mjs names what is not`)
    if (isInside) faces.set(target, true)
  }
for (const [file, isUsed] of faces)
  if (!isUsed) wrong.push(`${file}: no other room imports it; take it out of FACES in scripts/rooms.mjs`)

const order = LAYERS.map((layer) => layer.join(', ')).join(' → ')
if (!textOf('ARCHITECTURE.md').replace(/\s+/g, ' ').includes(`\`${order}\``))
  wrong.push(`ARCHITECTURE.md: expected the order of the rooms as scripts/rooms.mjs has it: ${order}`)

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

// A name counts as used only where its file is imported: many files have words of the same name.
const usersOf = new Map()
for (const [file, targets] of importsOf)
  for (const target of targets)
    usersOf.set(target, [...(usersOf.get(target) ?? []), new Set(textOf(file).match(/\w+/g))])
// Types may be exported for their documentation alone: they are what exported functions take and give.
for (const file of importsOf.keys())
  for (const [, name] of textOf(file).matchAll(/^export (?:async )?(?:function\*?|const|class) (\w+)/gm))
    if (!(usersOf.get(file) ?? []).some((words) => words.has(name)))
      wrong.push(`${file}: ${name} is exported, and no other file uses it`)

for (const line of wrong) console.error(line)
process.exitCode = wrong.length > 0 ? 1 : 0
