// status: which versions there are below the catalyst root, how far their stages are, what runs now, what it all takes.

import { diskUse } from '../../bootstrap/disk-use.js'
import { type LastRun, lastRun } from '../../bootstrap/last-run.js'
import { findLayout } from '../../bootstrap/place.js'
import { type StageState, surveyVersions, type VersionState } from '../../bootstrap/survey.js'
import { plainText } from '../../events/plain-text.js'
import { formatBytes, formatDuration } from '../../progress/measures.js'
import type { Options } from '../invocation.js'
import { makeLook } from '../request.js'
import { columns, shortTime, writeJson, writeLines } from '../write.js'

/** What is shown. */
export interface Status {
  readonly root: string
  readonly type: string
  readonly arch: string
  readonly versions: readonly (VersionState & { readonly lastRun: LastRun | undefined })[]
  /** Bytes by folder of the catalyst root; null where unknown. */
  readonly disk: Readonly<Record<string, number | null>>
}

/** @returns the exit code. @throws SdkError SDK_USAGE, SDK_DEFINITION */
export async function status(options: Options): Promise<number> {
  const request = await makeLook(options)
  const layout = await findLayout(request)
  const { root, type, arch } = layout
  const all = await surveyVersions({ root, type, arch })
  const asked = all.filter(({ version }) => options.version === undefined || options.version.text === version)
  const versions = []
  for (const each of asked) {
    const { journal } = await findLayout(request, each.version)
    versions.push({ ...each, lastRun: lastRun(journal) })
  }
  const found = { root, type, arch, versions, disk: await diskUse(root) }
  if (options.json) writeJson({ format: 1, ...found })
  else writeLines(statusLines(found))
  return 0
}

/** The text; pure. */
export function statusLines(found: Status): string[] {
  const { root, type, arch, versions, disk } = found
  const blocks = versions.flatMap((version) => ['', ...versionLines(version)])
  const sizes = Object.entries(disk)
    .filter(([, bytes]) => bytes !== 0)
    .map(([part, bytes]) => [part, bytes === null ? 'unknown' : formatBytes(bytes)])
  return [
    `${type} (${arch}) below ${root}`,
    ...(versions.length === 0 ? ['', 'no version yet'] : blocks),
    ...(sizes.length === 0 ? [] : ['', 'disk use']),
    ...columns(sizes, '  '),
  ]
}

function versionLines(version: Status['versions'][number]): string[] {
  const { lock } = version
  const what = lock?.purpose === undefined ? 'running' : `locked for ${lock.purpose}`
  const now = lock === undefined ? '' : `  (${what}: process ${lock.pid}, since ${shortTime(lock.startedAt)})`
  const rows = Object.entries(version.stages).map(([stage, state]) => [stage, ...stageCells(state)])
  const release = version.release === undefined ? [] : [['release', version.release]]
  return [`${version.version}${now}`, ...columns(rows, '  '), ...columns(release, '  '), ...runLines(version)]
}

function stageCells(state: StageState): string[] {
  switch (state.state) {
    case 'finished':
      return [
        'finished',
        shortTime(state.finished),
        formatDuration(state.durationMs),
        formatBytes(state.bytes),
      ]
    case 'broken':
      return ['broken', plainText(state.problem)]
    case 'unfinished':
      return ['unfinished', shortTime(state.since), state.work]
    case 'running':
      return ['running', shortTime(state.since)]
    case 'none':
      return ['-']
  }
}

/** Why the newest run ended early, if it did. */
function runLines({ lastRun: run, lock }: Status['versions'][number]): string[] {
  if (run?.outcome === 'failed')
    return [`  last run failed ${shortTime(run.ended ?? '')}: ${plainText(run.message ?? '')} [${run.code}]`]
  if (run?.outcome === 'open' && lock === undefined)
    return [`  last run, of ${shortTime(run.started)}, was killed`]
  return []
}
