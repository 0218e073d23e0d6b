// What of a version can be entered: the root of an attempt that did not get to its end, or a finished one.

import { SdkError } from '../errors.js'
import { quotedCommand } from '../process/own-command.js'
import { STAGES, type StageName } from '../sdk/stages.js'
import { createLayout } from '../store/layout.js'
import { listVersions, type VersionState, versionState } from './versions.js'
import { whatThereIs } from './which-version.js'

/** Where a shell can be opened. */
export type Enterable =
  | { readonly kind: 'attempt'; readonly version: string; readonly stage: StageName; readonly work: string }
  | {
      readonly kind: 'finished'
      readonly version: string
      readonly stage: StageName
      readonly archive: string
      readonly sha256: string
    }

/** What is asked for. */
export interface EnterTarget {
  /** `sdk` stands for the last stage, finished. */
  readonly target: StageName | 'sdk'
  readonly lastStage: StageName
  /** Undefined: the newest version that has it. */
  readonly version: string | undefined
}

/**
 * Finds what `asked` stands for below the catalyst root of `names`.
 *
 * @throws SdkError SDK_USAGE when there is nothing to enter, with what there is instead
 */
export async function findEnterable(
  names: { root: string; type: string; arch: string },
  asked: EnterTarget,
): Promise<Enterable> {
  // A version that is known is looked at by its names: that of a spec is none of ours.
  const versions =
    asked.version === undefined
      ? await listVersions(names)
      : [await versionState(createLayout({ ...names, version: asked.version }))]
  for (const version of versions) {
    const found = enterableOf(version, asked)
    if (found !== undefined) return found
  }
  const attempt = versions.map(attemptOf).find((each) => each !== undefined)
  const what =
    asked.target === 'sdk' ? 'no finished SDK' : `neither a finished ${asked.target} nor an attempt at it`
  const which = asked.version === undefined ? '' : ` of version ${asked.version}`
  throw new SdkError('SDK_USAGE', `there is ${what}${which} below ${names.root}`, {
    hint: attempt ?? whatThereIs(),
  })
}

/** How the newest attempt of a version is entered, which is not what was asked for; pure. */
export function attemptOf({ version, stages }: VersionState): string | undefined {
  const stage = STAGES.findLast((each) => stages[each].state === 'unfinished')
  if (stage === undefined) return undefined
  const command = quotedCommand(['enter', stage, '--version', version])
  return `its last attempt is one at ${stage}, which ${command} enters`
}

/** What of `version` can be entered as `asked`; pure. */
export function enterableOf(version: VersionState, asked: EnterTarget): Enterable | undefined {
  const stage = asked.target === 'sdk' ? asked.lastStage : asked.target
  const state = version.stages[stage]
  if (state.state === 'finished')
    return { kind: 'finished', version: version.version, stage, archive: state.archive, sha256: state.sha256 }
  if (asked.target === 'sdk' || !('work' in state)) return undefined
  return { kind: 'attempt', version: version.version, stage, work: state.work }
}
