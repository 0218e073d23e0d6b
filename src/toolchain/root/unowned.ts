// Finds files of a root that no package owns: a seed must hold none, or nothing would ever update or remove them.

import { firstOf, OF_ROWS } from './bounds.js'
import { ownerIndex } from './owners.js'
import { displayName, viewRoot, type WalkNotes, walkRoot } from './view.js'

/** A documented reason for a file to have no owner. */
export interface IgnoreRule {
  /** `/a/file`, everything below `/a/directory/`, a beginning, `/a/name-*`, or an ending, `*.pyc`. */
  pattern: string
  why: string
}

/** What tools write into every root after the packages are installed. Nothing else may be without an owner. */
export const GENERATED_FILES: readonly IgnoreRule[] = [
  { pattern: '/etc/ld.so.cache', why: 'ldconfig' },
  { pattern: '/etc/ld.so.conf', why: 'env-update, from LDPATH' },
  { pattern: '/etc/ld.so.conf.d/05gentoo-env.conf', why: 'env-update, from LDPATH' },
  { pattern: '/etc/prelink.conf.d/portage.conf', why: 'env-update' },
  { pattern: '/etc/profile.env', why: 'env-update' },
  { pattern: '/etc/csh.env', why: 'env-update' },
  { pattern: '/etc/environment.d/10-gentoo-env.conf', why: 'env-update' },
  { pattern: '/etc/env.d/gcc/', why: "gcc-config's choice" },
  { pattern: '/etc/env.d/04gcc-*', why: "gcc-config's choice" },
  { pattern: '/etc/env.d/binutils/', why: "binutils-config's choice" },
  { pattern: '/etc/env.d/05binutils', why: "binutils-config's choice" },
  { pattern: '/var/cache/ldconfig/', why: 'ldconfig' },
  { pattern: '/etc/portage/', why: 'configuration of the SDK' },
  { pattern: '/var/db/pkg/', why: "Portage's database" },
  { pattern: '/var/lib/portage/', why: "Portage's world file, config and preserved-libs records" },
  { pattern: '/var/lib/gentoo/', why: 'news that Portage has shown' },
  { pattern: '/var/cache/', why: 'caches' },
  { pattern: '/var/log/', why: 'logs' },
  { pattern: '/var/gentoo/repos/', why: 'the ebuild repos of the SDK' },
  { pattern: '*.pyc', why: 'byte code that Python writes at first use' },
  { pattern: '/etc/passwd', why: 'accounts, made by acct-user packages' },
  { pattern: '/etc/passwd-', why: 'backup of the accounts' },
  { pattern: '/etc/group', why: 'groups, made by acct-group packages' },
  { pattern: '/etc/group-', why: 'backup of the groups' },
  { pattern: '/etc/shadow', why: 'accounts, made by acct-user packages' },
  { pattern: '/etc/shadow-', why: 'backup of the accounts' },
  { pattern: '/etc/gshadow', why: 'groups, made by acct-group packages' },
  { pattern: '/etc/gshadow-', why: 'backup of the groups' },
  { pattern: '/etc/.pwd.lock', why: 'lock of the account tools' },
]

/** Result of {@link unownedFiles}; paths as text, sorted. */
export interface UnownedReport {
  /** Regular files and links looked at. */
  files: number
  /** How many have no owner, and the first of them. */
  count: number
  unowned: string[]
  /** How many files without an owner each rule excused; rules that excused none are left out. */
  ignored: Record<string, number>
  /** Directories left out since something is mounted there. */
  mounts: string[]
  /** Directories that could not be read. */
  unreadable: { path: string; reason: string }[]
}

/**
 * Lists regular files and symbolic links of `root` that no package of its own database owns.
 *
 * @param options.ignore rules beside {@link GENERATED_FILES}, for what a definition adds on purpose
 */
export async function unownedFiles(
  root: string,
  options: { ignore?: readonly IgnoreRule[] } = {},
): Promise<UnownedReport> {
  const view = viewRoot(root)
  const owners = ownerIndex(view)
  const excuse = ruleMatcher([...GENERATED_FILES, ...(options.ignore ?? [])])
  const notes: WalkNotes = { mounts: [], unreadable: [] }
  const report: UnownedReport = { files: 0, count: 0, unowned: [], ignored: {}, ...notes }
  for (const { path } of walkRoot(view, notes)) {
    if (++report.files % 4096 === 0) await new Promise((resume) => setImmediate(resume))
    if (owners.has(path)) continue
    const rule = excuse(path)
    if (rule === undefined) report.unowned.push(displayName(path))
    else report.ignored[rule] = (report.ignored[rule] ?? 0) + 1
  }
  report.unowned.sort()
  return { ...report, count: report.unowned.length, unowned: firstOf(report.unowned, OF_ROWS) }
}

/** The pattern of the first rule that a path matches. */
export function ruleMatcher(rules: readonly IgnoreRule[]): (path: string) => string | undefined {
  const patterns = rules.map((rule) => rule.pattern)
  const exact = new Set(patterns)
  const endings = patterns.filter((pattern) => pattern.startsWith('*'))
  const beginnings = patterns
    .filter((pattern) => /[/*]$/.test(pattern) && !pattern.startsWith('*'))
    .map((pattern) => ({ pattern, prefix: pattern.replace(/\*$/, '') }))
  return (path) => {
    if (exact.has(path)) return path
    return (
      beginnings.find(({ prefix }) => path.startsWith(prefix))?.pattern ??
      endings.find((pattern) => path.endsWith(pattern.slice(1)))
    )
  }
}
