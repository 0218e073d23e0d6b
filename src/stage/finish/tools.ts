// Versions of what of the host may be seen in an archive: the tools that make it, since a different tar or zstd may write
// different bytes, and the kernel, whose release some builds write down.

import { spawnSync } from 'node:child_process'
import { release } from 'node:os'
import { toolEnvironment } from '../../process/environment.js'

/** What makes seeds out of a distribution's packages. */
export const SEED_MAKER = 'mmdebstrap'

const TOOLS = ['tar', 'zstd', 'lbzip2', 'bzip2', 'xz', 'gzip', 'unshare', SEED_MAKER] as const

const known = new Map<string, string>([
  ['kernel', release()],
  ['node', process.version],
])

/**
 * The kernel's release, and the first line of `TOOL --version` for each tool that is there; asked once.
 *
 * @param isWanted which of them: some take their time to answer
 */
export function toolVersions(isWanted: (name: string) => boolean = () => true): Record<string, string> {
  for (const tool of TOOLS) if (isWanted(tool) && !known.has(tool)) known.set(tool, firstLine(tool))
  return Object.fromEntries([...known].filter(([name, version]) => isWanted(name) && version !== ''))
}

function firstLine(tool: string): string {
  const { stdout, stderr } = spawnSync(tool, ['--version'], {
    encoding: 'utf8',
    env: toolEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // bzip2 says it there.
  return (stdout || stderr || '').split('\n')[0]?.trim() ?? ''
}
