// How far a package is, by its log: where the log was as long the last time. Of a compiler that runs for a quarter of an hour
// nothing else says so.

/** The length of a log, in bytes, at 0, 1, … {@link PARTS} parts of the time that its package took. */
export type LogCurve = readonly number[]

/** Parts of the time. */
const PARTS = 16
/** What is faster is over before anybody asks. */
const LEAST_MS = 4000
/** Then every other sample is dropped. */
const MOST_SAMPLES = 512

/** The log of a package so far. */
export interface LogSamples {
  add(atMs: number, bytes: number): void
  /** Of a package that has ended after so long; undefined when too little was seen. */
  curve(endMs: number): LogCurve | undefined
}

/** A log that is empty. */
export function createLogSamples(): LogSamples {
  let samples: [ms: number, bytes: number][] = [[0, 0]]
  return {
    add(atMs, bytes) {
      samples.push([atMs, Math.max(bytes, samples.at(-1)?.[1] ?? 0)])
      if (samples.length > MOST_SAMPLES) samples = samples.filter((_, index) => index % 2 === 0)
    },
    curve(endMs) {
      if (endMs < LEAST_MS || samples.length < 4) return undefined
      return Array.from({ length: PARTS + 1 }, (_, part) => bytesAt(samples, (endMs * part) / PARTS))
    },
  }
}

function bytesAt(samples: readonly [ms: number, bytes: number][], atMs: number): number {
  const after = samples.findIndex(([ms]) => ms > atMs)
  const [ms, bytes] = samples.at(after < 0 ? -1 : after - 1) ?? [0, 0]
  const [nextMs, nextBytes] = samples[after] ?? [ms, bytes]
  return Math.round(nextMs === ms ? bytes : bytes + ((nextBytes - bytes) * (atMs - ms)) / (nextMs - ms))
}

/** The part of its time, from 0 to 1, after which a log was as long the last time: at least, and at most. */
export function partDone(curve: LogCurve, bytes: number): [least: number, most: number] {
  const parts = curve.length - 1
  const after = curve.findIndex((each) => each > bytes)
  if (after < 0) return [1, 1]
  const before = curve[after - 1] ?? 0
  // A log that has stood still for a while last time: nobody knows where in that this one is.
  const least =
    before < bytes ? after - 1 + (bytes - before) / ((curve[after] ?? 0) - before) : curve.indexOf(before)
  return [Math.max(0, least) / parts, after / parts]
}
