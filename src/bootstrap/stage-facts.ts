// The facts that next-step.ts decides by, as they are on disk now.

import { SdkError } from '../errors.js'
import { isSeedOfBefore, type Request } from '../request/request.js'
import { stageBefore } from '../sdk/definition.js'
import type { StageName } from '../sdk/stages.js'
import { finishedStage } from '../stage/finished.js'
import type { KnownSeed, RunSettings } from '../stage/plan/plan.js'
import { changedInputs } from './changed-inputs.js'
import type { Look, StageFacts } from './next-step.js'

/** What only the run itself, or the forecast of it, can tell. */
export interface OfTheRun extends Pick<StageFacts, 'last'> {
  /** `--seed_tarball` with its digest, where there is one and the run begins; asked only if a finished stage is compared with it. */
  readonly given: (() => Promise<KnownSeed>) | undefined
}

/** The seed that the user gave, as `known` finds it when it is asked for; undefined where none was given. */
export function givenSeed(request: Request, known: (file: string) => Promise<KnownSeed>): OfTheRun['given'] {
  const { seed } = request
  if (seed.kind === 'by digest') return async () => ({ sha256: seed.sha256 })
  if (seed.kind !== 'given') return undefined
  return isSeedOfBefore(request) ? async () => ({}) : () => known(seed.file)
}

/** The facts about `stage`. Records are read, archives of stages are not looked at. @throws SdkError as `given` does */
export async function stageFacts(
  { request, run }: { request: Request; run: RunSettings },
  stage: StageName,
  { last, given }: OfTheRun,
): Promise<StageFacts> {
  const { exact } = request
  const before = stageBefore(run.definition, stage)
  const rebuild = request.rebuild && !(await isRebuilt(request, run, stage))
  const found = rebuild ? undefined : await look(run, stage)
  const foundBefore = before === undefined ? undefined : await look(run, before)
  const isGiven = given !== undefined && (foundBefore === undefined || isMeantFor(request, stage))
  return {
    ...{ stage, before, rebuild, exact, last, found, foundBefore },
    given: !isGiven ? undefined : found === undefined ? {} : await given(),
    version: run.version.text,
    changed: found === undefined || found instanceof SdkError ? [] : changedInputs(run, found.record),
  }
}

const look = async (run: RunSettings, stage: StageName): Promise<Look> =>
  await finishedStage(run, stage).catch((error: unknown) => {
    if (error instanceof SdkError) return error
    throw error
  })

/** Whether the seed was given for `stage`: one that an earlier run was given is for the stage that this one began with. */
const isMeantFor = ({ hasSeedOfBefore, seedFor, definition }: Request, stage: StageName): boolean =>
  hasSeedOfBefore !== true || stage === (seedFor ?? definition.stages[0])

/** Whether the run that is gone on with has built the stage again before it ended. */
async function isRebuilt({ builtBefore }: Request, run: RunSettings, stage: StageName): Promise<boolean> {
  const found = builtBefore === undefined ? undefined : await look(run, stage)
  if (builtBefore === undefined || found === undefined || found instanceof SdkError) return false
  return found.record.timing.started !== builtBefore[stage]
}
