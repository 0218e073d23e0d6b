// What the files for catalyst have no words for, in words. Pure.

import path from 'node:path'
import { mainRepo, type SdkDefinition } from '../../sdk/definition.js'
import type { SpecRun, Unsaid } from '../spec-run.js'

/** What a run's definition says and its files do not. */
export function unsaid(run: SpecRun): Unsaid[] {
  const { definition, fsscript, rootOverlay } = run
  const { stage, carry, cross } = definition
  const all: [string | false, string][] = [
    [cross.length > 0 && fsscript === undefined && 'cross', 'catalyst builds no cross toolchains'],
    [carry.length > 0 && 'carry', 'binary packages have to be put into the pkgcache'],
    [
      run.stages.some((each) => run.pkgcache?.[each] === undefined) && 'pkgcache_path',
      'catalyst takes again what it has in packages/TYPE/stageN-ARCH, whatever that was built from',
    ],
    ...elsewhere(definition).map((why): [string, string] => ['repos.location', why]),
    [usesSeedRepos(run) && 'stage1.repos', 'catalyst uses the snapshot in stage 1 too'],
    [stage.stage1.hooks !== undefined && 'stage1.hooks', 'catalyst has no hooks of stage 1'],
    [
      stage.stage4.archiveRepos && rootOverlay === undefined && 'stage4.archive_repos',
      'catalyst keeps no content of repos',
    ],
    [stage.stage3.packages.join() !== '@system' && 'stage3.packages', 'catalyst builds @system in stage 3'],
    [
      stage.stage3.first.length > 0 && 'stage3.first',
      `catalyst builds no packages before the others, as ${stage.stage3.first.join(', ')}`,
    ],
    [stage.stage1.use.join() !== '-*,build' && 'stage1.use', 'catalyst always uses -* build'],
    [
      stage.stage2.bootstrap !== 'scripts/bootstrap.sh' && 'stage2.bootstrap',
      'catalyst always runs scripts/bootstrap.sh of the main repo',
    ],
  ]
  return all.flatMap(([key, why]) => (key === false ? [] : [{ key, why }]))
}

/** Whether stage 1 takes a repo from inside its seed: each for which no tree is given, if it uses the seed's. */
const usesSeedRepos = ({ definition, stage1Repos = [] }: SpecRun): boolean =>
  definition.stage.stage1.repos === 'seed' &&
  definition.repos.some((repo) => !stage1Repos.some(({ name }) => name === repo.name))

/** What catalyst mounts at another place than the definition's. */
function elsewhere(definition: SdkDefinition): string[] {
  const base = path.posix.dirname(mainRepo(definition).location)
  return definition.repos
    .map(({ name, location }) => ({ name, location, mounted: path.posix.join(base, name) }))
    .filter(({ location, mounted }) => location !== mounted)
    .map(({ name, location, mounted }) => `catalyst has the repo ${name} at ${mounted}, not at ${location}`)
}
