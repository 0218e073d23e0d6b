// The main command: bootstraps the SDK.

import { existsSync } from 'node:fs'
import path from 'node:path'
import { bootstrap } from '../../bootstrap/bootstrap.js'
import { removeUnusedRoot } from '../../bootstrap/unused-root.js'
import { findCatalyst } from '../../catalyst/run/host.js'
import { SdkError } from '../../errors.js'
import { ownCommand } from '../../process/own-command.js'
import { shellWords } from '../../process/shell-words.js'
import { publishRelease } from '../../release/publish.js'
import { requireKeys } from '../../release/sign.js'
import { findLayout } from '../../request/catalyst-root.js'
import type { Request } from '../../request/request.js'
import { requireRunnable } from '../../toolchain/binfmt.js'
import type { Options } from '../arguments/options/table.js'
import type { Caller } from '../caller.js'
import { runEngine } from '../engine-run.js'
import {
  CATALYST_TOOLS,
  HOST_TOOLS,
  provideLists,
  provideTools,
  publishTools,
  SEED_TOOLS,
  SIGNATURE_TOOLS,
  STORE_TOOLS,
} from '../host-tools.js'
import type { StagesInvocation } from '../invocation.js'
import { requireNoContradiction } from '../request/contradictions.js'
import { toKeep } from '../request/keep.js'
import { recall } from '../request/recall.js'
import { makeRunRequest } from '../request/request.js'
import { requireRoot } from '../root.js'

/** @returns the exit code. @throws SdkError */
export async function build(invocation: StagesInvocation, caller: Caller): Promise<number> {
  const asked = await recall(invocation, caller.environment)
  const { options } = asked
  const request = await makeRunRequest(asked, caller.environment)
  await requireNoContradiction(request, asked)
  requireRoot()
  await prepareHost(options, request, caller)
  const root = firstMissing(request.catalystRoot)
  const keep = toKeep(asked, caller.environment, new Date())
  const leavesNothing = (error: unknown): boolean => root !== undefined && isBadInput(error, request)
  let made: { version: string; release: string | undefined } | undefined
  await runEngine({ request, options, caller, keep, leavesNothing }, async (session) => {
    const result = await bootstrap(session)
    await publishRelease(session, result.release)
    made = { version: session.run.version.text, release: result.release }
    return result
  }).catch(async (error: unknown) => {
    if (root !== undefined && leavesNothing(error)) await leaveNothing(request, root)
    throw error
  })
  if (made?.release !== undefined && !options.json)
    process.stderr.write(nextLines(made.version, made.release).join(''))
  return 0
}

/** What one does with a new SDK. */
export function nextLines(version: string, release: string): string[] {
  const rows = [
    [ownCommand(['enter', 'sdk', '--version', version]), 'a shell in it'],
    [ownCommand(['enter', 'sdk', '--version', version, '--', 'gcc', '--version']), 'a command in it'],
    [
      `tar --xattrs --xattrs-include='*' --numeric-owner -xpf ${shellWords([release])} -C DIR`,
      'unpack it, as root',
    ],
    [ownCommand(['--seed_tarball', release]), 'build the next one with it'],
  ] as const
  return ['what next:\n', ...rows.map(([command, meaning]) => `  ${command}\n      ${meaning}\n`)]
}

/** The topmost folder that has to be made for `folder` to be there; undefined when it is. */
function firstMissing(folder: string): string | undefined {
  if (existsSync(folder)) return undefined
  return firstMissing(path.dirname(folder)) ?? folder
}

/** Takes back the catalyst root that was made; what stops that is not why the run failed. */
async function leaveNothing(request: Request, made: string): Promise<void> {
  try {
    await removeUnusedRoot(await findLayout(request), made)
  } catch (error) {
    process.stderr.write(`warning: ${made} stays: ${(error as Error).message}\n`)
  }
}

/** Whether a seed or repo cannot be used: then no catalyst root is left that was not there before and is of no use. */
function isBadInput(error: unknown, request: Request): boolean {
  if (!(error instanceof SdkError)) return false
  return (
    error.code === 'SDK_REPO' ||
    (request.seed.kind === 'given' && ['SDK_SEED', 'SDK_ARCHIVE'].includes(error.code))
  )
}

/** Host tools, installed if need be. @throws SdkError SDK_HOST */
export async function prepareHost(options: Options, request: Request, caller: Caller): Promise<void> {
  // First of all: nothing is installed on a machine that cannot build.
  if (process.platform !== 'linux') throw new SdkError('SDK_HOST', 'namespaces need Linux')
  requireRunnable(request.definition)
  if (request.runner === 'catalyst') await findCatalyst()
  const makesSeed = request.seed.kind === 'distribution'
  const checksSeed = request.definition.seed.keyring !== undefined && request.seed.kind !== 'given'
  const tools = [
    ...HOST_TOOLS,
    ...(makesSeed ? SEED_TOOLS : []),
    ...(checksSeed ? SIGNATURE_TOOLS : []),
    ...publishTools(request.publish),
    ...(request.store === undefined ? [] : STORE_TOOLS),
    ...(request.runner === 'catalyst' ? CATALYST_TOOLS : []),
  ]
  const say = (text: string): void => void process.stderr.write(`bootstrap_sdk: ${text}\n`)
  const how = { install: options.hostSetup, say, signal: caller.interrupt.abort }
  await provideTools(tools, how)
  if (request.publish !== undefined) await requireKeys(request.publish)
  // The sources of a distribution seed are what apt's lists say.
  if (makesSeed) await provideLists(how)
}
