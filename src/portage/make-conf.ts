// The make.conf of a stage, rendered from the definition (pure).

import { INSIDE } from '../sandbox/inside.js'

/** What make.conf says; everything of it may change the output. */
export interface MakeConf {
  chost: string
  /** Flags that are not there are left to the profile. */
  cflags?: string
  cxxflags?: string
  ldflags?: string
  /** More FEATURES, the definition's. */
  features: readonly string[]
  /** More variables. */
  makeConf: Readonly<Record<string, string>>
}

/**
 * FEATURES of a stage. The engine's own namespaces isolate the whole stage, so Portage's sandboxes, one set of
 * namespaces per phase, only cost time; a stage's root is thrown away on failure, so neither its merges nor its locks
 * need to survive a power cut. No documentation is installed, as catalyst's stages do it.
 */
const FEATURES = [
  'parallel-install',
  'unmerge-orphans',
  // Packages of one version with other USE flags are kept side by side; some profiles switch that off.
  'binpkg-multi-instance',
  'nodoc',
  'noinfo',
  'noman',
  '-binpkg-docompress',
  '-binpkg-logs',
  '-clean-logs',
  '-collision-protect',
  '-ebuild-locks',
  '-ipc-sandbox',
  '-merge-sync',
  '-merge-wait',
  '-mount-sandbox',
  '-network-sandbox',
  '-news',
  '-observability',
  '-pid-sandbox',
  // The folder of binary packages changes without Portage: pruned by us, filled from the pool of carried ones.
  '-pkgdir-index-trusted',
  '-preserve-libs',
  '-protect-owned',
  '-sandbox',
  '-userfetch',
  '-userpriv',
  '-usersandbox',
  '-usersync',
]

/** FEATURES of a stage: the project's, then `more`, the definition's. */
export const stageFeatures = (more: readonly string[]): string[] => [...FEATURES, ...more]

/** Whether no manual, info page or other document gets into a root, with `more` of the definition. */
export const leavesDocumentsOut = (more: readonly string[]): boolean =>
  !more.some((feature) => ['-nodoc', '-noinfo', '-noman', '-*'].includes(feature))

/**
 * `conf` with these words of USE beside its own, each once and in order, as catalyst writes them. They stand here and not in
 * the environment, where they would win over `package.use` (portage(5), USE_ORDER).
 */
export function withUse<T extends MakeConf>(conf: T, words: readonly string[]): T {
  const { USE: own = '', ...others } = conf.makeConf
  const use = [...new Set([...own.split(' '), ...words])].filter((word) => word !== '').sort()
  return { ...conf, makeConf: use.length === 0 ? others : { ...others, USE: use.join(' ') } }
}

/** Lines of make.conf. */
export function renderMakeConf(conf: MakeConf): string {
  const values: [string, string | undefined][] = [
    ['CHOST', conf.chost],
    ['CBUILD', conf.chost],
    ['CFLAGS', conf.cflags],
    ['CXXFLAGS', conf.cxxflags],
    ['LDFLAGS', conf.ldflags],
    ['FEATURES', stageFeatures(conf.features).join(' ')],
    ['DISTDIR', INSIDE.distfiles],
    ['PKGDIR', INSIDE.packages],
    ['PORTAGE_LOGDIR', INSIDE.log],
    ['EMERGE_LOG_DIR', INSIDE.log],
    ['BINPKG_FORMAT', 'gpkg'],
    ['BINPKG_COMPRESS', 'zstd'],
    ['BINPKG_COMPRESS_FLAGS', '-1'],
    ['LC_MESSAGES', 'C.UTF-8'],
    ...Object.entries(conf.makeConf),
  ]
  const said = values.filter(([, value]) => value !== undefined)
  return `# Written by bootstrap_sdk for every stage; make.conf(5).\n${said.map(([name, value]) => `${name}="${value}"\n`).join('')}`
}
