// A stage whose script is an attack, run by the engine's own steps in a real sandbox, and the files of the host that it is after.

import fs from 'node:fs'
import path from 'node:path'
import type { Fact } from '../../src/events/event.js'
import type { StageName } from '../../src/sdk/stages.js'
import { archiveRoot, checkRoot } from '../../src/stage/finish/finish.js'
import { openSharedFolders } from '../../src/stage/packages/binary-packages.js'
import type { StagePlan } from '../../src/stage/plan/plan.js'
import { writeInput } from '../../src/stage/run/input.js'
import { type PassContext, runPass } from '../../src/stage/run/run-script.js'
import { openWork, type Work } from '../../src/stage/run/work.js'
import { ONE_REPO, tinyDefinition, tinyPlan } from './tiny-plan.js'
import { tinyRoot } from './tiny-root.js'

const PROGRAMS = [
  ...['cat', 'chmod', 'cp', 'dd', 'head', 'ln', 'mkdir', 'mkfifo', 'mknod', 'mv', 'perl', 'rm', 'seq'],
  ...['sleep', 'touch', 'truncate', 'yes'],
]

/** What no step may read, write or remove. */
export interface Canary {
  /** A folder of the host. */
  readonly folder: string
  /** Its secret's text: it must be nowhere but there. */
  readonly secret: string
  /** All of it as text, to compare. */
  state(): string
}

/** A place for hostile stages. */
export interface HostilePlace {
  readonly root: string
  readonly canary: Canary
  readonly facts: Fact[]
  /** A new attempt at a stage, ready to run; its script is `script`, with CANARY set. */
  open(script: string, stage?: StageName): Promise<Attempt>
}

/** One attempt. */
export interface Attempt {
  readonly plan: StagePlan
  readonly work: Work
  readonly context: PassContext
  run(): Promise<void>
  finish(): Promise<string>
}

/** Makes the place below `root`, an empty folder. */
export async function hostilePlace(root: string): Promise<HostilePlace> {
  for (const folder of [
    'main/profiles',
    'seed/var/db/pkg/a/b-1',
    'seed/var/cache',
    'seed/var/log',
    'seed/etc/portage',
  ])
    fs.mkdirSync(path.join(root, folder), { recursive: true })
  fs.writeFileSync(path.join(root, 'main/profiles/repo_name'), 'main\n')
  tinyRoot(path.join(root, 'seed'), PROGRAMS)
  for (const folder of ['repos/main', 'var/tmp', 'usr/bin'])
    fs.mkdirSync(path.join(root, 'seed', folder), { recursive: true })
  fs.cpSync(
    '/usr/lib/x86_64-linux-gnu/perl-base',
    path.join(root, 'seed/usr/lib/x86_64-linux-gnu/perl-base'),
    {
      recursive: true,
      force: true,
      filter: () => fs.existsSync('/usr/lib/x86_64-linux-gnu/perl-base'),
    },
  )
  const canary = makeCanary(path.join(root, 'host'))
  const facts: Fact[] = []
  const place = { root, canary, facts }
  return { ...place, open: (script, stage = 'stage1') => open(place, { script, stage }) }
}

function makeCanary(folder: string): Canary {
  const secret = `secret-${process.pid}-${Date.now()}`
  fs.mkdirSync(path.join(folder, 'pkg/cat/name-1'), { recursive: true })
  fs.writeFileSync(path.join(folder, 'secret'), `${secret}\n`, { mode: 0o600 })
  const database = path.join(folder, 'pkg/cat/name-1')
  // As a package database that levelling would change.
  fs.writeFileSync(path.join(database, 'CONTENTS'), `obj /${secret} ${'0'.repeat(32)} 4000000000\n`)
  fs.writeFileSync(path.join(database, 'COUNTER'), '77')
  fs.writeFileSync(path.join(database, 'metadata'), secret)
  fs.writeFileSync(path.join(folder, 'group-'), secret)
  return { folder, secret, state: () => stateOf(folder) }
}

function stateOf(folder: string): string {
  const names = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return ['.', ...names]
    .map((name) => {
      const file = path.join(folder, name)
      const { mode, uid, gid, mtimeMs, nlink, size } = fs.lstatSync(file)
      const text = fs.statSync(file).isFile() ? fs.readFileSync(file, 'latin1') : ''
      return [name, mode, uid, gid, mtimeMs, nlink, size, text].join()
    })
    .join('\n')
}

async function open(
  { root, canary, facts }: Omit<HostilePlace, 'open'>,
  { script, stage }: { script: string; stage: StageName },
): Promise<Attempt> {
  const plan = await planOf(root, stage)
  const work = await openWork(plan)
  await openSharedFolders(plan)
  await writeInput(plan, work)
  // Later stages have their folders in the root that they will enter.
  const outside = stage === 'stage1' ? '' : plan.stageRoot
  const text = `CANARY=${canary.folder} OUT=${outside}/run/bootstrap_sdk/output ROOT=${plan.stageRoot}\n${script}\n`
  fs.writeFileSync(path.join(work.input, `stage/${stage}.sh`), text)
  const layers = [path.join(root, 'seed')]
  const emit = (fact: Fact): void => void facts.push(fact)
  const context: PassContext = { work, layers, emit, signal: undefined, merged: new Map() }
  return {
    ...{ plan, work, context },
    run: () => runPass(plan, 'run', context),
    async finish() {
      const done = { plan, ...context, top: work.root, bytes: 0 }
      await checkRoot(done)
      return (await archiveRoot(done, false)).archive
    },
  }
}

async function planOf(root: string, stage: StageName): Promise<StagePlan> {
  // As a spec may leave it in the result: it is put into the finished root.
  const definition = { ...tinyDefinition(root, ONE_REPO), configuration: { 'make.conf': 'planted\n' } }
  const plan = await tinyPlan(definition, stage, {
    root,
    snapshots: path.join(root, 'cr/store/repos'),
    epoch: 1_700_000_000,
  })
  fs.mkdirSync(plan.layout.builds, { recursive: true })
  return plan
}
