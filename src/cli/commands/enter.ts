// enter: opens a shell in a stage, or in the finished SDK, or runs a command there. What is typed comes from standard input.

import { SdkError } from '../../errors.js'
import { runShell } from '../../inspect/enter.js'
import { findEnterable } from '../../inspect/enterable.js'
import { findLayout } from '../../request/catalyst-root.js'
import { LAST_STAGE } from '../../sdk/stages.js'
import { acquireLock } from '../../store/lock.js'
import type { Caller } from '../caller.js'
import { requireRoot } from '../host/root.js'
import type { Invocation } from '../invocation.js'
import { recall } from '../request/recall.js'
import { makeRequest } from '../request/request.js'
import { withProgress } from '../run-events.js'
import { sayAside } from '../write.js'

/**
 * @returns the exit code of the shell or command
 * @throws SdkError SDK_USAGE when there is nothing to enter, SDK_LOCKED while a run works on the version
 */
export async function enter(
  call: Extract<Invocation, { kind: 'enter' }>,
  { environment, interrupt }: Caller,
): Promise<number> {
  const { target, command, options } = call
  const request = await makeRequest(await recall(call, environment), environment)
  const { definition } = request
  const lastStage = definition.stages.at(-1) ?? LAST_STAGE
  const version = options.version?.text ?? definition.version.text
  const where = await findEnterable(await findLayout(request), { target, lastStage, version })
  requireRoot()
  const layout = await findLayout(request, where.version)
  const lock = await acquireLock(layout.versionLock, { version: where.version, purpose: 'enter' })
  const what = where.kind === 'attempt' ? 'the unfinished attempt at' : 'a copy of the finished'
  if (where.kind === 'attempt' && options.keep !== undefined)
    throw new SdkError('SDK_USAGE', '--keep is for copies of finished stages, and this one is unfinished', {
      hint: 'an attempt is kept anyway, until the next one',
    })
  const kept = options.keep === undefined ? 'it is thrown away afterwards' : `it is kept as ${options.keep}`
  const fate = where.kind === 'attempt' ? 'the next attempt begins anew' : kept
  const canBuild = target === 'sdk'
  const place = canBuild ? ' The catalyst root is build/catalyst here.' : ''
  const words = `bootstrap_sdk: ${what} ${where.stage} of ${where.version}; ${fate}; leave it with "exit".${place}\n`
  try {
    return await runShell(where, {
      layout,
      signal: interrupt.abort,
      term: environment.terminal.term || 'dumb',
      canBuild,
      visit: {
        ...{ command, binds: options.bind, network: options.network, keep: options.keep },
        place: `${canBuild ? definition.type : where.stage} ${where.version}`,
      },
      // The last stage has its own, unless it is to find them elsewhere.
      repos: definition.repos.filter(
        ({ location, archive }) => where.stage !== lastStage || location !== archive,
      ),
      preparing: (act) =>
        withProgress({ options, caller: { environment }, doing: `preparing ${where.stage}` }, act),
      warn: (message) => sayAside(`bootstrap_sdk: ${message}`),
      ready: () => {
        // A command's own words are enough.
        if (command.length === 0) process.stderr.write(words)
        leaveKeysToShell()
      },
    })
  } finally {
    lock.release()
  }
}

/** Ctrl-C reaches this process too when it is typed in the shell, for what runs there: it must not end the shell. */
function leaveKeysToShell(): void {
  if (!process.stdin.isTTY) return
  process.removeAllListeners('SIGINT')
  process.on('SIGINT', () => {})
}
