// One stage: unpack the seed · mount · copy the script in · enter · run · clean up and archive. The record comes last.

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { unpackArchive } from '../archive/unpack.js'
import { SdkError } from '../errors.js'
import type { Emit } from '../events/event.js'
import { fetchDistfiles } from '../portage/distfiles.js'
import type { Mirrors } from '../portage/mirrors.js'
import { inspectSeed } from '../seed/inspect.js'
import { replaceLink } from '../store/atomic.js'
import { sideFiles } from '../store/layout.js'
import { writeRecord } from '../store/record.js'
import { removeTree } from '../store/remove.js'
import type { Tree, TreeStore } from '../store/trees.js'
import { openSharedFolders } from './binary-packages.js'
import { readDistfileList } from './distfiles.js'
import { type Finished, finishRoot } from './finish.js'
import { type StageInput, writeInput } from './input.js'
import { enterCommand, FORMAT_OF, type Seed, type StagePlan } from './plan.js'
import { makeRecord } from './record.js'
import { type PassContext, runPass } from './run-script.js'
import { createStopwatch, type Stopwatch } from './stopwatch.js'
import { openWork, type Work } from './work.js'

/** What every stage of a run is given to work with. */
export interface Workshop {
  readonly trees: TreeStore
  readonly mirrors: Mirrors
  readonly emit: Emit
  readonly signal: AbortSignal | undefined
}

/**
 * Runs `plan` and returns its output, the next stage's seed.
 *
 * @throws SdkError SDK_STAGE when the script failed; SDK_SEED, SDK_ARCHIVE on a bad seed; SDK_DISTFILE; SDK_SPACE
 */
export async function runStage(plan: StagePlan, shop: Workshop): Promise<Seed> {
  const watch = createStopwatch(plan.stage, shop.emit)
  try {
    const prepared = await prepare(plan, shop, watch)
    await watch.step('run', () => runPass(plan, 'run', prepared.context))
    const finished = await watch.step('archive', () => finishRoot({ plan, ...prepared.context }))
    reportElf(plan, finished, shop.emit)
    return await complete(plan, { ...prepared, finished, watch, shop })
  } catch (error) {
    if (error instanceof SdkError) shop.emit(watch.failed(error, enterCommand(plan)))
    throw error
  }
}

/**
 * Does all of a stage that comes before its run: carries packages over and fetches its sources.
 *
 * @throws as {@link runStage}
 */
export async function prepareStage(plan: StagePlan, shop: Workshop): Promise<void> {
  const watch = createStopwatch(plan.stage, shop.emit)
  await prepare(plan, shop, watch)
  await removeTree(plan.layout.work(plan.stage), plan.layout.root)
}

interface Prepared {
  work: Work
  tree: Tree
  input: StageInput
  context: PassContext
}

async function prepare(plan: StagePlan, shop: Workshop, watch: Stopwatch): Promise<Prepared> {
  const tree = await watch.step('unpack', () => unpackSeed(plan, shop))
  const work = await watch.step('mount', () => openWork(plan))
  await openSharedFolders(plan)
  const input = await watch.step('copy', () => writeInput(plan, work))
  const context = {
    work,
    layers: tree.layers,
    emit: shop.emit,
    signal: shop.signal,
    merged: new Map<string, boolean>(),
  }
  await watch.step('enter', () => runPass(plan, 'prepare', context))
  await watch.step('fetch', () => fetchSources(plan, work, shop))
  return { work, tree, input, context }
}

/** The tree of the seed: in the store already after any stage of this machine, else unpacked once per digest. */
async function unpackSeed(plan: StagePlan, shop: Workshop): Promise<Tree> {
  const known = await shop.trees.find(plan.seed.sha256)
  if (known !== undefined) return known
  const directory = await shop.trees.scratch()
  const signal = shop.signal === undefined ? {} : { signal: shop.signal }
  const unpacked = await unpackArchive({ file: plan.seed.path, target: directory, ...signal })
  for (const message of unpacked.warnings) shop.emit({ type: 'warning', message })
  if (unpacked.sha256 !== plan.seed.sha256)
    throw new SdkError('SDK_CHAIN', `${plan.seed.path} changed while it was used`, {
      hint: `expected sha256 ${plan.seed.sha256}, unpacked ${unpacked.sha256}`,
    })
  const { definition, seed } = plan
  await inspectSeed({
    root: directory,
    archive: seed.path,
    definition,
    needsRepos: plan.reposFrom === 'seed',
  })
  return await shop.trees.adopt({ sha256: unpacked.sha256, directory, entries: unpacked.entries })
}

async function fetchSources(plan: StagePlan, work: Work, shop: Workshop): Promise<void> {
  await fetchDistfiles({
    files: await readDistfileList(work.output),
    directory: plan.layout.distfiles,
    mirrors: shop.mirrors,
    emit: shop.emit,
    stage: plan.stage,
    ...(shop.signal === undefined ? {} : { signal: shop.signal }),
  })
}

/** Stage 1 may still lean on the seed (its libraries are of `/`): there a miss is reported; later it is an error. */
function reportElf(plan: StagePlan, { elf }: Finished, emit: Emit): void {
  if (elf.missing.length + elf.interpreters.length === 0) return
  const misses = elf.missing.map(
    ({ file, soname, package: owner }) => `${file} (${owner ?? 'no package'}) needs ${soname}`,
  )
  for (const { file, interpreter, package: owner } of elf.interpreters)
    misses.push(`${file} (${owner ?? 'no package'}) needs the loader ${interpreter}`)
  const text = `${plan.stage}: ${misses.length} libraries or loaders are not inside the root: ${misses.slice(0, 10).join('; ')}`
  if (plan.stage !== 'stage1')
    throw new SdkError('SDK_VERIFY', text, {
      hint: 'a package links a library that its dependencies do not name',
    })
  emit({ type: 'warning', message: text })
}

/** What {@link complete} gathers. */
interface Parts extends Prepared {
  finished: Finished
  watch: Stopwatch
  shop: Workshop
}

async function complete(plan: StagePlan, parts: Parts): Promise<Seed> {
  const { work, tree, finished, watch, shop } = parts
  const { sha256 } = finished.pack.digests
  const reported = {
    packages: await lines(work, 'packages'),
    carried: await lines(work, 'carried'),
    distfiles: await readDistfileList(work.output),
  }
  const below = plan.stage === 'stage1' ? {} : { below: tree }
  await shop.trees.adopt({ sha256, directory: work.root, entries: finished.pack.entries, ...below })
  await writeRecord(sideFiles(finished.archive).record, makeRecord(plan, { ...parts, reported }))
  const format = FORMAT_OF[plan.compression]
  await replaceLink(plan.layout.latestLink(plan.stage, format), path.basename(finished.archive))
  await removeTree(work.folder, plan.layout.root)
  shop.emit(watch.finished({ archive: finished.archive, digest: sha256, bytes: finished.pack.bytes }))
  return { path: finished.archive, sha256 }
}

async function lines(work: Work, name: string): Promise<string[]> {
  const text = await readFile(path.join(work.output, name), 'utf8')
  return text.split('\n').filter((line) => line !== '')
}
