// The runner `catalyst`: each stage is prepared as a native one, then built by the machine's own catalyst from spec files
// of ours, and its archive taken over. Same plans, outputs, events and records.

import { complete } from '../../stage/finish/complete.js'
import { reportIsolation, warnOfUnowned } from '../../stage/finish/isolation.js'
import { readReported } from '../../stage/finish/reported.js'
import type { Seed, StagePlan } from '../../stage/plan/plan.js'
import { prepare } from '../../stage/run/prepare.js'
import type { Runner, Workshop } from '../../stage/runner.js'
import type { Stopwatch } from '../../stage/stopwatch.js'
import { noArchive, runCatalyst } from './build.js'
import { writeStageFiles } from './files.js'
import type { CatalystHost } from './host.js'
import { catalystPlace, findArchive } from './place.js'
import { makeSnapshots } from './snapshots.js'
import { takeArchive } from './take.js'

/** The runner that drives `host`; with `debug` it says all that it can. */
export function catalystRunner(host: CatalystHost, debug: boolean): Runner {
  return { name: 'catalyst', run: (plan, shop, watch) => runStage(plan, { host, debug, shop, watch }) }
}

interface Tools {
  host: CatalystHost
  debug: boolean
  shop: Workshop
  watch: Stopwatch
}

async function runStage(planned: StagePlan, { host, debug, shop, watch }: Tools): Promise<Seed> {
  const prepared = await prepare(planned, shop, watch)
  const { plan, work, context } = prepared
  const place = catalystPlace(plan, work)
  const files = await watch.step('specs', async () => {
    const written = await writeStageFiles(plan, place, { work, host })
    await makeSnapshots(plan, place, context)
    return written
  })
  await watch.step('run', () => runCatalyst(plan, { host, debug, place, context, ...files }))
  const taken = await watch.step('archive', async () => {
    const built = await findArchive(plan, place)
    if (built === undefined) throw noArchive(plan, place)
    return await takeArchive(plan, built, shop)
  })
  warnOfUnowned(plan, taken.finished, shop.emit)
  await reportIsolation(plan, taken.finished, shop.emit)
  const { finished, directory } = taken
  const reported = await readReported(work, taken.packages)
  const tools = { catalyst: host.version }
  return await complete(plan, { ...prepared, finished, reported, root: { directory }, watch, shop, tools })
}
