// Which trees the written specs name as repos, and which snapshots have to be made of them. Pure.

import path from 'node:path'
import { mainRepo, type RepoDefinition } from '../../sdk/definition.js'
import { type StageName, TRAITS } from '../../sdk/stages.js'
import type { SpecRun, WrittenSpecs } from '../spec-run.js'

/** The snapshots of a run's stages, each once. */
export function snapshots(run: SpecRun): WrittenSpecs['snapshots'] {
  const { name } = mainRepo(run.definition)
  const all = run.stages.map((stage): [file: string, source: string] => [
    path.join(run.root, 'snapshots', `${name}-${treeishOf(run, stage)}.sqfs`),
    mainTree(run, stage),
  ])
  return [...new Map(all)].map(([file, source]) => ({ path: file, source }))
}

/** The repos of a stage, with their trees. */
export const reposOf = (
  { definition, stage1Repos = [] }: SpecRun,
  stage: StageName,
): readonly RepoDefinition[] =>
  definition.repos.map(
    (repo) =>
      (TRAITS[stage].ownSetup ? stage1Repos.find(({ name }) => name === repo.name) : undefined) ?? repo,
  )

const mainTree = (run: SpecRun, stage: StageName): string =>
  mainRepo({ ...run.definition, repos: reposOf(run, stage) }).path

/** `NAME` of a stage's `snapshots/REPO-NAME.sqfs`: a stage 1 whose main repo is another tree has another snapshot. */
export function treeishOf(run: SpecRun, stage: StageName): string {
  const treeish = run.treeish ?? run.version
  return mainTree(run, stage) === mainRepo(run.definition).path ? treeish : `${treeish}-stage1`
}
