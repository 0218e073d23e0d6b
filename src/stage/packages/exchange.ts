// Binary packages between machines, as a stage sees it. Who keeps them is not known here.

/** A file that is shared: its name among the others, and where it is. */
export interface SharedFile {
  readonly name: string
  readonly path: string
}

/** What is shared under a key. */
export interface SharedSet {
  /** What its packages are, and what each was built from: two sets of which this is the same serve alike. */
  readonly sources: string
  readonly files: readonly SharedFile[]
  /** For people: stage, type, architecture, version. */
  readonly about: Readonly<Record<string, string>>
}

/** Machines that have each other's binary packages, by the key of a stage's (plan/package-key.ts). */
export interface PackageExchange {
  /** Whether it is given any. */
  readonly writes: boolean
  /**
   * Gets what others have under a key into `folder`, which is made, each file believed and under its name.
   *
   * @param here files that need not travel if they are among those
   * @returns in words what was transferred; undefined where there is nothing, or nothing that is believed
   */
  take(key: string, folder: string, here: readonly SharedFile[]): Promise<string | undefined>
  /**
   * Lets others have a set, in place of the one that they have under this key, unless that is of the same sources.
   *
   * @param root the catalyst root
   */
  give(key: string, set: SharedSet, root: string): Promise<void>
}
