// The time that builds are told, and that no file of an archive is later than: reproducible-builds.org's SOURCE_DATE_EPOCH.

import { utcDate, type Version, versionEpoch } from './version.js'

/** Of versions that carry no date. */
const WITHOUT_DATE = new Date(Date.UTC(2000, 0, 1))

/** Whether file systems and programs take it: not before 1970, and before ext4's last year. */
const isUsable = (date: Date): boolean => date.getTime() >= 0 && date.getUTCFullYear() < 2446

/** Seconds since 1970 of a day written `YYYY-MM-DD`, at its beginning in UTC; undefined for anything else. */
export function parseDay(text: string): number | undefined {
  const groups = /^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)$/.exec(text)?.groups
  const date = groups === undefined ? undefined : utcDate(groups)
  return date === undefined || !isUsable(date) ? undefined : date.getTime() / 1000
}

/**
 * The time of a run, in whole seconds since 1970: the definition's `source_date`, else the time of the version
 * ({@link versionEpoch}), else the beginning of 2000. It is the same on every machine and in every resumed run.
 */
export function sourceDateEpoch(definition: { readonly sourceDate?: string }, version: Version): number {
  const day = definition.sourceDate === undefined ? undefined : parseDay(definition.sourceDate)
  return day ?? versionEpoch(version, WITHOUT_DATE)
}
