// What distribution the host is, and where its packages come from, as apt is configured. Read only.

import { readFile } from 'node:fs/promises'
import { SdkError } from '../../errors.js'
import { packageTargets } from '../../portage/distfiles/host-mirrors.js'
import { must } from '../../process/run.js'

/** The host's distribution. */
export interface HostDistribution {
  /** os-release's ID: `debian` or `ubuntu`. */
  id: string
  /** os-release's VERSION_CODENAME, e.g. `bookworm`. */
  codename: string
  /** One-line sources (sources.list(5)) of the distribution's own archives. */
  sources: string[]
  /** Lines of apt.conf(5) that say how to download: the host's own. */
  aptOptions: string[]
}

/** Components that hold what a seed needs; Ubuntu keeps some of it in universe. */
const COMPONENTS = new Set(['main', 'universe'])

/**
 * What the host is.
 *
 * @throws SdkError SDK_HOST when the host is neither Debian nor Ubuntu, or apt knows no archive of it
 */
export async function hostDistribution(): Promise<HostDistribution> {
  const release = parseOsRelease(await readOsRelease())
  const id = release.get('ID') ?? 'unknown (it has no /etc/os-release)'
  const codename = release.get('VERSION_CODENAME') ?? ''
  if ((id !== 'debian' && id !== 'ubuntu') || codename === '')
    throw new SdkError(
      'SDK_HOST',
      `a distribution seed needs Debian or Ubuntu; this host is ${release.get('PRETTY_NAME') ?? id}`,
      {
        hint: 'give a seed with --seed_tarball FILE',
      },
    )
  const targets = await must({ argv: packageTargets('REPO_URI', 'RELEASE', 'COMPONENT', 'SIGNED_BY') })
  const sources = sourcesFrom(targets, codename)
  if (sources.length === 0)
    throw new SdkError('SDK_HOST', `apt on this host knows no archive of ${id} ${codename}`, {
      hint: 'see `apt-get indextargets`; the archive of the release itself has to be configured',
    })
  const dump = await must({ argv: ['apt-config', 'dump'] })
  return {
    id,
    codename,
    sources,
    aptOptions: dump.split('\n').filter((line) => /^Acquire::(?!Changelogs|IndexTargets)/.test(line)),
  }
}

/** A host without the file is as unknown as one whose file says nothing. */
async function readOsRelease(): Promise<string> {
  try {
    return await readFile('/etc/os-release', 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

/** Values of an os-release file, by name (os-release(5)). */
export function parseOsRelease(text: string): Map<string, string> {
  const lines = text.split('\n').map((line) => /^([A-Z0-9_]+)=(.*)$/.exec(line))
  return new Map(
    lines.flatMap((match) =>
      match === null ? [] : [[match[1] ?? '', (match[2] ?? '').replace(/^(["'])(.*)\1$/, '$2')]],
    ),
  )
}

/** One-line sources of `codename` and its updates, from lines `URI|RELEASE|COMPONENT|KEYRING`; pure. */
export function sourcesFrom(targets: string, codename: string): string[] {
  const suites = new Set([codename, `${codename}-updates`, `${codename}-security`])
  const components = new Map<string, Set<string>>()
  for (const line of targets.split('\n')) {
    const [uri = '', release = '', component = '', keyring = ''] = line.split('|')
    if (!suites.has(release) || !COMPONENTS.has(component)) continue
    const option = keyring.startsWith('/') ? `[signed-by=${keyring}] ` : ''
    const source = `deb ${option}${uri} ${release}`
    components.set(source, (components.get(source) ?? new Set()).add(component))
  }
  return [...components].map(([source, names]) => `${source} ${[...names].sort().join(' ')}`)
}
