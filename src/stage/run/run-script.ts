// The enter and run steps: one pass of the stage script in its sandbox, its output logged, its facts passed on.

import path from 'node:path'
import { SdkError } from '../../errors.js'
import type { Emit, Fact } from '../../events/event.js'
import { withoutBoilerplate } from '../../portage/causes.js'
import { type Collision, describeCollisions, readCollisions } from '../../portage/collisions.js'
import { createEmergeProgress } from '../../portage/emerge-progress.js'
import { readRefusal } from '../../portage/refusal.js'
import { describeOutcome, type Outcome } from '../../process/run.js'
import { scriptInside } from '../../sandbox/inside.js'
import { stageBounds } from '../../sandbox/limits/control-group.js'
import { writeFileAtomic } from '../../store/disk/atomic.js'
import type { CacheReport } from '../cache/place.js'
import { withCompilerCache } from '../cache/use.js'
import { takeShared } from '../packages/take-shared.js'
import { sharedFolders, stageSandbox } from '../plan/mounts.js'
import { enterCommand, type StagePlan } from '../plan/plan.js'
import { type Failure, readEvents } from '../watch/events.js'
import { findExhaustion } from '../watch/exhausted.js'
import { endOf, logOf } from '../watch/failed-log.js'
import { type Logged, runLogged } from '../watch/logged.js'
import type { MetBounds } from '../watch/memory.js'
import { observe } from '../watch/observe.js'
import { reposOnHost } from './repo-paths.js'
import type { Work } from './work.js'

export type { Failure } from '../watch/events.js'

/** What a pass needs beside its plan. */
export interface PassContext {
  readonly work: Work
  /** Layers of the seed, top first. */
  readonly layers: readonly string[]
  readonly emit: Emit
  readonly signal: AbortSignal | undefined
  /** Filled by the pass: what it merged, and whether from a binary package. */
  readonly merged: Map<string, boolean>
  /** The compiler cache, and what came of it; undefined where there is none. */
  readonly ccache?: CacheReport | undefined
}

/** The sandbox of `plan`, noted in its attempt: `enter` finds there how the root was put together. */
export async function noteSandbox(
  plan: StagePlan,
  work: Work,
  layers: readonly string[],
): Promise<ReturnType<typeof stageSandbox>> {
  const sandbox = stageSandbox(plan, work, layers)
  await writeFileAtomic(work.sandbox, JSON.stringify({ sandbox, stage: plan.stage }))
  return sandbox
}

/**
 * Runs `stages/STAGE.sh prepare` or `run` to its end.
 *
 * @throws SdkError SDK_STAGE with package, log, its last lines and the command to enter the root; SDK_SPACE when a disk was full;
 * SDK_HOST when the sandbox itself failed
 */
export async function runPass(plan: StagePlan, pass: 'prepare' | 'run', context: PassContext): Promise<void> {
  const { work, emit } = context
  const log = path.join(sharedFolders(plan).log, `${pass}.log`)
  const sandbox = await noteSandbox(plan, work, context.layers)
  const failure: Failure = { package: undefined, log: undefined, said: undefined, place: undefined }
  const planned: Planned = []
  const watch = observe({ stage: plan.stage, logs: work.log, root: plan.layout.root, emit })
  const logged: Logged = {
    scratch: work.mnt,
    ...{ log, watch, signal: context.signal, bounds: stageBounds(plan) },
    progress: createEmergeProgress({
      stage: plan.stage,
      emit: noting({ ...context, emit: watch.emit }, failure),
      monotonicMs: () => performance.now(),
      planned: (each) => planned.length < MOST_PLANNED && planned.push(each),
    }),
    events: (stream) => readEvents(stream, plan.stage, { emit, failure }),
  }
  // Only where something is compiled; and not noted, since `enter` has no door.
  const ccache = pass === 'run' ? context.ccache : undefined
  const { outcome, stderr, met, unmade } = await withCompilerCache(
    plan,
    { folder: work.folder, emit, ccache },
    (mounts) =>
      runLogged(
        { ...sandbox, mounts: [...sandbox.mounts, ...mounts], argv: scriptInside(plan.stage, pass) },
        logged,
      ),
  )
  await takeShared(plan, work, emit)
  if (unmade !== undefined) throw unmade
  if (outcome.exitCode !== 0) throw await stageFailure(plan, { pass, outcome, failure, log, stderr, met })
  if (pass === 'prepare') emit({ type: 'packages-planned', stage: plan.stage, packages: planned })
}

type Planned = Extract<Fact, { type: 'packages-planned' }>['packages']

/** A whole tree has four times as many; a stage has some hundred. */
const MOST_PLANNED = 5000

/** Passes facts on, and notes of them what the record and the error want. */
export function noting({ merged, emit }: Pick<PassContext, 'merged' | 'emit'>, failure: Failure): Emit {
  failure.atWork ??= new Set()
  const { atWork } = failure
  return (fact) => {
    if (fact.type === 'package-started') atWork.add(fact.package)
    if (fact.type === 'package-merged') atWork.delete(fact.package)
    // What this attempt has built once, and merges again from its binary package, is built by it.
    if (fact.type === 'package-merged')
      merged.set(fact.package, fact.binary && merged.get(fact.package) !== false)
    if (fact.type === 'package-failed') Object.assign(failure, { package: fact.package, log: fact.log })
    emit(fact)
  }
}

/** A pass that ended badly. */
export interface FailedPass {
  pass: string
  outcome: Outcome
  failure: Failure
  log: string
  /** The end of what it wrote there. */
  stderr: string
  met: MetBounds
}

/** The error of a failed pass: package or Portage's words, log, its last lines, and how to enter the root; a full disk and too little memory are said as that. */
export async function stageFailure(plan: StagePlan, failed: FailedPass): Promise<SdkError> {
  const { failure } = failed
  const { log, end: lines, causes } = logOf(plan, failed)
  const what = `${plan.stage} failed (${failed.pass})`
  const collisions = failure.package === undefined ? [] : readCollisions(lines, plan.stageRoot)
  const { words, isPortage } =
    failure.package === undefined ? wordsOf(failed, plan) : { words: [], isPortage: false }
  const why = whyFailed(failed, { words, collisions })
  const facts = {
    ...{
      stage: plan.stage,
      step: failed.pass,
      package: failure.package,
      log,
      tail: withoutBoilerplate(lines).slice(-SHOWN_LINES),
    },
    ...(isPortage || causes.length === 0 ? {} : { causes }),
    ...(words.length === 0 ? {} : { problem: words }),
    ...(collisions.length === 0 ? {} : { collisions }),
  }
  const enter = `read ${log}; enter the failed root with \`${enterCommand(plan)}\``
  const { outcome, met } = failed
  const exhausted = await findExhaustion(plan, {
    what: [what, failure.package ?? atWorkWords(failure)],
    said: [failure.said ?? '', ...lines.slice(-SHOWN_LINES), failed.stderr],
    ...{ outcome, met, facts, hint: enter },
  })
  if (exhausted !== undefined) return exhausted
  const fix =
    collisions.length > 0 ? ['let one package alone install the file, or let one block the other'] : []
  const hint = [enter, ...fix].join('; ')
  return new SdkError('SDK_STAGE', `${what}: ${why}`, { hint, facts })
}

function atWorkWords({ atWork }: Failure): string | undefined {
  const names = [...(atWork ?? [])]
  return names.length === 0 ? undefined : `while it built ${names.join(', ')}`
}

/** What a headline can say of a failed pass. */
interface Why {
  readonly words: readonly string[]
  readonly collisions: readonly Collision[]
}

function whyFailed({ failure, outcome }: FailedPass, { words, collisions }: Why): string {
  if (failure.package === undefined) return words.join('\n  ') || `its script ${describeOutcome(outcome)}`
  return collisions.length > 0 ? describeCollisions(failure.package, collisions) : failure.package
}

/** Lines of a log that an error shows. */
const SHOWN_LINES = 40

/** Why a pass failed in which no package did: what its script said, and Portage or a program of the definition's; else the last that was said at all. */
function wordsOf(
  { failure: { said, place }, log }: FailedPass,
  { stageRepos }: StagePlan,
): { words: string[]; isPortage: boolean } {
  const { lines, isPortage } = readRefusal(endOf(path.dirname(log), path.basename(log)) ?? '')
  const first = said ?? (isPortage ? undefined : place)
  const isOfProgram = said !== undefined && /\bended with \d+$/.test(said)
  const more = said === undefined || isPortage || isOfProgram ? lines : []
  const words = [...(first === undefined ? [] : [first]), ...more]
  return { words: words.map(reposOnHost(stageRepos)), isPortage }
}
