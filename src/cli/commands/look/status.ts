// status: which versions there are below the catalyst root, of the definition and of others, how far their stages are,
// what runs now, what it all takes.

import { existsSync } from 'node:fs'
import { SdkError } from '../../../errors.js'
import { readJournal } from '../../../events/journal.js'
import { formatBytes, formatDuration } from '../../../events/measures.js'
import { plainText } from '../../../events/plain-text.js'
import { diskUse } from '../../../inspect/disk-use.js'
import { lastRun } from '../../../inspect/last-run.js'
import { findSdks, type SdkNames } from '../../../inspect/sdks.js'
import { listVersions, type StageState } from '../../../inspect/versions.js'
import { quotedCommand } from '../../../process/own-command.js'
import { shellWords } from '../../../process/shell-words.js'
import { findLayout } from '../../../request/catalyst-root.js'
import { readKept } from '../../../request/kept-request.js'
import { createLayout, type Layout } from '../../../store/layout.js'
import type { SdkState, Status } from '../../answers/look.js'
import type { Options } from '../../arguments/options/table.js'
import type { Caller } from '../../caller.js'
import type { Environment } from '../../environment.js'
import type { VerbCall } from '../../request/asked.js'
import { recall } from '../../request/recall.js'
import { makeLook } from '../../request/request.js'
import { saidWords } from '../../request/said-words.js'
import { columns, sayAside, shortTime, writeJson, writeLines } from '../../write.js'

/** @returns the exit code. @throws SdkError SDK_USAGE, SDK_DEFINITION */
export async function status(call: VerbCall, { environment }: Caller): Promise<number> {
  const { options } = call
  const request = await makeLook(await recall(call, environment), environment)
  const { root, type, arch } = await findLayout(request)
  await tellRuns(options, await findLayout(request), environment)
  const asked = options.version?.text
  const own = await scan(root, { type, arch }, asked)
  const others = []
  for (const names of await findSdks(root))
    if (names.type !== type || names.arch !== arch) others.push(await scan(root, names, asked))
  const disk = await diskUse(root)
  const found = { root, ...own, others: others.filter(({ versions }) => versions.length > 0), disk }
  if (options.json) writeJson('status', { format: 1, ...found })
  else writeLines(statusText(found))
  return 0
}

/** Writes the files that are to tell of the runs of a version. @throws SdkError SDK_USAGE, SDK_VERIFY, SDK_HOST */
async function tellRuns(options: Options, { journal }: Layout, environment: Environment): Promise<void> {
  if ([options.trace, options.junit, options.tap].every((file) => file === undefined)) return
  const hint = `${quotedCommand(['status'])} lists all versions`
  if (options.version === undefined)
    throw new SdkError(
      'SDK_USAGE',
      'status: --trace, --junit and --tap are of one version: expected --version, found none',
      { hint },
    )
  if (!existsSync(journal))
    throw new SdkError(
      'SDK_USAGE',
      `status: expected a --version that has had a run, found none at ${journal}`,
      { hint },
    )
  const { writeAccountsOf } = await import('../../account.js')
  await writeAccountsOf(options, readJournal(journal), environment)
}

async function scan(root: string, names: SdkNames, asked: string | undefined): Promise<SdkState> {
  const all = await listVersions({ root, ...names })
  const versions = all
    .filter(({ version }) => asked === undefined || asked === version)
    .map(async (each) => {
      const { journal, asked: file } = createLayout({ root, ...names, version: each.version })
      return { ...each, lastRun: lastRun(journal), asked: await askedIn(file) }
    })
  return { ...names, versions: await Promise.all(versions) }
}

/** What cannot be read is said beside the rest. */
async function askedIn(file: string): Promise<SdkState['versions'][number]['asked']> {
  const kept = await readKept(file).catch((error: Error) =>
    sayAside(`bootstrap_sdk: warning: ${error.message}`),
  )
  if (kept === undefined) return undefined
  const { begun, isDone, stages, options, standing = {} } = kept
  const stood = Object.fromEntries(Object.entries(standing).map(([name, text]) => [name, [text]]))
  return { begun, isDone, stages, options: { ...stood, ...options } }
}

/** The text; pure. */
export function statusText(found: Omit<Status, 'format'>): string[] {
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
  return [
    `${version.version}${now}`,
    ...columns(rows, '  '),
    ...columns(release, '  '),
    ...askedLines(version),
    ...runLines(version),
  ]
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

/** What the version was asked, if that is not the default of all. */
function askedLines({ asked }: Status['versions'][number]): string[] {
  const words = [
    ...saidWords(asked?.options ?? {}, 'build'),
    ...(asked?.isDone === false ? asked.stages : []),
  ]
  return words.length === 0 ? [] : [`  asked for ${plainText(shellWords(words))}`]
}

/** Why the newest run ended early, if it did. */
function runLines({ lastRun: run, lock }: Status['versions'][number]): string[] {
  if (run?.outcome === 'failed')
    return [`  last run failed ${shortTime(run.ended ?? '')}: ${plainText(run.message ?? '')} [${run.code}]`]
  if (run?.outcome === 'stopped') return [`  last run stopped by ${run.code} ${shortTime(run.ended ?? '')}`]
  if (run?.outcome === 'open' && lock === undefined)
    return [`  last run, of ${shortTime(run.started)}, was killed`]
  return []
}
