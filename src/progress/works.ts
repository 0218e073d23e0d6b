// Work that takes long, by its bytes: how far it is, how fast, and how long it will still take. A line for each.

import type { Event } from '../events/event.js'
import { formatBytes, formatClock } from '../events/measures.js'
import { plainText } from '../events/plain-text.js'

/** A work that goes on; times in milliseconds since the start of the run. */
export interface RunningWork {
  readonly verb: string
  readonly name: string
  readonly beganMs: number
  /** Bytes that are done, and in all, if that is known. */
  done: number
  bytes: number | undefined
  /** How far it was at moments of the last seconds, the oldest first. */
  moments: readonly Moment[]
}

interface Moment {
  readonly atMs: number
  readonly done: number
}

/** What goes on, by what tells it from others. */
export type Works = Map<string, RunningWork>

/** The works of docs/events.md, as what they do. */
const VERBS: Readonly<Record<string, string>> = {
  archive: 'archiving',
  compare: 'comparing',
  digest: 'digesting',
  download: 'downloading',
  fetch: 'fetching',
  read: 'reading',
  pack: 'packing',
  copy: 'copying',
  compress: 'compressing',
  send: 'sending',
  unpack: 'unpacking',
}

/** A rate is the mean of so many milliseconds: that a disk stalls for a second is no news. */
const WINDOW_MS = 10_000

/** One after the other: of mirrors, too, that call a file by other names. */
const DOWNLOAD = 'download'

/** Takes what `event` says of a work, if it does. */
export function advanceWorks(works: Works, event: Event): void {
  switch (event.type) {
    case 'work-progress': {
      const { work, stage = '', name, ended = false, elapsedMs, durationMs } = event
      const key = `${work} ${stage} ${name}`
      if (ended) works.delete(key)
      else move(known(works, key, begun(VERBS[work] ?? work, name, elapsedMs - durationMs)), event)
      break
    }
    case 'download-started':
      works.set(DOWNLOAD, begun('downloading', event.file, event.elapsedMs))
      break
    case 'download-progress':
      move(known(works, DOWNLOAD, begun('downloading', event.file, event.elapsedMs)), event)
      break
    case 'download-finished':
    case 'download-failed':
      works.delete(DOWNLOAD)
  }
}

/** The work of this key; where there is none yet, `fresh`. */
function known(works: Works, key: string, fresh: RunningWork): RunningWork {
  const work = works.get(key) ?? fresh
  works.set(key, work)
  return work
}

const begun = (verb: string, name: string, beganMs: number): RunningWork => ({
  ...{ verb, name: plainText(name), beganMs, done: 0, bytes: undefined },
  moments: [{ atMs: beganMs, done: 0 }],
})

function move(
  work: RunningWork,
  { done, bytes, elapsedMs }: { done: number; bytes?: number | undefined; elapsedMs: number },
): void {
  const moments = [...work.moments, { atMs: elapsedMs, done }]
  const from = moments.findLastIndex(({ atMs }) => atMs <= elapsedMs - WINDOW_MS)
  Object.assign(work, { done, bytes, moments: moments.slice(Math.max(0, from)) })
}

/** Bytes a second; undefined before two moments are known, and while nothing moves. */
function rateOf({ moments }: RunningWork): number | undefined {
  const [first, last] = [moments[0], moments.at(-1)]
  if (first === undefined || last === undefined || last.atMs <= first.atMs || last.done <= first.done)
    return undefined
  return ((last.done - first.done) / (last.atMs - first.atMs)) * 1000
}

/** A work in words, from all of them to few: the first that fits is shown. */
export function workWords(work: RunningWork): string[] {
  const { verb, name, done, bytes } = work
  const rate = rateOf(work)
  // What is said of the whole may be a little less than it is.
  const isKnown = bytes !== undefined && bytes > 0 && done <= bytes
  const amount = isKnown ? `${formatBytes(done)} of ${formatBytes(bytes)}` : formatBytes(done)
  const fast = rate === undefined ? [] : [`${formatBytes(Math.round(rate))}/s`]
  const left = isKnown && rate !== undefined ? [`${formatClock(((bytes - done) / rate) * 1000)} left`] : []
  const say = (what: string, ...parts: string[]): string => `${what}: ${parts.join(', ')}`
  return [
    say(`${verb} ${name}`, amount, ...fast, ...left),
    say(`${verb} ${name}`, amount, ...left),
    say(verb, amount, ...fast, ...left),
    say(verb, amount, ...left),
    say(verb, formatBytes(done), ...left),
  ]
}
