// Starts catalyst on one spec, in namespaces of its own: whatever ends it, or us, none of its processes and mounts is left.

import { chmod, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import { createEmergeProgress } from '../../portage/emerge-progress.js'
import { toolEnvironment } from '../../process/environment.js'
import { stageBounds } from '../../sandbox/limits/control-group.js'
import type { SandboxSpec } from '../../sandbox/spec.js'
import { TRAITS } from '../../sdk/stages.js'
import { sharedFolders, stageSandbox } from '../../stage/plan/mounts.js'
import type { StagePlan } from '../../stage/plan/plan.js'
import { type Failure, noting, type PassContext, stageFailure } from '../../stage/run/run-script.js'
import type { Work } from '../../stage/run/work.js'
import { runLogged } from '../../stage/watch/logged.js'
import { observe } from '../../stage/watch/observe.js'
import type { CatalystHost } from './host.js'
import { watchCatalyst } from './output.js'
import type { OwnRoot } from './own-root.js'

/** What catalyst is started with. */
export interface CatalystBuild {
  readonly host: CatalystHost
  readonly debug: boolean
  readonly own: OwnRoot
  readonly conf: string
  readonly spec: string
  readonly context: PassContext
}

/**
 * Runs catalyst to its end.
 *
 * @returns milliseconds by catalyst's own steps
 * @throws SdkError SDK_STAGE with package, log and its last lines; SDK_SPACE when a disk was full; SDK_HOST when there can be no namespaces
 */
export async function runCatalyst(plan: StagePlan, build: CatalystBuild): Promise<Record<string, number>> {
  const { context } = build
  const { work, signal } = context
  const log = path.join(sharedFolders(plan).log, 'run.log')
  await writeEntrance(plan, work, build.own)
  const spec: SandboxSpec = {
    root: { kind: 'host' },
    mounts: [],
    hostname: 'catalyst',
    // All sources are there: what would be fetched now would be in no record.
    network: 'off',
    cwd: '/',
    env: toolEnvironment({ TMPDIR: work.tmp, NOCOLOR: '1' }),
    argv: catalystArgv(build),
  }
  const failure: Failure = { package: undefined, log: undefined, said: undefined, place: undefined }
  const monotonicMs = (): number => performance.now()
  const watch = watchCatalyst(plan.stage, context.emit, monotonicMs)
  const observed = observe({ stage: plan.stage, logs: work.log, root: plan.layout.root, emit: context.emit })
  const emit = noting({ ...context, emit: observed.emit }, failure)
  const emerge = createEmergeProgress({ stage: plan.stage, emit, monotonicMs })
  const progress = {
    write(chunk: Buffer): void {
      watch.write(chunk)
      emerge.write(chunk)
    },
    end(): void {
      watch.end()
      emerge.end()
    },
  }
  const { outcome, stderr, met, unmade } = await runLogged(spec, {
    ...{ scratch: work.mnt, signal, log, progress, watch: observed, bounds: stageBounds(plan) },
  })
  if (unmade !== undefined) throw unmade
  failure.said = saying(watch.errors)
  // It ends with 0 after some failures, and its emerge may fail where no script looks.
  if (outcome.exitCode !== 0 || watch.errors.length > 0)
    throw await stageFailure(plan, { pass: 'run', outcome, failure, log, stderr, met })
  return { ...watch.steps }
}

/** A fresh /proc belongs to the namespace of processes: catalyst binds it into its chroot. */
export const catalystArgv = ({
  host,
  debug,
  conf,
  spec,
}: Pick<CatalystBuild, 'host' | 'debug' | 'conf' | 'spec'>): [string, ...string[]] => [
  ...(['unshare', '--mount', '--propagation', 'private', '--mount-proc', '--'] as const),
  ...[host.program, ...(debug ? ['--debug'] : []), '--verbose', '--configs', conf, '--file', spec],
]

const saying = (errors: readonly string[]): string | undefined =>
  errors[0] === undefined ? undefined : `catalyst said: ${errors[0]}`

/** `enter` goes into the chroot that a failed catalyst leaves, through a sandbox like that of a native stage: what it
 * changes there lies upon the chroot, apart from what the prepare pass has changed. */
async function writeEntrance(plan: StagePlan, work: Work, own: OwnRoot): Promise<void> {
  const changes = path.join(own.root, 'enter')
  const ovl = path.join(own.root, 'enter-ovl')
  for (const folder of [changes, ovl]) await mkdir(folder)
  await chmod(changes, 0o755)
  const root = TRAITS[plan.stage].root === 'empty' ? path.join(own.chroot, plan.stageRoot) : changes
  const tmp = path.join(own.chroot, 'var/tmp')
  const sandbox = stageSandbox(plan, { ...work, root, ovl, tmp }, [own.chroot])
  await writeFile(work.sandbox, JSON.stringify({ sandbox, stage: plan.stage }))
}

/** Catalyst ended well, but without an archive. */
export const noArchive = (plan: StagePlan, own: OwnRoot): SdkError =>
  new SdkError('SDK_STAGE', `${plan.stage}: catalyst left no archive in ${own.builds}`, {
    hint: `read ${path.join(sharedFolders(plan).log, 'run.log')}`,
  })
