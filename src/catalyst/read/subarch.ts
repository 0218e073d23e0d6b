// Catalyst's subarches of amd64 and arm64: the architecture, its CHOST, and the flags that a stage has by default.

import type { Arch } from '../../sdk/definition.js'

/** What a subarch stands for. */
export interface Subarch {
  readonly arch: Arch
  readonly chost: string
  /** COMMON_FLAGS when the spec has none. */
  readonly flags: string
}

/** The x86-64 CPUs that catalyst has names for; each is what GCC's -march calls it. */
const CPUS = ['k8', 'nocona', 'core2', 'k8-sse3', 'amdfam10'] as const

const amd64 = (march?: string): Subarch => ({
  arch: 'amd64',
  chost: 'x86_64-pc-linux-gnu',
  flags: march === undefined ? '-O2 -pipe' : `-O2 -march=${march} -pipe`,
})

const ARM64: Subarch = { arch: 'arm64', chost: 'aarch64-unknown-linux-gnu', flags: '-O2 -pipe' }

/** By name. Other architectures, other ABIs (x32) and byte orders are not built here. */
export const SUBARCHES: Readonly<Record<string, Subarch>> = {
  amd64: amd64(),
  x86_64: amd64(),
  ...Object.fromEntries(CPUS.map((cpu) => [cpu, amd64(cpu)])),
  arm64: ARM64,
  aarch64: ARM64,
}
