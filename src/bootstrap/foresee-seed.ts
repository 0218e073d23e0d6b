// Which seed a run would begin with, found out without making, unpacking or hashing one (seed/resolve.ts is the deed).

import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import * as v from 'valibot'
import { SdkError } from '../errors.js'
import { readGroups } from '../seed/groups.js'
import { hostDistribution } from '../seed/host.js'
import { runningSdk } from '../seed/resolve.js'
import { seedKey } from '../seed/seed-cache.js'
import { ARCHIVE_FORMATS, type Layout, sideFiles } from '../store/layout.js'
import { readRecord } from '../store/record.js'
import type { Request } from './request.js'

/** A seed as far as it is known beforehand. */
export interface ForeseenSeed {
  readonly kind: 'given' | 'own SDK' | 'distribution'
  /** The archive; undefined if it is yet to be made. */
  readonly path?: string
  /** Undefined where only reading the whole archive would tell. */
  readonly sha256?: string
  /** What it comes from: a version, a distribution, a file. */
  readonly source: string
}

/**
 * The seed of the first stage of `request`.
 *
 * @throws SdkError SDK_SEED, SDK_HOST as the run itself would
 */
export async function foreseeSeed(request: Request, layout: Layout): Promise<ForeseenSeed> {
  const { seedTarball, definition } = request
  if (seedTarball !== undefined)
    return { kind: 'given', source: seedTarball, path: seedTarball, ...(await recordedDigest(seedTarball)) }
  const version = await runningSdk(definition.seed.osReleaseId)
  if (version !== undefined) return await ownSeed(request, layout, version)
  if (definition.seed.distribution !== undefined)
    return await distributionSeed(request, layout, definition.seed.distribution.groups)
  throw new SdkError(
    'SDK_SEED',
    `this host is no ${definition.seed.osReleaseId} SDK, and ${definition.file} names no distribution seed`,
    { hint: 'give a seed with --seed_tarball FILE' },
  )
}

/** The digest that the record beside `file` has, if it is of a file of that size. */
async function recordedDigest(file: string): Promise<{ sha256?: string }> {
  const record = await readRecord(sideFiles(file).record).catch(() => undefined)
  const size = await stat(file).then(
    (info) => info.size,
    () => undefined,
  )
  return record !== undefined && record.output.bytes === size ? { sha256: record.output.sha256 } : {}
}

async function ownSeed(request: Request, layout: Layout, version: string): Promise<ForeseenSeed> {
  const { type, arch } = request.definition
  const name = `${type}-${arch}-${version}`
  for (const folder of [layout.builds, path.join(layout.root, '.cache/sdks')])
    for (const format of ARCHIVE_FORMATS) {
      const file = path.join(folder, `${name}.tar.${format}`)
      if ((await stat(file).catch(() => undefined))?.isFile())
        return { kind: 'own SDK', source: version, path: file, ...(await recordedDigest(file)) }
    }
  throw new SdkError(
    'SDK_SEED',
    `the tarball of this SDK (${version}) is not there: looked for ${name}.tar.*`,
    {
      hint: `put it into ${layout.builds}, or give a seed with --seed_tarball FILE`,
    },
  )
}

const SEED_RECORD = v.object({ key: v.string(), sha256: v.string(), bytes: v.number() })

async function distributionSeed(request: Request, layout: Layout, groupsFile: string): Promise<ForeseenSeed> {
  const groups = await readGroups(groupsFile)
  const host = await hostDistribution()
  const key = await seedKey({ definition: request.definition, groups, host, profile: request.profile })
  const source = `${host.id} ${host.codename}`
  const folder = path.join(layout.root, 'seeds')
  const names = await readdir(folder).catch(() => [])
  for (const name of names.filter((each) => each.endsWith('.seed.json'))) {
    const text = await readFile(path.join(folder, name), 'utf8')
    const record = v.safeParse(v.pipe(v.string(), v.parseJson(), SEED_RECORD), text)
    if (!record.success || record.output.key !== key) continue
    const file = path.join(folder, name.replace(/\.seed\.json$/, ''))
    const size = await stat(file).then(
      (info) => info.size,
      () => undefined,
    )
    if (size === record.output.bytes)
      return { kind: 'distribution', source, path: file, sha256: record.output.sha256 }
  }
  return { kind: 'distribution', source }
}
