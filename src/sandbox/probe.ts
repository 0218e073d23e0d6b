// Tries out whether this machine can make sandboxes, for the `doctor` verb. Real attempts, in the order they depend on
// each other; every failure is one sentence.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { findProgram } from '../process/find-program.js'
import { rootAdvice } from '../process/own-command.js'
import { capture, ended } from '../process/run.js'
import { mountsBelow } from '../store/disk/mounts.js'
import { enterSandbox } from './enter.js'
import { explainSandboxFailure } from './failure.js'
import { hostToolsRoot } from './host-root.js'
import type { SandboxSpec } from './spec.js'

/** What {@link probeSandbox} found. */
export interface SandboxProbe {
  ok: boolean
  /** What is missing, a sentence each; empty when `ok`. */
  problems: string[]
}

const TOOLS = {
  'util-linux': [
    'setpriv',
    'unshare',
    'nsenter',
    'setsid',
    'script',
    'prlimit',
    'pivot_root',
    'mount',
    'umount',
  ],
  coreutils: ['env', 'cat', 'stat', 'mknod', 'mkdir', 'rmdir', 'ln', 'rm', 'dirname'],
  bash: ['bash'],
  perl: ['perl'],
}

/** By name, unshare's options. `/` of a chroot may be no mount point: then its propagation cannot be set (enter.sh). */
const NAMESPACES = {
  mount: ['--mount', '--propagation=unchanged'],
  pid: ['--pid'],
  ipc: ['--ipc'],
  uts: ['--uts'],
  net: ['--net'],
} as const

/**
 * Makes each kind of namespace, an overlay on the file system of `directory`, and a whole sandbox with pivot_root.
 *
 * @param directory where stages will be built; an existing directory, default: the directory for temporary files
 */
export async function probeSandbox(directory: string = os.tmpdir()): Promise<SandboxProbe> {
  const problems = missingTools()
  if (process.getuid?.() !== 0) problems.push(`sandboxes need root: ${rootAdvice()}`)
  if (problems.length === 0) problems.push(...(await refusedNamespaces()))
  if (problems.length === 0) {
    const place = fs.mkdtempSync(path.join(directory, '.sandbox-probe-'))
    problems.push(...(await tryOverlay(place)), ...(await tryPivotRoot(place)))
    await removeEmptied(fs.realpathSync(place))
  }
  return { ok: problems.length === 0, problems }
}

function missingTools(): string[] {
  return Object.entries(TOOLS).flatMap(([owner, tools]) =>
    tools
      .filter((tool) => findProgram(tool) === undefined)
      .map((tool) => `the program ${tool} is missing (package ${owner})`),
  )
}

/** One sentence for each reason: in a container without rights it is the same for all. */
async function refusedNamespaces(): Promise<string[]> {
  const refused = new Map<string, string[]>()
  for (const [name, options] of Object.entries(NAMESPACES)) {
    const { exitCode, stderr } = await capture({ argv: ['unshare', ...options, '--fork', 'true'] })
    const reason = stderr.trim()
    if (exitCode !== 0) refused.set(reason, [...(refused.get(reason) ?? []), name])
  }
  return [...refused].map(
    ([reason, names]) =>
      `no namespace of ${names.join(', ')} can be made (CAP_SYS_ADMIN missing, or a container?): ${reason}`,
  )
}

async function tryOverlay(place: string): Promise<string[]> {
  const [scratch, lower, upper, work] = ['scratch', 'lower', 'upper', 'work'].map((name) => {
    fs.mkdirSync(path.join(place, name))
    return path.join(place, name)
  }) as [string, string, string, string]
  const mount = { kind: 'overlay', layers: [lower], upper, work, target: `${scratch}/merged` } as const
  const argv = ['touch', `${scratch}/merged/written`] as const
  return trySandbox(scratch, { root: { kind: 'host' }, mounts: [mount], argv })
}

async function tryPivotRoot(place: string): Promise<string[]> {
  const scratch = path.join(place, 'pivot')
  fs.mkdirSync(scratch)
  const { layer, mounts } = hostToolsRoot(path.join(place, 'layer'))
  return trySandbox(scratch, { root: { kind: 'layers', layers: [layer] }, mounts, argv: ['true'] })
}

type Attempt = Pick<SandboxSpec, 'root' | 'mounts' | 'argv'>

async function trySandbox(scratch: string, attempt: Attempt): Promise<string[]> {
  const child = enterSandbox(
    { ...attempt, hostname: 'probe', network: 'off', cwd: '/', env: { PATH: '/usr/bin:/bin' } },
    { scratch },
  )
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  child.stdout?.resume()
  const outcome = await ended(child)
  if (outcome.exitCode === 0) return []
  return [explainSandboxFailure(outcome, stderr).message]
}

/** The sandboxes have ended and their mounts with them; nothing is ever mounted here in the host's namespace. */
async function removeEmptied(place: string): Promise<void> {
  if ((await mountsBelow(place)).length === 0) fs.rmSync(place, { recursive: true, force: true })
}
