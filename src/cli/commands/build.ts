// The main command: bootstraps the SDK.

import { existsSync } from 'node:fs'
import path from 'node:path'
import { bootstrap } from '../../bootstrap/bootstrap.js'
import { removeUnusedRoot } from '../../bootstrap/unused-root.js'
import { SdkError } from '../../errors.js'
import { compressionOfBundle } from '../../inspect/logs/bundle.js'
import { ownCommand } from '../../process/own-command.js'
import { shellWords } from '../../process/shell-words.js'
import { addReport } from '../../release/output.js'
import { publishRelease } from '../../release/publish.js'
import { findLayout } from '../../request/catalyst-root.js'
import type { Request } from '../../request/request.js'
import { COMPRESSIONS } from '../../sdk/definition.js'
import { STAGES } from '../../sdk/stages.js'
import { type Layout, sideFiles } from '../../store/layout.js'
import type { Caller } from '../caller.js'
import { runEngine } from '../engine-run.js'
import { requireRoot } from '../host/root.js'
import type { StagesInvocation } from '../invocation.js'
import type { Asked } from '../request/asked.js'
import { requireNoContradiction } from '../request/contradictions.js'
import { toKeep } from '../request/keep.js'
import { recall } from '../request/recall.js'
import { makeRunRequest } from '../request/request.js'
import { saidWords } from '../request/said-words.js'
import { warn } from '../run-events.js'
import { sayAside } from '../write.js'
import { type Bundled, bundleLogs } from './bundle-logs.js'
import { prepareHost } from './prepare-host.js'

/** @returns the exit code. @throws SdkError */
export async function build(invocation: StagesInvocation, caller: Caller): Promise<number> {
  const { bundle } = invocation.options
  if (bundle === undefined) return await buildAsked(invocation, caller)
  compressionOfBundle(bundle, '--bundle')
  let isBundled = false
  const bundleOnce = async (about: Bundled): Promise<void> => {
    if (!isBundled) await bundleLogs(bundle, { call: invocation, caller }, about)
    isBundled = true
  }
  return await buildAsked(invocation, caller, bundleOnce).catch(async (error: unknown) => {
    await bundleOnce({ error })
    throw error
  })
}

/** @param bundled called when the run has ended, while all that it has left is there */
async function buildAsked(
  invocation: StagesInvocation,
  caller: Caller,
  bundled: (about: Bundled) => Promise<void> = async () => {},
): Promise<number> {
  const asked = await recall(invocation, caller.environment)
  const { options } = asked
  const request = await makeRunRequest(asked, caller.environment)
  await requireNoContradiction(request, asked)
  requireRoot()
  await prepareHost(options, request, caller)
  const root = firstMissing(request.catalystRoot)
  const keep = toKeep(asked, caller.environment, new Date())
  const leavesNothing = (error: unknown): boolean => root !== undefined && isBadInput(error, request)
  const endsForGood = (error: unknown, layout: Layout): boolean =>
    isBadSeed(error, request) ? !hasFinished(layout) : leavesNothing(error) && !hasBegun(layout)
  let made: (Omit<Made, 'release'> & { release: string | undefined }) | undefined
  await runEngine({ request, options, caller, keep, endsForGood }, async (session) => {
    const result = await bootstrap(session)
    await publishRelease(session, { release: result.release, last: result.last.path })
    const { release, packages } = result
    made = { version: session.run.version.text, release, packages, definition: definitionWords(asked) }
    return result
  }).catch(async (error: unknown) => {
    await bundled({ call: asked, request, error })
    if (root !== undefined && leavesNothing(error)) await leaveNothing(request, root)
    throw error
  })
  await bundled({ call: asked, request })
  await reportTo(request)
  if (made?.release !== undefined && !options.json)
    sayAside(nextLines({ ...made, release: made.release }).join(''))
  return 0
}

/** The report of the run that has come to its end, beside what it gave. */
async function reportTo(request: Request): Promise<void> {
  const output = request.publish?.output
  if (output === undefined) return
  const { report } = await findLayout(request)
  await addReport(report, output).catch((error: Error) => {
    warn(error.message)
  })
}

/** A new SDK. */
export interface Made {
  readonly version: string
  /** Its archive. */
  readonly release: string
  /** The packages in it, with their versions. */
  readonly packages: readonly string[]
  /** Options that name its definition. */
  readonly definition: readonly string[]
}

/** What one does with a new SDK. */
export function nextLines({ version, release, packages, definition }: Made): string[] {
  // A command that is there, in whatever SDK.
  const command = packages.some((each) => /\/gcc-\d/.test(each)) ? ['gcc', '--version'] : ['ls', '/']
  const rows = [
    [ownCommand(['enter', 'sdk', '--version', version]), 'a shell in it'],
    [ownCommand(['enter', 'sdk', '--version', version, '--', ...command]), 'a command in it'],
    [
      `tar --xattrs --xattrs-include='*' --numeric-owner -xpf ${shellWords([release])} -C DIR`,
      'unpack it, as root',
    ],
    [
      ownCommand(['export', 'sdk', '--version', version, '--oci', 'DIR']),
      'an image of it, for container engines',
    ],
    [ownCommand([...definition, '--seed_tarball', release]), 'build the next one with it'],
  ] as const
  return ['what next:\n', ...rows.map(([words, meaning]) => `  ${words}\n      ${meaning}\n`)]
}

/** The options of a build that say which SDK it is: the next one is the same. */
function definitionWords({ said }: Asked): string[] {
  const { sdk, scripts, profile } = said
  const given = Object.entries({ sdk, scripts, profile }).filter(([, value]) => value !== undefined)
  return saidWords(Object.fromEntries(given), 'build')
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
    warn(`${made} stays: ${(error as Error).message}`)
  }
}

/** Whether a seed or repo cannot be used: then no catalyst root is left that was not there before and is of no use. */
function isBadInput(error: unknown, request: Request): boolean {
  if (!(error instanceof SdkError)) return false
  return error.code === 'SDK_REPO' || isBadSeed(error, request)
}

/** Whether the seed that was given cannot be used: then the same run again, which has the same seed, fails again. */
const isBadSeed = (error: unknown, { seed }: Request): boolean =>
  seed.kind === 'given' && error instanceof SdkError && ['SDK_SEED', 'SDK_ARCHIVE'].includes(error.code)

/** Whether there is an attempt at a stage: what was wrong can be mended, and it goes on. */
const hasBegun = (layout: Layout): boolean => STAGES.some((stage) => existsSync(layout.work(stage)))

/** Whether a stage of the version has a record: then the fault may be that stage's archive, which is built again. */
const hasFinished = (layout: Layout): boolean =>
  STAGES.some((stage) =>
    COMPRESSIONS.some((compression) => existsSync(sideFiles(layout.archive(stage, compression)).record)),
  )
