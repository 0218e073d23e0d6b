// What a stage reads of a checkout is looked for before anything is built: plan warns of each thing that is missing.

import assert from 'node:assert/strict'
import { chmodSync, cpSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { PROJECT } from '../../src/files/own.js'
import { loadDefinition } from '../../src/sdk/read/load.js'
import { STAGES, type StageName } from '../../src/sdk/stages.js'
import { unmetNeeds } from '../../src/stage/plan/needs.js'
import { temporary } from './store-helpers.js'
import { cli } from './verbs-helpers.js'

test('plan warns of what a checkout lacks, with the stage that reads it and the document', async (t) => {
  const folder = await temporary(t)
  const sdk = path.join(folder, 'sdk')
  cpSync(path.join(PROJECT, 'sdks/embedded'), sdk, { recursive: true })
  const main = path.join(sdk, 'repos/portage-stable')
  const definition = await loadDefinition(sdk, '/nowhere')
  const planned = (stages: readonly StageName[] = STAGES): Promise<string[]> =>
    unmetNeeds({ definition, profile: definition.profile, stages, seedHasCheckout: true })
  assert.deepEqual(await planned(), [])
  const faults: [string, RegExp][] = [
    [
      'metadata/layout.conf',
      /masters of each repo in \S+portage-stable\/metadata\/layout\.conf: .*found none/,
    ],
    [
      'profiles/default/linux/packages.build',
      /^stage1 merges what packages\.build of the profile .*: found none/,
    ],
    ['sys-apps/baselayout', /^stage1 merges sys-apps\/baselayout .*: no repo has an ebuild of it/],
    ['scripts/bootstrap.sh', /^stage2 runs \S+\/scripts\/bootstrap\.sh: expected a file, found none/],
  ]
  for (const [name, words] of faults) {
    const file = path.join(main, name)
    renameSync(file, path.join(folder, 'aside'))
    const [found, ...others] = await planned()
    assert.match(found ?? '', words, name)
    assert.deepEqual(others, [], name)
    renameSync(path.join(folder, 'aside'), file)
  }
  chmodSync(path.join(main, 'scripts/bootstrap.sh'), 0o644)
  assert.match((await planned()).join(), /it is not executable/)
  const args = ['plan', '--sdk', sdk, '--catalyst_root', path.join(folder, 'cr'), '--json']
  const { exitCode, stdout, stderr } = await cli(args)
  assert.equal(exitCode, 0, stderr)
  const { warnings } = JSON.parse(stdout) as { warnings: string[] }
  assert.match(warnings.join(), /bootstrap\.sh: it is not executable \(docs\/sdk-definition\.md/)
  // Whoever does not run the stage does not need it; stage 1 of a given seed has that seed's repos.
  rmSync(path.join(main, 'sys-apps/baselayout'), { recursive: true })
  assert.deepEqual(await planned(['stage3', 'stage4']), [])
})
