// From a checked spec and what it names on this machine to the definition of a run with one stage. Pure.

import path from 'node:path'
import { ARCHS, CHOST_EXAMPLE } from '../sdk/architecture.js'
import type { RepoDefinition, SdkDefinition } from '../sdk/definition.js'
import { parseProfile } from '../sdk/profile.js'
import { isEmergeWord, isFeature } from '../sdk/read/grammar.js'
import { TRAITS } from '../sdk/stages.js'
import { noticeFlags, readFlags } from './read/flags.js'
import type { Settings } from './read/settings.js'
import { SUBARCHES, type Subarch } from './read/subarch.js'
import type { FoundRepo, SpecParts } from './spec-parts.js'
import { NO_STAGE4, readStage4, type Stage4Spec } from './stage4.js'
import { specExtras } from './to-extras.js'

/** What a subarch that is not known stands for while the other problems are collected. */
const ANY_SUBARCH: Subarch = { arch: ARCHS[0], chost: CHOST_EXAMPLE, flags: '' }

/** The definition of the spec's run. Problems go to the settings; with any, the definition is not to be used. */
export function specDefinition(parts: SpecParts): SdkDefinition {
  const { file, target, settings, subarch, envscript } = parts
  const repos = repoDefinitions(parts)
  const flags = readFlags(settings, { target, subarch, seed: parts.seed })
  noticeFlags(settings, target)
  const stage4 = TRAITS[target].tailorsRoot ? readStage4(settings) : undefined
  const confdir = settings.one('portage_confdir')
  const stamp = settings.one('version_stamp') ?? ''
  const { CFLAGS = '', CXXFLAGS = '', LDFLAGS = '' } = flags.flags
  return {
    file,
    dir: path.dirname(file),
    name: path.basename(file).replace(/\.spec$/, ''),
    type: settings.one('rel_type') ?? '',
    version: { id: stamp, text: stamp },
    arch: subarch.arch,
    chost: flags.chost,
    profile: readProfile(settings, repos),
    stages: [target],
    compression: parts.conf.compression,
    ...(CFLAGS === '' ? {} : { cflags: CFLAGS }),
    ...(CXXFLAGS === '' ? {} : { cxxflags: CXXFLAGS }),
    ...(LDFLAGS === '' ? {} : { ldflags: LDFLAGS }),
    features: (envscript?.features ?? []).filter(isFeature),
    ...(confdir === undefined ? {} : { portageConfdir: path.resolve(confdir) }),
    interpreter: settings.many('interpreter'),
    repos,
    stage: stages(parts, stage4),
    cross: [],
    carry: [],
    // The spec names the seed; nothing else is looked for.
    seed: { osReleaseId: '', urls: [] },
    ...specExtras(parts, { repos, flags, stage4 }),
  }
}

function repoDefinitions({ conf, snapshot, repos }: SpecParts): RepoDefinition[] {
  const at = ({ name, path: tree }: FoundRepo, main: boolean): RepoDefinition => {
    const location = path.posix.join(conf.repoBasedir, name)
    return { name, path: tree, main, location, archive: location }
  }
  return [at(snapshot, true), ...repos.map((repo) => at(repo, false))]
}

function readProfile(settings: Settings, repos: readonly RepoDefinition[]): string {
  const text = settings.one('profile') ?? ''
  const profile = parseProfile(text)
  const names = repos.map(({ name }) => name)
  if (profile === undefined && text !== '')
    settings.wrong('profile', `expected repo:path, or path in the main repo, found ${JSON.stringify(text)}`)
  else if (profile?.repo !== undefined && !names.includes(profile.repo))
    settings.wrong('profile', `expected a repo of the spec (${names.join(', ')}), found "${profile.repo}"`)
  // One that is none stays as it was said: what is said of it once is enough.
  return `${profile?.repo ?? names[0]}:${profile?.path ?? text}`
}

function stages({ settings, options }: SpecParts, stage4: Stage4Spec | undefined): SdkDefinition['stage'] {
  const update = settings.one('update_seed')
  if (update !== undefined && !['yes', 'no'].includes(update))
    settings.wrong('update_seed', `expected yes or no, found ${JSON.stringify(update)}`)
  const command = settings.many('update_seed_command')
  for (const word of command)
    if (!isEmergeWord(word))
      settings.wrong('update_seed_command', `expected words for emerge, found ${JSON.stringify(word)}`)
  if (command.length > 0 && update !== 'yes')
    settings.notice('update_seed_command', 'has no effect: update_seed is not yes')
  return {
    stage1: {
      use: ['-*', 'build', ...(options.bindist ? ['bindist'] : [])],
      repos: 'checkout',
      updateSeed: update === 'yes',
      updateSeedOptions:
        update === 'yes' && command.length > 0 ? command : ['--update', '--deep', '--newuse', '@world'],
    },
    stage2: { bootstrap: 'scripts/bootstrap.sh' },
    stage3: { first: [], packages: ['@system'] },
    stage4: stage4?.definition ?? NO_STAGE4,
  }
}

/** The subarch of the spec. */
export function readSubarch(settings: Settings): Subarch {
  const name = settings.one('subarch') ?? ''
  const known = Object.keys(SUBARCHES)
  const found = Object.hasOwn(SUBARCHES, name) ? SUBARCHES[name] : undefined
  if (found === undefined && name !== '')
    settings.wrong('subarch', `only ${known.join(', ')} are built here, found ${JSON.stringify(name)}`)
  return found ?? ANY_SUBARCH
}
