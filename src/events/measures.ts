// Durations and sizes as people read them.

/** `0.4 s`, `59.9 s`, `3 min 12 s`, `1 h 2 min`. */
export function formatDuration(ms: number): string {
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** A running clock, in whole seconds: `4 s`, `3 min 12 s`, `1 h 2 min`. */
export function formatClock(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  return seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1000)
}

/** A guess, no more exact than it deserves: `under a minute`, `about 3 min`, `about 2 h 10 min`. */
export function formatGuess(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  if (ms < 60_000) return 'under a minute'
  if (minutes < 60) return `about ${minutes} min`
  const tens = Math.round(minutes / 10) * 10
  const rest = tens % 60 === 0 ? '' : ` ${tens % 60} min`
  return `about ${Math.floor(tens / 60)} h${rest}`
}

/** Bytes with binary prefixes: `512 B`, `45.2 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 'B'
  for (const larger of units) {
    if (value < 1023.95) break
    value /= 1024
    unit = larger
  }
  return unit === 'B' ? `${bytes} B` : `${value.toFixed(1)} ${unit}`
}

/** `1 file`, `3 files`. */
export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** The time since the start of the run before a line of the log: `[  12.3s] `. */
export function formatStamp(elapsedMs: number): string {
  return `[${(elapsedMs / 1000).toFixed(1).padStart(6)}s] `
}
