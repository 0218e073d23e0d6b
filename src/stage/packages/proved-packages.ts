// Proves the binary packages of a folder before Portage sees them: it takes one that is empty or cut for none at all, builds
// from source without a word, and gives the next one another number.

import { randomBytes } from 'node:crypto'
import { lstat, readdir, rename } from 'node:fs/promises'
import path from 'node:path'
import * as v from 'valibot'
import { checkBinaryPackage, PACKAGE_SUFFIXES } from '../../archive/binary-package.js'
import { SdkError, systemCode } from '../../errors.js'
import { readText } from '../../files/read.js'
import { must } from '../../process/run.js'
import { TRAITS } from '../../sdk/stages.js'
import { writeFileAtomic } from '../../store/disk/atomic.js'
import { sharedFolders } from '../plan/mounts.js'
import type { StagePlan } from '../plan/plan.js'
import type { StageServices } from '../runner.js'

const PROOF = v.object({
  format: v.literal(1),
  /** By the path below the folder: what a stat said when it was proved, and what tells it from others of its name. */
  packages: v.record(v.string(), v.object({ stat: v.string(), identity: v.string() })),
})

type Proved = v.InferOutput<typeof PROOF>['packages']

/** A binary package that is not what it was, or not whole. */
export interface BadPackage {
  /** Below its folder. */
  readonly name: string
  readonly why: string
}

/** How a folder of binary packages is handled. */
export interface Handling {
  /** Only this program fills it: there another package of a name that is known is wrong. */
  readonly isOwn: boolean
  /** What is damaged or gone is made again by who asks, so it is forgotten; else whoever asks next is told of it, too. */
  readonly canBeMade: boolean
}

/**
 * Looks at the binary packages of `folder`: one that was proved before by its stat, any other by all its bytes. Those that are
 * damaged get a name that ends with `.damaged`, by which nobody finds them.
 *
 * @returns what was damaged, and what of earlier is not there any more
 */
export async function provePackages(
  folder: string,
  { isOwn, canBeMade }: Handling,
): Promise<{ bad: BadPackage[]; gone: BadPackage[] }> {
  const before = await readProof(folder)
  const proved: Proved = {}
  const bad: BadPackage[] = []
  for (const name of await packagesBelow(folder)) {
    const file = path.join(folder, name)
    const known = before[name]
    const stat = await statOf(file)
    if (known?.stat === stat) {
      proved[name] = known
      continue
    }
    const check = await checkBinaryPackage(file)
    const isOther = isOwn && 'identity' in check && known !== undefined && known.identity !== check.identity
    if ('identity' in check && !isOther) proved[name] = { stat, identity: check.identity }
    else {
      await setAside(file)
      bad.push({ name, why: 'fault' in check ? check.fault : 'it is another one than was kept' })
    }
  }
  const seen = new Set([...Object.keys(proved), ...bad.map(({ name }) => name)])
  const gone = Object.keys(before).filter((name) => !seen.has(name))
  if (!canBeMade) for (const [name, known] of Object.entries(before)) proved[name] ??= known
  if (JSON.stringify(before) !== JSON.stringify(proved)) await writeProof(folder, proved)
  return { bad, gone: gone.map((name) => ({ name, why: 'it is gone' })) }
}

/** Whoever made it chose its name, and what else is there: where there is no place for one more suffix, it gets another name. */
async function setAside(file: string): Promise<void> {
  try {
    await rename(file, `${file}.damaged`)
  } catch (error) {
    if (!['EISDIR', 'ENAMETOOLONG'].includes(systemCode(error) ?? '')) throw error
    await rename(file, path.join(path.dirname(file), `${randomBytes(6).toString('hex')}.damaged`))
  }
}

const proofFile = (folder: string): string => path.join(folder, '.proof.json')

async function readProof(folder: string): Promise<Proved> {
  const text = await readText(proofFile(folder)).catch(() => '')
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), PROOF), text)
  return parsed.success ? parsed.output.packages : {}
}

/** The packages are on the disk before what says that they are right. */
async function writeProof(folder: string, packages: Proved): Promise<void> {
  await must({ argv: ['sync', '--file-system', folder] }, 'SDK_SPACE')
  await writeFileAtomic(proofFile(folder), `${JSON.stringify({ format: 1, packages })}\n`)
}

/** Paths of all binary packages, in order. Links are of whoever made them. */
async function packagesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && PACKAGE_SUFFIXES.some((suffix) => entry.name.endsWith(suffix)))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort()
}

async function statOf(file: string): Promise<string> {
  const { size, mtimeNs, ctimeNs, ino } = await lstat(file, { bigint: true })
  return [size, mtimeNs, ctimeNs, ino].join(' ')
}

/**
 * Proves what a stage finds of binary packages: its own and those of the pool. What is damaged is told, and made again.
 *
 * @throws SdkError SDK_CHAIN when the pool lacks what stage 1 kept there and this stage is to take: nothing of it may be built
 *   from source instead
 */
export async function proveSharedPackages(
  plan: StagePlan,
  { emit }: Pick<StageServices, 'emit'>,
): Promise<void> {
  const { packages, carried } = sharedFolders(plan)
  const isOwn = plan.definition.places.packages === undefined
  const { bad } = await provePackages(packages, { isOwn, canBeMade: true })
  for (const { name, why } of bad)
    emit({
      type: 'warning',
      message: `${plan.stage}: the binary package ${path.join(packages, name)} is not used: ${why}; it is made again`,
    })
  const { pool } = TRAITS[plan.stage]
  if (pool === 'none') return
  const found = await provePackages(carried, { isOwn: true, canBeMade: pool === 'keeps' })
  const missing = [...found.bad, ...found.gone]
  const [first] = missing
  if (first === undefined || pool === 'keeps') return
  throw new SdkError('SDK_CHAIN', `${path.join(carried, first.name)} cannot be carried: ${first.why}`, {
    hint: 'build stage 1 again, which keeps it there: --rebuild stage1',
    facts: { packages: missing },
  })
}

/** What of `folder`, which only this program fills, is not what was proved there, or is gone. Changes nothing. */
export async function lostPackages(folder: string): Promise<BadPackage[]> {
  const lost: BadPackage[] = []
  for (const [name, known] of Object.entries(await readProof(folder))) {
    const file = path.join(folder, name)
    const stat = await statOf(file).catch(() => undefined)
    if (stat === undefined) lost.push({ name, why: 'it is gone' })
    else if (stat !== known.stat) {
      const check = await checkBinaryPackage(file)
      if ('fault' in check) lost.push({ name, why: check.fault })
      else if (check.identity !== known.identity) lost.push({ name, why: 'it is another one than was kept' })
    }
  }
  return lost
}

/** Notes what stage 1 has put into the pool, so that what is missing or damaged later is known. */
export async function proveKeptPackages(plan: StagePlan): Promise<void> {
  if (TRAITS[plan.stage].pool !== 'keeps') return
  await provePackages(sharedFolders(plan).carried, { isOwn: true, canBeMade: true })
}
