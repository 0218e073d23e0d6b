// The copy step: puts into the stage what its script gets to see, and digests it for the record.

import { createHash } from 'node:crypto'
import { appendFile, copyFile, cp, mkdir, readdir, realpath, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import { PROJECT } from '../../files/own.js'
import { readBytes, readText } from '../../files/read.js'
import { planConfiguration } from '../../portage/configuration.js'
import { withUse } from '../../portage/make-conf.js'
import { INSIDE } from '../../sandbox/inside.js'
import type { CrossTarget } from '../../sdk/definition.js'
import { TRAITS } from '../../sdk/stages.js'
import {
  type PlannedEntry,
  planCrossConfig,
  planCrossOverlay,
  TOOLCHAIN_PACKAGES,
} from '../../toolchain/cross-overlay.js'
import { writeEntries } from '../../toolchain/root/write-entries.js'
import { writeRootOverlay } from '../finish/root-overlay.js'
import { renderArguments } from '../plan/arguments.js'
import { masksVersions } from '../plan/held.js'
import { CARRIED_MASK } from '../plan/own-names.js'
import { filesOf, profileOf, type StagePlan } from '../plan/plan.js'
import { settingsDigest } from '../plan/settings-digest.js'
import { copyConfdir } from './confdir.js'
import { filesToPlace, type Placed, placedBefore, renderGone, replacePlaced } from './placed.js'
import { requireUnchanged } from './unchanged.js'
import type { Work } from './work.js'

/** Digests of what the script was given. */
export interface StageInput {
  /** The scripts, by name. */
  script: Record<string, string>
  /** The Portage configuration and the arguments, by name. */
  config: Record<string, string>
  /** What its configuration and overlays put into the root, over those of the stages before. */
  placed: Placed
}

/** Folder of the stage scripts in the project. */
export function stagesFolder(): string {
  return path.join(PROJECT, 'stages')
}

/** Fills `work.input`. @throws SdkError SDK_CHAIN for what has changed since the run began, SDK_DEFINITION for what is gone */
export async function writeInput(plan: StagePlan, work: Work): Promise<StageInput> {
  try {
    const input = await fillInput(plan, work)
    await requireUnchanged(plan, input.script)
    return input
  } catch (error) {
    // Of what is gone the copy failed.
    if (!(error instanceof SdkError)) await requireUnchanged(plan)
    throw error
  }
}

async function fillInput(plan: StagePlan, work: Work): Promise<StageInput> {
  await cp(stagesFolder(), path.join(work.input, 'stage'), { recursive: true })
  const crossPackages = await sourcePackages(plan)
  const own = configuration(plan, crossPackages.length > 0)
  await copyConfdir(plan, path.join(work.input, 'portage'), own)
  const configured = await filesToPlace(path.join(work.input, 'portage'), INSIDE.configuration)
  await writeEntries(path.join(work.input, 'portage'), own)
  await writeFile(path.join(work.input, 'arguments'), renderArguments(plan))
  const final = Object.entries(plan.definition.configuration)
  await writeEntries(
    finalConfiguration(work),
    final.map(([file, text]) => ({ path: file, text })),
  )
  if (TRAITS[plan.stage].tailorsRoot) {
    await mkdir(path.join(work.input, 'cross-overlay'))
    await writeEntries(path.join(work.input, 'cross-overlay'), crossOverlay(plan, crossPackages))
    await writeRootOverlay(plan, rootOverlay(work))
    await writeTailoring(plan, work.input)
  }
  const { placed, gone } = await replaced(plan, work, configured)
  if (gone !== '') await writeFile(path.join(work.input, 'gone'), gone)
  const folders = ['portage', 'cross-overlay', 'root-overlay', 'ssh_keys'].map((name) =>
    path.join(work.input, name),
  )
  const digests = await Promise.all(folders.map((folder) => digestFiles(folder)))
  return {
    script: await digestFiles(path.join(work.input, 'stage')),
    config: {
      ...Object.assign({}, ...digests),
      ...filesOf(plan, plan.stage),
      arguments: sha256(renderArguments(plan)),
      ...(gone === '' ? {} : { gone: sha256(gone) }),
      settings: settingsDigest(plan, plan.stage),
    },
    placed,
  }
}

/**
 * What of the stage before goes: of its configuration where this stage has one too, which a definition always has and a spec may
 * leave unsaid; of its overlays where this stage copies some.
 */
async function replaced(
  plan: StagePlan,
  work: Work,
  configured: Readonly<Record<string, string>>,
): Promise<{ placed: Placed; gone: string }> {
  const { definition, stage } = plan
  const isConfigured = definition.release || definition.portageConfdir !== undefined
  const hasOverlay = definition.release || definition.stage.stage4.rootOverlays.length > 0
  const overlays = TRAITS[stage].tailorsRoot && hasOverlay
  const before =
    TRAITS[stage].root === 'empty' ? { configuration: {}, overlay: {} } : await placedBefore(plan)
  const { placed, gone } = replacePlaced(before, {
    configuration: isConfigured ? configured : undefined,
    overlay: overlays ? await filesToPlace(rootOverlay(work), '/') : undefined,
  })
  return { placed, gone: renderGone(gone) }
}

/** Where that waits which stage 4 copies over its root. */
export const rootOverlay = (work: Work): string => path.join(work.input, 'root-overlay')

/** Where the configuration waits that the definition leaves in the finished root. */
export const finalConfiguration = (work: Work): string => path.join(work.input, 'final-configuration')

/** Digests of the stage scripts as they are now, as a record has them. */
export const scriptDigests = (): Promise<Record<string, string>> => digestFiles(stagesFolder())

/** What tailor.sh reads: the definition's script, and the public keys of its users, one file a user. */
async function writeTailoring({ definition }: StagePlan, input: string): Promise<void> {
  const { fsscript, sshPublicKeys } = definition.stage.stage4
  if (fsscript !== undefined) await copyFile(await realpath(fsscript), path.join(input, 'fsscript'))
  if (sshPublicKeys.length > 0) await mkdir(path.join(input, 'ssh_keys'))
  for (const { user, file } of sshPublicKeys) {
    const text = await readText(file)
    await appendFile(path.join(input, 'ssh_keys', user), text.endsWith('\n') ? text : `${text}\n`)
  }
}

const buildsCross = (plan: StagePlan): boolean =>
  TRAITS[plan.stage].buildsCross && plan.definition.cross.length > 0

function configuration(plan: StagePlan, hasCross: boolean): PlannedEntry[] {
  const { definition, stage, stageRepos: repos } = plan
  const { use } = definition.stage.stage4
  const own = buildsCross(plan) && definition.stage.stage4.crossdev
  const cross = buildsCross(plan) && hasCross && !own
  return planConfiguration({
    makeConf: TRAITS[stage].tailorsRoot ? withUse(definition, use) : definition,
    repos:
      cross || own ? [...repos, { name: 'x-crossdev', location: INSIDE.crossOverlay, main: false }] : repos,
    profile: profileOf(plan),
    more: [
      ...(cross ? definition.cross.flatMap((target) => crossConfig(plan, target)) : []),
      ...patches(plan),
      ...carriedMask(plan),
    ],
  })
}

/** The user's patches: a link into the repo that has them. */
function patches({ definition, stageRepos }: StagePlan): PlannedEntry[] {
  const { portagePatches } = definition
  const repo = stageRepos.find((each) => each.name === portagePatches?.repo)
  if (repo === undefined || portagePatches === undefined) return []
  return [{ path: 'patches', link: path.posix.join(repo.location, portagePatches.path) }]
}

/** Carried packages stay at their versions: carry.sh writes the mask when it knows them. */
const carriedMask = (plan: StagePlan): PlannedEntry[] =>
  masksVersions(plan) ? [{ path: CARRIED_MASK, link: `${INSIDE.output}/carried.mask` }] : []

const crossConfig = (plan: StagePlan, target: CrossTarget): PlannedEntry[] =>
  planCrossConfig({ host: plan.definition.chost, target: target.chost })

/** Toolchain packages that a repo has as ebuilds: the others of a toolchain are carried. */
async function sourcePackages(plan: StagePlan): Promise<{ source: string; location: string }[]> {
  if (!buildsCross(plan) || plan.definition.stage.stage4.crossdev) return []
  const found: { source: string; location: string }[] = []
  for (const { source } of TOOLCHAIN_PACKAGES)
    for (const repo of plan.repos) {
      const files = await readdir(path.join(repo.path, source)).catch(() => [])
      if (files.some((file) => file.endsWith('.ebuild'))) found.push({ source, location: repo.location })
    }
  return found
}

function crossOverlay(
  plan: StagePlan,
  found: readonly { source: string; location: string }[],
): PlannedEntry[] {
  return planCrossOverlay({
    location: INSIDE.crossOverlay,
    targets: plan.definition.cross.map((target) => target.chost),
    masters: plan.definition.repos.map((repo) => repo.name),
    sources: new Map(found.map(({ source, location }) => [source, location])),
    packages: TOOLCHAIN_PACKAGES.filter(({ source }) => found.some((each) => each.source === source)),
  })
}

async function digestFiles(folder: string): Promise<Record<string, string>> {
  const digests: Record<string, string> = {}
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  for (const entry of entries.filter((each) => each.isFile())) {
    const file = path.join(entry.parentPath, entry.name)
    digests[path.relative(folder, file)] = sha256(await readBytes(file))
  }
  return Object.fromEntries(Object.entries(digests).sort(([a], [b]) => (a < b ? -1 : 1)))
}

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex')
