// Where a run puts what it gives, and who owns it there.

/** A user and a group, by number. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** A folder for what a run gives. */
export interface OutputRequest {
  /** Absolute; no link. It may not be there yet. */
  readonly folder: string
  /** Of all that is made there; undefined: who the program runs as. */
  readonly owner: Owner | undefined
}

/** Folders of {@link isOutputName} that a release brings. */
const FOLDERS = ['pkgs', 'toolchain']

/** The page that lies beside what was built. */
export const REPORT_NAME = 'report.html'

/** What a folder of an output is filled aside as; `id` is of the version (release/output.ts). */
export const asideName = (id: string, name = 'output'): string => `.${name}.partial-${id}`

/** What a report is written aside as; six bytes of `random`. */
export const reportAside = (random: Buffer): string => asideName(random.toString('hex'), REPORT_NAME)

/** Whether `name` is a {@link reportAside}, or was when its run was killed. */
export const isReportAside = (name: string): boolean =>
  name.startsWith(asideName('', REPORT_NAME)) && /-[0-9a-f]{12}$/.test(name)

/** Whether `name` is one that an output of `version` may have directly in its folder, or have left there, whatever else is there. */
export function isOutputName(name: string, { type, version }: { type: string; version: string }): boolean {
  if (name === REPORT_NAME || FOLDERS.includes(name) || isReportAside(name)) return true
  if (name.startsWith(asideName(`${type}-`)) && name.endsWith(`-${version}`)) return true
  const ofVersion = name.split(`-${version}.tar.`)
  const [first = ''] = ofVersion
  return ofVersion.length === 2 && (/^stage\d-\w+$/.test(first) || first.startsWith(`${type}-`))
}
