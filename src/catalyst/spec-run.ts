// What the files for catalyst are written from, and what comes of it; write-specs.ts writes them.

import type { Compression, RepoDefinition, SdkDefinition } from '../sdk/definition.js'
import type { StageName } from '../sdk/stages.js'
import type { PlannedEntry } from '../toolchain/cross-overlay.js'
import type { FileToWrite } from './text/written-file.js'

/** A run, as far as catalyst is told about it. Paths are absolute, of this machine. */
export interface SpecRun {
  readonly definition: SdkDefinition
  /** Full profile name, `repo:path`. */
  readonly profile: string
  readonly version: string
  readonly stages: readonly StageName[]
  readonly compression: Compression
  readonly jobs: number
  /** The catalyst root: catalyst's `storedir`. */
  readonly root: string
  /** The folder that the files are going to be in; conf and specs name it. */
  readonly folder: string
  /** The seed of the first stage of `stages`; each later one gets the stage before it, of `version`. */
  readonly seed: string
  /** Folders of binary packages by stage, `pkgcache_path`; without one catalyst uses `packages/TYPE/stageN-ARCH`. */
  readonly pkgcache?: Partial<Readonly<Record<StageName, string>>>
  /** A file with masks for the time of the stage: catalyst's `portage_prefix` takes it out again. */
  readonly mask?: string
  /** Trees for stage 1 alone, in place of the repos of these names; its seed is then updated. */
  readonly stage1Repos?: readonly RepoDefinition[]
  /** Files that name the SDK. Stage 4 copies them over its root, before the definition's root overlays. */
  readonly release?: readonly PlannedEntry[]
  /** Instead of both, and of the definition's script: what stage 4 copies over its root, and the script that it runs. */
  readonly rootOverlay?: string
  readonly fsscript?: string
  /** Instead of all: the repos whose entries stay in the repos.conf of the result. */
  readonly keepRepos?: readonly string[]
  /** `NAME` of `snapshots/REPO-NAME.sqfs`; default: the version. */
  readonly treeish?: string
  /** Where catalyst's own files are, if not at its default. */
  readonly sharedir?: string
  /** For GENTOO_MIRRORS. */
  readonly gentooMirrors?: readonly string[]
}

/** What `writeSpecs` makes. */
export interface WrittenSpecs {
  /** `catalyst.conf`, `catalystrc`, `stageN.spec`; files of the overlay that stage 4 copies; `portage` and files below it where needed. */
  readonly files: readonly FileToWrite[]
  /** The snapshots that the specs name, and the tree that each has to be made from with mksquashfs. */
  readonly snapshots: readonly { readonly path: string; readonly source: string }[]
  /** What the definition says and the files do not. */
  readonly unsaid: readonly Unsaid[]
}

/** What the files for catalyst have no words for. */
export interface Unsaid {
  /** The key of the definition, or of a spec. */
  readonly key: string
  /** What catalyst does, in one sentence. */
  readonly why: string
}

/** In one line, for people. */
export const unsaidText = ({ key, why }: Unsaid): string => `${key}: ${why}`
