// docs/acceptance.md names a test for each check, and each test that it names is there.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

const TEXT = readFileSync('docs/acceptance.md', 'utf8')

/** Rows of the table: number, the check, and how it is proven. */
const rows = [...TEXT.matchAll(/^\| (\d+) \| (.*?) \| (.*) \|$/gm)].map(
  ([, number, check = '', proof = '']) => ({
    ...{ number: Number(number), check, proof },
    tests: [...proof.matchAll(/`(tests\/[^`]+)`: ((?:“[^”]+”(?:, )?)+)/g)].flatMap(
      ([, file = '', titles = '']) =>
        [...titles.matchAll(/“([^”]+)”/g)].map(([, title = '']) => ({ file, title })),
    ),
  }),
)

/** The test files that are run. A module that one of them imports may define tests for it. */
const suites = new Map<string, string>(
  readdirSync('tests', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => [`tests/${name}`, readFileSync(`tests/${name}`, 'utf8')] as const),
)

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

function isRun(file: string): boolean {
  if (suites.has(file)) return true
  const name = path.basename(file, '.ts')
  return [...suites].some(
    ([suite, text]) => path.dirname(suite) === path.dirname(file) && text.includes(`'./${name}.js'`),
  )
}

test('every check has one row, in order', () => {
  assert.deepEqual(
    rows.map((row) => row.number),
    Array.from({ length: 72 }, (_, index) => index + 1),
  )
})

for (const { number, proof, tests } of rows)
  test(`check ${number} is proven by tests that are there, or says why not`, () => {
    if (tests.length === 0) assert.match(proof, /^not proven: .{20,}/)
    for (const { file, title } of tests) {
      assert.ok(existsSync(file), `there is no ${file}`)
      assert.ok(isRun(file), `no suite runs ${file}`)
      const pattern = new RegExp(`\\b(?:test|it)\\(\\s*(['"\`])${escaped(title)}\\1`)
      assert.match(readFileSync(file, 'utf8'), pattern, `${file} has no test “${title}”`)
    }
  })

test('at least 65 checks are proven, and the text says how many', () => {
  const proven = rows.filter((row) => row.tests.length > 0).length
  assert.ok(proven >= 65, `${proven} are proven`)
  assert.match(TEXT, new RegExp(`^${proven} of the 72 `, 'm'))
})
