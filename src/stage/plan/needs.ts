// What stages read of a checkout and cannot do without, looked at before hours are spent on what comes before it.

import { access, constants, readdir } from 'node:fs/promises'
import path from 'node:path'
import { problemOf } from '../../files/look.js'
import { profileFolders, profileLines } from '../../repos/profile.js'
import { isSquashed } from '../../repos/squashed.js'
import { mainRepo, type SdkDefinition, stageProfile } from '../../sdk/definition.js'
import { FIRST_STAGE, type StageName } from '../../sdk/stages.js'
import { repoOrigin } from './plan.js'

/** Where it is said what a repository has to have. */
const DOCUMENT = 'docs/sdk-definition.md, "What a checkout must have"'

/** A request as far as its checkout goes. */
export interface CheckoutUse {
  readonly definition: SdkDefinition
  /** `repo:path` */
  readonly profile: string
  readonly stages: readonly StageName[]
  /** The seed's repos are made from this checkout, so that stage 1 has them too. */
  readonly seedHasCheckout: boolean
}

/**
 * What the checkout lacks, a sentence each: a stage that needs it will fail. A checkout of squashfs files is not looked into.
 *
 * Portage itself wants layout.conf (portage(5)); packages.build is catalyst's list for stage 1, and the bootstrap script
 * the one that it runs in stage 2.
 */
export async function unmetNeeds(use: CheckoutUse): Promise<string[]> {
  const { definition, stages, seedHasCheckout } = use
  const readers = stages.filter(
    (stage) => repoOrigin(definition, stage) === 'checkout' || (seedHasCheckout && stage === FIRST_STAGE),
  )
  const paths = definition.repos.map((repo) => repo.path)
  if (readers.length === 0 || paths.some(isSquashed) || (await anyMissing(paths))) return []
  const found: string[] = []
  for (const folder of paths) found.push(...(await layoutNeed(folder)))
  for (const stage of readers) found.push(...((await NEEDS[stage]?.(use)) ?? []))
  return found.map((each) => `${each} (${DOCUMENT})`)
}

/** A tree that is none is an error of its own. */
const anyMissing = async (paths: readonly string[]): Promise<boolean> =>
  (await Promise.all(paths.map((tree) => problemOf(path.join(tree, 'profiles'), 'folder')))).some(
    (problem) => problem !== undefined,
  )

async function layoutNeed(folder: string): Promise<string[]> {
  const file = path.join(folder, 'metadata/layout.conf')
  const problem = await problemOf(file, 'file')
  return problem === undefined ? [] : [`Portage wants the masters of each repo in ${file}: ${problem}`]
}

/** By stage: what it reads beside ebuilds. */
const NEEDS: { readonly [stage in StageName]?: (use: CheckoutUse) => Promise<string[]> } = {
  async stage1({ definition, profile }) {
    const own = stageProfile(definition, profile, FIRST_STAGE)
    const list = await profileLines(await profileFolders(definition, own), 'packages.build')
    const empty = `stage1 merges what packages.build of the profile ${own} or of its parents lists: found none`
    return [...(list.length === 0 ? [empty] : []), ...(await baselayoutNeed(definition))]
  },
  async stage2({ definition }) {
    const file = path.join(mainRepo(definition).path, definition.stage.stage2.bootstrap)
    const problem =
      (await problemOf(file, 'file')) ?? ((await isExecutable(file)) ? undefined : 'it is not executable')
    return problem === undefined ? [] : [`stage2 runs ${file}: ${problem}`]
  },
}

async function baselayoutNeed({ repos }: SdkDefinition): Promise<string[]> {
  for (const repo of repos) {
    const names = await readdir(path.join(repo.path, 'sys-apps/baselayout')).catch(() => [])
    if (names.some((name) => name.endsWith('.ebuild'))) return []
  }
  return ['stage1 merges sys-apps/baselayout before anything else: no repo has an ebuild of it']
}

const isExecutable = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
