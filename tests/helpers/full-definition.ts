// A definition in which every key has a value, and changes of single values: for tests that walk all of them.

import path from 'node:path'
import type { SdkDefinition } from '../../src/sdk/definition.js'
import { loadDefinition } from '../../src/sdk/read/load.js'

const PROJECT = path.resolve(import.meta.dirname, '../../..')

/** A definition in which every key has a value. */
export async function fullDefinition(): Promise<SdkDefinition> {
  const definition = await loadDefinition('embedded', path.join(PROJECT, 'sdks'))
  const { stage1, stage3, stage4 } = definition.stage
  return {
    ...definition,
    bases: ['/x/sdk.toml'],
    sourceDate: '2026-01-01',
    features: ['-userpriv'],
    portageConfdir: '/x/portage',
    portagePatches: { repo: 'coreos-overlay', path: 'patches' },
    interpreter: ['/usr/bin/qemu-x'],
    repos: definition.repos.map((repo) => ({ ...repo, program: 'dev-util/x', junk: ['*.out'] })),
    stage: {
      ...definition.stage,
      stage1: { ...stage1, profile: 'a:b', hooks: 'hooks', use: ['build'], updateSeedOptions: ['@world'] },
      stage3: { ...stage3, first: ['sys-devel/gcc'], packages: ['@world'] },
      stage4: {
        ...stage4,
        rootOverlays: [{ path: '/x/overlay', owners: 'root' }],
        releaseFiles: '/x/release',
        fsscript: '/x/script',
        use: ['a'],
        unmerge: ['a/b'],
        rcadd: ['sshd'],
        rcdel: ['sshd'],
        groups: ['g'],
        users: ['u'],
        sshPublicKeys: [{ user: 'u', file: '/x/key' }],
        empty: ['/root'],
        rm: ['/etc/machine-id'],
      },
    },
    seed: {
      ...definition.seed,
      urls: ['https://x/y'],
      keyring: '/x/keyring',
      distribution: { groups: '/x/groups' },
    },
    makeConf: { A: 'b' },
    environment: { A: 'b' },
    places: { distfiles: '/x/distfiles', packages: '/x/packages', log: '/x/log' },
    remove: ['/x'],
    configuration: { 'make.conf': 'A=b' },
  }
}

/** The way to a value. */
export type Leaf = readonly (string | number)[]

/** The path of every value that is not a list or table. */
export function leaves(value: unknown, at: Leaf = []): Leaf[] {
  if (typeof value !== 'object' || value === null) return [at]
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value)
  return keys.flatMap((key) => leaves((value as Record<string, unknown>)[key], [...at, key]))
}

/** A copy in which the value at `leaf` is another one. */
export function changed<T>(value: T, [key, ...rest]: Leaf): T {
  if (key === undefined) return (typeof value === 'boolean' ? !value : `${value}x`) as T
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string | number, unknown>
  copy[key] = changed(copy[key], rest)
  return copy as T
}

/** The name of `leaf` as the lists of what has no effect have it. */
export const named = (leaf: Leaf): string =>
  leaf.map((key) => (typeof key === 'number' ? '*' : key)).join('.')
