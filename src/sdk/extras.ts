// What a spec of catalyst says about its one stage beyond what a definition can (src/catalyst/ makes it from the spec).

/** Present for a run of a spec only. Paths are absolute. */
export interface SpecExtras {
  /** The architecture in file names: catalyst's `subarch`. */
  readonly subarch: string
  /** More variables of make.conf, while the stage runs. Empty LDFLAGS of the definition are left out of it. */
  readonly makeConf: Readonly<Record<string, string>>
  /** More of the environment of the stage's script. */
  readonly environment: Readonly<Record<string, string>>
  /** Folders of this machine, in place of those below the catalyst root. */
  readonly distfiles?: string
  readonly packages?: string
  readonly log?: string
  /** Folders that are copied over the root after the definition's root overlay, in this order. */
  readonly rootOverlays: readonly string[]
  /** Paths of the finished root that are removed, as patterns of a shell. */
  readonly remove: readonly string[]
  /** Files below /etc/portage of the finished root, with their text, in place of those that the stage was built with. */
  readonly configuration: Readonly<Record<string, string>>
}
