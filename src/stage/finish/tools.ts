// Versions of what of the host may be seen in an archive: the tools that make it, since a different tar or zstd may write
// different bytes, and the kernel, whose release some builds write down.

import { spawnSync } from 'node:child_process'
import { release } from 'node:os'
import { toolEnvironment } from '../../process/environment.js'

const TOOLS = ['tar', 'zstd', 'lbzip2', 'bzip2', 'xz', 'gzip', 'unshare', 'mmdebstrap'] as const

let known: Record<string, string> | undefined

/** The kernel's release, and the first line of `TOOL --version` for each tool that is there; asked once. */
export function toolVersions(): Record<string, string> {
  known ??= Object.fromEntries(
    [
      ['kernel', release()] as const,
      ['node', process.version] as const,
      ...TOOLS.map((tool) => [tool, firstLine(tool)] as const),
    ].filter(([, version]) => version !== ''),
  )
  return known
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
