// Where a path lies among others, and what of it is there. Looks by stat and lists, and opens nothing.

import { readdirSync } from 'node:fs'
import path from 'node:path'
import { kindAtSync } from './look.js'

/** Whether `inner` is `outer` or below it; both absolute and normal. Pure. */
export const isWithin = (inner: string, outer: string): boolean =>
  inner === outer || inner.startsWith(outer.endsWith('/') ? outer : `${outer}/`)

/** The lowest of `file` and the folders around it that is there; links are followed. */
export function nearestThere(file: string): string {
  const around = path.dirname(file)
  return kindAtSync(file) !== undefined || around === file ? file : nearestThere(around)
}

/** The names in `folder`; none where there is no such folder, or it may not be read. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
