// The time that builds are told, and that no file of an archive is later than: reproducible-builds.org's SOURCE_DATE_EPOCH.

import { SdkError } from '../errors.js'

/** Where the definition says nothing: the beginning of 2000. */
const WITHOUT_DATE = Date.UTC(2000, 0, 1) / 1000

/** Whether file systems and programs take it: not before 1970, and before ext4's last year. */
const isUsable = (date: Date): boolean => date.getTime() >= 0 && date.getUTCFullYear() < 2446

/** Seconds since 1970 of a day written `YYYY-MM-DD`, at its beginning in UTC; undefined for anything else. */
export function parseDay(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return undefined
  const date = new Date(`${text}T00:00:00.000Z`)
  // Date rolls 30 February over to March; only a date that reads back as written is one.
  const isReal = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
  return isReal && isUsable(date) ? date.getTime() / 1000 : undefined
}

/**
 * The time of the sources, in whole seconds since 1970: the definition's `source_date`, else the beginning of 2000. Nothing else has
 * a say: a version or a commit would give equal sources another time, and every stage of them other bytes.
 */
export const sourceDateEpoch = (definition: { readonly sourceDate?: string }): number =>
  (definition.sourceDate === undefined ? undefined : parseDay(definition.sourceDate)) ?? WITHOUT_DATE

/**
 * A file that is made before the time of the sources keeps its own time: no two builds would be equal.
 *
 * @param now by the clock of this machine, in milliseconds since 1970
 * @throws SdkError SDK_HOST when its clock is behind the time of the sources
 */
export function requireLater(definition: { readonly sourceDate?: string }, now: number): void {
  const epoch = sourceDateEpoch(definition)
  if (now / 1000 >= epoch) return
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
  const whose =
    definition.sourceDate === undefined
      ? 'which is source_date where none is given'
      : 'the source_date of the SDK'
  throw new SdkError(
    'SDK_HOST',
    `the clock of this machine says ${day(now)}: expected a day after ${day(epoch * 1000)}, ${whose}; files would keep their times, and no two builds be equal`,
    { hint: 'set the clock (timedatectl), or give source_date a day that has passed' },
  )
}
