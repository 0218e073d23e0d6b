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

/** Which versions stay; undefined: all of them, as far as that goes. */
export interface Retention {
  /** So many, the newest, whatever the others say; where these say nothing, only they. */
  readonly keep?: number | undefined
  /** Those that something was done with since: milliseconds since 1970. */
  readonly since?: number | undefined
  /** The newest, as many as this has room for, in bytes of the disk. */
  readonly mostBytes?: number | undefined
}

/** Whether anything is to go. */
export const hasLimits = ({ keep, since, mostBytes }: Retention): boolean =>
  keep !== undefined || since !== undefined || mostBytes !== undefined

/**
 * The places of those of `all`, newest first, that go; the newest stays unless `keep` alone says otherwise. One is no older than those
 * behind it, whatever a clock has written. Pure.
 */
export function going(
  all: readonly { readonly newest: string; readonly bytes: number }[],
  { keep, since, mostBytes }: Retention,
): number[] {
  const isOnlyKept = since === undefined && mostBytes === undefined
  let bytes = 0
  return all.flatMap(({ bytes: own }, index) => {
    bytes += own
    if (index < Math.max(1, keep ?? 1)) return []
    const isOld = since !== undefined && !all.slice(index).some(({ newest }) => Date.parse(newest) >= since)
    const isTooMuch = mostBytes !== undefined && bytes > mostBytes
    return isOnlyKept || isOld || isTooMuch ? [index] : []
  })
}

/** The versions of the SDK of `names` that `limits` let go, removed unless it is a rehearsal. Who calls holds the locks. */
export async function removeOldVersions(
  names: Omit<LayoutNames, 'version'>,
  { limits, isRehearsal }: { limits: Retention; isRehearsal: boolean },
): Promise<OldVersion[]> {
  const { root, type, arch } = names
  if (!hasLimits(limits)) return []
  const all: { version: string; newest: string; parts: Parts; bytes: number }[] = []
  for (const { version, newest } of await listVersions({ root, type, arch })) {
    const parts = await partsOf(createLayout({ root, type, arch, version }))
    all.push({ version, newest, parts, bytes: parts.bytes ?? 0 })
  }
  const old = going(all, limits).flatMap((index) => all[index] ?? [])
  if (!isRehearsal)
    for (const { version, parts } of old) {
      for (const file of parts.files) await rm(file, { force: true })
      for (const folder of parts.folders) await removeTree(folder, root)
      await removeDeadLinks(createLayout({ root, type, arch, version }))
    }
  return old.map(({ version, parts: { bytes } }) => ({ version, bytes }))
}

interface Parts {
  readonly files: readonly string[]
  readonly folders: readonly string[]
  readonly bytes: number | undefined
}

/** All that goes with a version. */
async function partsOf(layout: Layout): Promise<Parts> {
  const files = await filesOf(layout)
  const logs = [path.dirname(layout.journal), ...STAGES.map((stage) => layout.stageLog(stage))]
  const folders = logs.filter(existsSync)
  const sizes = await Promise.all([...files.map(fileBytes), ...folders.map((each) => folderBytes(each))])
  const isKnown = sizes.every((size) => size !== undefined)
  return {
    files,
    folders,
    bytes: isKnown ? sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0) : undefined,
  }
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
