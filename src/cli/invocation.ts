// What a command line asks for, typed and checked: the answer of arguments/command-line.ts and the input of every command.

import type { StageName } from '../sdk/stages.js'
import type { Options } from './arguments/options/table.js'
import type { GivenOptions } from './arguments/typed-options.js'
import type { Shell } from './arguments/verbs.js'

/** The options of a command line: all of them, and what of them it gives. */
export interface AskedOptions {
  readonly options: Options
  readonly said: GivenOptions
  /** What configuration files say that the line does not; it is in `options`, too. */
  readonly configured?: GivenOptions
}

/** A verb that takes stages; none means all stages of the definition. Sorted, each once. */
export interface StagesInvocation extends AskedOptions {
  readonly kind: 'build' | 'fetch' | 'plan'
  readonly stages: readonly StageName[]
}

/** What is done with the shared store. */
export type StoreAction =
  | { readonly what: 'ls' }
  | { readonly what: 'gc' }
  /** None: all that are finished. */
  | { readonly what: 'push'; readonly stages: readonly StageName[] }
  /** `key`: the beginning of one. */
  | { readonly what: 'pull'; readonly key: string; readonly folder: string }

/** What the user asks for. */
export type Invocation =
  | StagesInvocation
  /** `command`: what is run there in place of a shell; empty for none. */
  | (AskedOptions & {
      readonly kind: 'enter'
      readonly target: StageName | 'sdk'
      readonly command: readonly string[]
    })
  /** `files` empty: all archives of the version. */
  | (AskedOptions & { readonly kind: 'verify'; readonly files: readonly string[] })
  /** `operands`: the two to compare, archives, folders or names as the command explains. */
  | (AskedOptions & { readonly kind: 'compare'; readonly operands: readonly [string, string] })
  | (AskedOptions & { readonly kind: 'status' | 'doctor' | 'clean' | 'serve' })
  | (AskedOptions & { readonly kind: 'config' })
  /** `compare`: the names of two versions. */
  | (AskedOptions & { readonly kind: 'report'; readonly compare: readonly [string, string] | undefined })
  | (AskedOptions & { readonly kind: 'export'; readonly target: StageName | 'sdk' })
  | (AskedOptions & { readonly kind: 'store'; readonly action: StoreAction })
  /** `package` undefined: what failed last. */
  | (AskedOptions & { readonly kind: 'log'; readonly package: string | undefined })
  | (AskedOptions & { readonly kind: 'why'; readonly package: string })
  /** `file` undefined: one of a name of its own, here. */
  | (AskedOptions & { readonly kind: 'collect-logs'; readonly file: string | undefined })
  /** `folder`: where the definition is made. */
  | (AskedOptions & { readonly kind: 'init'; readonly folder: string })
  | { readonly kind: 'completion'; readonly shell: Shell }
  /** Text to print on standard output. */
  | { readonly kind: 'help'; readonly text: string }
  /** The version of this program is asked for, not that of an SDK. */
  | { readonly kind: 'tool-version' }
