// Stage 1 of the miniature SDK with an updated seed: asked for by a hook, and by trees given for stage 1 alone. The seed
// has a newer tool than its profile wants, so that an update builds the tool once more before stage 1 does.

import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { treeDigest } from '../../src/repos/digest.js'
import { memberText } from '../e2e/archive-facts.js'
import { type MiniPlace, miniPlace, only, SKIP } from '../e2e/mini-place.js'
import { PROJECT } from '../e2e/run-command.js'
import { once } from '../helpers/prepared.js'

const HOOKED = '1.0.0+2026-05-05-0000'
const GIVEN = '1.0.0+2026-06-06-0000'

/** Who built the tool of stage 1, when the seed's was built again by the seed's own before. */
const UPDATED = /'stage1 with stage1 with seed with nothing'/

/** The definition's repos, with a version of alpha that nobody else has, where the machine would have those of its own SDK. */
function planted(at: MiniPlace): string[] {
  const machine = path.join(at.work, 'machine-repos')
  const variable = path.join(at.work, 'machine-var')
  cpSync(path.join(at.sdk, 'repos'), machine, { recursive: true })
  renameAlpha(path.join(machine, 'main'), 9)
  mkdirSync(variable)
  return ['unshare', '--mount', path.join(PROJECT, 'tests/e2e/plant-repos.sh'), machine, variable]
}

/** Makes `version` the only one of alpha in a main repo. @returns the name of the ebuild before */
function renameAlpha(repo: string, version: number): string {
  const alpha = path.join(repo, 'app-misc/alpha')
  const [ebuild = ''] = readdirSync(alpha)
  renameSync(path.join(alpha, ebuild), path.join(alpha, `alpha-${version}.ebuild`))
  return ebuild
}

// The seed's own tool would be the builder of a stage 1 whose seed is not updated.
describe('stage 1 with an updated seed', { skip: SKIP }, () => {
  const place = miniPlace()
  const tool = (version: string): string => memberText(place.archive(version, 'stage1'), 'usr/bin/tool')

  const hooked = once(async () => {
    const hooks = path.join(place.repo('overlay'), 'hooks')
    mkdirSync(hooks)
    const script = '#!/bin/bash\nset -eu\necho asked >"$3"\n'
    writeFileSync(path.join(hooks, '10-main.sh'), script, { mode: 0o755 })
    const run = await place.build(HOOKED, ['stage1', '--seed_tarball', place.seed], {
      before: planted(place),
    })
    rmSync(hooks, { recursive: true })
    assert.equal(run.exitCode, 0, run.stderr)
    return run
  })

  test('a hook asks for an update of the seed: it is done in "/" before the packages of stage 1', async () => {
    const run = await hooked()
    const phases = run.events.flatMap((event) => (event.type === 'phase-started' ? [event.phase] : []))
    const update = phases.lastIndexOf('update the packages of the seed')
    assert.ok(update >= 0 && update < phases.lastIndexOf('merge baselayout'), phases.join(', '))
    assert.match(tool(HOOKED), UPDATED)
    assert.equal(place.record(HOOKED, 'stage1').inputs.seed.sha256, only(run, 'seed-finished').digest)
  })

  test('the repos of the given seed are used, though the machine has others at the same place', async () => {
    await hooked()
    const origins = Object.keys(place.origins(HOOKED, 'stage1'))
    assert.deepEqual(
      origins.filter((cpv) => cpv.startsWith('app-misc/alpha-')),
      ['app-misc/alpha-1'],
    )
    for (const { name, from } of place.record(HOOKED, 'stage1').inputs.repos) assert.equal(from, 'seed', name)
  })

  test('a tree given for stage 1 is used there only, with a warning, and the seed is updated', async () => {
    const tree = path.join(place.work, 'main-of-stage1')
    cpSync(place.repo('main'), tree, { recursive: true })
    const ebuild = renameAlpha(tree, 7)
    const words = ['stage1', 'stage2', '--stage1_portage_path', tree, '--seed_tarball', place.seed]
    const run = await place.build(GIVEN, words)
    assert.equal(run.exitCode, 0, run.stderr)
    assert.ok(run.events.some((event) => event.type === 'warning' && event.message.includes(tree)))
    const from = (stage: string): unknown[] => {
      const { repos, given } = only(run, 'stage-started', stage)
      return [repos, given]
    }
    assert.deepEqual(
      [from('stage1'), from('stage2')],
      [
        ['seed', [tree]],
        ['checkout', undefined],
      ],
    )
    assert.ok('app-misc/alpha-7' in place.origins(GIVEN, 'stage1'))
    assert.ok(`app-misc/${path.basename(ebuild, '.ebuild')}` in place.origins(GIVEN, 'stage2'))
    assert.match(tool(GIVEN), UPDATED)
    const repos = (stage: string): Record<string, string> =>
      Object.fromEntries(place.record(GIVEN, stage).inputs.repos.map(({ name, digest }) => [name, digest]))
    assert.equal(repos('stage1').main, await treeDigest(tree))
    assert.equal(repos('stage2').main, await treeDigest(place.repo('main')))
  })
})
