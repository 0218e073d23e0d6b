// Catalyst's subarches: the architecture, its CHOST, and the flags that a stage has by default.

import { ARCHITECTURES, ARCHS, type Arch } from '../../sdk/architecture.js'

/** What a subarch stands for. */
export interface Subarch {
  readonly arch: Arch
  readonly chost: string
  /** COMMON_FLAGS when the spec has none. */
  readonly flags: string
}

/** By name. Other architectures, other ABIs (x32) and byte orders are not built here. */
export const SUBARCHES: Readonly<Record<string, Subarch>> = Object.fromEntries(
  ARCHS.flatMap((arch) => {
    const { chost, subarches } = ARCHITECTURES[arch].sdk
    return Object.entries(subarches).map(([name, flags]) => [name, { arch, chost, flags }])
  }),
)
