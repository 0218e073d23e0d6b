// Digests of the files outside the repos that a definition names: they are settings, but their contents count.

import { createHash } from 'node:crypto'
import { lstat, readFile } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import { treeDigest } from '../../repos/digest.js'
import { JUNK_ANYWHERE } from '../../repos/junk.js'
import type { RepoDefinition, SdkDefinition } from '../../sdk/definition.js'
import { FIRST_STAGE, LAST_STAGE, STAGES, type StageName, TRAITS } from '../../sdk/stages.js'

/** A file or folder that a definition names, by its content. */
export interface NamedFile {
  /** The definition's key, and a number or name where it has several. */
  readonly key: string
  /** The only stage that it concerns; undefined: all. */
  readonly stage?: StageName
  readonly sha256: string
}

type Named = Omit<NamedFile, 'sha256'> & { readonly file: string | undefined }

/**
 * What `definition` names, digested.
 *
 * @throws SdkError SDK_DEFINITION for a file or folder that is not there
 */
export async function namedFiles(definition: SdkDefinition): Promise<NamedFile[]> {
  const { portageConfdir, interpreter } = definition
  const named: Named[] = [
    { key: 'portage_confdir', file: portageConfdir },
    ...interpreter.map((file) => ({ key: `interpreter ${file}`, file })),
    ...ofStage4(definition).map((each) => ({ ...each, stage: LAST_STAGE })),
  ]
  const digested: NamedFile[] = []
  for (const { file, ...each } of named)
    if (file !== undefined)
      digested.push({ ...each, sha256: await digest(file, { key: each.key, definition }) })
  return [...digested, ...(await patches(definition)), ...(await hooks(definition))]
}

function ofStage4({ stage }: SdkDefinition): Named[] {
  const { rootOverlays, releaseFiles, fsscript, sshPublicKeys } = stage.stage4
  return [
    ...rootOverlays.map(({ path: file }, index) => ({
      key: index === 0 ? 'stage4.root_overlay' : `stage4.root_overlay ${index + 1}`,
      file,
    })),
    { key: 'stage4.release_files', file: releaseFiles },
    { key: 'stage4.fsscript', file: fsscript },
    ...sshPublicKeys.map(({ file }, index) => ({ key: `stage4.ssh_public_keys ${index}`, file })),
  ]
}

/** The hooks may be missing: a younger checkout of the same SDK needs none. */
async function hooks({ repos, stage }: SdkDefinition): Promise<NamedFile[]> {
  const overlay = repos.find((repo) => !repo.main)
  const below = stage.stage1.hooks
  if (below === undefined || overlay === undefined) return []
  return [{ key: 'stage1.hooks', stage: FIRST_STAGE, sha256: await folderDigest(overlay, below) }]
}

/** The user's patches belong to the packages of the stages that use the checkout's repos. */
async function patches({ portagePatches, repos, stage }: SdkDefinition): Promise<NamedFile[]> {
  const repo = repos.find((each) => each.name === portagePatches?.repo)
  if (repo === undefined || portagePatches === undefined) return []
  const sha256 = await folderDigest(repo, portagePatches.path)
  const stages = STAGES.filter((each) => !TRAITS[each].ownSetup || stage.stage1.repos === 'checkout')
  return stages.map((each) => ({ key: `${each}.portage_patches`, stage: each, sha256 }))
}

/** Digest of a folder that is not there, which is that of an empty one: a record has digests only. */
const NOTHING = createHash('sha256').digest('hex')

const folderDigest = (repo: RepoDefinition, folder: string): Promise<string> =>
  treeDigest(path.join(repo.path, folder)).catch(() => NOTHING)

async function digest(
  file: string,
  { key, definition }: { key: string; definition: SdkDefinition },
): Promise<string> {
  const info = await lstat(file).catch((cause: NodeJS.ErrnoException) => {
    throw new SdkError('SDK_DEFINITION', `${definition.file}: ${key}: there is no ${file}`, { cause })
  })
  if (info.isDirectory())
    return await treeDigest(file, undefined, key === 'portage_confdir' ? JUNK_ANYWHERE : [])
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
}
