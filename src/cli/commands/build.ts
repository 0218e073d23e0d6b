// The main command: bootstraps the SDK.

import { existsSync } from 'node:fs'
import path from 'node:path'
import { bootstrap } from '../../bootstrap/bootstrap.js'
import type { Request } from '../../bootstrap/request.js'
import { requestLayout, withSession } from '../../bootstrap/session.js'
import { SdkError } from '../../errors.js'
import { wantsDistribution } from '../../seed/resolve.js'
import { removeTree } from '../../store/remove.js'
import { HOST_TOOLS, provideLists, provideTools, SEED_TOOLS } from '../host-tools.js'
import type { Options, StagesInvocation } from '../invocation.js'
import { makeRequest } from '../request.js'
import { requireRoot } from '../root.js'
import { withEvents } from '../run-events.js'
import type { Interrupt } from '../signals.js'

/** @returns the exit code. @throws SdkError */
export async function build(invocation: StagesInvocation, interrupt: Interrupt): Promise<number> {
  const { options } = invocation
  const request = await makeRequest(options, invocation.stages)
  requireRoot()
  await prepareHost(options, request)
  const made = firstMissing(request.catalystRoot)
  const layout = await requestLayout(request)
  const begin = performance.now()
  await withEvents(options, { journal: layout.journal, interrupt }, (emit) =>
    withSession(request, { emit, signal: interrupt.abort }, async (session) => {
      const { stages, version, definition } = request
      emit({
        type: 'run-started',
        version: version.text,
        sdk: definition.name,
        stages: [...stages],
        root: layout.root,
        pid: process.pid,
      })
      const result = await bootstrap(session)
      const durationMs = Math.round(performance.now() - begin)
      emit({
        type: 'run-finished',
        durationMs,
        artifacts: [...result.artifacts],
        carried: [...result.carried],
      })
    }),
  ).catch(async (error: unknown) => {
    if (made !== undefined && isBadInput(error, request)) await removeTree(made, path.dirname(made))
    throw error
  })
  return 0
}

/** The topmost folder that has to be made for `folder` to be there; undefined when it is. */
function firstMissing(folder: string): string | undefined {
  if (existsSync(folder)) return undefined
  return firstMissing(path.dirname(folder)) ?? folder
}

/** A seed or repo that cannot be used leaves nothing behind: no catalyst root that was not there before. */
function isBadInput(error: unknown, request: Request): boolean {
  if (!(error instanceof SdkError)) return false
  return (
    error.code === 'SDK_REPO' ||
    (request.seedTarball !== undefined && ['SDK_SEED', 'SDK_ARCHIVE'].includes(error.code))
  )
}

/** Host tools, installed if need be. @throws SdkError SDK_HOST */
export async function prepareHost(options: Options, request: Request): Promise<void> {
  const makesSeed = request.seedTarball === undefined && (await wantsDistribution(request.definition))
  const tools = makesSeed ? [...HOST_TOOLS, ...SEED_TOOLS] : HOST_TOOLS
  const say = (text: string): void => void process.stderr.write(`bootstrap_sdk: ${text}\n`)
  const how = { install: options.hostSetup, say }
  await provideTools(tools, how)
  // The sources of a distribution seed are what apt's lists say.
  if (makesSeed) await provideLists(how)
  if (process.platform !== 'linux') throw new SdkError('SDK_HOST', 'namespaces need Linux')
}
