// The SDK definition as the rest of the project sees it: complete (defaults filled in), checked, with absolute paths.
// docs/sdk-definition.md describes the file it comes from; parse.ts makes it.

import type { Arch } from './architecture.js'
import { type StageName, TRAITS } from './stages.js'

/** Compressions of stage archives; `gz` is for exchange only. */
export const COMPRESSIONS = ['zstd', 'bz2', 'xz', 'gz'] as const

/** Compression of the stage archives. */
export type Compression = (typeof COMPRESSIONS)[number]

/** A folder of a repo, by the repo's name and its relative path in there. */
export interface RepoPath {
  readonly repo: string
  readonly path: string
}

/** An ebuild repository of the SDK. */
export interface RepoDefinition {
  /** As in `profiles/repo_name` of its tree. */
  readonly name: string
  /** Absolute path of the tree on this machine. */
  readonly path: string
  /** Where stage 4 archives it in the SDK, and where stage 1 finds it in a seed. */
  readonly archive: string
  /** Where stages that use the checkout's tree have it, and where repos.conf of the SDK says it is. */
  readonly location: string
  /** True for exactly one: the repository that the others have as master. */
  readonly main: boolean
  /** `category/package` that holds this very program: it has it among its files in every run. */
  readonly program?: string
  /** Patterns of what in the tree is none of its content (`repos/junk.ts`); undefined: the default ones. */
  readonly junk?: readonly string[]
}

/** A cross toolchain that stage 4 builds. */
export interface CrossTarget {
  readonly chost: string
  /** Package names without category, in the order in which they are built; `[flag,flag]` behind one are its USE flags. */
  readonly packages: readonly string[]
}

/** Whose ebuild repos a stage uses. */
export type RepoOrigin = 'seed' | 'checkout'

/** A public key that a user of the root gets. */
export interface UserKey {
  readonly user: string
  /** Absolute path of the file with the key. */
  readonly file: string
}

/** A folder whose files are copied over a root. */
export interface RootOverlay {
  /** Absolute. */
  readonly path: string
  /** `root`: whoever checked the folder out, its files are root's; `kept`: with their owners and times, as rsync -a copies. */
  readonly owners: 'root' | 'kept'
}

/** What each stage installs. */
export interface StageDefinitions {
  readonly stage1: {
    /** USE of the main merge. */
    readonly use: readonly string[]
    /** Another profile for stage 1 alone; `{profile}` stands for the run's ({@link stageProfile}). */
    readonly profile?: string
    /** Whose ebuild repos it uses: those inside its seed, or the checkout's. */
    readonly repos: RepoOrigin
    /** Update the seed's own packages before stage 1 builds with them. */
    readonly updateSeed: boolean
    /** Options and arguments of the emerge that updates them. */
    readonly updateSeedOptions: readonly string[]
    /** Folder of the hooks, below the tree of the first repo that is not the main one. */
    readonly hooks?: string
  }
  /** `bootstrap`: path of the bootstrap script in the main repo. */
  readonly stage2: { readonly bootstrap: string }
  /** Atoms and sets; `first`: packages (`category/package`) that are merged before, one after the other, unless carried. */
  readonly stage3: { readonly first: readonly string[]; readonly packages: readonly string[] }
  readonly stage4: {
    readonly packages: readonly string[]
    /** Words of USE for all merges of stage 4. */
    readonly use: readonly string[]
    /** Folders that are copied over the root before the archive is made, in this order. */
    readonly rootOverlays: readonly RootOverlay[]
    /** Absolute path of a folder with the files that name the SDK, as templates, in place of the engine's own. */
    readonly releaseFiles?: string
    /** Absolute path of a script that runs in the root, after the root overlay was copied. */
    readonly fsscript?: string
    /** Atoms of packages that are taken out again. */
    readonly unmerge: readonly string[]
    /** Services to add and to take away: `name`, or `name|runlevel`. */
    readonly rcadd: readonly string[]
    readonly rcdel: readonly string[]
    /** Groups to make, users (`name`, or `name=group,group`), and their keys. */
    readonly groups: readonly string[]
    readonly users: readonly string[]
    readonly sshPublicKeys: readonly UserKey[]
    /** The SDK's own crossdev makes the cross toolchains, not the overlay that the engine generates. */
    readonly crossdev: boolean
    /** Archive the ebuild repos at their `archive` paths. */
    readonly archiveRepos: boolean
    /** Folders of the root that are emptied, as absolute paths inside it. */
    readonly empty: readonly string[]
    /** Files and folders of the root that are removed, as absolute paths inside it. */
    readonly rm: readonly string[]
  }
}

/** Where the first seed comes from. */
export interface SeedDefinition {
  /** ID in os-release that says: this machine is such an SDK. */
  readonly osReleaseId: string
  /** Templates with `{version}`, `{arch}`, `{type}`, tried in this order. */
  readonly urls: readonly string[]
  /** Absolute path of a GPG keyring; with one, an unsigned seed is refused. */
  readonly keyring?: string
  /** For a machine that is not an SDK: `groups` is the absolute path of the list of package groups. */
  readonly distribution?: { readonly groups: string }
}

/** What a build's version is made of, from the definition or from its version file. */
export interface VersionSource {
  readonly id: string
  /** Given only by a version file. */
  readonly buildId?: string
  /** Version of the SDK that seeds this one; given only by a version file. */
  readonly seedVersion?: string
  /** The whole version, where every build of the definition has the same. Not in a file of ours; a spec has it. */
  readonly text?: string
}

/** Folders of this machine that a run uses in place of those below the catalyst root. Absolute paths. */
export interface Places {
  readonly distfiles?: string
  /** One folder of binary packages for all stages, its user's: it has no key, so nothing says what its packages were built from. */
  readonly packages?: string
  readonly log?: string
}

/** Packages that stages carry over from their seeds, under the profiles that `profile` fits (`carryGlobs`). */
export interface CarryEntry {
  readonly profile: string
  readonly globs: Readonly<Record<StageName, readonly string[]>>
}

/** An SDK definition. Everything is checked; every path is absolute. */
export interface SdkDefinition {
  /** The file it comes from. */
  readonly file: string
  /** The folder of that file. */
  readonly dir: string
  /** The definitions that it extends, the nearest first; none for a spec. */
  readonly bases?: readonly string[]
  readonly name: string
  /** Folder below `builds/`, and first part of the release's name. */
  readonly type: string
  readonly version: VersionSource
  readonly arch: Arch
  /** The architecture in names of files and in records; a definition file's is `arch`. */
  readonly archName: string
  readonly chost: string
  /** Full name (`repo:path`) of the default profile. */
  readonly profile: string
  /** In the order in which they run. */
  readonly stages: readonly StageName[]
  readonly compression: Compression
  /** Flags that are not there are not in make.conf: the profile's count. A definition file has them all. */
  readonly cflags?: string
  readonly cxxflags?: string
  readonly ldflags?: string
  /** `YYYY-MM-DD`: the time of builds and the latest of files. */
  readonly sourceDate?: string
  readonly features: readonly string[]
  /** Absolute path of a folder that is copied into /etc/portage of every stage. */
  readonly portageConfdir?: string
  /** The folder of a repo that is /etc/portage/patches while a stage runs. */
  readonly portagePatches?: RepoPath
  /** Absolute paths of files of this machine that are at the same place in every stage, and never in its result. */
  readonly interpreter: readonly string[]
  readonly repos: readonly RepoDefinition[]
  readonly stage: StageDefinitions
  readonly cross: readonly CrossTarget[]
  readonly carry: readonly CarryEntry[]
  readonly seed: SeedDefinition
  /** More variables of make.conf while a stage runs. From here on there are no keys of a definition file; it has the defaults: none. */
  readonly makeConf: Readonly<Record<string, string>>
  /** More of the environment of the stages' scripts; none. */
  readonly environment: Readonly<Record<string, string>>
  /** None: everything is below the catalyst root. */
  readonly places: Places
  /** Paths that are removed from the finished root of every stage, as patterns of a shell; none. */
  readonly remove: readonly string[]
  /** Folders of every finished root that its user and group `portage` get, with all in them; none. */
  readonly portageOwned: readonly string[]
  /** Files below /etc/portage of every finished root, with their text, over those that the stage was built with; none. */
  readonly configuration: Readonly<Record<string, string>>
  /** Whether the last stage becomes an SDK: has the files that name it, and a release under the SDK's name; true. */
  readonly release: boolean
}

/** The main repository of `definition`. */
export function mainRepo(definition: SdkDefinition): RepoDefinition {
  const main = definition.repos.find((repo) => repo.main)
  if (main === undefined) throw new Error(`${definition.file} was not checked: no main repo`)
  return main
}

/** The stage before `stage` in a full run of `definition`; undefined for its first, and for one that it does not have. */
export function stageBefore(definition: SdkDefinition, stage: StageName): StageName | undefined {
  return definition.stages[definition.stages.indexOf(stage) - 1]
}

/** The profile of `stage` when `profile` is the run's. */
export function stageProfile(definition: SdkDefinition, profile: string, stage: StageName): string {
  const own = TRAITS[stage].ownSetup ? definition.stage.stage1.profile : undefined
  return own === undefined ? profile : own.replace(PROFILE, profile)
}

/** What stands for the run's profile in `stage1.profile`. */
export const PROFILE = '{profile}'
