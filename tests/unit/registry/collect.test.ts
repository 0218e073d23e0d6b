import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Believed } from '../../../src/registry/artefact.js'
import { tooOld } from '../../../src/registry/collect.js'

const DAY = 86_400_000
const NOW = new Date('2026-03-01T00:00:00Z')

const artefact = (tag: string, days: number | undefined, about: Record<string, string> = {}): Believed => ({
  ...{ tag, digest: `sha256:${tag}`, signedBy: 'ci' },
  statement: {
    ...{ format: 1, tag, files: [] },
    about: {
      ...{ kind: 'stage', stage: 'stage1', type: 't', arch: 'amd64', ...about },
      ...(days === undefined ? {} : { time: new Date(NOW.getTime() - days * DAY).toISOString() }),
    },
  },
})

const gone = (all: readonly Believed[], keep: number, days: number): string[] =>
  tooOld(all, { keep, minAge: days * DAY, now: NOW }).map(({ tag }) => tag)

test('what goes is neither among the newest of its kind nor young', () => {
  const all = [30, 20, 10, 1].map((days) => artefact(`d${days}`, days))
  assert.deepEqual(gone(all, 2, 14), ['d20', 'd30'])
  assert.deepEqual(gone(all, 2, 25), ['d30'])
  assert.deepEqual(gone(all, 50, 0), [])
  assert.deepEqual(gone(all, 1, 5), ['d10', 'd20', 'd30'])
})

test('what is of a clock that was ahead stays, and takes no place of what is not', () => {
  const all = [
    artefact('ahead', -3000),
    artefact('silent', undefined),
    artefact('new', 1),
    artefact('old', 9),
  ]
  assert.deepEqual(gone(all, 2, 0), [])
  assert.deepEqual(gone(all, 1, 0), ['old'])
})

test('each stage, type and architecture counts by itself; what says no time stays', () => {
  const all = [
    artefact('a', 30),
    artefact('b', 31, { stage: 'stage2' }),
    artefact('c', 32, { arch: 'arm64' }),
    artefact('d', 33, { type: 'u' }),
    artefact('e', 34),
  ]
  assert.deepEqual(gone(all, 1, 0), ['e'])
  assert.deepEqual(gone([artefact('x', undefined), artefact('y', 9)], 1, 0), [])
})
