// The make.conf of a stage, rendered from the definition (pure).

import { INSIDE } from '../sandbox/inside.js'
import { stageFeatures } from './features.js'

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
