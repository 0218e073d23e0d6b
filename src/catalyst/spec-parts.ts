// A checked spec, with what it names on this machine; to-definition.ts makes a definition of it.

import type { StageName } from '../sdk/stages.js'
import type { ConfValues } from './read/conf-values.js'
import type { SpecOptions } from './read/options.js'
import type { Settings } from './read/settings.js'
import type { Subarch } from './read/subarch.js'
import type { EnvscriptEffect } from './text/envscript.js'

/** A repo on this machine, a folder or a .sqfs file, with the name that it gives itself. */
export interface FoundRepo {
  readonly name: string
  readonly path: string
}

/** What the definition of a spec's run is made of. */
export interface SpecParts {
  /** The spec file. */
  readonly file: string
  readonly target: StageName
  /** The catalyst root. */
  readonly root: string
  readonly settings: Settings
  readonly conf: ConfValues
  readonly options: SpecOptions
  readonly subarch: Subarch
  readonly snapshot: FoundRepo
  readonly repos: readonly FoundRepo[]
  readonly envscript: EnvscriptEffect | undefined
  /** Variables of the make.conf that the stage finds, `portage_confdir`'s or its seed's. */
  readonly seed: Readonly<Record<string, string>>
}
