// Where a command that only looks finds things: the layout of a catalyst root that may not exist. Creates nothing.

import { lstat, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../errors.js'
import type { SdkDefinition } from '../sdk/definition.js'
import { createLayout, inRoot, type Layout } from '../store/layout.js'
import type { Request } from './request.js'

/** The layout of `request` with the version `version` (default: the request's own). */
export async function findLayout(request: Request, version = request.version.text): Promise<Layout> {
  return layoutOf(request.definition, { root: await resolveRoot(request.catalystRoot), version })
}

/** The layout of a definition, whose sources and logs may be elsewhere. */
export function layoutOf(
  { type, archName, places: { distfiles, log } }: SdkDefinition,
  { root, version }: { root: string; version: string },
): Layout {
  const layout = createLayout({ root, type, arch: archName, version })
  return {
    ...layout,
    ...(distfiles === undefined ? {} : { distfiles }),
    ...(log === undefined
      ? {}
      : {
          stageLog: (stage) => path.join(log, path.relative(inRoot(root, 'log'), layout.stageLog(stage))),
        }),
  }
}

/**
 * The catalyst root `file` without symbolic links, as far as it exists.
 *
 * @throws SdkError SDK_USAGE when there can be no folder: a file, a link that leads nowhere, a name that is too long
 */
export async function resolveRoot(file: string): Promise<string> {
  try {
    const root = await resolve(file)
    const info = await stat(root).catch(() => undefined)
    if (info?.isDirectory() === false) throw new Error('found something that is not a folder')
    return root
  } catch (error) {
    throw new SdkError(
      'SDK_USAGE',
      `--catalyst_root: expected a folder, or a place for one: ${file}: ${(error as Error).message}`,
      { cause: error },
    )
  }
}

async function resolve(file: string): Promise<string> {
  try {
    return await realpath(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || file === '/') throw error
    if (await isLink(file)) throw new Error('found a link that leads nowhere', { cause: error })
    return path.join(await resolve(path.dirname(file)), path.basename(file))
  }
}

const isLink = (file: string): Promise<boolean> =>
  lstat(file).then(
    (info) => info.isSymbolicLink(),
    () => false,
  )

/** The nearest folder at or above `file` that exists. */
export async function nearestFolder(file: string): Promise<string> {
  if (file === '/' || (await isFolder(file))) return file
  return await nearestFolder(path.dirname(file))
}

/** Whether `file` is a folder. */
export const isFolder = (file: string): Promise<boolean> =>
  stat(file).then(
    (info) => info.isDirectory(),
    () => false,
  )
