// FEATURES of a stage (make.conf(5)): what the project sets, what only some stages have, and what no configuration can have.

/**
 * The project's, which a configuration may change. A stage's root is thrown away on failure, so neither its merges nor its
 * locks need to survive a power cut.
 */
const FEATURES = [
  'parallel-install',
  'unmerge-orphans',
  // Packages of one version with other USE flags are kept side by side; some profiles switch that off.
  'binpkg-multi-instance',
  '-binpkg-docompress',
  '-binpkg-logs',
  '-clean-logs',
  '-ebuild-locks',
  '-merge-sync',
  '-merge-wait',
  '-news',
  '-observability',
  // The folder of binary packages changes without Portage: pruned by us, filled from the pool of carried ones.
  '-pkgdir-index-trusted',
  '-preserve-libs',
]

/** Documents that only some stages have, by the features that leave them out. */
const NO_DOCUMENTS = ['nodoc', 'noinfo', 'noman'] as const

/** Features that no stage has, and why: whatever a configuration says of them, they are off. */
export interface Override {
  readonly features: readonly string[]
  readonly why: string
}

const SANDBOXES: Override = {
  features: ['ipc-sandbox', 'mount-sandbox', 'network-sandbox', 'pid-sandbox', 'sandbox', 'usersandbox'],
  why: 'the whole stage is in one sandbox',
}

const USERS: Override = { features: ['userfetch', 'userpriv', 'usersync'], why: 'stages run as root' }

/** All of them. */
export const OVERRIDES: readonly Override[] = [
  SANDBOXES,
  USERS,
  { features: ['distcc', 'distcc-pump', 'getbinpkg', 'icecream'], why: 'stages have no network' },
  { features: ['ccache'], why: 'the compiler cache of a stage is asked for by --ccache' },
]

const off = (overrides: readonly Override[]): string[] =>
  overrides.flatMap(({ features }) => features).map((feature) => `-${feature}`)

/** FEATURES of make.conf, which stays in an SDK: the project's, then `more`, the definition's. */
export const stageFeatures = (more: readonly string[]): string[] => [
  ...FEATURES,
  ...off([SANDBOXES, USERS]),
  ...more,
]

/** What of `asked`, words of FEATURES, a stage cannot have: a sentence for each reason. */
export function refusedFeatures(asked: readonly string[]): string[] {
  return OVERRIDES.flatMap(({ features, why }) => {
    const found = features.filter((feature) => asked.lastIndexOf(feature) > asked.lastIndexOf(`-${feature}`))
    return found.length === 0 ? [] : [`FEATURES: ${found.join(', ')} cannot be had: ${why}`]
  })
}

/** The features that keep documents out of a stage which, as with catalyst, has none; not those that `more` takes back. */
export const noDocuments = (more: readonly string[]): string[] =>
  NO_DOCUMENTS.filter((feature) => !more.includes(`-${feature}`))

/**
 * FEATURES of the environment, where they win over every configuration, that of single packages too: what is always off, and
 * `noDocs` of a stage without documents.
 */
export const environmentFeatures = (noDocs: readonly string[]): string[] => [...noDocs, ...off(OVERRIDES)]

/** Whether no manual, info page or other document gets into a root that is built with these words of FEATURES. */
export const leavesDocumentsOut = (features: readonly string[]): boolean =>
  NO_DOCUMENTS.every((feature) => features.includes(feature) && !features.includes(`-${feature}`))
