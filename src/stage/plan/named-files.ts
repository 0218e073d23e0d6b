// Digests of the files outside the repos that a definition names: they are settings, but their contents count.

import { createHash } from 'node:crypto'
import { lstat, readFile } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import { treeDigest } from '../../repos/digest.js'
import type { SdkDefinition } from '../../sdk/definition.js'
import { STAGES, TRAITS } from '../../sdk/stages.js'

/**
 * The digests by key; keys that begin with `stageN.` concern that stage alone.
 *
 * @throws SdkError SDK_DEFINITION for a file or folder that is not there
 */
export async function namedFiles(definition: SdkDefinition): Promise<Record<string, string>> {
  const { portageConfdir, interpreter, stage, repos } = definition
  const { rootOverlays, releaseFiles, fsscript, sshPublicKeys } = stage.stage4
  const keys = sshPublicKeys.map((key) => key.slice(key.indexOf('=') + 1))
  const named: [string, string | undefined][] = [
    ['portage_confdir', portageConfdir],
    ...interpreter.map((file): [string, string] => [`interpreter ${file}`, file]),
    ...rootOverlays.map((overlay, index): [string, string] => [
      index === 0 ? 'stage4.root_overlay' : `stage4.root_overlay ${index + 1}`,
      overlay.path,
    ]),
    ['stage4.release_files', releaseFiles],
    ['stage4.fsscript', fsscript],
    ...keys.map((file, index): [string, string] => [`stage4.ssh_public_keys ${index}`, file]),
  ]
  const digests: Record<string, string> = {}
  for (const [key, file] of named)
    if (file !== undefined) digests[key] = await digest(file, { key, definition })
  Object.assign(digests, await patches(definition))
  // The hooks may be missing: a younger checkout of the same SDK needs none.
  const overlay = repos.find((repo) => !repo.main)
  const { hooks } = stage.stage1
  if (hooks !== undefined && overlay !== undefined)
    digests['stage1.hooks'] = await treeDigest(path.join(overlay.path, hooks)).catch(() => NOTHING)
  return digests
}

/** Digest of a folder that is not there, which is that of an empty one: a record has digests only. */
const NOTHING = createHash('sha256').digest('hex')

/** The user's patches belong to the packages of the stages that use the checkout's repos. */
async function patches({ portagePatches, repos, stage }: SdkDefinition): Promise<Record<string, string>> {
  const repo = repos.find((each) => each.name === portagePatches?.repo)
  if (repo === undefined || portagePatches === undefined) return {}
  const found = await treeDigest(path.join(repo.path, portagePatches.path)).catch(() => NOTHING)
  const stages = STAGES.filter((each) => !TRAITS[each].ownSetup || stage.stage1.repos === 'checkout')
  return Object.fromEntries(stages.map((each) => [`${each}.portage_patches`, found]))
}

async function digest(
  file: string,
  { key, definition }: { key: string; definition: SdkDefinition },
): Promise<string> {
  const info = await lstat(file).catch((cause: NodeJS.ErrnoException) => {
    throw new SdkError('SDK_DEFINITION', `${definition.file}: ${key}: there is no ${file}`, { cause })
  })
  if (info.isDirectory()) return await treeDigest(file)
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
}
