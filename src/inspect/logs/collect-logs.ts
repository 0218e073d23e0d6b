// Gathers what a report about a version needs: its journal and page, what it was asked, records, the logs of stages, those of the
// package that failed and of its configure scripts.

import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import { COMPRESSIONS } from '../../sdk/definition.js'
import { STAGES, type StageName } from '../../sdk/stages.js'
import { type Layout, STAGE_LOGS, sideFiles } from '../../store/layout.js'
import { buildFolder, configureLogs } from './build-folders.js'
import type { Bundle } from './bundle.js'
import { type LastStage, lastStage, logOfLast } from './failed.js'
import { lookAt, packageLogs, pathOf } from './logs.js'

/** The stage that failed last, unless it has been finished since. */
export interface FailedStage extends Pick<LastStage, 'stage' | 'time'> {
  readonly package: string | undefined
}

/** Adds all that the version of `layout` has. What is not there is listed as left out, if it should be there. */
export async function collectLogs(bundle: Bundle, layout: Layout): Promise<FailedStage | undefined> {
  const last = lastStage(layout.journal)
  const failed = last?.failure === undefined || last.isMended ? undefined : last
  await addOwn(bundle, layout)
  for (const stage of STAGES) await addStage(bundle, layout, { stage, isFailed: stage === failed?.stage })
  if (failed === undefined) return undefined
  const cpv = failed.failure?.package
  await addFailed(bundle, layout, { failed, cpv })
  return { stage: failed.stage, time: failed.time, package: cpv }
}

/** The files of the version itself. */
async function addOwn(bundle: Bundle, layout: Layout): Promise<void> {
  const own = [
    ['journal.jsonl', layout.journal],
    ['report.html', layout.report],
    ['request.json', layout.asked],
  ] as const
  for (const [name, file] of own)
    if (!(await bundle.addFile(name, path.dirname(file), path.basename(file))))
      bundle.leaveOut(file, 'it is not there')
}

/** Record and logs of a stage: of one that failed all that the engine and emerge have written, of others what its run said. */
async function addStage(
  bundle: Bundle,
  layout: Layout,
  { stage, isFailed }: { stage: StageName; isFailed: boolean },
): Promise<void> {
  for (const compression of COMPRESSIONS) {
    const { record } = sideFiles(layout.archive(stage, compression))
    await bundle.addFile(`${stage}/${path.basename(record)}`, layout.builds, path.basename(record))
  }
  const names = isFailed ? [...STAGE_LOGS, 'emerge.log', 'emerge-fetch.log'] : ['run.log']
  for (const name of names) await bundle.addFile(`${stage}/${name}`, layout.stageLog(stage), name)
}

/** What there is of the package that failed, or of all that an attempt left when no package is to blame. */
async function addFailed(
  bundle: Bundle,
  layout: Layout,
  { failed, cpv }: { failed: LastStage; cpv: string | undefined },
): Promise<void> {
  const { stage } = failed
  const named = logOfLast(layout, failed)
  const isPackage = named !== undefined && !(STAGE_LOGS as readonly string[]).includes(named.name)
  const own = packageLogs(layout).filter((log) => log.stage === stage && log.package === cpv)
  const logs = isPackage ? [named, ...own.filter((log) => pathOf(log) !== pathOf(named))] : own
  // Of earlier attempts one more, to compare with.
  for (const log of logs.slice(0, 2))
    await bundle.addFile(`${stage}/packages/${log.name.replaceAll('/', ':')}`, log.folder, log.name)
  if (cpv !== undefined && logs.length === 0) bundle.leaveOut(`the log of ${cpv}`, 'it is not there')
  const folder = buildFolder(layout, stage)
  if (isClosed(layout.work(stage))) bundle.leaveOut(folder, 'it may only be read by root')
  const files = configureLogs(layout, stage, cpv)
  for (const name of files)
    if (lookAt(stage, folder, name) !== undefined)
      await bundle.addFile(`${stage}/build/${name}`, folder, name)
}

function isClosed(folder: string): boolean {
  try {
    accessSync(folder, constants.R_OK | constants.X_OK)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES'
  }
}
