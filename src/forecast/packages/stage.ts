// One stage's packages: its script's first pass in a pretend sandbox, and what the script's calls of emerge resolved to.

import { SdkError } from '../../errors.js'
import { refusedPackages } from '../../portage/live/refuse.js'
import { readRefusal } from '../../portage/refusal.js'
import { describeOutcome } from '../../process/run.js'
import { scriptInside } from '../../sandbox/inside.js'
import type { Ended } from '../../sandbox/run.js'
import { type StageName, TRAITS } from '../../sdk/stages.js'
import { type PlannedMerge, readMerges } from './merges.js'
import { stagePlan } from './planned-root.js'
import type { PlannedRoot, Planning, StagePackages } from './planning.js'
import { openPretendSandbox, type PretendSandbox } from './pretend.js'
import { type Resolved, type ResolvedPlace, resolvedPlace } from './resolved.js'
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
  const place = await resolvedPlace(pretend, before, planning.session.run.layout.store)
  const how =
    place.found === undefined ? 'asking Portage what it merges' : 'Portage has been asked this before'
  emit({ type: 'info', message: `${stage}: ${how}` })
  const asked: Asked = place.found ?? (await ask(pretend, place))
  const merges = await readMerges(asked.output, TRAITS[stage].root === 'empty' ? '/' : plan.stageRoot)
  return {
    packages: { stage, merges, durationMs: Math.round(performance.now() - begin) },
    database: asked.database,
    failure: asked.failed === undefined ? refusedLive(stage, merges) : failureOf(stage, merges, asked.failed),
  }
}

interface Asked extends Resolved {
  /** How the script ended that cannot go on, and what it said. */
  readonly failed?: Pick<Ended, 'outcome'> & { readonly text: string }
}

async function ask(pretend: PretendSandbox, place: ResolvedPlace): Promise<Asked> {
  const { stage, stageRoot } = pretend.plan
  const argv = scriptInside(stage, 'prepare')
  const { done, database } = await runWithDatabase(pretend, stageRoot, { argv })
  if (done.outcome.exitCode === 0) return await place.keep(database)
  const { outcome, stdout, stderr } = done
  return { output: pretend.work.output, database, failed: { outcome, text: `${stdout}\n${stderr}` } }
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
  { outcome, text }: NonNullable<Asked['failed']>,
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
