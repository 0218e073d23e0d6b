// The events of a command that runs the engine: journal, progress and report, opened and closed around it.

import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Bus, createBus } from '../events/bus.js'
import type { Emit, Fact, Listener } from '../events/event.js'
import { createJournal } from '../events/journal.js'
import { ownCommand } from '../process/own-command.js'
import { createProgress } from '../progress/choose.js'
import { keepReport, type ReportKeeper } from '../report/keep.js'
import { parseVersion } from '../sdk/version.js'
import { explainDisk } from '../store/disk/full-disk.js'
import { inRoot, type Layout, rootFolders } from '../store/layout.js'
import type { Options } from './arguments/options/table.js'
import { openBuildTimes } from './build-times.js'
import type { Caller } from './caller.js'
import { pageAssets } from './page/assets.js'
import { factsOf } from './page/facts.js'
import { besides, writtenBeside } from './page/files.js'
import { failureFact, markTold } from './report-error.js'
import { sayAside } from './write.js'

type RunFailed = Extract<Fact, { type: 'run-failed' }>

/** What {@link withEvents} needs. */
interface WithEvents {
  readonly layout: Layout
  readonly caller: Caller
  /** The command that goes on with the run after a failure; undefined where nothing is left to go on with. */
  readonly resume: (error: unknown) => string | undefined
  /** Its profile: stages of another one take other times. */
  readonly profile: string
}

/**
 * Runs `act` with an emitter; states its failure as a fact before it throws it on. The signal is the caller's, and ends the
 * run when the journal cannot be written: hours of work that nobody can read about later are not gone on with.
 */
export async function withEvents<T>(
  options: Options,
  { layout, caller, resume, profile }: WithEvents,
  act: (emit: Emit, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const begin = performance.now()
  let hasBegun = false
  const unheard = new AbortController()
  const signal = AbortSignal.any([caller.interrupt.abort, unheard.signal])
  const { journal, report } = layout
  const beside = writtenBeside(options)
  const page = keepReport(
    {
      ...{ journal, report, assets: pageAssets, hasOwnFiles: beside.length > 0 },
      facts: factsOf(layout, besides(path.dirname(report)), beside),
    },
    warn,
  )
  const bus = createBus(listeners(options, { layout, caller, page, profile }), {
    onError: (error) => unheard.abort(error),
  })
  try {
    const emit: Emit = (fact) => {
      hasBegun ||= fact.type === 'run-started'
      bus.emit(fact)
    }
    const result = await act(emit, signal)
    await page.settled()
    bus.close()
    return result
  } catch (thrown) {
    const places = [layout.root, tmpdir()]
    // What may be links, to other disks of its own.
    const own = [...places, ...rootFolders().map((name) => inRoot(layout.root, name))]
    const error = caller.interrupt.signal === undefined ? await explainDisk(thrown, places, own) : thrown
    const fact = failureFact(error, caller.interrupt, Math.round(performance.now() - begin))
    const command = hasBegun ? resume(error) : undefined
    const { version } = layout
    const look = hasBegun && caller.interrupt.signal === undefined ? lookCommands(fact, version) : {}
    bus.emit({ ...fact, ...(command === undefined ? {} : { version, resume: command }), ...look })
    markTold(error)
    await page.settled()
    closeAfter(error, bus)
    throw error
  }
}

/** The commands that look at a stage that failed; none for a version that no command line can name, as a spec may have it. */
function lookCommands({ facts }: RunFailed, version: string): Pick<RunFailed, 'look'> {
  if (facts.stage === undefined) return {}
  try {
    const named = ['--version', parseVersion(version).text]
    return { look: [ownCommand(['log', ...named]), ownCommand(['collect-logs', ...named])] }
  } catch {
    return {}
  }
}

/** What the journal's disk says is no reason to keep quiet about why the run failed. */
function closeAfter(error: unknown, bus: Bus): void {
  try {
    bus.close()
  } catch (other) {
    if (other !== error) warn(`the journal is not complete: ${(other as Error).message}`)
  }
}

/** Says that something beside the run went wrong. */
export const warn = (message: string): void => sayAside(`warning: ${message}`)

/** Who looks, and what the verb does: `verifying`. */
interface Looking {
  readonly options: Options
  readonly caller: Pick<Caller, 'environment'>
  readonly doing: string
}

/** Runs `act` with an emitter whose facts are shown to people, on standard error, and kept nowhere. */
export async function withProgress<T>(
  { options: { debug: verbose }, caller, doing }: Looking,
  act: (emit: Emit) => Promise<T>,
): Promise<T> {
  const { stderr: stream } = process
  const { terminal } = caller.environment
  const isTTY = stream.isTTY === true
  const bus = createBus([createProgress({ stream, json: false, terminal, isTTY, verbose, doing })])
  try {
    return await act(bus.emit)
  } finally {
    bus.close()
  }
}

function listeners(
  options: Options,
  { layout: { journal, times }, caller, page, profile }: Omit<WithEvents, 'resume'> & { page: ReportKeeper },
): Listener[] {
  const known = openBuildTimes(times, profile)
  // Facts for programs go to stdout; what people read goes to stderr, as other build tools do it.
  const stream = options.json ? process.stdout : process.stderr
  const progress = createProgress({
    stream,
    json: options.json,
    terminal: caller.environment.terminal,
    isTTY: process.stderr.isTTY === true,
    verbose: options.debug,
    history: known.history,
  })
  caller.interrupt.beforeLeaving.add(() => progress.close())
  const kept = [createJournal(journal), page, known.keep]
  const accounts = caller.account === undefined ? [] : [caller.account]
  return [...kept.map(fromRunStart), ...accounts, progress]
}

/** Hears nothing before `run-started`: until then another run of the version may hold its lock, and write these files. */
function fromRunStart(listener: Listener): Listener {
  let isStarted = false
  return {
    on(event) {
      isStarted ||= event.type === 'run-started'
      if (isStarted) listener.on(event)
    },
    close: () => listener.close(),
  }
}
