// The digest of what the definition says about a stage: all of it, but for what is named here with the reason.

import { createHash } from 'node:crypto'
import { carryGlobs } from '../../sdk/carry.js'
import { stageProfile } from '../../sdk/definition.js'
import { type StageName, TRAITS } from '../../sdk/stages.js'
import { heldGlobs } from './held.js'
import { carriedLater, filesOf, type RunSettings } from './plan.js'

/**
 * Keys of a definition that cannot change what a stage puts out, each with the reason. Paths are those of the definition as
 * parsed, joined by dots; `*` stands for each item of a list. A key that is not here counts.
 */
export const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  file: 'where the definition lies; what it names is digested by content',
  dir: 'as `file`',
  bases: 'what they say is in the definition',
  version: 'a version is compared with nothing but itself; the time that it means is the epoch',
  sourceDate: 'the epoch, which counts, is made from it',
  profile: "the default; the run's own profile counts",
  stages: 'which stages there are; the chain of records holds which followed which',
  compression: 'how an archive is written, not what is in it',
  portageConfdir: 'the files in it count, by content',
  'repos.*.path': 'the tree counts, by its own digest',
  'repos.*.junk': 'as `repos.*.path`: the digest is of what is left',
  'stage.stage4.rootOverlays.*.path': 'the files in it count, by content',
  'stage.stage4.releaseFiles': 'as the root overlays',
  'stage.stage4.fsscript': 'as the root overlays',
  'stage.stage4.sshPublicKeys.*.file': 'as the root overlays',
  carry: 'the globs that fit the profile and the stage count',
  'seed.urls': 'the seed counts, by its digest',
  'seed.keyring': 'as `seed.urls`',
  'seed.distribution': 'as `seed.urls`',
  'places.distfiles': 'a place for files that are checked by digest',
  'places.packages': 'a place for packages that Portage checks',
  'places.log': 'a place for logs',
}

/** Whether the part of a definition at `key` concerns `stage`: what each stage installs is its own matter. */
const concerns = (key: string, stage: StageName): boolean =>
  key === 'cross' ? TRAITS[stage].buildsCross : !/^stage\.[^.]+$/.test(key) || key === `stage.${stage}`

/**
 * Digest of what the definition and the command line say about `stage`. The number of jobs is left out on purpose: it
 * changes how fast, not what.
 */
export function settingsDigest(run: RunSettings, stage: StageName): string {
  const { definition, profile } = run
  // The name stands in the files that name the release, and nowhere else in a root.
  const { name: _, ...unnamed } = definition
  const held = heldGlobs({ ...run, stage })
  const facts = {
    definition: effective(definition.release ? definition : unnamed, stage),
    profile: stageProfile(definition, profile, stage),
    epoch: run.epoch,
    files: filesOf(run, stage),
    carry: carryGlobs(definition, profile, stage),
    carryLater: carriedLater(run, stage),
    // Of catalyst's stages only: the others keep the digests that they have.
    ...(held.length === 0 ? {} : { held }),
  }
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex')
}

/** `value` without what has no effect on `stage`, its keys in order: how a definition was put together says nothing. */
function effective(value: unknown, stage: StageName, at = ''): unknown {
  const below = (key: string): string => (at === '' ? key : `${at}.${key}`)
  if (Array.isArray(value)) return value.map((item) => effective(item, stage, below('*')))
  if (typeof value !== 'object' || value === null) return value
  const counts = (key: string): boolean =>
    WITHOUT_EFFECT[below(key)] === undefined && concerns(below(key), stage)
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => counts(key))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, effective(item, stage, below(key))]),
  )
}
