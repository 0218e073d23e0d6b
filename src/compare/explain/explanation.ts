// The words for why the contents of two files differ.

/**
 * Known harmless reasons:
 * - `timestamp`: times and dates · `order`: the same lines or words in another order · `path`: folders of a build
 * - `gzip-header`, `ar-header`, `pyc-header`: times that a format keeps, around equal contents
 * - `compressed`: equal contents, compressed otherwise · `build-id`: only the build-id of an ELF file
 * - `listing`: Portage's CONTENTS of a package whose files differ themselves · `counter`: Portage's running number
 * - `binpkg`: the digest of the binary package that a package was merged from
 */
export const CAUSES = [
  'timestamp',
  'order',
  'path',
  'gzip-header',
  'ar-header',
  'pyc-header',
  'compressed',
  'build-id',
  'listing',
  'counter',
  'binpkg',
] as const

/** One of {@link CAUSES}. */
export type DifferenceCause = (typeof CAUSES)[number]

/** Why two contents differ. */
export interface Explanation {
  /** What was found; in a fixed order, each once. */
  readonly causes: readonly DifferenceCause[]
  /** Whether the causes account for all of the difference. */
  readonly isExplained: boolean
  /** Of ELF files: the sections that differ; `(headers)` for what those say, `(elsewhere)` for what is in no section. */
  readonly sections?: readonly string[]
  /** Of ELF files: what the loader reads and differs, by name, on either side. */
  readonly elf?: Readonly<Record<string, readonly [a: string, b: string]>>
  /** Of text that is not explained: how many lines only one side has, and the first of them. */
  readonly lines?: { readonly a: number; readonly b: number; readonly first: readonly [a: string, b: string] }
  /** Of ar archives: the members that differ. */
  readonly members?: readonly string[]
  /** Of other contents: offset of the first byte that differs. */
  readonly offset?: number
  /** Why nothing more can be said. */
  readonly note?: string
}

/** An explanation that says all. */
export const because = (...causes: DifferenceCause[]): Explanation => ({
  causes: unique(causes),
  isExplained: true,
})

/** An explanation that leaves something open. */
export const unexplained = (
  facts: Omit<Explanation, 'causes' | 'isExplained'>,
  causes: DifferenceCause[] = [],
): Explanation => ({
  causes: unique(causes),
  isExplained: false,
  ...facts,
})

/** `causes` sorted, each once. */
const unique = (causes: readonly DifferenceCause[]): DifferenceCause[] => [...new Set(causes)].sort()
