// The two programs that run inside a distribution's root: the definition's prepare script, and Portage.

import { chmod, copyFile, cp, mkdir, realpath, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Emit } from '../../events/event.js'
import { planConfiguration } from '../../portage/configuration.js'
import { createEmergeProgress } from '../../portage/emerge-progress.js'
import { PORTAGE_ENVIRONMENT } from '../../portage/environment.js'
import { noDocuments } from '../../portage/features.js'
import { failure } from '../../process/run.js'
import { INSIDE, rootInside, scriptInside } from '../../sandbox/inside.js'
import { runInSandbox } from '../../sandbox/run.js'
import type { Mount, SandboxSpec } from '../../sandbox/spec.js'
import { systemMounts } from '../../sandbox/system-mounts.js'
import { mainRepo, type SdkDefinition } from '../../sdk/definition.js'
import { parseProfile } from '../../sdk/profile.js'
import { stagesFolder } from '../../stage/run/input.js'
import { observe } from '../../stage/watch/observe.js'
import type { PlannedEntry } from '../../toolchain/cross-overlay.js'
import { writeEntries } from '../../toolchain/root/write-entries.js'

const bind = (source: string, target: string, readOnly: boolean): Mount => ({
  kind: 'bind',
  source,
  target,
  readOnly,
})

function spec(root: string, mounts: Mount[], argv: SandboxSpec['argv']): SandboxSpec {
  return {
    root: { kind: 'layers', layers: [root] },
    mounts,
    hostname: 'seed',
    network: 'off',
    cwd: '/',
    env: { ...PORTAGE_ENVIRONMENT },
    argv,
  }
}

/** Runs the prepare script in `root`, which it may change. @throws SdkError SDK_SEED with its last words */
export async function prepareRoot(options: {
  root: string
  work: string
  script: string
  signal: AbortSignal | undefined
}): Promise<void> {
  const input = path.join(options.work, 'prepare')
  const scratch = path.join(options.work, 'mnt-prepare')
  await mkdir(input)
  await mkdir(scratch)
  await copyFile(await realpath(options.script), path.join(input, 'prepare.sh'))
  await chmod(path.join(input, 'prepare.sh'), 0o755)
  // "/" of a sandbox is read-only; the script works on a writable view of the same folder.
  const inner = '/tmp/root'
  const mounts = [
    ...systemMounts(),
    bind(options.root, inner, false),
    ...systemMounts(inner),
    bind(input, `${inner}${INSIDE.input}`, true),
  ]
  const argv = ['chroot', inner, '/bin/bash', `${INSIDE.input}/prepare.sh`] as const
  const { outcome, stderr } = await runInSandbox(spec(options.root, mounts, argv), {
    scratch,
    signal: options.signal,
  })
  if (outcome.exitCode !== 0) throw failure([options.script], outcome, { code: 'SDK_SEED', stderr })
}

/** What {@link mergeSeed} needs. */
export interface MergeOptions {
  definition: SdkDefinition
  profile: string
  root: string
  work: string
  jobs: number
  emit: Emit
  signal: AbortSignal | undefined
}

/** Merges all packages of the generated repos into a new root and returns its folder. @throws SdkError SDK_SEED */
export async function mergeSeed(options: MergeOptions): Promise<string> {
  const { definition, root, work, emit } = options
  const part = (name: string): string => path.join(work, name)
  for (const folder of ['root', 'input', 'input/output', 'output', 'tmp', 'log', 'mnt-merge'])
    await mkdir(part(folder))
  await chmod(part('root'), 0o755)
  await chmod(part('tmp'), 0o1777)
  await writeSeedInput(options, part('input'))
  const observed = observe({ stage: 'seed', logs: part('log'), root: work, emit })
  const monotonicMs = (): number => performance.now()
  const progress = createEmergeProgress({ stage: 'seed', emit: observed.emit, monotonicMs })
  const argv = scriptInside('seed', 'run')
  const watch = (chunk: Buffer): void => progress.write(chunk)
  const { outcome, stdout, stderr } = await runInSandbox(spec(root, mergeMounts(part), argv), {
    scratch: part('mnt-merge'),
    signal: options.signal,
    watch,
    started: observed.begin,
  }).finally(observed.end)
  progress.end()
  const words = `${stdout.slice(-3000)}\n${stderr}`
  if (outcome.exitCode !== 0)
    throw failure([`the seed of ${definition.name}: emerge`], outcome, { code: 'SDK_SEED', stderr: words })
  return part('root')
}

/** What Portage sees of the work folder, whose parts are where `part` says. */
function mergeMounts(part: (name: string) => string): Mount[] {
  return [
    ...systemMounts(),
    bind(part('root'), rootInside('seed'), false),
    bind(part('input'), INSIDE.input, true),
    bind(part('output'), INSIDE.output, false),
    bind(part('input/portage'), INSIDE.configuration, true),
    bind(part('input/etc/passwd'), '/etc/passwd', true),
    bind(part('input/etc/group'), '/etc/group', true),
    bind(part('tmp'), INSIDE.temporary, false),
    { kind: 'tmpfs', target: INSIDE.caches, mode: '0755' },
    { kind: 'tmpfs', target: INSIDE.logs, mode: '0755' },
    { kind: 'tmpfs', target: INSIDE.databases, mode: '0755' },
    bind(part('log'), INSIDE.log, false),
  ]
}

/** What Portage is told when it merges the seed. All of it can change the seed, and is in its key. */
export interface SeedSettings {
  /** Its configuration, below /etc/portage. */
  readonly configuration: readonly PlannedEntry[]
  /** Arguments of the script, but for the number of jobs. */
  readonly arguments: readonly (readonly [name: string, value: string])[]
}

/** The settings of a seed of `definition` for the profile `REPO:PATH`. Pure. */
export function seedSettings(definition: SdkDefinition, profile: string): SeedSettings {
  const wanted = parseProfile(profile)
  const repos = definition.repos.map(({ name, archive, main }) => ({ name, location: archive, main }))
  const main = mainRepo(definition).archive
  const location = repos.find((repo) => repo.name === wanted?.repo)?.location ?? main
  return {
    configuration: planConfiguration({
      // What of a distribution becomes a seed is to build stages, not to be read.
      makeConf: { ...definition, features: [...definition.features, ...noDocuments([])] },
      repos,
      profile: { location, path: wanted?.path ?? '' },
    }),
    arguments: [
      ['stage', 'seed'],
      ['stage_root', rootInside('seed')],
      ['main_repo', main],
    ],
  }
}

async function writeSeedInput({ definition, profile, jobs }: MergeOptions, input: string): Promise<void> {
  const settings = seedSettings(definition, profile)
  await writeEntries(path.join(input, 'portage'), settings.configuration)
  await cp(stagesFolder(), path.join(input, 'stage'), { recursive: true })
  // Portage builds as the user `portage`, which a distribution does not know.
  await mkdir(path.join(input, 'etc'))
  await writeFile(
    path.join(input, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/bash\nportage:x:250:250:portage:/var/tmp/portage:/bin/false\n',
  )
  await writeFile(path.join(input, 'etc/group'), 'root:x:0:\ntty:x:5:\nportage:x:250:portage\n')
  const lines = [...settings.arguments, ['jobs', String(jobs)]]
  await writeFile(path.join(input, 'arguments'), lines.map(([name, value]) => `${name}=${value}\n`).join(''))
}
