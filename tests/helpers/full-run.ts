// A run in which every member has a value: for tests of what counts for which key.

import type { SdkDefinition } from '../../src/sdk/definition.js'
import { STAGES } from '../../src/sdk/stages.js'
import { parseVersion } from '../../src/sdk/version.js'
import type { RunSettings } from '../../src/stage/plan/plan.js'
import { createLayout } from '../../src/store/layout.js'
import { fullDefinition } from './full-definition.js'

/** A definition in which everything counts that can. */
export async function runDefinition(): Promise<SdkDefinition> {
  const full = await fullDefinition()
  const { packages: _, ...places } = full.places
  return { ...full, places }
}

/** A run in which everything has a value. */
export function fullRun(sdk: SdkDefinition): RunSettings {
  const { type, arch, repos } = sdk
  return {
    definition: sdk,
    layout: createLayout({ root: '/r', type, arch, version: '1.0.0+x' }),
    version: parseVersion('1.0.0+x'),
    profile: 'coreos-overlay:coreos/amd64/sdk/quick',
    compression: 'zstd',
    runner: 'native',
    jobs: 2,
    memoryBytes: undefined,
    compilerCache: undefined,
    epoch: 0,
    again: () => [],
    memory: '/r/store/digests',
    makers: {
      scripts: { 'stage1.sh': 'a' },
      compressor: ['zstd', '-3'],
      tools: { tar: '1', zstd: '1' },
      processor: 'fast',
    },
    files: [
      { key: 'interpreter', sha256: 'i' },
      ...STAGES.map((stage) => ({ key: `${stage}.file`, stage, sha256: 'f' })),
    ],
    repos: repos.map((repo) => ({ ...repo, source: repo.path, digest: 'd', shared: 's' })),
    definitionSha256: 's',
    stage1Trees: repos.slice(0, 1).map((repo) => ({ ...repo, source: '/given', digest: 'g', shared: 's' })),
  }
}
