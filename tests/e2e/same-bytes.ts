// Whether two archives of the miniature SDK differ in nothing but what one package writes down of its build on purpose.

import assert from 'node:assert/strict'
import { OF_THE_BUILD } from './mini-place.js'
import { runCommand } from './run-command.js'

/** Compares them with the command. */
export async function assertSameBytes(a: string, b: string): Promise<void> {
  const { stdout } = await runCommand(['compare', a, b, '--json'])
  const { groups, packages } = JSON.parse(stdout) as {
    groups: { files: { path: string; differences: { kind: string; a: string; b: string }[] }[] }[]
    packages: { missing: unknown[]; added: unknown[]; changed: unknown[] }
  }
  const others = groups.flatMap(({ files }) => files.filter((file) => !OF_THE_BUILD.includes(file.path)))
  assert.deepEqual(others, [])
  const kinds = new Set(
    groups.flatMap(({ files }) => files.flatMap((file) => file.differences)).map(({ kind }) => kind),
  )
  assert.deepEqual(
    [...kinds].filter((kind) => kind !== 'content'),
    [],
  )
  assert.deepEqual([packages.missing, packages.added, packages.changed], [[], [], []])
}
