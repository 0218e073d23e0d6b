// The files that name the SDK and its version (os-release(5), lsb-release), and the definition's own root overlays.

import { cp, mkdir, readdir, readlink, realpath } from 'node:fs/promises'
import path from 'node:path'
import { setCopiedModes } from '../../files/modes.js'
import { readText } from '../../files/read.js'
import { must } from '../../process/run.js'
import type { PlannedEntry } from '../../toolchain/cross-overlay.js'
import { writeEntries } from '../../toolchain/root/write-entries.js'
import type { StagePlan } from '../plan/plan.js'

/** What the release files are made of. */
type Release = Pick<StagePlan, 'definition' | 'version'>

/** os-release and lsb-release of the SDK; `--version` stamps them too. */
export function planRelease(plan: Release): PlannedEntry[] {
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

/** The release files: the definition's templates, or else the engine's own. */
export async function releaseFiles(plan: Release): Promise<PlannedEntry[]> {
  const folder = plan.definition.stage.stage4.releaseFiles
  if (folder === undefined) return planRelease(plan)
  const entries: PlannedEntry[] = []
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name)
    const name = path.relative(folder, file)
    if (entry.isSymbolicLink()) entries.push({ path: name, link: await readlink(file) })
    else if (entry.isFile()) entries.push({ path: name, ...template(await readText(file), plan) })
  }
  return entries
}

/** What a template stands for: a file, or by `{link TARGET}` alone a link, since packages of npm hold no links. */
function template(text: string, plan: Release): { text: string } | { link: string } {
  const link = /^\{link ([^{}\n]+)\}\n?$/.exec(text)?.[1]
  return link === undefined ? { text: fillIn(text, plan) } : { link }
}

/** Puts the version of the run into a template: `{version}`, `{version_id}`, `{build_id}`. Other braces stay. */
export function fillIn(template: string, { version }: Pick<StagePlan, 'version'>): string {
  const values: Record<string, string> = {
    version: version.text,
    version_id: version.id,
    build_id: version.buildId ?? '',
  }
  return template.replace(/\{(version|version_id|build_id)\}/g, (_, name: string) => values[name] ?? '')
}

/** Writes the release files and, over them, the definition's root overlays to `folder`. */
export async function writeRootOverlay(plan: StagePlan, folder: string): Promise<void> {
  const { release, stage } = plan.definition
  await mkdir(folder, { recursive: true })
  // Where there is no release, the root is named by its own packages.
  if (release) await writeEntries(folder, await releaseFiles(plan))
  for (const { path: source, owners } of stage.stage4.rootOverlays)
    if (owners === 'kept') await must({ argv: ['cp', '-a', '--', `${source}/.`, folder] }, 'SDK_STAGE')
    else {
      await cp(await realpath(source), folder, { recursive: true, verbatimSymlinks: true })
      await setCopiedModes(folder)
    }
}
