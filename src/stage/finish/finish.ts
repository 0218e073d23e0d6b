// The last steps: cleans and levels the stage's root and looks at its files in one program; then archives it in one pass. All of
// it in a namespace of its own.

import path from 'node:path'
import type { Readable } from 'node:stream'
import { finalizeArchive, type PackResult, packStream } from '../../archive/pack.js'
import { tarCommand } from '../../archive/tar/command.js'
import { SdkError } from '../../errors.js'
import type { Emit } from '../../events/event.js'
import { compiledProgram } from '../../files/own.js'
import { collectWords } from '../../process/output.js'
import { ended, failure } from '../../process/run.js'
import { closedTool, type ToolsRoot, toolsRoot, WORKED_UPON } from '../../sandbox/closed-tool.js'
import { enterSandbox } from '../../sandbox/enter.js'
import { findSandboxFailure } from '../../sandbox/failure.js'
import { INSIDE } from '../../sandbox/inside.js'
import { runInSandbox } from '../../sandbox/run.js'
import type { Mount } from '../../sandbox/spec.js'
import { TRAITS } from '../../sdk/stages.js'
import { isAtOrBelow } from '../../store/disk/mounts.js'
import type { CarriedFiles, CarriedRequest } from '../../toolchain/root/carried-files.js'
import type { RootScan, ScanRequest } from '../../toolchain/root/scan.js'
import type { StagePlan } from '../plan/plan.js'
import { finalConfiguration, stagesFolder } from '../run/input.js'
import type { Work } from '../run/work.js'
import { placedFiles } from './placed-files.js'

/** What of a root is the seed's. */
export interface SeedTraces extends CarriedFiles {
  readonly packages: readonly string[]
}

/** What was found in a stage root. */
export interface CheckedRoot {
  readonly scan: RootScan
  /** Undefined when nothing is known of the seed. */
  readonly traces?: SeedTraces
}

/** An archived stage root. */
export interface Finished extends CheckedRoot {
  readonly archive: string
  readonly pack: Pick<PackResult, 'digests' | 'tarSha256' | 'bytes' | 'entries'>
}

/** A stage root that the script has left, to be finished. */
export interface RootToFinish {
  readonly plan: StagePlan
  readonly work: Work
  /** The root, or what lies upon its layers. */
  readonly top: string
  /** Layers of the seed, top first. */
  readonly layers: readonly string[]
  /** What to look for of the chain's seed; undefined when nothing is known of it. */
  readonly lookFor?: CarriedRequest | undefined
  readonly emit: Emit
  readonly signal: AbortSignal | undefined
}

/**
 * Cleans and levels the root, which is done then, and looks at it. What is found is the caller's to judge.
 *
 * @throws SdkError SDK_STAGE when a tool fails, SDK_HOST when the sandbox does, SDK_SPACE when the disk is full
 */
export async function checkRoot(root: RootToFinish): Promise<CheckedRoot> {
  const { plan } = root
  const tools = toolsRoot(path.join(root.work.folder, 'tools'), readByTools(root))
  const program = compiledProgram('portage/level/root-main.ts')
  const layers = TRAITS[plan.stage].root === 'empty' ? [] : root.layers
  const request: ScanRequest = { carried: root.lookFor, placed: placedFiles(plan) }
  // Both in one sandbox: to make one takes longer than it takes to clean a root.
  const report = await cleanThenScan(root, tools, [
    ...(['/bin/bash', path.join(stagesFolder(), 'lib/clean.sh'), WORKED_UPON] as const),
    ...cleanArguments(plan),
    ...resultArguments(root),
    ...['--then', process.execPath, '--max-old-space-size=192', program, WORKED_UPON],
    ...[String(plan.epoch), JSON.stringify(request), ...layers],
  ])
  const scan = JSON.parse(report) as RootScan
  if (root.lookFor === undefined || scan.carried === undefined) return { scan }
  return { scan, traces: { packages: root.lookFor.packages, ...scan.carried } }
}

/**
 * Archives a root that is done, and gives the archive its name. The record is the caller's: until it is written, nothing is finished.
 *
 * @param idle leaves processor and disk to others
 * @throws SdkError SDK_STAGE when tar fails, SDK_ARCHIVE when the root holds what unpacking would refuse, SDK_HOST when
 *   the sandbox or the compressor fails, SDK_SPACE when the disk is full
 */
export async function archiveRoot(
  root: RootToFinish & { readonly bytes: number },
  idle: boolean,
): Promise<Pick<Finished, 'archive' | 'pack'>> {
  const { plan, signal } = root
  const archive = plan.layout.archive(plan.stage, plan.compression)
  const tar = startTar(root, idle)
  const pack = await packStream({
    ...{ tar: tar.stream, tarDone: tar.done, target: archive },
    ...{ format: plan.compression, signal, idle },
    told: { emit: root.emit, stage: plan.stage, bytes: root.bytes },
  })
  await finalizeArchive(pack)
  return { archive, pack }
}

function cleanArguments(plan: StagePlan): string[] {
  // Where an emulator was mounted there may be an empty file now.
  const points = plan.definition.interpreter.flatMap((file) => ['--rm-empty', file])
  if (!TRAITS[plan.stage].tailorsRoot) return points
  const { empty, rm, archiveRepos } = plan.definition.stage.stage4
  return [
    ...points,
    ...empty.flatMap((folder) => ['--empty', folder]),
    ...rm.flatMap((file) => ['--rm', file]),
    ...(archiveRepos ? plan.repos : []).flatMap((repo) => ['--repo', repo.path, repo.archive]),
  ]
}

/** What the definition wants to be gone, and the configuration that it leaves. */
function resultArguments({ plan, work }: RootToFinish): string[] {
  const { remove, configuration, portageOwned, places, release } = plan.definition
  return [
    ...remove.flatMap((pattern) => ['--rm-matching', pattern]),
    // As catalyst, which has logs there only if its conf says where they are kept.
    ...(release || places.log !== undefined ? [] : ['--rmdir', INSIDE.log]),
    ...portageOwned.flatMap((folder) => ['--portage', folder]),
    ...Object.keys(configuration).flatMap((file) => [
      '--file',
      path.join(finalConfiguration(work), file),
      path.posix.join(INSIDE.configuration, file),
    ]),
  ]
}

type Mode = 'writable' | 'read-only'

/** Folders of this machine that the tools have to see beside the root. */
function readByTools({ plan, work, layers, lookFor }: RootToFinish): string[] {
  const named = [...(lookFor?.stage1Layers ?? []), ...(lookFor?.layers ?? []), ...layers]
  const ofStore = named.map((folder) => (isAtOrBelow(folder, plan.layout.store) ? plan.layout.store : folder))
  const repos = plan.repos.map((repo) => repo.path)
  const list = lookFor?.lineage === undefined ? [] : [lookFor.lineage]
  return [...ofStore, ...repos, ...list, work.input, stagesFolder()]
}

/** How the finished root is put together: stage 1's is a plain folder, the others' a layer upon the seed's. */
function assembly({ plan, work, top, layers }: RootToFinish, mode: Mode): Mount {
  const target = WORKED_UPON
  if (TRAITS[plan.stage].root === 'empty')
    return { kind: 'bind', source: top, target, readOnly: mode === 'read-only' }
  if (mode === 'writable') return { kind: 'overlay', layers, upper: top, work: work.ovl, target }
  return { kind: 'overlay', layers: [top, ...layers], target }
}

type Program = readonly [string, ...string[]]

/** Tells the warnings of the cleaning, whatever came of it. @returns the last line: what the scan found */
async function cleanThenScan(root: RootToFinish, tools: ToolsRoot, argv: Program): Promise<string> {
  const { work, signal, plan } = root
  const spec = closedTool(tools, assembly(root, 'writable'), argv)
  const { outcome, stdout, stderr } = await runInSandbox(spec, { scratch: work.mnt, signal })
  const lines = stdout.split('\n').filter((each) => each !== '')
  const report = outcome.exitCode === 0 ? lines.pop() : undefined
  for (const line of lines) root.emit({ type: 'warning', message: `${plan.stage}: ${line}` })
  if (report !== undefined) return report
  throw failure(['what cleans and checks the finished root', ...argv], outcome, { code: 'SDK_STAGE', stderr })
}

function startTar(root: RootToFinish, idle: boolean): { stream: Readable; done: Promise<void> } {
  const argv = tarCommand(WORKED_UPON, { mtime: root.plan.epoch })
  const { work, signal } = root
  const tools = toolsRoot(path.join(work.folder, 'tools'), [])
  const place = { scratch: work.mnt, signal, idle }
  const child = enterSandbox(closedTool(tools, assembly(root, 'read-only'), argv), place)
  const { stage } = root.plan
  if (child.stdout === null) throw new SdkError('SDK_INTERNAL', 'tar was started without a pipe')
  const done = Promise.all([ended(child), collectWords(child.stderr)]).then(([outcome, stderr]) => {
    if (signal?.aborted === true) throw signal.reason
    if (outcome.exitCode !== 0)
      throw findSandboxFailure(outcome, stderr) ?? failure(argv, outcome, { code: 'SDK_STAGE', stderr })
    for (const name of ignoredSockets(stderr))
      root.emit({
        type: 'warning',
        message: `${stage}: ${name} is a socket, which no archive holds: left out`,
      })
  })
  return { stream: child.stdout, done }
}

/** The sockets that GNU tar says it leaves out, from its words. */
const ignoredSockets = (stderr: string): string[] =>
  [...stderr.matchAll(/^tar: \.(\/.*): socket ignored$/gm)].map(([, name = '']) => name)
