// What a command line asks for, typed and checked: the answer of arguments/command-line.ts and the input of every command.

import type { StageName } from '../sdk/stages.js'
import type { Options } from './arguments/options/table.js'
import type { Shell } from './arguments/verbs.js'

/** A verb that takes stages; none means all stages of the definition. Sorted, each once. */
export interface StagesInvocation {
  readonly kind: 'build' | 'fetch' | 'plan'
  readonly stages: readonly StageName[]
  readonly options: Options
}

/** What the user asks for. */
export type Invocation =
  | StagesInvocation
  /** `command`: what is run there in place of a shell; empty for none. */
  | {
      readonly kind: 'enter'
      readonly target: StageName | 'sdk'
      readonly command: readonly string[]
      readonly options: Options
    }
  /** `files` empty: all archives of the version. */
  | { readonly kind: 'verify'; readonly files: readonly string[]; readonly options: Options }
  /** `operands`: the two to compare, archives, folders or names as the command explains. */
  | { readonly kind: 'compare'; readonly operands: readonly [string, string]; readonly options: Options }
  | { readonly kind: 'status' | 'doctor' | 'clean'; readonly options: Options }
  /** `folder`: where the definition is made. */
  | { readonly kind: 'init'; readonly folder: string; readonly options: Options }
  | { readonly kind: 'completion'; readonly shell: Shell }
  /** Text to print on standard output. */
  | { readonly kind: 'help'; readonly text: string }
  /** The version of this program is asked for, not that of an SDK. */
  | { readonly kind: 'tool-version' }
