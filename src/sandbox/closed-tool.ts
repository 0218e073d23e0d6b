// The host's own programs at work upon a root that somebody hostile has made: they see nothing of this machine but
// programs, and what they are given, all of it read-only. A link in the root leads nowhere.

import fs from 'node:fs'
import path from 'node:path'
import { PROJECT } from '../files/own.js'
import { toolEnvironment } from '../process/environment.js'
import { isAtOrBelow } from '../store/disk/mounts.js'
import { hostToolsRoot } from './host-root.js'
import type { Mount, SandboxSpec } from './spec.js'
import { systemMounts } from './system-mounts.js'

/** Where the root is that the programs work upon. */
export const WORKED_UPON = '/tmp/root'

/** What of the host's configuration programs cannot do without: where libraries are, and which program a name stands for. */
const CONFIGURATION = ['/etc/ld.so.cache', '/etc/alternatives']

/** Programs' places, made once, for several {@link closedTool}. */
export interface ToolsRoot {
  readonly layer: string
  readonly mounts: readonly Mount[]
}

/**
 * Makes the layer of closed tools.
 *
 * @param directory for the layer, made anew
 * @param reads files and folders that the tools read, beside this program: at their own paths
 */
export function toolsRoot(directory: string, reads: readonly string[]): ToolsRoot {
  fs.rmSync(directory, { recursive: true, force: true })
  const { layer, mounts } = hostToolsRoot(directory)
  const covered = mounts.map(({ target }) => target)
  const wanted = [...CONFIGURATION, process.execPath, ...program(), ...reads].filter((file) =>
    fs.existsSync(file),
  )
  const outermost = wanted.filter(
    (file, index) =>
      !covered.some((folder) => isAtOrBelow(file, folder)) &&
      !wanted.some((other, at) => (other === file ? at < index : isAtOrBelow(file, other))),
  )
  const binds = outermost.map(
    (file): Mount => ({ kind: 'bind', source: fs.realpathSync(file), target: file, readOnly: true }),
  )
  // No more of the kernel than they need: each mount costs time, at the end of every stage.
  const kernel = systemMounts().filter(({ target }) => ['/proc', '/dev', '/tmp'].includes(target))
  return { layer, mounts: [...mounts, ...kernel, ...binds] }
}

/** What of this project its own programs are started from. */
function program(): string[] {
  const [compiled = ''] = path.relative(PROJECT, import.meta.dirname).split(path.sep)
  // Bundled, it needs no npm packages.
  const parts = compiled === 'lib' ? [compiled] : [compiled, 'node_modules']
  return [...parts, 'package.json', 'stages'].map((name) => path.join(PROJECT, name))
}

/** `argv` with `root` at {@link WORKED_UPON}: no network, no capability that a stage does not have. */
export const closedTool = (
  tools: ToolsRoot,
  root: Mount,
  argv: readonly [string, ...string[]],
): SandboxSpec => ({
  root: { kind: 'layers', layers: [tools.layer] },
  mounts: [...tools.mounts, root],
  hostname: 'finish',
  network: 'off',
  cwd: '/',
  env: toolEnvironment(),
  argv,
})
