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
  await writeFile(apt, `${host.aptOptions.join('\n')}\nAcquire::Retries "5";\n`)
  const argv: [string, ...string[]] = [
    'mmdebstrap',
    '--mode=root',
    '--variant=essential',
    '--quiet',
    `--include=${groups.include.join(',')}`,
    ...groups.exclude_files.map((glob) => `--dpkgopt=path-exclude=${glob}`),
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
