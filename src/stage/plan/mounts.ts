// Which mounts a stage gets: the seed as "/", read-only, and the stage's root below /tmp.

import { existsSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { GIT_FOLDER } from '../../portage/live/place.js'
import { INSIDE } from '../../sandbox/inside.js'
import type { Mount, SandboxSpec } from '../../sandbox/spec.js'
import { systemMounts } from '../../sandbox/system-mounts.js'
import { TRAITS } from '../../sdk/stages.js'
import type { Over, Work } from '../run/work.js'
import { stageEnvironment } from './environment.js'
import { packageKey } from './package-key.js'
import { completesSeed, type StagePlan } from './plan.js'

/**
 * Host folders that a stage shares with later attempts. It sees them, but what it writes is in its own work folder until it is
 * audited (run/take-shared.ts).
 */
export interface SharedFolders {
  packages: string
  answers: string
  carried: string
  log: string
  /** Git repositories of live ebuilds. */
  git: string
}

/** The shared folders of `plan`. */
export function sharedFolders(plan: StagePlan): SharedFolders {
  return {
    packages: plan.definition.places.packages ?? plan.layout.packages(plan.stage, packageKey(plan)),
    answers: plan.layout.answers(plan.firstSeed),
    carried: plan.layout.carried(plan.firstSeed),
    log: plan.layout.stageLog(plan.stage),
    git: path.join(plan.layout.distfiles, GIT_FOLDER),
  }
}

/** A folder that its user may have as a link to another: what is mounted is that. */
const ofUser = (folder: string): string => (existsSync(folder) ? realpathSync(folder) : folder)

/** The sandbox of one pass (`prepare` or `run`) of the stage's script. `layers` are those of the seed, top first. */
export function stageSandbox(
  plan: StagePlan,
  work: Work,
  layers: readonly string[],
): Omit<SandboxSpec, 'argv'> {
  const startsEmpty = TRAITS[plan.stage].root === 'empty'
  const inRoot = startsEmpty ? '' : plan.stageRoot
  const root: Mount = startsEmpty
    ? { kind: 'bind', source: work.root, target: plan.stageRoot, readOnly: false }
    : { kind: 'overlay', layers, upper: work.root, work: work.ovl, target: plan.stageRoot }
  const { seed: upper, seedWork } = work
  return {
    root: { kind: 'layers', layers, ...(completesSeed(plan) ? { upper, work: seedWork } : {}) },
    mounts: [
      ...systemMounts(),
      root,
      ...(inRoot === '' ? [] : systemMounts(inRoot)),
      ...contractMounts(plan, { work, layers, prefix: inRoot }),
      ...interpreterMounts(plan, inRoot),
    ],
    hostname: plan.stage,
    network: 'off',
    cwd: '/',
    env: stageEnvironment(plan),
  }
}

/** Emulators of this machine: "/" needs them as the stage's root does. */
function interpreterMounts({ definition }: StagePlan, inRoot: string): Mount[] {
  const roots = inRoot === '' ? [''] : ['', inRoot]
  return definition.interpreter.flatMap((source) =>
    roots.map((root): Mount => ({ kind: 'bind', source, target: `${root}${source}`, readOnly: true })),
  )
}

/** The folders of the seed's package database, layer by layer. */
const databases = (layers: readonly string[]): string[] =>
  layers.map((layer) => path.join(layer, INSIDE.databases)).filter((folder) => existsSync(folder))

interface Assembly {
  work: Work
  layers: readonly string[]
  /** The stage's root, or nothing for stage 1. */
  prefix: string
}

/** Stage 1's "/" is the seed: its caches and logs are covered, its configuration is the run's. */
function seedCovers(work: Work, layers: readonly string[]): Mount[] {
  return [
    { kind: 'tmpfs', target: INSIDE.caches, mode: '0755' },
    { kind: 'tmpfs', target: INSIDE.logs, mode: '0755' },
    // The run's, and the changes that the script makes to USE: each of its merges has its own.
    {
      kind: 'overlay',
      layers: [`${work.input}/portage`],
      upper: work.conf,
      work: work.confWork,
      target: INSIDE.configuration,
    },
    // Portage locks the package database of "/" even to read it; the lock goes into a copy.
    {
      kind: 'overlay',
      layers: databases(layers),
      upper: work.db,
      work: work.dbWork,
      target: INSIDE.databases,
    },
  ]
}

function contractMounts(plan: StagePlan, { work, layers, prefix }: Assembly): Mount[] {
  const bind = (source: string, target: string, readOnly: boolean): Mount => ({
    kind: 'bind',
    source,
    target: `${prefix}${target}`,
    readOnly,
  })
  const data = (source: string, target: string): Mount => ({
    ...{ kind: 'bind', source, target: `${prefix}${target}`, readOnly: false, data: true },
  })
  const over = (source: string, target: string, { upper, work: ovl }: Over): Mount => ({
    ...{ kind: 'overlay', layers: [source], upper, work: ovl, target: `${prefix}${target}`, data: true },
  })
  const shared = sharedFolders(plan)
  const { packages } = plan.definition.places
  const keepsPool = TRAITS[plan.stage].pool === 'keeps'
  const repos = plan.stageRepos.flatMap(({ tree, location }) =>
    tree === undefined ? [] : [bind(tree.path, location, true)],
  )
  const outside: Mount = { kind: 'bind', source: work.input, target: INSIDE.input, readOnly: true }
  return [
    // The script starts in "/" and goes into its stage root from there.
    ...(prefix === '' ? seedCovers(work, layers) : [outside]),
    bind(work.input, INSIDE.input, true),
    data(work.output, INSIDE.output),
    bind(work.tmp, INSIDE.temporary, false),
    data(work.log, INSIDE.log),
    over(ofUser(plan.layout.distfiles), INSIDE.distfiles, work.over.distfiles),
    // The kept repositories are Git's to read on the host, so no stage writes to them.
    bind(shared.git, INSIDE.gitObjects, true),
    bind(work.git, INSIDE.git, false),
    over(packages === undefined ? shared.packages : ofUser(packages), INSIDE.packages, work.over.packages),
    // Neither in the record nor a part of any key: an answer is only read by a script that would find out the same. Stages
    // that go back to one first seed trust each other's answers, which can only set variables of known names.
    over(shared.answers, INSIDE.answers, work.over.answers),
    keepsPool
      ? over(shared.carried, INSIDE.carried, work.over.carried)
      : bind(shared.carried, INSIDE.carried, true),
    ...repos,
  ]
}
