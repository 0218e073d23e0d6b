// A definition in a few lines, and a stage of it, planned: for tests of what a stage does with its plan.

import path from 'node:path'
import { snapshotRepo } from '../../src/repos/snapshot.js'
import type { SdkDefinition } from '../../src/sdk/definition.js'
import { parseLayer } from '../../src/sdk/read/layers.js'
import { parseSdkToml, toDefinition } from '../../src/sdk/read/parse.js'
import type { StageName } from '../../src/sdk/stages.js'
import { parseVersion } from '../../src/sdk/version.js'
import { namedFiles } from '../../src/stage/plan/named-files.js'
import { type Makers, planStage, type StagePlan } from '../../src/stage/plan/plan.js'
import { scriptDigests } from '../../src/stage/run/input.js'
import { createLayout } from '../../src/store/layout.js'

/** What every definition has to say beside its profile and its repos. */
const KEYS = `format = 1
name = "x"
type = "x-sdk"
version_id = "1"
arch = "amd64"
chost = "x86_64-pc-linux-gnu"
`

/** Of a definition with one repo, in its folder `main`. */
export const ONE_REPO = `profile = "p"
[[repos]]
name = "main"
path = "main"
archive = "/repos/main"
main = true
`

/** Made by nothing that counts. */
export const MAKERS: Makers = { scripts: {}, compressor: [], tools: {} }

/** A definition in the folder `root`: `toml` has its profile, its repos, and whatever else. */
export function tinyDefinition(root: string, toml: string): SdkDefinition {
  const file = path.join(root, 'sdk.toml')
  return toDefinition(parseSdkToml([parseLayer({ file, text: `${KEYS}${toml}` })]), file, {
    version: { id: '1' },
  })
}

/** Where a stage is planned. */
export interface TinyPlace {
  /** The catalyst root is `cr` in it. */
  readonly root: string
  /** For the copies of the repos; default: `snapshots` in it. */
  readonly snapshots?: string
  readonly epoch?: number
}

/** `stage` of version 1+x, upon a seed that is not there. */
export async function tinyPlan(
  definition: SdkDefinition,
  stage: StageName,
  { root, snapshots = path.join(root, 'snapshots'), epoch = 0 }: TinyPlace,
): Promise<StagePlan> {
  const version = parseVersion('1+x')
  const names = { root: path.join(root, 'cr'), type: 'x-sdk', arch: 'amd64', version: version.text }
  const repos = []
  for (const repo of definition.repos) repos.push(await snapshotRepo(repo, snapshots))
  const { profile, compression } = definition
  const seed = { path: '/seed', sha256: 'a'.repeat(64) }
  return planStage(stage, seed, {
    ...{ definition, version, repos, profile, compression, layout: createLayout(names) },
    ...{
      runner: 'native',
      jobs: 1,
      memoryBytes: undefined,
      compilerCache: undefined,
      epoch,
      again: () => [],
      makers: { ...MAKERS, scripts: await scriptDigests() },
    },
    files: await namedFiles(definition, repos),
    definitionSha256: 'd'.repeat(64),
    firstSeed: seed.sha256,
  })
}
