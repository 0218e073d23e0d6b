// What a verb was asked: by its call, and by earlier runs of its version (recall.ts adds those).

import type { KeptRequest } from '../../request/kept-request.js'
import type { Request } from '../../request/request.js'
import type { StageName } from '../../sdk/stages.js'
import type { Version } from '../../sdk/version.js'
import type { Again } from '../../stage/plan/plan.js'
import type { GivenOptions } from '../arguments/typed-options.js'
import { isVerb, type VerbName } from '../arguments/verbs.js'
import type { Environment } from '../environment.js'
import type { AskedOptions } from '../invocation.js'
import { saidWords } from './said-words.js'

/** What a verb was called with. */
export interface VerbCall extends AskedOptions {
  readonly kind: VerbName
  readonly stages?: readonly StageName[]
}

/** A call, and what it has of earlier runs of its version. */
export interface Asked extends VerbCall {
  readonly stages: readonly StageName[]
  /** What was given with this very call. */
  readonly now: GivenOptions
  /** What is kept of earlier runs of the version, if there is something. */
  readonly kept?: KeptRequest
  /** What is said about it, in lines. */
  readonly told: readonly string[]
}

/** A call without a past. */
export const asCalled = (call: VerbCall): Asked => ({
  ...call,
  stages: call.stages ?? [],
  said: { ...call.configured, ...call.said },
  now: call.said,
  told: [],
})

/** Where sources are looked for: the environment of an earlier run counts where this one says nothing. */
export const mirrorsOf = ({ kept }: Asked, { gentooMirrors }: Environment): readonly string[] =>
  gentooMirrors.length > 0 ? gentooMirrors : (kept?.gentooMirrors ?? [])

/** What of a request is of earlier runs, and so counts otherwise. */
export const ofBefore = ({
  said,
  now,
  kept,
}: Asked): Pick<Request, 'builtBefore' | 'hasSeedOfBefore' | 'seedFor'> => ({
  ...(said.rebuild === true && now.rebuild === undefined ? { builtBefore: kept?.before } : {}),
  ...(kept?.seedFor === undefined ? {} : { seedFor: kept.seedFor }),
  hasSeedOfBefore: said.seed_tarball !== undefined && now.seed_tarball === undefined,
})

/**
 * The words of commands that come back to what `asked` is about. A build is kept with its version, which then says all; of other
 * verbs, and of specs, whose files say it, nothing is kept.
 */
export function againWords({ kind, said, stages }: Asked, version: Version): Again {
  const isKept = kind === 'build' && said.file === undefined
  const hasVersion = said.file === undefined || said.version !== undefined
  return (verb, ...operands) => {
    const meant = isVerb(verb) ? verb : kind
    const head = verb !== undefined ? [verb, ...operands] : kind === 'build' ? [] : [kind]
    const own = verb === undefined && !isKept ? stages : []
    const isNamed = hasVersion && (verb !== undefined || said.version !== undefined || isKept)
    const named = isNamed ? ['--version', version.text] : []
    return [...head, ...own, ...(isKept ? [] : saidWords(said, meant)), ...named]
  }
}
