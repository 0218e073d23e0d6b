// The Portage configuration that a stage of a spec leaves behind: plain, as catalyst writes it, with nothing of what
// only held while it was built.

/** What it is made of. */
export interface FinalConfiguration {
  /** The seed's, if it says one. */
  readonly cbuild: string | undefined
  readonly chost: string
  /** Variables of compiler flags by name; those equal to COMMON_FLAGS refer to it. */
  readonly flags: Readonly<Record<string, string>>
  readonly use: readonly string[]
  /** Variables of directories that are not Portage's defaults. */
  readonly folders: Readonly<Record<string, string>>
  /** Repos that stay configured. */
  readonly repos: readonly { readonly name: string; readonly location: string; readonly main: boolean }[]
  /** Where binary packages are, if the conf and the spec say it. */
  readonly binhost: string | undefined
}

/** Where Portage looks for Gentoo's repo without being told. */
const GENTOO = { name: 'gentoo', location: '/var/db/repos/gentoo' }

/** Files below /etc/portage. */
export function planFinalConfiguration(parts: FinalConfiguration): Record<string, string> {
  const repos = parts.repos
    .filter(({ name, location }) => name !== GENTOO.name || location !== GENTOO.location)
    .map(({ name, location, main }): [string, string] => [
      `repos.conf/${name}.conf`,
      `${main ? `[DEFAULT]\nmain-repo = ${name}\n\n` : ''}[${name}]\nlocation = ${location}\n`,
    ])
  return {
    'make.conf': makeConf(parts),
    ...Object.fromEntries(repos),
    ...(parts.binhost === undefined ? {} : { 'binrepos.conf/gentoo.conf': binrepos(parts.binhost) }),
  }
}

function makeConf({ cbuild, chost, flags, use, folders }: FinalConfiguration): string {
  const common = flags.COMMON_FLAGS ?? ''
  const lines = Object.entries(flags).map(([name, value]) => [
    name,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: make.conf's own expansion
    name !== 'COMMON_FLAGS' && value === common ? '${COMMON_FLAGS}' : value,
  ])
  const all = [
    ...lines,
    ...(cbuild === undefined ? [] : [['CBUILD', cbuild]]),
    ['CHOST', chost],
    ...(use.length === 0 ? [] : [['USE', [...new Set(use)].sort().join(' ')]]),
    ...Object.entries(folders),
    // Messages of build systems in English, whatever the locale: logs and bug reports can be read by others.
    ['LC_MESSAGES', 'C.UTF-8'],
  ]
  return `# Written by bootstrap_sdk when this stage was built; make.conf(5).\n${all.map(([name, value]) => `${name}="${value}"\n`).join('')}`
}

const binrepos = (uri: string): string =>
  `[gentoo]\npriority = 1\nsync-uri = ${uri}\nlocation = /var/cache/binhost/gentoo\nverify-signature = true\n`
