// What a run leaves for its engine, however it ends: test cases in two forms, and a bundle of its logs; and secrets that none of
// these may have.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { holdToJunit } from './junit.js'

/** It stands in the environment of the call, and in an address on its command line. */
export const PLANTED = 'planted-5fd0e1c2'

/** Words before a command that plants secrets. */
export const PLANTING = ['env', `MY_API_TOKEN=${PLANTED}`, `PROXY_LOGIN=https://me:${PLANTED}@proxy.invalid`]

/** Words of a build that is told in files of `folder`, and knows secrets. */
export const accountWords = (folder: string): string[] => [
  ...['--junit', path.join(folder, 'cases.xml'), '--tap', path.join(folder, 'cases.tap')],
  ...['--trace', path.join(folder, 'trace.json'), '--bundle', path.join(folder, 'logs.tar.gz')],
  ...['--mirror', `planted=https://me:${PLANTED}@mirror.invalid/?token=${PLANTED}`],
]

/** What a bundle says of how its run has failed. */
interface BundledFailure {
  readonly code: string
  readonly message: string
  readonly exitCode: number
}

/** What the files of {@link accountWords} say. */
export interface Accounts {
  readonly junit: string
  readonly tap: string
  /** The members of the bundle, by their names below its folder. */
  readonly bundle: ReadonlyMap<string, string>
  readonly failure: BundledFailure
}

/** Reads all of a run that has not come to a good end, and asserts that they are whole, valid and without secrets. */
export function failedAccounts(folder: string): Accounts {
  const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8')
  const [junit, tap] = [read('cases.xml'), read('cases.tap')]
  holdToJunit(junit)
  assert.match(junit, /<(?:failure|error) /)
  const [version, plan, ...lines] = tap.trimEnd().split('\n')
  assert.equal(version, 'TAP version 14')
  assert.equal(plan, `1..${lines.filter((line) => /^(?:not )?ok \d+ - /.test(line)).length}`)
  assert.match(tap, /^not ok /m)
  const bundle = membersOf(path.join(folder, 'logs.tar.gz'))
  for (const name of ['contents.json', 'failure.json', 'plan.json', 'doctor.json', 'versions.json'])
    assert.ok(
      bundle.has(name) || (bundle.get('contents.json') ?? '').includes(`"${name}"`),
      `${name} of ${[...bundle.keys()].join(', ')}`,
    )
  const all = { junit, tap, trace: read('trace.json'), ...Object.fromEntries(bundle) }
  for (const [name, text] of Object.entries(all))
    for (const secret of [PLANTED, Buffer.from(PLANTED).toString('base64')])
      assert.ok(!text.includes(secret), `a secret in ${name}`)
  return { junit, tap, bundle, failure: JSON.parse(bundle.get('failure.json') ?? '') as BundledFailure }
}

function membersOf(archive: string): Map<string, string> {
  const tar = (...words: string[]): string => execFileSync('tar', [...words], { encoding: 'latin1' })
  const names = tar('-tzf', archive)
    .split('\n')
    .filter((name) => name !== '' && !name.endsWith('/'))
  return new Map(names.map((name) => [name.slice(name.indexOf('/') + 1), tar('-xzOf', archive, '--', name)]))
}
