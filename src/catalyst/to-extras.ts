// What a spec says and no definition file has a key for: what its result keeps and loses, other folders, variables. Pure.

import path from 'node:path'
import type { RepoDefinition, SdkDefinition } from '../sdk/definition.js'
import { TRAITS } from '../sdk/stages.js'
import { inRoot } from '../store/layout.js'
import { planFinalConfiguration } from './final-configuration.js'
import type { SpecFlags } from './read/flags.js'
import type { SpecOptions } from './read/options.js'
import type { Settings } from './read/settings.js'
import type { SpecParts } from './spec-parts.js'
import type { Stage4Spec } from './stage4.js'

/** What {@link specExtras} also needs. */
export interface Made {
  readonly repos: readonly RepoDefinition[]
  readonly flags: SpecFlags
  readonly stage4: Stage4Spec | undefined
}

/** The fields of a definition that its file has no keys for. */
type Extras = Pick<
  SdkDefinition,
  'archName' | 'makeConf' | 'environment' | 'places' | 'remove' | 'portageOwned' | 'configuration' | 'release'
>

/** The extras of a spec. Problems and what has no effect go to the settings. */
export function specExtras(parts: SpecParts, { repos, flags, stage4 }: Made): Extras {
  const { settings, conf, options } = parts
  const use = options.bindist ? ['bindist'] : []
  const kept = keptRepos(settings, repos)
  const { CFLAGS: _c, CXXFLAGS: _cxx, LDFLAGS: _ld, ...others } = flags.flags
  return {
    archName: settings.one('subarch') ?? '',
    makeConf: Object.fromEntries(
      Object.entries({ ...others, USE: use.join(' ') }).filter(([, value]) => value !== ''),
    ),
    environment: parts.envscript?.environment ?? {},
    places: {
      ...(conf.distdir === undefined ? {} : { distfiles: conf.distdir }),
      ...pkgcache(parts),
      ...(conf.logdir === undefined ? {} : { log: conf.logdir }),
    },
    remove: [
      // Catalyst gives stage 1's root no configuration but the link to its profile.
      ...(TRAITS[parts.target].root === 'empty'
        ? ['/etc/portage/[!m]*', '/etc/portage/m[!a]*']
        : ['/etc/portage/repos.conf']),
      ...repos.filter((repo) => !kept.includes(repo)).map((repo) => repo.location),
      ...prefixed(settings, options),
      ...(stage4?.remove ?? []),
    ],
    portageOwned: [conf.repoBasedir],
    configuration: planFinalConfiguration({
      ...flags,
      cbuild: parts.seed.CBUILD,
      use: [...(options.sticky ? use : []), ...(stage4?.definition.use ?? [])],
      folders: conf.folders,
      repos: kept.map(({ name, location, main }) => ({ name, location, main })),
      binhost: binhost(settings),
    }),
    // A spec makes its stage and nothing else.
    release: false,
  }
}

/** With option pkgcache: what `pkgcache_path` names, else catalyst's own folder, that of all versions of the stage. */
function pkgcache({ settings, options, root, target }: SpecParts): { packages?: string } {
  const folder = settings.one('pkgcache_path')
  if (!options.pkgcache) {
    if (folder !== undefined)
      settings.notice('pkgcache_path', 'has no effect: the conf has no option pkgcache')
    return {}
  }
  const part = (key: 'rel_type' | 'subarch' | 'version_stamp'): string => settings.one(key) ?? ''
  const stamp = options.versionedCache ? `-${part('version_stamp')}` : ''
  const own = inRoot(root, 'packages', part('rel_type'), `${target}-${part('subarch')}${stamp}`)
  const packages = folder === undefined ? own : path.resolve(folder)
  settings.notice('options', `pkgcache: ${packages} is used and filled; ${STRICTER}`)
  return { packages }
}

/** Portage alone compares versions, USE and dependencies. */
const STRICTER =
  'Portage takes of it what fits, as with catalyst, but what was built from an ebuild that was edited since, or whose files/ were, is removed before'

function keptRepos(settings: Settings, repos: readonly RepoDefinition[]): RepoDefinition[] {
  const names = settings.many('keep_repos')
  for (const name of names)
    if (!repos.some((repo) => repo.name === name))
      settings.notice('keep_repos', `there is no repo ${name} (${repos.map((repo) => repo.name).join(', ')})`)
  return repos.filter((repo) => names.includes(repo.name))
}

/** Where `portage_confdir` may have files that must not stay, under the name that `portage_prefix` says. */
const PREFIXED = [
  'package.accept_keywords',
  'package.keywords',
  'package.mask',
  'package.unmask',
  'package.use',
  'package.env',
  'env',
  'profile/package.use.force',
  'profile/package.use.mask',
] as const

function prefixed(settings: Settings, options: SpecOptions): string[] {
  const prefix = settings.one('portage_prefix')
  if (prefix === undefined) return []
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(prefix))
    settings.wrong('portage_prefix', `expected a file name, found ${JSON.stringify(prefix)}`)
  return options.sticky ? [] : PREFIXED.map((folder) => `/etc/portage/${folder}/${prefix}`)
}

function binhost(settings: Settings): string | undefined {
  const host = settings.one('binhost') ?? ''
  const below = settings.one('binrepo_path')
  if (below !== undefined && host === '')
    settings.notice('binrepo_path', 'has no effect: the conf has no binhost')
  return below === undefined || host === '' ? undefined : `${host}${below}`
}
