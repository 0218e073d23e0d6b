// The copy of the definition's configuration folder that a stage gets, ready for what the engine puts beside it.

import { copyFile, cp, lstat, mkdir, realpath, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { outwardLinks } from '../../files/links.js'
import { setCopiedModes } from '../../files/modes.js'
import { JUNK_ANYWHERE, junkOf } from '../../repos/junk.js'
import type { PlannedEntry } from '../../toolchain/cross-overlay.js'
import { confdirFilter, isConfiguration } from '../plan/named-files.js'
import type { StagePlan } from '../plan/plan.js'

/** Copies it, if there is one, to `target`. @param own what the engine puts there, too */
export async function copyConfdir(
  { definition: { portageConfdir } }: StagePlan,
  target: string,
  own: readonly PlannedEntry[],
): Promise<void> {
  if (portageConfdir === undefined) return
  const source = await realpath(portageConfdir)
  const isJunk = junkOf(source, JUNK_ANYWHERE)
  await cp(source, target, {
    recursive: true,
    verbatimSymlinks: true,
    filter: async (file) => {
      const name = path.relative(source, file)
      return (
        isConfiguration(name) && (name === '' || !(await isJunk(name, (await lstat(file)).isDirectory())))
      )
    },
  })
  // From the stage, a link that leads out of the folder would lead somewhere else.
  for (const { name, target: there } of await outwardLinks(source, confdirFilter(source))) {
    const place = path.join(target, name)
    await rm(place)
    // Not by cp(1): with modes it takes ACLs, of which no digest tells.
    await cp(there, place, { recursive: true, dereference: true })
  }
  await setCopiedModes(target)
  const folders = own
    .map((entry) => path.dirname(entry.path))
    .filter((name) => /(?:^|\/)package\./.test(name))
  for (const name of new Set(folders)) await makeSettingsFolder(target, name)
}

/** Makes `name` of a configuration folder a folder: Portage takes a file too, but the engine has one to put beside it. */
export async function makeSettingsFolder(configuration: string, name: string): Promise<void> {
  const settings = path.join(configuration, name)
  if ((await stat(settings).catch(() => undefined))?.isFile() !== true) return
  // Of a link the file: the folder would be another place for it to begin at.
  const file = await realpath(settings)
  const folder = `${settings}.new`
  await mkdir(folder)
  await copyFile(file, path.join(folder, 'definition'))
  await rm(settings)
  await rename(folder, settings)
}
