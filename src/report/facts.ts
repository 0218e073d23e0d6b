// What the page is told beside the events, by who may look at records, logs and stores: plain values, all of them for people.

/** A package of a finished stage. */
export interface ShownPackage {
  /** `category/name-version`. */
  readonly name: string
  /** Where it is from, in a word: `source`, `carried`, `reused`, `seed`. */
  readonly origin: string
  /** Why, in a sentence; empty where nobody knows. */
  readonly why: string
  /** Size of its files in the root; undefined: unknown. */
  readonly bytes?: number | undefined
  /** Packages of the same root that it cannot be built or run without; undefined: unknown. */
  readonly needs?: readonly string[] | undefined
}

/** A finished stage, as its record and its root say. */
export interface ShownStage {
  readonly stage: string
  readonly packages: readonly ShownPackage[]
  /** Packages that none of the stages built, of the whole root. */
  readonly carried: readonly string[]
  /** What was checked after it, and what was found. */
  readonly checks: readonly ShownCheck[]
  /** Its archive and what lies beside it: relative to the page. */
  readonly files: readonly PageLink[]
}

/** Something that was looked at. */
export interface ShownCheck {
  readonly what: string
  readonly found: string
  readonly isGood: boolean
}

/** A file beside the page. `href` is relative to it, and escaped for addresses. */
export interface PageLink {
  readonly text: string
  readonly href: string
}

/** A log of a stage (no `package`) or of a package. */
export interface LogLink extends PageLink {
  readonly stage: string
  readonly package?: string | undefined
}

/** A list of names and values. */
export interface FactTable {
  readonly title: string
  readonly rows: readonly (readonly [name: string, value: string])[]
}

/** All of them. */
export interface PageFacts {
  readonly stages: readonly ShownStage[]
  readonly logs: readonly LogLink[]
  readonly journal?: PageLink | undefined
  /** What else belongs to the version: its release, traces, test cases, what it was asked. */
  readonly files?: readonly PageLink[]
  /** The request, the machine, the seed, repos. */
  readonly tables: readonly FactTable[]
  /** An earlier version of the same SDK, and what its last run took. */
  readonly before?: Earlier | undefined
}

/** What an earlier version took. */
export interface Earlier {
  readonly version: string
  /** Milliseconds of work, by stage and package without its version (`stage2 sys-devel/gcc`). */
  readonly packages: ReadonlyMap<string, EarlierPackage>
  /** Milliseconds, by stage: until the next one began, which is what people waited for. */
  readonly stages: ReadonlyMap<string, number>
}

/** A package in an earlier version. */
export interface EarlierPackage {
  readonly name: string
  readonly workMs: number
}

/** Where nothing is known. */
export const NO_FACTS: PageFacts = { stages: [], logs: [], tables: [] }
