// The lists that a definition and its profile have of packages: the system set, packages.build, what stages are told to install.
// They are those of now; a finished stage may have been built from others.

import { profileFolders, profileLines } from '../../repos/profile.js'
import { type SdkDefinition, stageProfile } from '../../sdk/definition.js'
import { type StageName, TRAITS } from '../../sdk/stages.js'

/** A list, by what it is called, and its atoms. */
export interface NamedList {
  readonly name: string
  readonly atoms: readonly string[]
}

/** The lists that have a say about `stage`, built with `profile` (`repo:path`). What cannot be read is empty. */
export async function packageLists(
  definition: SdkDefinition,
  { stage, profile }: { stage: StageName; profile: string },
): Promise<NamedList[]> {
  const { root, buildsCross } = TRAITS[stage]
  const folders = await profileFolders(definition, stageProfile(definition, profile, stage))
  const profileLists = [
    { name: "the profile's system set", atoms: (await profileLines(folders, 'packages')).filter(isSystem) },
    // What an empty root is filled with.
    ...(root === 'empty'
      ? [{ name: "the profile's packages.build", atoms: await profileLines(folders, 'packages.build') }]
      : []),
  ]
  const cross = definition.cross.flatMap(({ chost, packages }) =>
    packages.map((name) => `cross-${chost}/${name.replace(/\[.*/, '')}`),
  )
  return [
    ...profileLists,
    ...ownLists(definition, stage),
    ...(buildsCross ? [{ name: 'a cross toolchain of the definition', atoms: cross }] : []),
  ]
}

/** The lists that the definition has for a stage, by their keys there. */
function ownLists(definition: SdkDefinition, stage: StageName): NamedList[] {
  const own = definition.stage[stage]
  const list = (key: string, atoms: readonly string[]): NamedList => ({
    name: `${stage}.${key} of the definition`,
    atoms,
  })
  return [
    ...('first' in own ? [list('first', own.first)] : []),
    ...('packages' in own ? [list('packages', own.packages)] : []),
  ]
}

const isSystem = (line: string): boolean => line.startsWith('*')
