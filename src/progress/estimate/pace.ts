// How much slower than expected a run is.

/** How much slower than expected a run is: early on nobody knows, and what was long ago says less. */
export interface Pace {
  add(actualMs: number, expectedMs: number): void
  /** With what is still going on: how long that takes so far, and should have taken. */
  factor(actualMs?: number, expectedMs?: number): number
}

/** The weight, in milliseconds, of the expectation that all goes as the last time. */
const PRIOR_MS = 15_000
/** What was seen counts half after so many milliseconds. */
const HALF_LIFE_MS = 90_000

/** The pace of a run that has just begun. */
export function createPace(): Pace {
  let [actual, expected] = [0, 0]
  const fade = (ms: number): number => 0.5 ** (ms / HALF_LIFE_MS)
  return {
    add(actualMs, expectedMs) {
      actual = actual * fade(actualMs) + actualMs
      expected = expected * fade(actualMs) + expectedMs
    },
    factor(actualMs = 0, expectedMs = 0) {
      const [a, e] = [actual * fade(actualMs) + actualMs, expected * fade(actualMs) + expectedMs]
      return Math.min(16, Math.max(0.1, (a + PRIOR_MS) / (e + PRIOR_MS)))
    },
  }
}
