// The files that name the SDK and its version (os-release(5), lsb-release), and the definition's own root overlay.

import { cp, mkdir } from 'node:fs/promises'
import type { PlannedEntry } from '../toolchain/cross-overlay.js'
import { writeEntries } from '../toolchain/write-entries.js'
import type { StagePlan } from './plan.js'

/** os-release and lsb-release of the SDK; `--version` stamps them too. */
export function planRelease(plan: StagePlan): PlannedEntry[] {
  const { seed, name, type } = plan.definition
  const { text, id } = plan.version
  const osRelease: [string, string][] = [
    ['NAME', name],
    ['ID', seed.osReleaseId],
    ['ID_LIKE', 'gentoo'],
    ['VERSION', text],
    ['VERSION_ID', id],
    ['BUILD_ID', text],
    ['PRETTY_NAME', `${type} ${text}`],
  ]
  const lsbRelease: [string, string][] = [
    ['DISTRIB_ID', type],
    ['DISTRIB_RELEASE', text],
    ['DISTRIB_DESCRIPTION', `${type} ${text}`],
  ]
  const render = (pairs: [string, string][]): string =>
    pairs.map(([key, value]) => `${key}="${value}"\n`).join('')
  return [
    { path: 'usr/lib/os-release', text: render(osRelease) },
    { path: 'etc/os-release', link: '../usr/lib/os-release' },
    { path: 'etc/lsb-release', text: render(lsbRelease) },
  ]
}

/** Writes the release files and, over them, the definition's root overlay to `folder`. */
export async function writeRootOverlay(plan: StagePlan, folder: string): Promise<void> {
  const { spec, stage } = plan.definition
  // A stage of a spec is no SDK of ours: it is named by its own packages.
  if (spec === undefined) await writeEntries(folder, planRelease(plan))
  else await mkdir(folder, { recursive: true })
  const own = stage.stage4.rootOverlay
  for (const each of [...(own === undefined ? [] : [own]), ...(spec?.rootOverlays ?? [])])
    await cp(each, folder, { recursive: true, verbatimSymlinks: true })
}
