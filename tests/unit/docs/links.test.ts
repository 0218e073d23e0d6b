// README's set-up is two commands and no more, and no document links to what is not there.

import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

const read = (file: string): string => fs.readFileSync(file, 'utf8')

const documents = [
  ...fs.readdirSync('.').filter((name) => name.endsWith('.md')),
  ...fs
    .readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.join('docs', name)),
].sort()

/** A document without its code: what looks like a link there is none. */
const prose = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, 'code')

/** The anchors of a document's headings, as forges make them. */
function anchors(text: string): Set<string> {
  const headings = [...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.*)$/gm)]
  return new Set(
    headings.map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

for (const file of documents) {
  test(`the links of ${file} lead somewhere`, () => {
    for (const [, target = ''] of prose(read(file)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      const [relative = '', anchor] = target.split('#')
      const to = relative === '' ? file : path.join(path.dirname(file), relative)
      assert.ok(fs.existsSync(to), `${target}: there is no ${to}`)
      if (anchor !== undefined)
        assert.ok(anchors(read(to)).has(anchor), `${target}: ${to} has no such heading`)
    }
  })
}

test('the set-up of the README is two commands', () => {
  const [setup = ''] = read('README.md').split('\n## Set-up\n')[1]?.split(/^## /m) ?? []
  const commands = [...setup.matchAll(/^```\w*\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) =>
    block.trim().split('\n'),
  )
  assert.deepEqual(commands, ['sudo ./bootstrap_sdk', 'sudo ./run_tests'])
})

test('no other part of the README sets anything up', () => {
  assert.doesNotMatch(
    read('README.md'),
    /\b(?:apt(?:-get)? install|npm (?:ci|install|run)|git clone|curl|wget)\b/,
  )
})

test('each decision has a number of its own, in its name and its title', () => {
  const names = fs.readdirSync('docs/decisions').sort()
  for (const [index, name] of names.entries()) {
    const number = index + 1
    assert.ok(name.startsWith(String(number).padStart(4, '0')), `${name}: its number is ${number}`)
    assert.ok(read(path.join('docs/decisions', name)).startsWith(`# ${number}. `), name)
  }
})
