// A stage's own binary packages, kept for its next attempt; those whose ebuild has changed since are dropped first.

import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { packageDigests } from '../repos/digest.js'
import { writeFileAtomic } from '../store/atomic.js'
import { removeTree } from '../store/remove.js'
import { crossCategory } from '../toolchain/cross-overlay.js'
import { sharedFolders } from './mounts.js'
import type { StagePlan } from './plan.js'

/**
 * Makes the folders that a stage shares with its later attempts, and removes binary packages built from an ebuild that has
 * been edited, as told by the digest of its folder: Portage itself compares versions and USE only.
 */
export async function openSharedFolders(plan: StagePlan): Promise<void> {
  const folders = sharedFolders(plan)
  for (const each of [folders.packages, folders.carried, folders.log, plan.layout.distfiles])
    await mkdir(each, { recursive: true })
  const file = path.join(folders.packages, '.ebuilds.json')
  const now = await ebuilds(plan)
  const before = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as Record<string, string>,
    () => ({}) as Record<string, string>,
  )
  for (const [cp, digest] of Object.entries(before))
    if (now[cp] !== undefined && now[cp] !== digest)
      for (const stale of [cp, ...crossNames(plan, cp)])
        await removeTree(path.join(folders.packages, stale), folders.packages)
  await writeFileAtomic(file, JSON.stringify(now))
}

/** Where else packages of the same ebuild are: under the categories of cross toolchains, and in crossdev's own folder. */
function crossNames({ definition }: StagePlan, cp: string): string[] {
  const names = definition.cross.map(({ chost }) => `${crossCategory(chost)}/${path.basename(cp)}`)
  return [...names, ...[cp, ...names].map((name) => path.join(CROSSDEV_FOLDER, name))]
}

/** Below the folder of binary packages; stages/lib/crossdev.sh. */
const CROSSDEV_FOLDER = 'crossdev'

async function ebuilds(plan: StagePlan): Promise<Record<string, string>> {
  const all: Record<string, string> = {}
  for (const { tree } of plan.stageRepos)
    for (const [cp, digest] of tree === undefined ? [] : await packageDigests(tree.path))
      all[cp] = `${all[cp] ?? ''}${digest}`
  return all
}
