// A live package: one whose ebuild fetches from a version control system while it is built. What its prepare pass has said.

/** A repository that an ebuild wants, as it calls `git-r3_fetch`. */
export interface GitSource {
  /** The ebuild's own first place: the name of the repository's folder comes from it. */
  readonly name: string
  /** Places, in the order in which they are tried. */
  readonly uris: readonly string[]
  /** A commit, a tag, or a ref beginning with `refs/`; empty: the branch. */
  readonly commit: string
  /** Empty: what the repository's HEAD names. */
  readonly branch: string
  /** The last commit before it is wanted; empty: none. */
  readonly date: string
  /** `shallow`, `single`, `single+tags` or `mirror`: what the user wants, and the least that the ebuild needs. */
  readonly cloneType: string
  readonly minCloneType: string
  /** Not empty: Git LFS. */
  readonly lfs: string
  /** A folder of repositories by their folder's name (EGIT_MIRROR_URI), asked first; empty: none. */
  readonly mirror: string
  /** Patterns of the submodules that it wants; absent: all. */
  readonly submodules?: readonly string[]
}

/** A live package of a stage. */
export interface LivePackage {
  /** `category/package-version`. */
  readonly package: string
  readonly repo: string
  /** The eclasses of version control that it inherits; none where only PROPERTIES says that it is live. */
  readonly eclasses: readonly string[]
  readonly git: readonly GitSource[]
  /** Functions that it calls and that go to the network by themselves. */
  readonly network: readonly string[]
  /** Its src_unpack came to its end: nothing that it wants is missing here. */
  readonly complete: boolean
  /** It would be merged from a binary package. */
  readonly binary: boolean
}

/** A repository that a package is built from, as the record has it. */
export interface GitInput {
  readonly package: string
  /** Of the repository, without passwords. */
  readonly uri: string
  /** What the ebuild asks for. */
  readonly ref: string
  readonly commit: string
  /** The ebuild, or the commit that has it as a submodule, names the commit: every build has this one. */
  readonly pinned: boolean
}
