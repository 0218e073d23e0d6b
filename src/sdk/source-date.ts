// The time that builds are told, and that no file of an archive is later than: reproducible-builds.org's SOURCE_DATE_EPOCH.

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
