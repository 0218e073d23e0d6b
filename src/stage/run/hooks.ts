// Hooks of stage 1: programs of the checkout's overlay that edit copies of the repos which stage 1 will use. They run
// with the seed as "/", read-only and without network; docs/stage-contract.md has their contract.

import { closeSync } from 'node:fs'
import { lstat, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import type { Emit } from '../../events/event.js'
import { kindOf } from '../../files/look.js'
import { type Cause, findCauses } from '../../portage/causes.js'
import { describeOutcome, type Outcome } from '../../process/run.js'
import { treeDigest } from '../../repos/digest.js'
import type { RepoSnapshot } from '../../repos/snapshot.js'
import { sharedDigest } from '../../repos/sources.js'
import { INSIDE } from '../../sandbox/inside.js'
import { runInSandbox } from '../../sandbox/run.js'
import type { Mount, SandboxSpec } from '../../sandbox/spec.js'
import { systemMounts } from '../../sandbox/system-mounts.js'
import { type StageName, TRAITS } from '../../sdk/stages.js'
import { createAnew } from '../../store/hostile/held-folder.js'
import { stageEnvironment } from '../plan/environment.js'
import { sharedFolders } from '../plan/mounts.js'
import type { RepoTree, StagePlan, StageRepo } from '../plan/plan.js'
import { stagesFolder } from './input.js'
import type { Work } from './work.js'

/** Where hooks run. */
export interface HookPlace {
  readonly work: Work
  /** Layers of the seed, top first. */
  readonly layers: readonly string[]
  readonly emit: Emit
  readonly signal: AbortSignal | undefined
}

/**
 * Runs the hooks of `plan`; the plan that it returns has the edited copies in the place of the repos, and updates the
 * seed if a hook asked for it. A plan without hooks comes back as it is.
 *
 * @throws SdkError SDK_STAGE when a hook fails, with its name
 */
export async function runHooks(plan: StagePlan, place: HookPlace): Promise<StagePlan> {
  const overlay = plan.repos.find((repo) => !repo.main)
  const below = plan.definition.stage.stage1.hooks
  if (!TRAITS[plan.stage].ownSetup || overlay === undefined || below === undefined) return plan
  const flag = path.join(place.work.repos, FLAG)
  await writeFile(flag, '')
  const log = path.join(sharedFolders(plan).log, 'hooks.log')
  await mkdir(path.dirname(log), { recursive: true })
  closeSync(createAnew(log))
  const touched: StageRepo[] = []
  // The main repo's come first: those of the overlay may rely on it.
  for (const repo of [...plan.stageRepos].sort((a, b) => Number(b.main) - Number(a.main))) {
    const hooks = await hooksOf(path.join(overlay.path, below), repo.name)
    if (hooks.length === 0) continue
    for (const name of hooks)
      place.emit({ type: 'info', message: `${plan.stage}: the hook ${name} edits a copy of ${repo.name}` })
    const programs = hooks.map((name) => path.posix.join(CURRENT, overlay.name, below, name))
    await editRepo(plan, repo, { programs, place, log })
    touched.push(repo)
  }
  // Not before the last has run: each sees the copies of those before it.
  const edited = new Map<string, StageRepo>()
  for (const repo of touched)
    edited.set(repo.name, { ...repo, edited: true, tree: await editedTree(plan, repo, copyOf(place, repo)) })
  // Hooks are programs of the checkout in a seed that may be anybody's.
  const found = await lstat(flag).catch(() => undefined)
  const asked = found?.isFile() === true && found.size > 0
  if (asked && !plan.updateSeed)
    place.emit({
      type: 'info',
      message: `${plan.stage}: a hook asks for an update of the packages of the seed`,
    })
  const stageRepos = plan.stageRepos.map((repo) => edited.get(repo.name) ?? repo)
  return { ...plan, stageRepos, updateSeed: plan.updateSeed || asked }
}

const FLAG = 'update-seed'

/** Where a hook sees the checkout's repos, the tree it edits comes from, and what it edits. */
const CURRENT = '/run/current'
const BASE = '/run/base'
const STAGE1 = '/run/stage1'

/** Executables `*-REPO.sh` of the folder, in the order of their names. A folder that is not there has none. */
async function hooksOf(folder: string, repo: string): Promise<string[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(`-${repo}.sh`))
  const found: string[] = []
  for (const name of names.sort()) {
    const info = await stat(path.join(folder, name))
    if (info.isFile() && (info.mode & 0o111) !== 0) found.push(name)
  }
  return found
}

interface Edit {
  readonly programs: readonly string[]
  readonly place: HookPlace
  readonly log: string
}

/** Where the copy of a repo is. */
const copyOf = ({ work }: HookPlace, { name }: Pick<StageRepo, 'name'>): string => path.join(work.repos, name)

async function editRepo(plan: StagePlan, repo: StageRepo, edit: Edit): Promise<void> {
  const { place, log } = edit
  const copy = copyOf(place, repo)
  const planted = await lstat(copy).catch(() => undefined)
  if (planted !== undefined) throw notTheCopy(plan.stage, repo, { copy, found: kindOf(planted) })
  await mkdir(copy)
  const { outcome, stdout, stderr } = await runInSandbox(hookSandbox(plan, repo, edit), {
    scratch: place.work.mnt,
    signal: place.signal,
    words: true,
  })
  const before = lineCount(await readFile(log, 'utf8'))
  await writeFile(log, `${stdout}${stderr}`, { flag: 'a' })
  const causes = findCauses(stderr.split('\n')).map(({ line, text }) => ({
    ...{ line: before + lineCount(stdout) + line, text },
  }))
  if (outcome.exitCode !== 0) throw hookFailure(plan.stage, repo, { stderr, log, outcome, causes })
}

const lineCount = (text: string): number => text.split('\n').length - 1

const notTheCopy = (
  stage: StageName,
  { name }: StageRepo,
  { copy, found }: { copy: string; found: string },
): SdkError =>
  new SdkError('SDK_STAGE', `${stage}: hooks have put ${found} where the copy of ${name} belongs: ${copy}`, {
    hint: 'a hook edits what is in the folder that it is given, and leaves the folder itself',
  })

function hookSandbox(plan: StagePlan, repo: StageRepo, { programs, place }: Edit): SandboxSpec {
  const bind = (source: string, target: string, readOnly = true): Mount => ({
    ...{ kind: 'bind', source, target, readOnly },
  })
  const base = repo.tree === undefined ? repo.location : path.posix.join(BASE, repo.name)
  return {
    root: { kind: 'layers', layers: place.layers },
    mounts: [
      ...systemMounts(),
      bind(stagesFolder(), INSIDE.input),
      ...plan.repos.map((each) => bind(each.path, path.posix.join(CURRENT, each.name))),
      ...(repo.tree === undefined ? [] : [bind(repo.tree.path, base)]),
      bind(place.work.repos, STAGE1, false),
    ],
    hostname: plan.stage,
    network: 'off',
    cwd: '/',
    env: stageEnvironment(plan),
    argv: [
      ...(['/bin/bash', `${INSIDE.input}/lib/hooks.sh`, base] as const),
      ...[path.posix.join(STAGE1, repo.name), path.posix.join(CURRENT, repo.name)],
      ...[path.posix.join(STAGE1, FLAG), ...programs],
    ],
  }
}

function hookFailure(
  stage: StageName,
  repo: StageRepo,
  failed: { stderr: string; log: string; outcome: Outcome; causes: readonly Cause[] },
): SdkError {
  const said =
    /^!!! (.*)$/m.exec(failed.stderr)?.[1] ?? `the copy of ${repo.name} ${describeOutcome(failed.outcome)}`
  return new SdkError('SDK_STAGE', `${stage} failed (hooks of ${repo.name}): ${said}`, {
    hint: `read ${failed.log}; a hook ends with 0 when there is nothing to do`,
    facts: {
      ...{ stage, log: failed.log, tail: saidByHook(failed.stderr) },
      ...(failed.causes.length === 0 ? {} : { causes: failed.causes }),
    },
  })
}

/** The end of what a hook said, without what stages/lib/hooks.sh says of it: that is the error. */
const saidByHook = (stderr: string): string[] =>
  stderr
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('!!! the hook '))
    .slice(-40)
    .map((line) => line.slice(0, LONGEST_LINE))

/** UTF-16 units of a line that is told. */
const LONGEST_LINE = 1000

async function editedTree(plan: StagePlan, repo: StageRepo, copy: string): Promise<RepoTree> {
  const info = await lstat(copy).catch(() => undefined)
  if (info?.isDirectory() !== true)
    throw notTheCopy(plan.stage, repo, { copy, found: info === undefined ? 'nothing' : kindOf(info) })
  const { archive } = plan.repos.find(({ name }) => name === repo.name) as RepoSnapshot
  return {
    ...{ name: repo.name, main: repo.main, archive, location: repo.location, path: copy },
    digest: await treeDigest(copy, undefined, []),
    shared: await sharedDigest(copy),
  }
}
