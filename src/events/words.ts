// What each fact is called: the one text that the plain log, the terminal's log and the report share.

import type { Event } from './event.js'
import { formatBytes, formatCount, formatDuration } from './measures.js'

type Words = { [T in Event['type']]: (event: Extract<Event, { type: T }>) => string }

/** Whether a run was ended by a signal: nothing is wrong, and it can be gone on with. */
export const isStopped = (event: Event): boolean =>
  event.type === 'run-failed' && event.code.startsWith('SIG')

const WORDS: Words = {
  'run-started': (e) => `building SDK ${e.sdk} ${e.version} (${e.stages.join(', ')}) in ${e.root}`,
  'run-finished': (e) => `finished in ${formatDuration(e.durationMs)}`,
  'run-failed': (e) =>
    isStopped(e)
      ? `stopped by ${e.code} after ${formatDuration(e.durationMs)}`
      : `failed after ${formatDuration(e.durationMs)}: ${e.code}: ${e.message}`,
  'seed-started': (e) => `seed: ${e.kind} from ${e.source}`,
  'seed-finished': (e) =>
    `seed: ${e.path} (${e.cached ? 'was there' : formatDuration(e.durationMs)}, sha256 ${e.digest})`,
  'download-started': (e) => `downloading ${e.file} from ${e.url}`,
  'download-progress': (e) =>
    `${e.file}: ${formatBytes(e.done)}${e.bytes === undefined ? '' : ` of ${formatBytes(e.bytes)}`}`,
  'download-finished': (e) =>
    `downloaded ${e.file} (${formatBytes(e.bytes)}, ${formatDuration(e.durationMs)})`,
  'download-failed': (e) => `warning: ${e.url} is not used: ${e.reason}`,
  'stage-skipped': (e) => `${e.stage}: skipped, ${e.reason}: ${e.archive}`,
  'stage-started': (e) => `${e.stage}: started (${e.reason}) from ${e.seed}`,
  'stage-finished': (e) =>
    `${e.stage}: finished in ${formatDuration(e.durationMs)}: ${e.archive} (${formatBytes(e.bytes)})`,
  'stage-failed': (e) => `${e.stage}: failed in step ${e.step} after ${formatDuration(e.durationMs)}`,
  'step-started': (e) => `${e.stage}: ${e.step}`,
  'step-finished': (e) =>
    e.step === 'wait'
      ? `${e.stage}: waited ${formatDuration(e.durationMs)} for the archive of the stage before`
      : `${e.stage}: ${e.step} done (${formatDuration(e.durationMs)})`,
  'phase-started': (e) => `${e.stage}: ${e.phase}`,
  'packages-planned': ({ stage, packages }) => {
    const fromSource = packages.filter(({ binary }) => !binary).length
    const how =
      fromSource === packages.length
        ? 'from source'
        : fromSource === 0
          ? 'from binary packages'
          : `${fromSource} of them from source`
    const what = formatCount(packages.length, 'package')
    return `${stage}: ${packages.length === 0 ? 'no package to merge' : `${what} to merge, ${how}`}`
  },
  'package-started': (e) =>
    `${e.stage}: ${e.binary ? 'installing' : 'building'} ${e.package} (${e.index} of ${e.total})`,
  'package-merged': (e) =>
    `${e.stage}: ${e.binary ? 'installed' : 'merged'} ${e.package} (${e.index} of ${e.total}, ${formatDuration(e.durationMs)})`,
  'package-phase': (e) => `${e.stage}: ${e.package}: ${e.phase}`,
  'package-output': (e) => `${e.package}: ${e.line}`,
  // Its log has another path on the machine, which the failure of the stage names.
  'package-failed': (e) => `${e.stage}: failed ${e.package}`,
  'resources-measured': (e) =>
    `${e.stage}: ${(e.periodMs === 0 ? 0 : e.cpuMs / e.periodMs).toFixed(1)} cores, ${formatBytes(e.memoryBytes)} of memory, ${formatBytes(e.freeBytes)} of disk left`,
  'distfiles-planned': (e) =>
    e.missing === 0
      ? `${e.stage}: ${e.files === 0 ? 'no source files are needed' : `${formatCount(e.files, 'source file')}, all there`}`
      : `${e.stage}: fetching ${e.missing} of ${formatCount(e.files, 'source file')} (${formatBytes(e.bytes)})`,
  'distfile-fetched': (e) => `fetched ${e.file} (${formatBytes(e.bytes)}, ${formatDuration(e.durationMs)})`,
  'work-progress': (e) =>
    `${e.work} ${e.name}: ${formatBytes(e.done)}${e.bytes === undefined ? '' : ` of ${formatBytes(e.bytes)}`}${e.ended === true ? ', ended' : ''}`,
  'publish-started': (e) =>
    `publishing ${formatCount(e.files, 'file')} (${formatBytes(e.bytes)}) to ${e.target}`,
  'publish-finished': (e) =>
    `published ${formatCount(e.files, 'file')} to ${e.target} (${formatDuration(e.durationMs)})`,
  output: (e) => e.line,
  info: (e) => e.message,
  warning: (e) => `warning: ${e.message}${e.hint === undefined ? '' : `\nhint: ${e.hint}`}`,
}

/** An event in words. May hold line ends and, from build output, anything at all: show it through `reportLines`. */
export function words(event: Event): string {
  return (WORDS[event.type] as (event: Event) => string)(event)
}

type StageFailed = Extract<Event, { type: 'stage-failed' }>

/** Where a stage failed: `step run`, `step run, package app-misc/alpha-1`. */
export const failedAt = ({ step, package: name }: StageFailed): string =>
  `step ${step}${name === undefined ? '' : `, package ${name}`}`

/** The lines that name the cause of a failure, each with its number in the log. */
export const causeLines = ({ causes = [] }: StageFailed): string[] =>
  causes.map(({ line, text }) => `${line}: ${text}`)

const QUIET: ReadonlySet<Event['type']> = new Set([
  'output',
  'step-started',
  'package-started',
  'package-phase',
  'package-output',
  'resources-measured',
  'download-progress',
  'work-progress',
])

/** A stage that has waited less for its seed's archive found it there, and nothing is said. */
export const NO_WAIT_MS = 500

/** Whether an event has a line in the log. What has only begun is seen in the status area or the heartbeat. */
export function isLogged(event: Event): boolean {
  if (event.type === 'step-finished' && event.step === 'wait') return event.durationMs >= NO_WAIT_MS
  return !QUIET.has(event.type)
}

/** What of the hint of a failed run its failed stage, `told`, has not said by its log and the command to enter it. */
export function unsaidHint(
  hint: string | undefined,
  told: Pick<Extract<Event, { type: 'stage-failed' }>, 'log' | 'enter'> | undefined,
): string {
  const said = [told?.log, told?.enter].filter((each) => each !== undefined)
  return (hint ?? '')
    .split('; ')
    .filter((part) => !said.some((each) => part.includes(each)))
    .join('; ')
}
