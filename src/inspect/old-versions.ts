// Removes whole versions of an SDK: their archives, with all beside them, and their logs. Only of one that nobody works on.

import { existsSync, lstatSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { COMPRESSIONS } from '../sdk/definition.js'
import { STAGES } from '../sdk/stages.js'
import { removeTree } from '../store/disk/remove.js'
import { createLayout, type Layout, type LayoutNames } from '../store/layout.js'
import { folderBytes } from './disk-use.js'
import { listVersions } from './versions.js'

/** A version that goes. */
export interface OldVersion {
  readonly version: string
  /** Bytes of the disk; undefined where that cannot be found out. A file with another name elsewhere frees nothing. */
  readonly bytes: number | undefined
}

/**
 * The versions of the SDK of `names` beyond the newest `keep`, removed unless it is a rehearsal. Who calls holds the locks.
 */
export async function removeOldVersions(
  names: Omit<LayoutNames, 'version'>,
  { keep, isRehearsal }: { keep: number; isRehearsal: boolean },
): Promise<OldVersion[]> {
  const { root, type, arch } = names
  const old: OldVersion[] = []
  for (const { version } of (await listVersions({ root, type, arch })).slice(keep)) {
    const layout = createLayout({ root, type, arch, version })
    const files = await filesOf(layout)
    const folders = [path.dirname(layout.journal), ...STAGES.map((stage) => layout.stageLog(stage))].filter(
      existsSync,
    )
    const sizes = await Promise.all([
      ...files.map(fileBytes),
      ...folders.map((folder) => folderBytes(folder)),
    ])
    const isKnown = sizes.every((size) => size !== undefined)
    old.push({
      version,
      bytes: isKnown ? sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0) : undefined,
    })
    if (isRehearsal) continue
    for (const file of files) await rm(file, { force: true })
    for (const folder of folders) await removeTree(folder, root)
    await removeDeadLinks(layout)
  }
  return old
}

/** Archives of the version, and all that is named after one: records first, so that what is left vouches for nothing. */
async function filesOf(layout: Layout): Promise<string[]> {
  const archives = COMPRESSIONS.flatMap((compression) => [
    ...STAGES.map((stage) => layout.archive(stage, compression)),
    layout.release(compression),
  ]).map((file) => path.basename(file))
  const present = await readdir(layout.builds).catch(() => [])
  const named = present.filter((name) =>
    archives.some((archive) => name === archive || isBeside(name, archive)),
  )
  const rank = (name: string): number => (name.endsWith('.record.json') ? 0 : 1)
  return named.sort((a, b) => rank(a) - rank(b)).map((name) => path.join(layout.builds, name))
}

/** Side files end in words; what has another `.tar.` in it is of a version that is named like this one and more. */
const isBeside = (name: string, archive: string): boolean =>
  name.startsWith(`${archive}.`) && /^(?:\.(?!tar\.)[A-Za-z]+)+$/.test(name.slice(archive.length))

/** Of a file with several names, the release's for instance, its share. */
async function fileBytes(file: string): Promise<number | undefined> {
  const found = await stat(file).catch(() => undefined)
  return found === undefined ? undefined : Math.round((found.blocks * 512) / found.nlink)
}

async function removeDeadLinks(layout: Layout): Promise<void> {
  const links = COMPRESSIONS.flatMap((compression) =>
    STAGES.map((stage) => layout.latestLink(stage, compression)),
  )
  for (const link of links)
    if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() === true && !existsSync(link))
      await rm(link)
}
