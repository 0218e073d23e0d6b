// Real sandboxes over a root that runs the host's own programs, and what their tests ask about the host.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Readable } from 'node:stream'
import type { TestContext } from 'node:test'
import { ended } from '../../src/process/run.js'
import { enterSandbox, type SandboxOptions } from '../../src/sandbox/enter.js'
import { hostToolsRoot } from '../../src/sandbox/host-root.js'
import type { Mount, SandboxSpec } from '../../src/sandbox/spec.js'

/** For `test(name, privileged, …)`: skips without root, but never in CI. */
export const privileged =
  process.getuid?.() === 0 || process.env.CI !== undefined ? {} : { skip: 'sandboxes need root' }

/** How a program in a sandbox ended, and what it wrote. */
export interface Ran {
  exitCode: number | null
  stdout: string
  stderr: string
}

/** A place for one test: directories, and a sandbox specification to vary. */
export interface Place {
  /** A directory of the test's own, removed after it. */
  root: string
  scratch: string
  layer: string
  /** What makes the host's programs run in the root, with /proc, /dev and a /tmp. */
  basic: Mount[]
  /** Makes a directory below `root`; its path. */
  directory(name: string): string
  /** A specification that runs `script` with bash. */
  spec(script: string, changes?: Partial<SandboxSpec>): SandboxSpec
  /** Runs it to its end. */
  run(script: string, changes?: Partial<SandboxSpec>, options?: Partial<SandboxOptions>): Promise<Ran>
}

/** Makes a {@link Place}, which is removed after the test, once no mount is below it. */
export function place(test: TestContext): Place {
  const root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'sandbox-test-')))
  test.after(() => {
    if (mountsBelow(root).length > 0) throw new Error(`${root} still has mounts: it is not removed`)
    fs.rmSync(root, { recursive: true })
  })
  const directory = (name: string): string => {
    fs.mkdirSync(path.join(root, name))
    return path.join(root, name)
  }
  const scratch = directory('scratch')
  const { layer, mounts } = hostToolsRoot(path.join(root, 'layer'))
  const basic: Mount[] = [
    ...mounts,
    { kind: 'proc', target: '/proc' },
    { kind: 'dev', target: '/dev' },
    { kind: 'tmpfs', target: '/tmp', mode: '1777' },
  ]
  const spec = (script: string, changes: Partial<SandboxSpec> = {}): SandboxSpec => ({
    root: { kind: 'layers', layers: [layer] },
    mounts: basic,
    hostname: 'inside',
    network: 'off',
    cwd: '/',
    env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' },
    argv: ['bash', '-c', script],
    ...changes,
  })
  const run: Place['run'] = (script, changes, options) =>
    finish(enterSandbox(spec(script, changes), { scratch, ...options }))
  return { root, scratch, layer, basic, directory, spec, run }
}

/** Reads a child to its end. */
export async function finish(child: ReturnType<typeof enterSandbox>): Promise<Ran> {
  const [{ exitCode }, stdout, stderr] = await Promise.all([
    ended(child),
    text(child.stdout),
    text(child.stderr),
  ])
  return { exitCode, stdout, stderr }
}

/** All of a stream as text. */
export async function text(stream: Readable | null): Promise<string> {
  let all = ''
  for await (const chunk of stream ?? []) all += String(chunk)
  return all
}

/** Lines of the host's mountinfo that name something at or below `directory`. */
export function mountsBelow(directory: string): string[] {
  const lines = fs.readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
  return lines.filter((line) => line.includes(` ${directory} `) || line.includes(` ${directory}/`))
}

/** Ids of the host's processes for which `holds` (given /proc/ID) is true. */
export function processes(holds: (directory: string) => boolean): string[] {
  return fs.readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return false
    try {
      return holds(`/proc/${name}`)
    } catch {
      return false // it ended meanwhile
    }
  })
}

/** Ids of a process and of all that it started, and these started, and so on. */
export function descendants(ancestor: number): Set<string> {
  const parents = new Map<string, string>()
  processes((directory) => {
    const parent = /^PPid:\s+(\d+)/m.exec(fs.readFileSync(`${directory}/status`, 'utf8'))?.[1]
    if (parent !== undefined) parents.set(path.basename(directory), parent)
    return false
  })
  const found = new Set([String(ancestor)])
  for (const each of found) for (const [id, parent] of parents) if (parent === each) found.add(id)
  return found
}

/** Waits until `holds`; how long it takes is not the test's matter, the runner's timeout is far away. */
export async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20))
}
