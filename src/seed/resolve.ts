// Which seed a bootstrap begins with: the given one, that of the SDK the command runs in, or the distribution's.

import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { checkFirstMember } from '../archive/first-member.js'
import { digestFile } from '../archive/unpack.js'
import { SdkError } from '../errors.js'
import type { SdkDefinition } from '../sdk/definition.js'
import { ARCHIVE_FORMATS } from '../store/layout.js'
import { type DistributionOptions, distributionSeed } from './distribution.js'
import { parseOsRelease } from './host.js'

/** What {@link resolveSeed} needs. */
export interface ResolveOptions extends DistributionOptions {
  /** `--seed_tarball`, absolute. */
  seedTarball: string | undefined
}

/** A seed archive and its SHA-256. */
export interface ResolvedSeed {
  path: string
  sha256: string
}

/**
 * Finds or makes the seed (design, section 7).
 *
 * @throws SdkError SDK_SEED that says what was looked for where
 */
export async function resolveSeed(options: ResolveOptions): Promise<ResolvedSeed> {
  const begin = performance.now()
  const { kind, make } = await choose(options)
  options.emit({ type: 'seed-started', kind, source: options.seedTarball ?? options.definition.name })
  const { path: file, sha256, cached } = await make()
  const durationMs = Math.round(performance.now() - begin)
  options.emit({ type: 'seed-finished', path: file, digest: sha256, cached, durationMs })
  return { path: file, sha256 }
}

interface Choice {
  kind: 'given' | 'own SDK' | 'distribution'
  make: () => Promise<ResolvedSeed & { cached: boolean }>
}

async function choose(options: ResolveOptions): Promise<Choice> {
  const { seedTarball, definition } = options
  if (seedTarball !== undefined) return { kind: 'given', make: () => givenSeed(seedTarball) }
  const version = await runningSdk(definition.seed.osReleaseId)
  if (version !== undefined) return { kind: 'own SDK', make: () => ownSeed(options, version) }
  if (definition.seed.distribution !== undefined)
    return { kind: 'distribution', make: () => distributionSeed(options) }
  throw new SdkError(
    'SDK_SEED',
    `this host is no ${definition.seed.osReleaseId} SDK, and ${definition.file} names no distribution seed`,
    {
      hint: 'give a seed with --seed_tarball FILE',
    },
  )
}

/** Checks what can be checked without unpacking. @throws SdkError SDK_SEED, SDK_ARCHIVE */
export async function checkSeedFile(file: string): Promise<void> {
  const found = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    const what = cause.code === 'ENOENT' ? 'there is no such file' : cause.message
    throw new SdkError('SDK_SEED', `seed ${file}: ${what}`, {
      hint: 'give the path of an SDK or stage tarball',
      cause,
    })
  })
  if (!found.isFile())
    throw new SdkError(
      'SDK_SEED',
      `seed ${file}: expected a tarball, found ${found.isDirectory() ? 'a directory' : 'something that is no regular file'}`,
      {
        hint: 'pack it with tar first, or give the path of an SDK or stage tarball',
      },
    )
  await checkFirstMember(file)
}

async function givenSeed(file: string): Promise<ResolvedSeed & { cached: boolean }> {
  await checkSeedFile(file)
  return { path: file, sha256: await digestFile(file), cached: true }
}

/** Whether a run without `--seed_tarball` would make a seed from the host's distribution. */
export async function wantsDistribution(definition: SdkDefinition): Promise<boolean> {
  return (
    definition.seed.distribution !== undefined &&
    (await runningSdk(definition.seed.osReleaseId)) === undefined
  )
}

/** The version of the SDK that this very machine (or chroot) is, if it is one. */
export async function runningSdk(id: string): Promise<string | undefined> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '')
  const release = parseOsRelease(text)
  return release.get('ID') === id ? release.get('VERSION') : undefined
}

async function ownSeed(
  options: ResolveOptions,
  version: string,
): Promise<ResolvedSeed & { cached: boolean }> {
  const { layout, definition } = options
  const name = `${definition.type}-${definition.arch}-${version}`
  const tried = ARCHIVE_FORMATS.flatMap((format) => [
    path.join(layout.builds, `${name}.tar.${format}`),
    path.join(layout.root, '.cache/sdks', `${name}.tar.${format}`),
  ])
  for (const file of tried)
    if ((await stat(file).catch(() => undefined))?.isFile()) return await givenSeed(file)
  throw new SdkError(
    'SDK_SEED',
    `the tarball of this SDK (${version}) is not there: looked for ${name}.tar.* in ${layout.builds} and ${layout.root}/.cache/sdks`,
    {
      hint: 'put it there, or give a seed with --seed_tarball FILE',
    },
  )
}
