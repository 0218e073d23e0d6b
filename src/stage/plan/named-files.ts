// Digests of the files outside the repos that a definition names: they are settings, but their contents count.

import { createHash } from 'node:crypto'
import { access, realpath } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import { outwardLinks } from '../../files/links.js'
import { kindAt, kindAtSync, problemOf, type WantedKind, whyUnread } from '../../files/look.js'
import { oddModes } from '../../files/modes.js'
import { treeDigest } from '../../repos/digest.js'
import { JUNK_ANYWHERE, junkOf } from '../../repos/junk.js'
import type { RepoSnapshot } from '../../repos/snapshot.js'
import type { RepoDefinition, SdkDefinition } from '../../sdk/definition.js'
import { FIRST_STAGE, LAST_STAGE, STAGES, type StageName, TRAITS } from '../../sdk/stages.js'
import { sha256File } from '../../store/digest/digest.js'
import { ownNameProblems } from './own-names.js'

/** A file or folder that a definition names, by its content. */
export interface NamedFile {
  /** The definition's key, and a number or name where it has several. */
  readonly key: string
  /** The only stage that it concerns; undefined: all. */
  readonly stage?: StageName
  readonly sha256: string
}

type Named = Omit<NamedFile, 'sha256'> & { readonly file: string; readonly wanted: WantedKind }

/** What `definition` names outside of its repos. Links are followed; below a folder they are what they are. */
function named(definition: SdkDefinition): Named[] {
  const { portageConfdir, interpreter } = definition
  return [
    ...one('portage_confdir', portageConfdir, 'folder'),
    ...interpreter.flatMap((file) => one(`interpreter ${file}`, file, 'file')),
    ...ofStage4(definition).map((each) => ({ ...each, stage: LAST_STAGE })),
  ]
}

const one = (key: string, file: string | undefined, wanted: WantedKind): Named[] =>
  file === undefined ? [] : [{ key, file, wanted }]

function ofStage4({ stage }: SdkDefinition): Named[] {
  const { rootOverlays, releaseFiles, fsscript, sshPublicKeys } = stage.stage4
  const overlay = (index: number): string =>
    index === 0 ? 'stage4.root_overlay' : `stage4.root_overlay ${index + 1}`
  return [
    ...rootOverlays.flatMap(({ path: file }, index) => one(overlay(index), file, 'folder')),
    ...one('stage4.release_files', releaseFiles, 'folder'),
    ...one('stage4.fsscript', fsscript, 'file'),
    ...sshPublicKeys.flatMap(({ file }, index) => one(`stage4.ssh_public_keys ${index}`, file, 'file')),
  ]
}

/**
 * Holds what `definition` names outside of its repos to what its keys are for, as far as that shows without reading it.
 *
 * @throws SdkError SDK_DEFINITION that names every key whose file or folder is none
 */
export async function requireNamedFiles(definition: SdkDefinition): Promise<void> {
  const problems: string[] = []
  for (const { key, file, wanted } of named(definition)) {
    const problem = await problemOf(file, wanted)
    if (problem !== undefined) problems.push(`${definition.file}: ${key}: ${problem} at ${file}`)
  }
  const { portageConfdir, portagePatches, file: own } = definition
  const patchesToo = path.join(portageConfdir ?? '', 'patches')
  // Portage has one folder of patches, and the link to the repo's would be in its place.
  if (portageConfdir !== undefined && portagePatches !== undefined && kindAtSync(patchesToo) === 'a folder')
    problems.push(`${own}: portage_patches: expected none in portage_confdir, too, found ${patchesToo}`)
  problems.push(...ownNameProblems(definition).map((each) => `${own}: portage_confdir: ${each}`))
  if (problems.length === 0) return
  throw new SdkError('SDK_DEFINITION', problems.join('\n'), {
    hint: 'give the path of what the key is for, or leave the key out; a file with a name of this program needs another one',
    facts: { problems },
  })
}

/**
 * What `definition` names, digested.
 *
 * @param repos its repos as a run has them
 * @throws SdkError SDK_DEFINITION as {@link requireNamedFiles}, and for what a folder of settings cannot hold
 */
export async function namedFiles(
  definition: SdkDefinition,
  repos: readonly Pick<RepoSnapshot, 'name' | 'digest'>[],
): Promise<NamedFile[]> {
  await requireNamedFiles(definition)
  const more = [await patches(definition), await hooks(definition, repos)]
  return [...(await outsideFiles(definition)), ...more.flat()]
}

/** As {@link namedFiles}, those of `stage` alone, and without what is in repos, of which a run has copies from its beginning. */
export async function outsideFiles(definition: SdkDefinition, stage?: StageName): Promise<NamedFile[]> {
  const digested: NamedFile[] = []
  for (const { file, wanted, ...each } of named(definition))
    if (stage === undefined || (each.stage ?? stage) === stage)
      digested.push({ ...each, sha256: await digest({ file, wanted, key: each.key }, definition) })
  return [...digested, ...(await confdirLinks(definition))]
}

/** What of a configuration folder the engine writes itself. */
const OWN = new Set(['make.conf', 'make.profile', 'repos.conf'])

/** Whether a file or folder of the definition's configuration folder, by its path below that, gets into the stages. */
export const isConfiguration = (name: string): boolean => !OWN.has(name.split('/')[0] ?? '')

/** Which links of the configuration folder at `folder` get into the stages: none in what is junk. */
export function confdirFilter(folder: string): (name: string) => Promise<boolean> {
  const isJunk = junkOf(folder, JUNK_ANYWHERE)
  return async (name) => {
    if (!isConfiguration(name)) return false
    for (let above = path.dirname(name); above !== '.'; above = path.dirname(above))
      if (await isJunk(above, true)) return false
    return !(await isJunk(name, false))
  }
}

/** What links of the configuration folder take from outside of it. @throws SdkError SDK_DEFINITION for one that leads nowhere */
async function confdirLinks({ portageConfdir, file: definition }: SdkDefinition): Promise<NamedFile[]> {
  if (portageConfdir === undefined) return []
  const links = await outwardLinks(portageConfdir, confdirFilter(portageConfdir)).catch((cause: Error) => {
    throw new SdkError('SDK_DEFINITION', `${definition}: portage_confdir: ${cause.message}`, {
      hint: 'what a link leads to is copied into the stages: mend it, or remove it',
      cause,
    })
  })
  const digested: NamedFile[] = []
  for (const { name, target } of links) {
    const key = `portage_confdir ${name}`
    const wanted = (await kindAt(target)) === 'a folder' ? 'folder' : 'file'
    digested.push({ key, sha256: await digest({ file: target, wanted, key }, { file: definition }) })
  }
  return digested
}

/**
 * The hooks may be missing: a younger checkout of the same SDK needs none. Those that are there are shown all repos of the checkout,
 * and nobody knows what they take from them.
 */
async function hooks(
  { repos, stage }: SdkDefinition,
  known: readonly Pick<RepoSnapshot, 'name' | 'digest'>[],
): Promise<NamedFile[]> {
  const overlay = repos.find((repo) => !repo.main)
  const below = stage.stage1.hooks
  if (below === undefined || overlay === undefined) return []
  const sha256 = await folderDigest(overlay, below)
  const shown = sha256 === NOTHING ? [] : known
  return [
    { key: 'stage1.hooks', stage: FIRST_STAGE, sha256 },
    ...shown.map(({ name, digest }) => ({ key: `stage1.hooks ${name}`, stage: FIRST_STAGE, sha256: digest })),
  ]
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

async function folderDigest(repo: RepoDefinition, below: string): Promise<string> {
  const folder = path.join(repo.path, below)
  const isThere = await access(folder).then(
    () => true,
    () => false,
  )
  return isThere ? await treeDigest(folder) : NOTHING
}

/** Whether what is at a key of the definition comes into roots with its modes. */
const isCopied = (key: string): boolean => /^(?:portage_confdir|stage4\.root_overlay)\b/.test(key)

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

async function digest(
  { file, wanted, key }: Pick<Named, 'file' | 'wanted' | 'key'>,
  { file: definition }: Pick<SdkDefinition, 'file'>,
): Promise<string> {
  try {
    const contents =
      wanted === 'folder'
        ? await treeDigest(file, undefined, key === 'portage_confdir' ? JUNK_ANYWHERE : [])
        : await sha256File(file)
    const odd = isCopied(key)
      ? await oddModes(await realpath(file), key === 'portage_confdir' ? confdirFilter(file) : undefined)
      : []
    return odd.length === 0 ? contents : sha256(`${contents}\0${odd.join('\0')}`)
  } catch (cause) {
    const [hint, why] =
      cause instanceof SdkError
        ? [cause.hint, cause.message]
        : [undefined, `${file}: ${await whyUnread(cause as NodeJS.ErrnoException, file)}`]
    throw new SdkError('SDK_DEFINITION', `${definition}: ${key}: ${why}`, { hint, cause })
  }
}
