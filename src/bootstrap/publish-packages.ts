// The binary packages of a release: those of its last stages that are installed in it, with an index of their own;
// packages of cross toolchains apart, as Flatcar has it.

import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import {
  type IndexEntry,
  type PackageIndex,
  parsePackageIndex,
  renderPackageIndex,
} from '../portage/package-index.js'
import type { StageName } from '../sdk/definition.js'
import { packageKey, planStage } from '../stage/plan.js'
import type { StageRecord } from '../store/record.js'
import type { Publication } from './publish.js'
import type { PublishedFile } from './publish-release.js'
import { findRecord } from './resume.js'
import type { Session } from './session.js'

/** Stages whose binary packages are the SDK's own: the ones before build what builds the SDK. Newest first. */
const FROM: readonly StageName[] = ['stage4', 'stage3']

/** The folders below the target. */
const PACKAGES = 'pkgs'
const TOOLCHAIN = 'toolchain'

/** A package that will be published, and the folder of packages that it is in. */
interface Chosen {
  readonly folder: string
  readonly entry: IndexEntry
}

/** The packages and their indices. Packages that `clean` has removed are told of, and left out. */
export async function packageFiles({ session, scratch }: Publication): Promise<PublishedFile[]> {
  const { stages } = session.request.definition
  const last = await findRecord(session.run, stages.at(-1) ?? 'stage4')
  const installed = new Set(last?.record.packages.map(({ cpv }) => cpv))
  const chosen = new Map<string, Chosen[]>()
  let head: PackageIndex['head'] | undefined
  for (const stage of FROM.filter((each) => stages.includes(each))) {
    const found = await openPackages(session, stage)
    if (found === undefined) continue
    head ??= found.index.head
    for (const [cpv, entries] of byVersion(found.index))
      if (installed.has(cpv) && !chosen.has(cpv))
        chosen.set(
          cpv,
          entries.map((entry) => ({ folder: found.folder, entry })),
        )
  }
  const all = [...chosen].toSorted(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, each]) => each)
  const isCross = ({ entry }: Chosen): boolean => entry.cpv.startsWith('cross-')
  return [
    ...(await indexed(PACKAGES, { all: all.filter((each) => !isCross(each)), head, scratch })),
    ...(await indexed(TOOLCHAIN, { all: all.filter(isCross), head, scratch })),
  ]
}

async function openPackages(
  { run, shop }: Session,
  stage: StageName,
): Promise<{ folder: string; index: PackageIndex } | undefined> {
  const record = (await findRecord(run, stage))?.record
  const folder = record === undefined ? undefined : packagesOf(run, record)
  const text = folder === undefined ? undefined : await readFile(`${folder}/Packages`, 'utf8').catch(() => {})
  if (folder !== undefined && text !== undefined) {
    const { head, entries } = parsePackageIndex(text)
    // A package that was dropped because its ebuild had changed may still be in the index.
    return {
      folder,
      index: { head, entries: entries.filter((each) => existsSync(`${folder}/${each.path}`)) },
    }
  }
  const message = `there are no binary packages of ${stage} to publish`
  shop.emit({
    type: 'warning',
    message,
    hint: '--rebuild makes them again, unless its settings have changed',
  })
  return undefined
}

/** The folder of binary packages that the stage of `record` was built with. */
function packagesOf(run: Session['run'], record: StageRecord): string {
  const stage = record.stage as StageName
  const seed = { path: '', sha256: record.inputs.seed.sha256 }
  return run.layout.packages(stage, packageKey(planStage(stage, seed, { ...run, firstSeed: '' })))
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

/** The chosen packages below `name`, and last the index that lists them. */
async function indexed(name: string, { all, head, scratch }: Choice): Promise<PublishedFile[]> {
  if (all.length === 0 || head === undefined) return []
  const index = path.join(scratch, `${name}.Packages`)
  await writeFile(index, renderPackageIndex({ head, entries: all.map(({ entry }) => entry) }))
  return [
    ...all.map(({ folder, entry }) => ({
      name: `${name}/${entry.path}`,
      path: path.join(folder, entry.path),
    })),
    { name: `${name}/Packages`, path: index },
  ]
}
