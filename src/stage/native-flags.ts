// Whether compilers are told to build for the processor that they run on: wherever what a stage is made of may say so, as then two
// machines of one key would make different things.

import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { readText } from '../files/read.js'
import { renderMakeConf } from '../portage/make-conf.js'
import { profileFolders } from '../repos/profile.js'
import { type SdkDefinition, stageProfile } from '../sdk/definition.js'

/** `-march=native` and its like, of every compiler; not in a comment. */
const FOR_THIS_PROCESSOR = /^[^#\n]*=native\b/m

/** What may set flags in a folder of a profile (portage(5)). */
const OF_PROFILES = ['make.defaults', 'profile.bashrc', 'package.env', 'package.bashrc']

/** Longer files are no configuration. */
const MOST_BYTES = 2 ** 20

/** Whether `definition`, with `profile`, says so: by flags, environment, Portage configuration, hooks, or the folders of its profiles. */
export async function buildsForThisProcessor(definition: SdkDefinition, profile: string): Promise<boolean> {
  const { environment, portageConfdir, stages, stage } = definition
  const said = [renderMakeConf(definition), ...Object.values(environment)]
  if (said.some((text) => FOR_THIS_PROCESSOR.test(text))) return true
  const overlay = definition.repos.find(({ main }) => !main)?.path
  const { hooks } = stage.stage1
  const files = await filesBelow(portageConfdir)
  if (hooks !== undefined && overlay !== undefined)
    files.push(...(await filesBelow(path.join(overlay, hooks))))
  for (const own of new Set(stages.map((each) => stageProfile(definition, profile, each))))
    for (const folder of (await profileFolders(definition, own)).folders)
      files.push(...OF_PROFILES.map((name) => path.join(folder, name)))
  for (const file of new Set(files)) if (await saysSo(file)) return true
  return false
}

async function filesBelow(folder: string | undefined): Promise<string[]> {
  if (folder === undefined) return []
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries.map((entry) => path.join(entry.parentPath, entry.name))
}

/** What is no file is read by nobody, and said elsewhere. */
async function saysSo(file: string): Promise<boolean> {
  const info = await stat(file).catch(() => undefined)
  if (info?.isFile() !== true || info.size > MOST_BYTES) return false
  return FOR_THIS_PROCESSOR.test(await readText(file).catch(() => ''))
}
