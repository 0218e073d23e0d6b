// What a run is asked to do, free of how the command line says it.

import type { Compression, SdkDefinition, StageName } from '../sdk/definition.js'
import type { Version } from '../sdk/version.js'

/** A request for a bootstrap. Paths are absolute. */
export interface Request {
  readonly definition: SdkDefinition
  readonly version: Version
  readonly catalystRoot: string
  /** In running order, each once. */
  readonly stages: readonly StageName[]
  /** Full profile name. */
  readonly profile: string
  readonly compression: Compression
  readonly jobs: number
  readonly seedTarball: string | undefined
  readonly rebuild: boolean
  /** Build again what was finished from other trees or scripts. */
  readonly exact: boolean
  readonly mirrors: readonly { readonly name: string; readonly url: string }[]
  readonly gentooMirrors: readonly string[]
  /** The command that a user types to come back to this place, for messages. */
  readonly command: string
}
