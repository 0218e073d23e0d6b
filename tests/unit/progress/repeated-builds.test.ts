// The estimate of the time left beside real builds: the times of journals (tests/fixtures/journals), names of packages taken out.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import type { Event, Fact } from '../../../src/events/event.js'
import { createEstimate } from '../../../src/progress/estimate/eta.js'
import { createHistory } from '../../../src/progress/estimate/history.js'
import { createLearner } from '../../../src/progress/estimate/learner.js'
import { at, ONE_OF_EACH } from '../../helpers/events.js'

type Row = [elapsedMs: number, type: Fact['type'], ...more: unknown[]]

/** The events of a journal as the fixture has them. */
function journal(name: string): Event[] {
  const file = path.resolve(import.meta.dirname, '../../../../tests/fixtures/journals', `${name}.json`)
  const rows = JSON.parse(readFileSync(file, 'utf8')) as Row[]
  return rows.map(([elapsedMs, type, ...more]) => {
    const [first, second, index, total, binary] = more
    const place =
      type === 'package-phase'
        ? { package: second, phase: index }
        : type === 'package-output'
          ? { package: second, logBytes: index }
          : type === 'packages-planned'
            ? {
                packages: (second as [string, number][]).map(([name, is]) => ({
                  package: name,
                  binary: is === 1,
                })),
              }
            : type.startsWith('package-')
              ? { package: second, index, total, binary: binary === 1 }
              : type.startsWith('step-')
                ? { step: second }
                : {}
    const named = type === 'run-started' ? { stages: first } : first === undefined ? {} : { stage: first }
    return at(elapsedMs, { ...ONE_OF_EACH[type], ...named, ...place } as Fact)
  })
}

/** What is said to be left in each second of `now` after `earlier`, and what was left, in milliseconds. */
function guesses(
  earlier: string,
  now: string,
  isTold = (_: Event) => true,
): { saidMs: number; leftMs: number; wholeMs: number }[] {
  const learn = createLearner()
  const estimate = createEstimate(
    createHistory(
      journal(earlier)
        .filter(isTold)
        .flatMap((event) => learn(event) ?? []),
    ),
  )
  const events = journal(now).filter(isTold)
  const wholeMs = events.at(-1)?.elapsedMs ?? 0
  const said: { saidMs: number; leftMs: number; wholeMs: number }[] = []
  let nextMs = 0
  for (const event of events) {
    for (; nextMs < event.elapsedMs; nextMs += 1000) {
      const remaining = estimate.remaining(nextMs)
      // Behind the last stage nothing is estimated.
      if (nextMs < wholeMs / 2 || wholeMs - nextMs < 2000) continue
      assert.equal(remaining?.of, 'run', `${nextMs / 1000} s`)
      said.push({ saidMs: remaining?.ms ?? 0, leftMs: wholeMs - nextMs, wholeMs })
    }
    estimate.take(event)
  }
  return said
}

test('a repeated build: from its middle on, what is said to be left is right within 25 %', () => {
  const said = guesses('quick-stage1', 'quick-stage1-again')
  assert.ok(said.length > 50)
  for (const { saidMs, leftMs } of said)
    assert.ok(
      Math.abs(saidMs - leftMs) <= Math.max(0.25 * leftMs, 3000),
      `${saidMs / 1000} s said, ${leftMs / 1000} s left`,
    )
})

test('on a machine that became half as fast, from the middle on the end that is said is right within 25 %', () => {
  for (const [earlier, now] of [
    ['mini', 'mini-busy'],
    ['mini-busy', 'mini'],
  ] as const)
    for (const { saidMs, leftMs, wholeMs } of guesses(earlier, now))
      assert.ok(
        Math.abs(saidMs - leftMs) <= 0.25 * wholeMs,
        `${now}: ${saidMs / 1000} s said, ${leftMs / 1000} s left of ${wholeMs / 1000}`,
      )
})

/** Where three quick builds were not disturbed, the last one of half a minute takes five seconds more or less. */
const END_MS = 19_000

test('a whole quick build, each by each of two others: strictly within 25 % until 19 s before its end, then within 5 s', () => {
  const runs = ['quick-1', 'quick-2', 'quick-3']
  for (const [earlier, now] of runs.flatMap((a) => runs.filter((b) => b !== a).map((b) => [a, b] as const)))
    for (const { saidMs, leftMs } of guesses(earlier, now))
      assert.ok(
        Math.abs(saidMs - leftMs) <= (leftMs >= END_MS ? 0.25 * leftMs : 5100),
        `${now} by ${earlier}: ${saidMs / 1000} s said, ${leftMs / 1000} s left`,
      )
})

test('of a build that takes twice as long, the logs of its packages say how far they are', () => {
  const outside = (isTold: (event: Event) => boolean): number =>
    guesses('quick-logs', 'quick-logs-busy', isTold).filter(
      ({ saidMs, leftMs }) => Math.abs(saidMs - leftMs) > 0.25 * leftMs,
    ).length
  const [without, withLogs] = [outside(({ type }) => type !== 'package-output'), outside(() => true)]
  assert.ok(withLogs < without / 3, `${withLogs} seconds outside with logs, ${without} without`)
})
