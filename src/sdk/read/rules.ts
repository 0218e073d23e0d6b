// What must hold between the keys of sdk.toml, beyond the type and grammar of each.

import { architecture, architectureOfTuple, LINUX_TUPLE } from '../architecture.js'
import { didYouMean } from '../nearest.js'
import { needsSettings } from '../seed-urls.js'
import { STAGES } from '../stages.js'
import { type KeyPath, type Problem, showPath } from './problems.js'
import type { SdkToml } from './schema.js'

interface Rule {
  /** The top-level keys that the rule looks at; it is left out when one of them has a problem already. */
  readonly reads: readonly (keyof SdkToml)[]
  check(toml: SdkToml): Problem[]
}

const RULES: readonly Rule[] = [
  { reads: ['version_id', 'version_file'], check: checkVersion },
  { reads: ['arch', 'chost'], check: checkArch },
  { reads: ['type'], check: checkType },
  { reads: ['stages'], check: checkStages },
  { reads: ['stages', 'stage3', 'stage4'], check: checkPackages },
  { reads: ['repos'], check: checkMainRepo },
  { reads: ['repos'], check: checkDuplicateRepos },
  { reads: ['repos'], check: checkArchives },
  { reads: ['repos', 'profile', 'stage1', 'portage_patches'], check: checkProfile },
  { reads: ['repos', 'stage1'], check: checkHooks },
  { reads: ['repos', 'carry'], check: checkCarry },
  { reads: ['chost', 'cross'], check: checkCross },
  { reads: ['stage4', 'cross'], check: checkCrossdev },
  { reads: ['seed'], check: checkSettings },
]

/**
 * The problems that the rules find in `toml`.
 *
 * @param known problems of single keys; what they concern is not looked at again
 */
export function checkRules(toml: SdkToml, known: readonly Problem[]): Problem[] {
  const broken = new Set(known.map(({ path }) => path[0]))
  return RULES.filter(({ reads }) => !reads.some((key) => broken.has(key))).flatMap((rule) =>
    rule.check(toml),
  )
}

const problem = (path: KeyPath, message: string): Problem => ({ path, message })

function checkVersion({ version_id, version_file }: SdkToml): Problem[] {
  if (version_id !== undefined && version_file !== undefined) {
    return [problem(['version_file'], 'expected one of version_id and version_file, found both')]
  }
  if (version_id !== undefined || version_file !== undefined) return []
  return [problem([], 'missing key version_id: expected version_id or version_file, found neither')]
}

/** The release is called by its type, and a stage by its own name. */
function checkType({ type }: SdkToml): Problem[] {
  if (!STAGES.some((stage) => stage === type)) return []
  return [
    problem(
      ['type'],
      `type: expected another word than the name of a stage, found "${type}": its archive has that name`,
    ),
  ]
}

function checkArch({ arch, chost }: SdkToml): Problem[] {
  const { cpu, cpus } = architecture(arch)
  if (!cpus.test(chost.split('-')[0] ?? ''))
    return [problem(['chost'], `chost: expected ${cpu}-… for arch "${arch}", found "${chost}"`)]
  return notLinux(['chost'], chost)
}

/** Toolchains are made for the architectures of the table, and for Linux alone. */
const notLinux = (at: KeyPath, chost: string): Problem[] =>
  architectureOfTuple(chost) === undefined
    ? [problem(at, `${showPath(at)}: expected ${LINUX_TUPLE}, found "${chost}"`)]
    : []

function checkStages({ stages }: SdkToml): Problem[] {
  if (stages.length === 0) return [problem(['stages'], 'stages: expected at least one, found an empty array')]
  return stages.flatMap((stage, index) => {
    const previous = stages[index - 1] ?? 0
    if (stage > previous) return []
    return [
      problem(['stages', index], `stages: expected increasing numbers, found ${stage} after ${previous}`),
    ]
  })
}

/** emerge needs to be told what to merge. */
function checkPackages({ stages, stage3, stage4 }: SdkToml): Problem[] {
  const lists = { 3: stage3.packages, 4: stage4.packages } as const
  return ([3, 4] as const)
    .filter((stage) => stages.includes(stage) && lists[stage].length === 0)
    .map((stage) =>
      problem(
        [`stage${stage}`, 'packages'],
        `stage${stage}.packages: expected at least one, found an empty array; a stage that does nothing is left out of \`stages\``,
      ),
    )
}

function checkSettings({ seed }: SdkToml): Problem[] {
  if (seed.settings_file !== undefined) return []
  return seed.urls.flatMap((url, index) => {
    if (!needsSettings(url)) return []
    return [
      problem(['seed', 'urls', index], `seed.urls: ${url} needs seed.settings_file, which is not there`),
    ]
  })
}

function checkMainRepo({ repos }: SdkToml): Problem[] {
  const mains = [...repos.entries()].filter(([, repo]) => repo.main)
  if (mains.length === 0) {
    return [problem(['repos'], 'repos: expected exactly one repo with main = true, found none')]
  }
  const [[, first] = [0, undefined], ...others] = mains
  return others.map(([index, repo]) =>
    problem(
      ['repos', index, 'main'],
      `repos: expected exactly one repo with main = true, found "${first?.name}" and "${repo.name}"`,
    ),
  )
}

function checkDuplicateRepos({ repos }: SdkToml): Problem[] {
  return (['name', 'path', 'archive', 'location'] as const).flatMap((key) =>
    repos.flatMap((repo, index) => {
      const first = repos.findIndex((other) => other[key] === repo[key])
      if (first === index || repo[key] === undefined) return []
      return [
        problem(['repos', index, key], `repos[${index}].${key}: "${repo[key]}" is repos[${first}]'s already`),
      ]
    }),
  )
}

/** An archive within another would be overwritten, and would end up in the other's digest. */
function checkArchives({ repos }: SdkToml): Problem[] {
  return repos.flatMap((repo, index) => {
    const outer = repos.find((other) => repo.archive.startsWith(`${other.archive}/`))
    if (outer === undefined) return []
    return [
      problem(
        ['repos', index, 'archive'],
        `repos[${index}].archive: expected a folder of its own, found "${repo.archive}" within that of "${outer.name}"`,
      ),
    ]
  })
}

function checkProfile(toml: SdkToml): Problem[] {
  const { profile = '' } = toml.stage1
  return [
    ...unknownRepo(toml, toml.profile, ['profile']),
    ...unknownRepo(toml, profile, ['stage1', 'profile']),
    ...unknownRepo(toml, toml.portage_patches ?? '', ['portage_patches']),
  ]
}

/** The hooks are looked for in the overlay. */
function checkHooks({ repos, stage1 }: SdkToml): Problem[] {
  if (stage1.hooks === undefined || repos.some((repo) => !repo.main)) return []
  return [problem(['stage1', 'hooks'], 'stage1.hooks: expected a second repo, which has them, found none')]
}

function checkCarry(toml: SdkToml): Problem[] {
  return Object.keys(toml.carry).flatMap((profile) => unknownRepo(toml, profile, ['carry', profile]))
}

function unknownRepo(toml: SdkToml, profile: string, path: KeyPath): Problem[] {
  const names = toml.repos.map((repo) => repo.name)
  const repo = /^([^:]+):/.exec(profile)?.[1]
  if (repo === undefined || names.includes(repo)) return []
  const known = names.join(', ')
  return [
    problem(
      path,
      `${path[0] === 'carry' ? 'carry' : showPath(path)}: expected a repo of [[repos]] (${known}), found "${repo}"${didYouMean(repo, names)}`,
    ),
  ]
}

/** Crossdev has its own steps and flags. */
function checkCrossdev({ cross, stage4 }: SdkToml): Problem[] {
  if (!stage4.crossdev) return []
  return cross.flatMap(({ packages }, index) =>
    packages
      .filter((name) => name.includes('['))
      .map((name) =>
        problem(
          ['cross', index, 'packages'],
          `cross[${index}].packages: expected a name without USE flags, since stage4.crossdev is true, found "${name}"`,
        ),
      ),
  )
}

function checkCross({ cross, chost }: SdkToml): Problem[] {
  const seen = new Map([[chost, 'the chost of the SDK itself']])
  return cross.flatMap((target, index) => {
    const found = notLinux(['cross', index, 'chost'], target.chost)
    const other = seen.get(target.chost)
    const name = `cross[${index}]`
    if (other !== undefined) {
      found.push(
        problem(
          ['cross', index, 'chost'],
          `${name}.chost: expected another tuple, found "${target.chost}", ${other}`,
        ),
      )
    }
    if (target.packages.length === 0) {
      found.push(
        problem(
          ['cross', index, 'packages'],
          `${name}.packages: expected at least one, found an empty array`,
        ),
      )
    }
    seen.set(target.chost, `which is ${name}'s already`)
    return found
  })
}
