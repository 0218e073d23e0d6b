// One stage's packages: its script's first pass in a pretend sandbox, and what the script's calls of emerge resolved to.

import { SdkError } from '../../errors.js'
import { refusedPackages } from '../../portage/live/refuse.js'
import { readRefusal } from '../../portage/refusal.js'
import { describeOutcome } from '../../process/run.js'
import { scriptInside } from '../../sandbox/inside.js'
import { type StageName, TRAITS } from '../../sdk/stages.js'
import { type PlannedMerge, readMerges } from './merges.js'
import { stagePlan } from './planned-root.js'
import type { PlannedRoot, Planning, StagePackages } from './planning.js'
import { openPretendSandbox } from './pretend.js'
import { runWithDatabase } from './seed-database.js'

/** A stage that was asked for its packages. */
export interface ResolvedStage {
  readonly packages: StagePackages
  /** The package database that the stage would leave. */
  readonly database: PlannedRoot['database']
  /** SDK_STAGE: why its script cannot go on. */
  readonly failure: SdkError | undefined
}

/** Plans the packages of `stage` upon `base`. */
export async function resolveStage(
  planning: Planning,
  stage: StageName,
  base: PlannedRoot,
): Promise<ResolvedStage> {
  const begin = performance.now()
  const plan = stagePlan(planning, stage, base)
  const { layers, database: before, repos } = base
  const { emit, signal } = planning.session.services
  const pretend = await openPretendSandbox({ plan, layers, database: before, repos, emit, signal })
  const { done, database } = await runWithDatabase(pretend, plan.stageRoot, {
    argv: scriptInside(stage, 'prepare'),
  })
  const merges = await readMerges(pretend.work.output, TRAITS[stage].root === 'empty' ? '/' : plan.stageRoot)
  const durationMs = Math.round(performance.now() - begin)
  const failed = done.outcome.exitCode !== 0
  return {
    packages: { stage, merges, durationMs },
    database,
    failure: failed
      ? failureOf(stage, merges, { ...done, text: `${done.stdout}\n${done.stderr}` })
      : refusedLive(stage, merges),
  }
}

/** What the run would say of live packages that cannot be built; what such an ebuild calls is known only then. */
function refusedLive(stage: StageName, merges: readonly PlannedMerge[]): SdkError | undefined {
  const live = merges.flatMap(({ packages }) =>
    packages.flatMap(({ cp, version, repo, live: eclasses }) =>
      eclasses === undefined || eclasses.includes('PROPERTIES')
        ? []
        : [
            {
              package: `${cp}-${version}`,
              repo,
              eclasses,
              ...{ git: [], network: [], complete: true, binary: false },
            },
          ],
    ),
  )
  return refusedPackages(stage, live)
}

function failureOf(
  stage: StageName,
  merges: readonly PlannedMerge[],
  { outcome, text }: { outcome: Parameters<typeof describeOutcome>[0]; text: string },
): SdkError {
  const last = merges.at(-1)
  const hint =
    'a build of this stage would end here too: fix the ebuilds or the profile, or take a newer seed'
  if (last?.problem === undefined) {
    const said = readRefusal(text).lines.join('\n')
    return new SdkError('SDK_STAGE', `${stage}: its script ${describeOutcome(outcome)}:\n${said}`, { hint })
  }
  const call = `emerge ${last.arguments.join(' ')}`
  const said = readRefusal(last.problem).lines.join('\n') || last.problem
  return new SdkError('SDK_STAGE', `${stage}: Portage cannot resolve \`${call}\`:\n${said}`, {
    hint,
    facts: { stage, arguments: last.arguments, problem: last.problem },
  })
}
