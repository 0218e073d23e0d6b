// The repos of a stage as squashfs images, which catalyst mounts read-only.

import { chmod } from 'node:fs/promises'
import path from 'node:path'
import { failure } from '../../process/run.js'
import { hostTool, runInSandbox } from '../../sandbox/run.js'
import type { Mount } from '../../sandbox/spec.js'
import type { StagePlan } from '../../stage/plan/plan.js'
import type { Work } from '../../stage/run/work.js'
import type { OwnRoot } from './own-root.js'

/** Catalyst's name of the snapshot of the repo `name`. */
export const snapshotFile = (plan: StagePlan, own: OwnRoot, name: string): string =>
  path.join(own.snapshots, `${name}-${plan.version.text}.sqfs`)

/** A stage's seed, put together from its layers (top first) while it is read. */
export interface SnapshotSource {
  readonly work: Work
  readonly layers: readonly string[]
  readonly signal: AbortSignal | undefined
}

/**
 * Makes an image of each repo of `plan`, from inside the seed or from its copy.
 *
 * @throws SdkError SDK_STAGE when mksquashfs fails
 */
export async function makeSnapshots(plan: StagePlan, own: OwnRoot, source: SnapshotSource): Promise<void> {
  for (const { name, location, tree } of plan.stageRepos) {
    const seed = path.join(source.work.mnt, 'seed')
    const target = snapshotFile(plan, own, name)
    await squash(tree?.path ?? path.join(seed, location), target, source)
    await chmod(target, 0o644)
  }
}

/** Everything root's, as in the copies of a native stage; fast, as an image lives for one stage only. */
const OPTIONS = ['-noappend', '-no-xattrs', '-all-root', '-no-progress', '-quiet', '-comp', 'gzip']
const FAST = ['-Xcompression-level', '1']

async function squash(tree: string, target: string, { work, layers, signal }: SnapshotSource): Promise<void> {
  const argv = ['mksquashfs', tree, target, ...OPTIONS, ...FAST] as const
  const mounts: Mount[] = [
    { kind: 'tmpfs', target: work.mnt, mode: '0755' },
    { kind: 'overlay', layers, target: path.join(work.mnt, 'seed') },
  ]
  const spec = hostTool('snapshot', mounts, argv)
  const { outcome, stderr } = await runInSandbox(spec, { scratch: work.mnt, signal })
  if (outcome.exitCode !== 0) throw failure(argv, outcome, { code: 'SDK_STAGE', stderr })
}
