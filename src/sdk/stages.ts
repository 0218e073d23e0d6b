// The four stages, and how they differ: nothing else tells one from another. Which scripts they run is in stages/, what
// they install in the definition.

/** All stages, in the order in which they run. */
export const STAGES = ['stage1', 'stage2', 'stage3', 'stage4'] as const

/** Name of a stage. */
export type StageName = (typeof STAGES)[number]

/** Whether `word` is the name of a stage. */
export const isStage = (word: string): word is StageName => (STAGES as readonly string[]).includes(word)

/** The stage that a chain of all begins with. */
export const FIRST_STAGE = STAGES[0]

/** The stage whose result is a whole SDK. */
export const LAST_STAGE = STAGES[3]

/** What a stage is and does. */
export interface StageTraits {
  /** Its root at the start: an empty folder, which the programs of "/" fill; or a clone of the seed, which its script goes into. */
  readonly root: 'empty' | 'clone'
  /** What its root has is linked with libraries of its seed, so that one which is missing there is no fault. */
  readonly leansOnSeed: boolean
  /**
   * The definition has repos, a profile and hooks for it alone, trees can be given for it, and it can update the packages of
   * its seed. Other stages have the checkout's repos and the run's profile.
   */
  readonly ownSetup: boolean
  /** The pool of packages that are carried from the first seed over the stages between: kept there, or taken from there. */
  readonly pool: 'keeps' | 'takes' | 'none'
  /** All packages in its root, but those that are carried, are built anew: nothing of the first seed may be left. */
  readonly freeOfSeed: boolean
  /** Builds the cross toolchains of the definition. */
  readonly buildsCross: boolean
  /** Makes its root the SDK: overlays, files that name it, archived repos, accounts, what is emptied and removed. */
  readonly tailorsRoot: boolean
  /** Its packages install manuals, info pages and other documents; catalyst keeps them out of the first two stages. */
  readonly documents: boolean
  /** Which of a spec's CHOST and compiler flags catalyst takes for it, by their keys; the others are those of its seed. */
  readonly catalystFlags: readonly string[]
}

/** The traits of each stage. */
export const TRAITS: Readonly<Record<StageName, StageTraits>> = {
  stage1: {
    root: 'empty',
    leansOnSeed: true,
    ownSetup: true,
    pool: 'keeps',
    freeOfSeed: false,
    buildsCross: false,
    tailorsRoot: false,
    documents: false,
    catalystFlags: ['chost', 'common_flags', 'cflags', 'cxxflags', 'fcflags', 'fflags', 'ldflags'],
  },
  stage2: {
    root: 'clone',
    leansOnSeed: false,
    ownSetup: false,
    pool: 'none',
    freeOfSeed: false,
    buildsCross: false,
    tailorsRoot: false,
    documents: false,
    catalystFlags: ['chost', 'cflags', 'cxxflags', 'ldflags'],
  },
  stage3: {
    root: 'clone',
    leansOnSeed: false,
    ownSetup: false,
    pool: 'none',
    freeOfSeed: true,
    buildsCross: false,
    tailorsRoot: false,
    documents: true,
    catalystFlags: [],
  },
  stage4: {
    root: 'clone',
    leansOnSeed: false,
    ownSetup: false,
    pool: 'takes',
    freeOfSeed: true,
    buildsCross: true,
    tailorsRoot: true,
    documents: true,
    catalystFlags: [],
  },
}

/** The stages with a trait, in the order in which they run. */
export const stagesThat = (fits: (traits: StageTraits) => boolean): StageName[] =>
  STAGES.filter((stage) => fits(TRAITS[stage]))
