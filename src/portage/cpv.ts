// Names of packages with a version, as Portage writes them.

/** `category/name` and version of a `category/name-version`; the whole and '' when it has none. */
export function splitCpv(cpv: string): { cp: string; version: string } {
  const match = /^(.+?)-(\d[^-]*(?:-r\d+)?)$/.exec(cpv)
  return { cp: match?.[1] ?? cpv, version: match?.[2] ?? '' }
}
