// The programs of the host that a run needs, by Debian package; finds what is missing and installs it with apt.

import { readdirSync } from 'node:fs'
import { SdkError } from '../../errors.js'
import { findProgram } from '../../process/find-program.js'
import type { PublishRequest } from '../../request/request.js'
import { type AptWait, runApt } from './apt.js'

/** A program, the Debian package that has it, and what it is for. */
export interface HostTool {
  program: string
  package: string
  purpose: string
}

/** Needed by every build. */
export const HOST_TOOLS: readonly HostTool[] = [
  { program: 'tar', package: 'tar', purpose: 'archives with all attributes' },
  { program: 'zstd', package: 'zstd', purpose: 'compression' },
  { program: 'xz', package: 'xz-utils', purpose: 'compression' },
  { program: 'lbzip2', package: 'lbzip2', purpose: 'compression, for archives as catalyst makes them' },
  { program: 'unshare', package: 'util-linux', purpose: 'namespaces' },
  { program: 'setpriv', package: 'util-linux', purpose: 'capabilities, death with the supervisor' },
  { program: 'perl', package: 'perl-base', purpose: 'filters of system calls' },
  { program: 'script', package: 'bsdutils', purpose: 'a terminal of its own for `enter`' },
  { program: 'flock', package: 'util-linux', purpose: 'locks' },
  { program: 'mount', package: 'mount', purpose: 'mounts inside the namespaces' },
  { program: 'find', package: 'findutils', purpose: 'cleaning' },
]

/** Needed to make a seed from the distribution. */
export const SEED_TOOLS: readonly HostTool[] = [
  { program: 'mmdebstrap', package: 'mmdebstrap', purpose: 'the distribution seed' },
  { program: 'unzip', package: 'unzip', purpose: "Portage's wheel" },
  { program: 'patch', package: 'patch', purpose: "Portage's wheel" },
  { program: 'python3', package: 'python3', purpose: "Portage's wheel" },
  { program: 'pip3', package: 'python3-pip', purpose: "Portage's wheel" },
]

/** Needed where the definition has a keyring. */
export const SIGNATURE_TOOLS: readonly HostTool[] = [
  { program: 'gpgv', package: 'gpgv', purpose: 'signatures of downloaded seeds' },
]

const GPG_TOOLS: readonly HostTool[] = [
  { program: 'gpg', package: 'gpg', purpose: 'signatures' },
  { program: 'gpg-agent', package: 'gpg-agent', purpose: 'signatures' },
]
const RSYNC: HostTool = { program: 'rsync', package: 'rsync', purpose: '--upload' }
const RCLONE: HostTool = { program: 'rclone', package: 'rclone', purpose: '--upload to an object store' }
const SSH: HostTool = { program: 'ssh', package: 'openssh-client', purpose: '--upload over ssh' }

/** Needed for publishing as `publish` says; none without. */
export function publishTools(publish: PublishRequest | undefined): HostTool[] {
  if (publish === undefined) return []
  const { target, sign, signDigests } = publish
  return [
    ...(sign === undefined && signDigests === undefined ? [] : GPG_TOOLS),
    ...(target?.kind === 'daemon' || target?.kind === 'ssh' ? [RSYNC] : []),
    ...(target?.kind === 'object' ? [RCLONE] : []),
    ...(target?.kind === 'ssh' ? [SSH] : []),
  ]
}

/** Needed for the shared store. */
export const STORE_TOOLS: readonly HostTool[] = [
  { program: 'skopeo', package: 'skopeo', purpose: 'the shared store' },
  { program: 'ssh-keygen', package: 'openssh-client', purpose: 'signatures of the shared store' },
]

/** Needed for `--ccache`. */
export const CACHE_TOOLS: readonly HostTool[] = [
  { program: 'ccache', package: 'ccache', purpose: '--ccache' },
]

/** Needed to drive catalyst, which itself comes from elsewhere (docs/catalyst-runner.md). */
export const CATALYST_TOOLS: readonly HostTool[] = [
  { program: 'mksquashfs', package: 'squashfs-tools', purpose: 'repos for catalyst' },
  { program: 'rsync', package: 'rsync', purpose: 'catalyst copies with it' },
]

/** Whether `program` is in the PATH of the engine's tools. */
export const isInstalled = (program: string): boolean => findProgram(program) !== undefined

/** Those of `tools` that are not there. */
const missingTools = (tools: readonly HostTool[]): HostTool[] =>
  tools.filter((tool) => !isInstalled(tool.program))

/** Whether something may be installed, and how that is done. */
export interface Provision extends AptWait {
  readonly install: boolean
}

/**
 * Makes sure that `tools` are there: installs missing ones with apt-get, saying so by `say`.
 *
 * @throws SdkError SDK_HOST that lists all missing ones at once, when they may not or cannot be installed
 */
export async function provideTools(tools: readonly HostTool[], options: Provision): Promise<void> {
  const missing = missingTools(tools)
  if (missing.length === 0) return
  const packages = [...new Set(missing.map((tool) => tool.package))].sort()
  if (!options.install || !isInstalled('apt-get')) throw lacking(missing, packages)
  options.say(`installing host tools with apt-get: ${packages.join(' ')}`)
  await provideLists(options)
  await runApt(
    ['install', '--yes', '--quiet', '--no-install-recommends', '--no-remove', ...packages],
    options,
  )
  const still = missingTools(tools)
  if (still.length > 0) throw lacking(still, packages)
}

/** Makes sure that apt has lists of packages, which a fresh machine lacks. @throws SdkError SDK_HOST */
export async function provideLists(options: Provision): Promise<void> {
  if (hasPackageLists()) return
  if (!options.install)
    throw new SdkError('SDK_HOST', 'apt on this host has no lists of packages', { hint: 'apt-get update' })
  options.say("fetching apt's lists of packages")
  await runApt(['update', '--quiet'], options)
}

function hasPackageLists(): boolean {
  return readdirSync('/var/lib/apt/lists').some((name) => name.includes('_Packages'))
}

function lacking(missing: readonly HostTool[], packages: readonly string[]): SdkError {
  const list = missing.map(
    ({ program, package: name, purpose }) => `${program} (package ${name}; ${purpose})`,
  )
  return new SdkError('SDK_HOST', `this host lacks ${list.join(', ')}`, {
    hint: `apt-get install ${packages.join(' ')}`,
    facts: { missing: missing.map((tool) => tool.program), packages },
  })
}
