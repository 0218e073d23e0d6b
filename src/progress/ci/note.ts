// The CI systems that are known, and what the pages of some show beside the log.

/** CI systems: those whose logs have groups here, and others. */
export type CiSystem = 'github' | 'gitlab' | 'azure' | 'teamcity' | 'buildkite' | 'other'

/** What is shown on the page of a run. */
export interface Note {
  readonly kind: 'error' | 'warning' | 'notice'
  readonly title: string
  /** At most some lines. */
  readonly text: string
  readonly file?: string | undefined
  readonly line?: number | undefined
}
