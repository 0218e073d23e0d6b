// A disk that gets full at a point of a run of the miniature SDK: what each run then has to say, and that the same version
// goes on, once there is room, to the bytes of an undisturbed run.

import assert from 'node:assert/strict'
import { mkdirSync, readdirSync } from 'node:fs'
import path from 'node:path'
import type { Event } from '../../src/events/event.js'
import { type Lack, makeSmallDisk } from '../helpers/small-disk.js'
import { type MiniPlace, only } from './mini-place.js'
import { assertSameBytes } from './same-bytes.js'

/** What runs out, and at which event. */
export interface Point {
  readonly name: string
  readonly lack: Lack
  readonly at: (event: Event) => boolean
}

/** The points of a stage, in the order in which one version meets them. */
export function pointsOf(stage: string): Point[] {
  const step =
    (name: string) =>
    (event: Event): boolean =>
      event.type === 'step-started' && event.stage === stage && event.step === name
  const building = (event: Event): boolean => event.type === 'package-started' && event.stage === stage
  const both = (name: string, at: Point['at']): Point[] =>
    (['inodes', 'space'] as const).map((lack) => ({ name: `${stage}, ${name}`, lack, at }))
  return [
    ...['unpack', 'mount', 'copy', 'enter', 'run'].flatMap((name) => both(name, step(name))),
    ...both('a package', building),
    ...both('archive', step('archive')),
  ]
}

/** Runs `version` again and again, each time with one of `points`, then to its end; `plain` is the folder of an undisturbed run's archives. */
export async function throughPoints(
  place: MiniPlace,
  points: readonly Point[],
  { version, words, plain }: { version: string; words: readonly string[]; plain: string },
): Promise<void> {
  mkdirSync(place.root, { recursive: true })
  const disk = await makeSmallDisk(place.root)
  try {
    for (const { name, lack, at } of points) {
      let isFull = false
      disk.relieve()
      const run = await place.build(version, words, {
        before: disk.enter,
        onEvent(event) {
          if (isFull || !at(event)) return
          isFull = true
          disk.exhaust(lack)
        },
      })
      const what = `${name}, ${lack}: ${run.stderr}`
      assert.ok(isFull, `the point was not met: ${what}`)
      assert.equal(run.exitCode, 6, what)
      const { code, message } = only(run, 'run-failed')
      assert.equal(code, 'SDK_SPACE', what)
      assert.match(message, /no (?:space|inodes)[^\n]* left/i, what)
      assert.match(message, new RegExp(`mounted at ${place.root} \\(tmpfs, small\\): .+ free`), what)
      assert.doesNotMatch(run.stderr, /^ {4}at /m, what)
      if (process.env.SHOW_POINTS !== undefined) process.stderr.write(`${name}, ${lack}: ${message}\n`)
    }
    disk.relieve()
    const run = await place.build(version, words, { before: disk.enter })
    assert.equal(run.exitCode, 0, run.stderr)
    const builds = disk.see(place.builds)
    for (const name of archivesIn(plain))
      await assertSameBytes(path.join(plain, name), path.join(builds, name))
  } finally {
    await disk.close()
  }
}

/** The names of the archives in `builds` that have a record. */
export const archivesIn = (builds: string): string[] =>
  readdirSync(builds)
    .filter((name) => name.endsWith('.record.json'))
    .map((name) => name.slice(0, -'.record.json'.length))
