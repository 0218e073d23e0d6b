// The binary packages of a release: those of its last stages that are installed in it, with an index of their own; what
// crossdev has built and other cross toolchains apart, as Flatcar has it.

import { closeSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import {
  type IndexEntry,
  type PackageIndex,
  parsePackageIndex,
  renderPackageIndex,
} from '../portage/package-index.js'
import { LAST_STAGE, type StageName, stagesThat } from '../sdk/stages.js'
import { finishedStage } from '../stage/finished.js'
import { CROSSDEV_FOLDER, MOST_OF_AN_INDEX } from '../stage/packages/binary-packages.js'
import { sharedFolders } from '../stage/plan/mounts.js'
import { planStage } from '../stage/plan/plan.js'
import { openBelow, readBelow } from '../store/hostile/held-folder.js'
import type { StageRecord } from '../store/record.js'
import type { PublishedFile, ReleaseFiles } from './files.js'
import { provePackage } from './prove-package.js'
import type { Publication, ReleasedRun } from './publication.js'

/** Stages whose binary packages are the SDK's own: the ones before build what builds the SDK. Newest first. */
const FROM: readonly StageName[] = stagesThat(({ freeOfSeed }) => freeOfSeed).reverse()

/** The folders below the target. */
const PACKAGES = 'pkgs'
const TOOLCHAIN = 'toolchain'

/** A package that will be published, and the folder of packages that it is in. */
interface Chosen {
  readonly folder: string
  readonly entry: IndexEntry
}

/** The packages, each proved; last their indices. Packages that `clean` has removed are told of, and left out. */
export async function packageFiles({ run, services, scratch }: Publication): Promise<ReleaseFiles> {
  const { stages } = run.definition
  const last = await finishedStage(run, stages.at(-1) ?? LAST_STAGE)
  const installed = new Set(last?.record.packages.map(({ cpv }) => cpv))
  const folders = await openAll(
    { run, services },
    FROM.filter((each) => stages.includes(each)),
  )
  const head = folders[0]?.index.head
  const choose = (isWanted: (folder: Opened, cpv: string) => boolean): Chosen[] =>
    chooseNewest(folders, (folder, cpv) => installed.has(cpv) && isWanted(folder, cpv))
  // One version may be in both: crossdev's steps build Rust anew, with the targets.
  const native = choose((folder, cpv) => !isToolchain(folder, cpv))
  const toolchains = choose(isToolchain)
  for (const { folder, entry } of [...native, ...toolchains])
    await provePackage(path.join(folder, entry.path), entry, services.signal)
  const both = [
    await indexed(PACKAGES, { all: native, head, scratch }),
    await indexed(TOOLCHAIN, { all: toolchains, head, scratch }),
  ]
  return { files: both.flatMap(({ files }) => files), last: both.flatMap(({ last }) => last) }
}

/** All that is in crossdev's folder, and cross toolchains that are packages like others. */
const isToolchain = ({ isCrossdev }: Opened, cpv: string): boolean => isCrossdev || cpv.startsWith('cross-')

/** The wanted packages by version, each from the first of `folders` that has it. */
function chooseNewest(
  folders: readonly Opened[],
  isWanted: (folder: Opened, cpv: string) => boolean,
): Chosen[] {
  const chosen = new Map<string, Chosen[]>()
  for (const opened of folders)
    for (const [cpv, entries] of byVersion(opened.index))
      if (isWanted(opened, cpv) && !chosen.has(cpv))
        chosen.set(
          cpv,
          entries.map((entry) => ({ folder: opened.folder, entry })),
        )
  return [...chosen].toSorted(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, each]) => each)
}

/** A folder of binary packages; `isCrossdev` if it is the one that crossdev's steps fill. */
interface Opened {
  readonly folder: string
  readonly isCrossdev: boolean
  /** Entries of its index as it lies there, also of packages that are gone. */
  readonly listed: number
  readonly index: PackageIndex
}

/** The folders of packages of `stages`; crossdev has one of its own below them. */
async function openAll({ run, services }: ReleasedRun, stages: readonly StageName[]): Promise<Opened[]> {
  const all: Opened[] = []
  for (const stage of stages) {
    const record = (await finishedStage(run, stage))?.record
    // The last stage may have been built from a given seed, without the one before it.
    if (record === undefined) continue
    const folder = packagesOf(run, record)
    const found = [openPackages(folder, false), openPackages(path.join(folder, CROSSDEV_FOLDER), true)]
    const opened = found.filter((each) => each !== undefined)
    for (const each of opened) warnIfCut(each, services)
    all.push(...opened)
    if (found[0] !== undefined) continue
    const message = `there are no binary packages of ${stage} to publish`
    const hint = 'clean removes them, and other settings than those they were built with leave them aside'
    services.emit({ type: 'warning', message, hint })
  }
  return all
}

/** An index that says how many packages it has, and has others, was cut: what it does not list nobody would miss. */
function warnIfCut({ folder, listed, index }: Opened, { emit }: Pick<ReleasedRun['services'], 'emit'>): void {
  const [said] = index.head.flatMap((line) => /^PACKAGES: (\d+)$/.exec(line)?.[1] ?? [])
  if (Number(said) === listed) return
  const message = `${path.join(folder, 'Packages')} is not whole: it says ${said ?? 'nothing of how many'} packages, and lists ${listed}; only those are published`
  emit({ type: 'warning', message, hint: 'build the stage again with --rebuild, which makes it anew' })
}

function openPackages(folder: string, isCrossdev: boolean): Opened | undefined {
  const text = readBelow(folder, 'Packages', MOST_OF_AN_INDEX)
  if (text === undefined) return undefined
  const { head, entries } = parsePackageIndex(text)
  // A package that was dropped because its ebuild had changed may still be in the index. What is a link, and leads to another
  // file of this machine, is none: a folder of the user's own may have been written to by anything.
  const there = entries.filter((each) => isFileBelow(folder, each.path))
  return { folder, isCrossdev, listed: entries.length, index: { head, entries: there } }
}

function isFileBelow(folder: string, file: string): boolean {
  const fd = openBelow(folder, file)
  if (fd === undefined) return false
  closeSync(fd)
  return true
}

/** The folder of binary packages that the stage of `record` was built with. */
function packagesOf(run: ReleasedRun['run'], record: StageRecord): string {
  const { sha256, root: keptBy } = record.inputs.seed
  const seed = { path: '', sha256, keptBy }
  return sharedFolders(planStage(record.stage, seed, { ...run, firstSeed: '' })).packages
}

function byVersion({ entries }: PackageIndex): Map<string, IndexEntry[]> {
  const all = new Map<string, IndexEntry[]>()
  for (const entry of entries) all.set(entry.cpv, [...(all.get(entry.cpv) ?? []), entry])
  return all
}

interface Choice {
  readonly all: readonly Chosen[]
  readonly head: PackageIndex['head'] | undefined
  readonly scratch: string
}

/** The chosen packages below `name`, and last the index that lists them: whoever reads it finds them. */
async function indexed(name: string, { all, head, scratch }: Choice): Promise<ReleaseFiles> {
  if (all.length === 0 || head === undefined) return { files: [], last: [] }
  const index = path.join(scratch, `${name}.Packages`)
  await writeFile(index, renderPackageIndex({ head, entries: all.map(({ entry }) => entry) }))
  const files = all.map(({ folder, entry }): PublishedFile => {
    return { name: `${name}/${entry.path}`, path: path.join(folder, entry.path) }
  })
  return { files, last: [{ name: `${name}/Packages`, path: index }] }
}
