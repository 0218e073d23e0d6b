// The program: reads the command line, runs the command, and turns what it throws into words and an exit code.

import { tmpdir } from 'node:os'
import { hostError, SdkError } from '../errors.js'
import { setHostEnvironment } from '../process/environment.js'
import { setOwnCommand } from '../process/own-command.js'
import { programVersion } from '../sdk/program-version.js'
import { parseCommandLine } from './arguments/command-line.js'
import { asksForJson } from './arguments/lenient.js'
import type { Caller } from './caller.js'
import { readEnvironment } from './environment.js'
import { calledAs } from './host/called-as.js'
import { handleSignals } from './host/signals.js'
import type { Invocation } from './invocation.js'
import { explain, explainInterrupt, tellAsJson } from './report-error.js'
import { hasAnswered, setLog } from './write.js'

/** Commands are imported when they are needed: `--help` should not load the engine. */
async function perform(invocation: Invocation, caller: Caller): Promise<number> {
  switch (invocation.kind) {
    case 'build':
    case 'fetch':
      return (await import('./commands/run.js')).run(invocation, caller)
    case 'plan':
      return (await import('./commands/look/plan.js')).plan(invocation, caller)
    case 'status':
      return (await import('./commands/look/status.js')).status(invocation, caller)
    case 'log':
      return (await import('./commands/look/log.js')).log(invocation, caller)
    case 'why':
      return (await import('./commands/look/why.js')).why(invocation, caller)
    case 'config':
      return (await import('./commands/look/config.js')).config(invocation, caller)
    case 'report':
      return (await import('./commands/look/report.js')).report(invocation, caller)
    case 'serve':
      return (await import('./commands/look/serve.js')).serve(invocation, caller)
    case 'collect-logs':
      return (await import('./commands/look/collect-logs.js')).collect(invocation, caller)
    case 'doctor':
      return (await import('./commands/look/doctor.js')).doctor(invocation, caller)
    case 'enter':
      return (await import('./commands/enter.js')).enter(invocation, caller)
    case 'export':
      return (await import('./commands/export.js')).exportStage(invocation, caller)
    case 'store':
      return (await import('./commands/store.js')).store(invocation, caller)
    case 'verify':
      return (await import('./commands/look/verify.js')).verify(invocation, caller)
    case 'compare':
      return (await import('./commands/look/compare.js')).compare(invocation, caller)
    case 'clean':
      return (await import('./commands/clean.js')).clean(invocation, caller)
    default:
      return await performAside(invocation)
  }
}

/** What has nothing to do with any catalyst root. */
async function performAside(
  invocation: Extract<Invocation, { kind: 'help' | 'tool-version' | 'completion' | 'init' }>,
): Promise<number> {
  switch (invocation.kind) {
    case 'help':
    case 'tool-version':
      return print(invocation.kind === 'help' ? invocation.text : `bootstrap_sdk ${programVersion()}`)
    case 'completion':
      return (await import('./commands/completion.js')).completion(invocation.shell)
    case 'init':
      return (await import('./commands/init.js')).init(invocation.folder, invocation.options)
  }
}

function print(text: string): number {
  process.stdout.write(`${text}\n`)
  return 0
}

/** What is asked for, with what configuration files say. @throws SdkError SDK_USAGE */
async function read(argv: readonly string[]): Promise<Invocation> {
  try {
    const invocation = parseCommandLine(argv, environment)
    if (!('options' in invocation)) return invocation
    return await (await import('./config/apply.js')).configured(invocation, environment)
  } catch (error) {
    await (await import('./commands/unread.js')).tellUnread(error, {
      argv,
      caller: { environment, interrupt },
    })
    throw error
  }
}

/** @throws SdkError SDK_HOST when the folder that the command was started in is gone */
function requireFolder(): void {
  try {
    process.cwd()
  } catch (cause) {
    throw new SdkError('SDK_HOST', 'the current folder does not exist any more', {
      hint: 'change to another one',
      cause,
    })
  }
}

/** What a full disk has caused is said as what it is; a command without events has no other place for it. */
async function explained(error: unknown): Promise<unknown> {
  const { explainDisk } = await import('../store/disk/full-disk.js')
  return explainDisk(error, [tmpdir()])
}

const environment = readEnvironment()
const { ci } = environment.terminal
const interrupt = handleSignals(environment.host.ignoredSignals)
/** Why what was written did not arrive. Who reads no more (EPIPE), or has closed the terminal (EIO), has seen enough. */
let lost: SdkError | undefined
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  const isGone = error.code === 'EPIPE' || (error.code === 'EIO' && process.stdout.isTTY)
  if (isGone) return
  // The launcher leaves a closed one so that nothing can be written to it: Node would open /dev/null in its place.
  lost ??= hostError(error, 'standard output', {
    message: error.code === 'EBADF' ? 'standard output is closed' : 'standard output cannot be written',
    hint: 'give a file, a pipe or /dev/null for it: what was to be said there is lost',
  })
})
process.stderr.on('error', () => {})
// What is made here ends up in roots that others use; catalyst sets the same.
process.umask(0o022)
try {
  requireFolder()
  setHostEnvironment(environment.host)
  setLog(ci)
  const argv = [process.argv0, process.argv[1] ?? ''] as const
  setOwnCommand(calledAs({ argv, uid: process.getuid?.(), called: environment.called }))
  process.exitCode = await perform(await read(process.argv.slice(2)), { environment, interrupt })
} catch (thrown) {
  const error = interrupt.signal === undefined ? await explained(thrown) : thrown
  if (asksForJson(process.argv.slice(2)) && !hasAnswered())
    tellAsJson(error, process.stdout, { interrupt, durationMs: Math.round(performance.now()) })
  process.stderr.write(
    interrupt.signal === undefined
      ? explain(error, { debug: process.argv.includes('--debug'), ci })
      : explainInterrupt(error, interrupt.signal),
  )
  process.exitCode = interrupt.exitCode ?? (error instanceof SdkError ? error.exitCode : 70)
}
// A listener or timer that somebody forgot must not keep a finished command alive.
if (process.stdout.writableLength > 0) process.stdout.write('', () => setImmediate(end))
// Not even nothing can be written to a full disk, and who has said nothing there has lost nothing.
else setImmediate(end)

function end(): void {
  if (lost !== undefined) {
    // What went wrong before counts more.
    if (process.exitCode === 0) process.exitCode = lost.exitCode
    process.stderr.write(explain(lost, { debug: false }))
  }
  process.exit()
}
