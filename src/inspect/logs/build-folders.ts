// What a failed attempt left in its build folders that says what configure scripts, CMake and Meson have found out. The folders
// were written by other people's code: links are not followed, and there are bounds to all.

import path from 'node:path'
import type { StageName } from '../../sdk/stages.js'
import type { Layout } from '../../store/layout.js'
import { filesBelow } from './logs.js'

/** Files that build systems write for the case that they fail. */
const WANTED: ReadonlySet<string> = new Set([
  'config.log',
  'CMakeConfigureLog.yaml',
  'CMakeError.log',
  'CMakeOutput.log',
  'meson-log.txt',
])

/** Components of a path below `portage/`: sub-projects of sub-projects have theirs. */
const DEEPEST = 16
/** Most files of an attempt. */
const MOST = 100

/** The folder below which packages are built in the attempt at `stage`: /var/tmp of the stage is in its work folder. */
export const buildFolder = (layout: Layout, stage: StageName): string =>
  path.join(layout.work(stage), 'tmp', 'portage')

/**
 * The files of this kind that an attempt left, as paths below its {@link buildFolder} (`category/name-version/…`), sorted; of the
 * package `cpv`, if it has some, else of all.
 */
export function configureLogs(layout: Layout, stage: StageName, cpv: string | undefined): string[] {
  const folder = buildFolder(layout, stage)
  const wants = (name: string): boolean => WANTED.has(path.basename(name))
  const search = { depth: DEEPEST, wants }
  const own = cpv === undefined ? [] : filesBelow(folder, { ...search, within: cpv.split('/') })
  return (own.length > 0 ? own : filesBelow(folder, search)).slice(0, MOST)
}
