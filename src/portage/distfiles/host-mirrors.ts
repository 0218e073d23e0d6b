// Which archives and indexes the host's own package clients are set up to use. Asked at run time, never written down.

import { clientEnvironment } from '../../process/environment.js'
import { type Captured, capture } from '../../process/run.js'

/** Runs a client of the host; a client that is not there counts as one that has nothing to say. */
async function ask(argv: [string, ...string[]]): Promise<Captured | undefined> {
  // Wide, so that pip's help breaks no URL over two lines.
  const env = { ...clientEnvironment(), COLUMNS: '500' }
  const result = await capture({ argv, env }).catch(() => undefined)
  return result?.exitCode === 0 ? result : undefined
}

/**
 * The question what package indexes apt is configured to read, a line of `columns` each (apt-get(8), indextargets).
 *
 * It looks at no index that is there: to tell a target's release apt would read all of them, for a second where it keeps no cache
 * of its own, as images of containers have it.
 */
export const packageTargets = (...columns: string[]): [string, ...string[]] => [
  ...(['apt-get', '-o', 'Dir::State::lists=/nonexistent/', '--no-release-info', 'indextargets'] as const),
  ...['--format', columns.map((column) => `$(${column})`).join('|'), 'Created-By: Packages'],
]

/** Bases of the archives that apt uses, in its order, without a trailing slash; `main` archives if there are any. */
export async function aptBases(): Promise<string[]> {
  const result = await ask(packageTargets('REPO_URI', 'COMPONENT'))
  return basesOf(result?.stdout ?? '')
}

/** Reads the answer of {@link aptBases}' question. `cdrom:` and `mirror…:` name no place that a file can be read from. Pure. */
export function basesOf(text: string): string[] {
  const targets = text
    .split('\n')
    .map((line) => ({
      base: line.slice(0, line.lastIndexOf('|')),
      component: line.slice(line.lastIndexOf('|') + 1),
    }))
    .filter(({ base }) => /^(https?|file|copy):/.test(base))
  const main = targets.filter(({ component }) => component === 'main')
  return [...new Set((main.length > 0 ? main : targets).map(({ base }) => base.replace(/\/+$/, '')))]
}

/** The package index that pip uses: as configured, else pip's own default. undefined when there is no pip. */
export async function pypiIndex(): Promise<string | undefined> {
  for (const pip of [['python3', '-m', 'pip'], ['pip'], ['pip3']] as [string, ...string[]][]) {
    const config = await ask([...pip, 'config', 'list'])
    if (config === undefined) continue
    const configured = configuredIndex(config.stdout)
    if (configured !== undefined) return configured
    const help = await ask([...pip, 'download', '--help'])
    const index = /--index-url[\s\S]{0,200}?\(default:?\s+(https?:\/\/[^\s)]+)\)/.exec(
      help?.stdout ?? '',
    )?.[1]
    if (index !== undefined) return index
  }
  return undefined
}

/** The index in the output of `pip config list`: the environment wins over the command's section, that over global. Pure. */
export function configuredIndex(text: string): string | undefined {
  for (const section of [':env:', 'download', 'global']) {
    const line = text.split('\n').find((entry) => entry.startsWith(`${section}.index-url=`))
    const value = line?.slice(line.indexOf('=') + 1).replace(/^'(.*)'$/, '$1')
    if (value !== undefined && value !== '') return value
  }
  return undefined
}
