// What every root of ours needs of the kernel, and has afresh.

import type { Mount } from './spec.js'

/** The kernel's file systems and fresh folders, below `prefix`; `''` for the sandbox's own root. */
export const systemMounts = (prefix = ''): Mount[] => [
  { kind: 'proc', target: `${prefix}/proc` },
  { kind: 'sys', target: `${prefix}/sys` },
  { kind: 'dev', target: `${prefix}/dev` },
  { kind: 'tmpfs', target: `${prefix}/run`, mode: '0755' },
  { kind: 'tmpfs', target: `${prefix}/tmp`, mode: '1777' },
]
