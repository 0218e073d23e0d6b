// Installs the distribution's packages into an empty root, in a namespace of its own, with the host's apt sources.

import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { toolEnvironment } from '../../process/environment.js'
import { failure } from '../../process/run.js'
import { runInSandbox } from '../../sandbox/run.js'
import type { GroupFile } from './groups.js'
import type { HostDistribution } from './host.js'

/** What {@link debootstrap} needs. */
export interface DebootstrapOptions {
  /** The root to make; must not exist. */
  root: string
  host: HostDistribution
  groups: GroupFile
  /** The seed's work folder. */
  work: string
  signal: AbortSignal | undefined
}

/** Makes `root` from the packages that the groups file includes. @throws SdkError SDK_SEED with mmdebstrap's last words */
export async function debootstrap(options: DebootstrapOptions): Promise<void> {
  const { root, host, groups, work, signal } = options
  const apt = path.join(work, 'apt.conf')
  const mnt = path.join(work, 'mnt-debootstrap')
  await mkdir(mnt)
  // Indexes that are kept compressed would be unpacked whenever apt looks at them.
  const own = ['Acquire::Retries "5";', 'Acquire::GzipIndexes "false";']
  await writeFile(apt, `${[...host.aptOptions, ...own].join('\n')}\n`)
  const argv: [string, ...string[]] = [
    'mmdebstrap',
    '--mode=root',
    '--variant=essential',
    '--quiet',
    `--include=${groups.include.join(',')}`,
    // The root is thrown away unless all of it succeeds, so nothing of it has to be on the disk at any time.
    '--dpkgopt=force-unsafe-io',
    `--extract-hook=${await excludeHook(groups.exclude_files, work)}`,
    `--aptopt=${apt}`,
    host.codename,
    root,
    ...host.sources,
  ]
  const spec = {
    root: { kind: 'host' } as const,
    mounts: [],
    hostname: 'seed',
    network: 'host' as const,
    cwd: '/',
    env: toolEnvironment(),
    argv,
  }
  const { outcome, stderr } = await runInSandbox(spec, { scratch: mnt, signal })
  if (outcome.exitCode !== 0) throw failure(['mmdebstrap'], outcome, { code: 'SDK_SEED', stderr })
}

/**
 * A program that tells the dpkg of the new root what not to unpack, once the essential packages are extracted. Told before, mmdebstrap
 * starts a Python of its own for each of those. What lies there then is no package's, as `generateRepos` has the same patterns.
 */
async function excludeHook(globs: readonly string[], work: string): Promise<string> {
  const [hook, config] = [path.join(work, 'exclude-hook'), path.join(work, 'exclude-files')]
  await writeFile(config, globs.map((glob) => `path-exclude=${glob}\n`).join(''))
  const text =
    '#!/bin/sh\nset -e\nmkdir -p "$1/etc/dpkg/dpkg.cfg.d"\ncp "$(dirname "$0")/exclude-files" "$1/etc/dpkg/dpkg.cfg.d/"\n'
  await writeFile(hook, text, { mode: 0o755 })
  return hook
}
