// status: which versions there are below the catalyst root, of the definition and of others, how far their stages are,
// what runs now, what it all takes.

import { formatBytes, formatDuration } from '../../events/measures.js'
import { plainText } from '../../events/plain-text.js'
import { diskUse } from '../../inspect/disk-use.js'
import { type LastRun, lastRun } from '../../inspect/last-run.js'
import { findSdks, type SdkNames } from '../../inspect/sdks.js'
import { listVersions, type StageState, type VersionState } from '../../inspect/versions.js'
import { findLayout } from '../../request/catalyst-root.js'
import { createLayout } from '../../store/layout.js'
import type { Options } from '../arguments/options/table.js'
import type { Caller } from '../caller.js'
import { makeLook } from '../request/request.js'
import { columns, shortTime, writeJson, writeLines } from '../write.js'

/** The versions of an SDK, newest first. */
interface SdkState extends SdkNames {
  readonly versions: readonly (VersionState & { readonly lastRun: LastRun | undefined })[]
}

/** What is shown: the definition's SDK first. */
export interface Status extends SdkState {
  readonly root: string
  /** What else is below the root: stages of specs and of other definitions. */
  readonly others: readonly SdkState[]
  /** Bytes by folder of the catalyst root; null where unknown. */
  readonly disk: Readonly<Record<string, number | null>>
}

/** @returns the exit code. @throws SdkError SDK_USAGE, SDK_DEFINITION */
export async function status(options: Options, { environment }: Caller): Promise<number> {
  const request = await makeLook(options, environment)
  const { root, type, arch } = await findLayout(request)
  const asked = options.version?.text
  const own = await scan(root, { type, arch }, asked)
  const others = []
  for (const names of await findSdks(root))
    if (names.type !== type || names.arch !== arch) others.push(await scan(root, names, asked))
  const disk = await diskUse(root)
  const found = { root, ...own, others: others.filter(({ versions }) => versions.length > 0), disk }
  if (options.json) writeJson({ format: 1, ...found })
  else writeLines(statusLines(found))
  return 0
}

async function scan(root: string, names: SdkNames, asked: string | undefined): Promise<SdkState> {
  const all = await listVersions({ root, ...names })
  const versions = all
    .filter(({ version }) => asked === undefined || asked === version)
    .map((each) => {
      const { journal } = createLayout({ root, ...names, version: each.version })
      return { ...each, lastRun: lastRun(journal) }
    })
  return { ...names, versions }
}

/** The text; pure. */
export function statusLines(found: Status): string[] {
  const { root, type, arch, versions, others, disk } = found
  const blocks = versions.flatMap((version) => ['', ...versionLines(version)])
  const more = others.flatMap((other) => [
    '',
    `${other.type} (${other.arch}), below it too`,
    ...other.versions.flatMap((version) => ['', ...versionLines(version)]),
  ])
  const sizes = Object.entries(disk)
    .filter(([, bytes]) => bytes !== 0)
    .map(([part, bytes]) => [part, bytes === null ? 'unknown' : formatBytes(bytes)])
  return [
    `${type} (${arch}) below ${root}`,
    ...(versions.length === 0 ? ['', 'no version yet'] : blocks),
    ...more,
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
