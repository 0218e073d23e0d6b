// Tables of documents that name tests as proofs, and whether those tests are there.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** A row of such a table: number, what is claimed, and how it is proven. */
export interface Row {
  number: number
  claim: string
  proof: string
  tests: { file: string; title: string }[]
}

/** The rows of `text`: `| NUMBER | CLAIM | `FILE`: “TITLE”, “TITLE”; … |`. */
export function rowsOf(text: string): Row[] {
  return [...text.matchAll(/^\| (\d+) \| (.*?) \| (.*) \|$/gm)].map(([, number, claim = '', proof = '']) => ({
    ...{ number: Number(number), claim, proof },
    tests: [...proof.matchAll(/`(tests\/[^`]+)`: ((?:“[^”]+”(?:, )?)+)/g)].flatMap(
      ([, file = '', titles = '']) =>
        [...titles.matchAll(/“([^”]+)”/g)].map(([, title = '']) => ({ file, title })),
    ),
  }))
}

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

/** @throws AssertionError when a test that `row` names is not there, or no suite runs its file */
export function assertProven({ tests }: Row): void {
  for (const { file, title } of tests) {
    assert.ok(existsSync(file), `there is no ${file}`)
    assert.ok(isRun(file), `no suite runs ${file}`)
    const pattern = new RegExp(`\\b(?:test|it)\\(\\s*(['"\`])${escaped(title)}\\1`)
    assert.match(readFileSync(file, 'utf8'), pattern, `${file} has no test “${title}”`)
  }
}
