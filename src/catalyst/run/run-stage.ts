// The runner `catalyst`: each stage is prepared as a native one, then built by the machine's own catalyst from spec files
// of ours, and its archive taken over. Same plans, outputs, events and records.

import { complete, type Parts } from '../../stage/finish/complete.js'
import { reportIsolation, warnOfUnowned } from '../../stage/finish/isolation.js'
import { readReported } from '../../stage/finish/reported.js'
import { disarmShared } from '../../stage/packages/binary-packages.js'
import type { SeededPlan, StagePlan } from '../../stage/plan/plan.js'
import { prepare } from '../../stage/run/prepare.js'
import type { RootDone, Runner, StageServices } from '../../stage/runner.js'
import type { Stopwatch } from '../../stage/stopwatch.js'
import { noArchive, runCatalyst } from './build.js'
import { writeStageFiles } from './files.js'
import type { CatalystHost } from './host.js'
import { findArchive, ownRoot } from './own-root.js'
import { makeSnapshots } from './snapshots.js'
import { takeArchive } from './take.js'

/** The runner that drives `host`; with `debug` it says all that it can. */
export function catalystRunner(host: CatalystHost, debug: boolean): Runner {
  return {
    name: 'catalyst',
    run: (plan, services, watch) => runByCatalyst(plan, { host, debug, services, watch }),
  }
}

interface Tools {
  host: CatalystHost
  debug: boolean
  services: StageServices
  watch: Stopwatch
}

async function runByCatalyst(planned: StagePlan, { host, debug, services, watch }: Tools): Promise<RootDone> {
  const prepared = await prepare(planned, services, watch)
  const { work, context } = prepared
  const plan = seeded(prepared.plan)
  const own = ownRoot(plan, work)
  const files = await watch.step('specs', async () => {
    const written = await writeStageFiles(plan, own, { work, host })
    await makeSnapshots(plan, own, context)
    return written
  })
  await watch
    .step('run', () => runCatalyst(plan, { host, debug, own, context, ...files }))
    .finally(() => disarmShared(plan))
  const taken = await watch.step('archive', async () => {
    const built = await findArchive(plan, own)
    if (built === undefined) throw noArchive(plan, own)
    return await takeArchive(plan, built, services)
  })
  warnOfUnowned(plan, taken.finished, services.emit)
  await reportIsolation(plan, taken.finished, services.emit)
  const { finished, directory } = taken
  const reported = await readReported(work, taken.packages)
  const tools = { catalyst: host.version }
  const keep: Parts['keep'] = (archive) => services.trees.adopt({ ...archive, directory })
  // Its archive is there before its root is.
  return {
    root: undefined,
    finish: () => complete(plan, { ...prepared, finished, keep, reported, watch, services, tools }),
  }
}

/** No stage of catalyst's has a root before its archive. */
function seeded(plan: StagePlan): SeededPlan {
  const { seed } = plan
  if (seed.sha256 === undefined) throw new Error(`${plan.stage}: catalyst needs the archive of its seed`)
  return { ...plan, seed }
}
