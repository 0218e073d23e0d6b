// What catalyst is given for one stage: conf, envscript, spec, Portage confdir, and for stage 4 the overlay and script
// that do what catalyst has no words for (cross toolchains, the archive of the repos).

import { existsSync } from 'node:fs'
import { chmod, cp, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import { stageFeatures } from '../../portage/features.js'
import { must } from '../../process/run.js'
import { carries, carryGlobs } from '../../sdk/carry.js'
import type { SdkDefinition } from '../../sdk/definition.js'
import { TRAITS } from '../../sdk/stages.js'
import { stageEnvironment } from '../../stage/plan/environment.js'
import { masksVersions } from '../../stage/plan/held.js'
import { sharedFolders } from '../../stage/plan/mounts.js'
import type { StagePlan } from '../../stage/plan/plan.js'
import { makeSettingsFolder } from '../../stage/run/confdir.js'
import { stagesFolder } from '../../stage/run/input.js'
import type { Work } from '../../stage/run/work.js'
import { type SpecRun, type Unsaid, unsaidText } from '../spec-run.js'
import { renderExports } from '../text/write-text.js'
import { putFile } from '../text/written-file.js'
import { writeSpecs } from '../write-specs.js'
import type { CatalystHost } from './host.js'
import { type OwnRoot, openOwnRoot } from './own-root.js'
import { snapshotFile } from './snapshots.js'

/** Where catalyst mounts the repos, by name: its own default. Nothing of it stays, so no stage can archive a repo there. */
const REPOS = '/var/db/repos'

/** Points of the specs that this runner sees to itself. */
const SEEN_TO = new Set([
  'cross',
  'carry',
  'repos.location',
  'stage1.repos',
  'stage1.hooks',
  'stage4.archive_repos',
])

/**
 * Whether catalyst can build `definition` with `profile` at all.
 *
 * @throws SdkError SDK_USAGE that names what it has no way to do
 */
export function requireCatalystCanBuild(definition: SdkDefinition, profile: string): void {
  const { stage } = definition
  const globs = carryGlobs(definition, profile, 'stage3')
  const stage3 = {
    // An empty world makes the two sets one; stages 1 to 3 leave it empty.
    packages: stage.stage3.packages.join() === '@world' ? ['@system'] : stage.stage3.packages,
    // What is carried is not built in any order.
    first: stage.stage3.first.filter((name) => !carries(globs, name)),
  }
  const asked = { ...definition, stage: { ...stage, stage3 } }
  const said = writeSpecs({ ...EMPTY_RUN, definition: asked, profile })
  const unsaid = [...said.unsaid.filter(({ key }) => !SEEN_TO.has(key)), ...archivesInTheWay(definition)]
  if (unsaid.length > 0)
    throw new SdkError(
      'SDK_USAGE',
      `--runner catalyst cannot build ${definition.name}: ${unsaid.map(unsaidText).join('; ')}`,
      {
        hint: 'use --runner native, or change the definition',
      },
    )
}

const archivesInTheWay = ({ repos, stage }: SdkDefinition): Unsaid[] =>
  repos
    .filter(({ archive }) => stage.stage4.archiveRepos && `${archive}/`.startsWith(`${REPOS}/`))
    .map(({ name, archive }) => ({
      key: 'repos.archive',
      why: `catalyst mounts repos at ${REPOS}, so ${name} cannot stay at ${archive}`,
    }))

const EMPTY_RUN: Omit<SpecRun, 'definition' | 'profile'> = {
  version: '0',
  stages: [],
  compression: 'zstd',
  jobs: 1,
  root: '/catalyst',
  folder: '/catalyst/files',
  seed: '/catalyst/builds/seed/seed.tar',
}

/** Writes all files of `plan`. @returns the paths of catalyst.conf and the spec */
export async function writeStageFiles(
  plan: StagePlan,
  own: OwnRoot,
  { work, host }: { work: Work; host: CatalystHost },
): Promise<{ conf: string; spec: string }> {
  const seed = await openOwnRoot(plan, own)
  const isSdk = TRAITS[plan.stage].tailorsRoot
  const overlay = path.join(own.files, 'overlay')
  const script = path.join(own.files, 'catalyst-stage4.sh')
  const { profile, version, stage, compression, jobs } = plan
  const { files } = writeSpecs({
    ...{ profile, version: version.text, stages: [stage], compression, jobs, seed },
    ...{ root: own.root, folder: own.files, sharedir: host.sharedir },
    definition: definitionFor(plan, own),
    // Kept, the entries of repos.conf are left to the script of stage 4; the mount points are nobody's.
    keepRepos: isSdk ? plan.repos.map((repo) => repo.name) : [],
    pkgcache: { [stage]: sharedFolders(plan).packages },
    ...(masksVersions(plan) ? { mask: path.join(work.output, 'carried.mask') } : {}),
    ...(isSdk ? { rootOverlay: overlay, fsscript: script } : {}),
  })
  for (const file of files) {
    if (file.path.startsWith('portage/package.mask/'))
      await makeSettingsFolder(path.join(own.files, 'portage'), 'package.mask')
    await putFile(own.files, file)
  }
  // Catalyst puts files into repos.conf: of an SDK where that is a file, this makes it a folder.
  await putFile(own.files, {
    path: 'portage/repos.conf/bootstrap_sdk.conf',
    text: '# one file per repo\n',
  })
  // Stages 3 and 4 take their flags from the make.conf that they find, before catalyst writes it anew.
  const makeConf = path.join(work.input, 'portage/make.conf')
  await putFile(own.files, { path: 'portage/make.conf', copyOf: makeConf })
  await putFile(own.files, { path: 'catalystrc', text: envscript(plan) })
  if (isSdk) {
    await writeOverlay(plan, work, overlay)
    await cp(path.join(stagesFolder(), 'catalyst-stage4.sh'), script)
  }
  return { conf: path.join(own.files, 'catalyst.conf'), spec: path.join(own.files, `${plan.stage}.spec`) }
}

/** The definition as it has to be written down: repos are the images, mounted in catalyst's own. */
function definitionFor(plan: StagePlan, own: OwnRoot): SdkDefinition {
  const { definition } = plan
  const { stage1, stage4 } = definition.stage
  return {
    ...definition,
    repos: definition.repos.map((repo) => {
      const mounted = path.posix.join(REPOS, repo.name)
      return {
        ...repo,
        path: snapshotFile(plan, own, repo.name),
        archive: mounted,
        location: mounted,
      }
    }),
    features: stageFeatures(definition.features),
    stage: {
      ...definition.stage,
      stage1: { ...stage1, updateSeed: plan.updateSeed },
      stage4: { ...stage4, rm: [...stage4.rm, REPOS] },
    },
  }
}

/** Catalyst looks for Portage in `site-packages` only; there, in the stage-1 chroot, a link is made if it is elsewhere. */
const FIND_PORTAGE = `
if [[ \${clst_target} == stage1 ]] && ! compgen -G '/usr/lib/*/site-packages/portage/__init__.py' >/dev/null; then
	portage=$(python3 -c 'import portage; print(portage.__path__[0])')
	mkdir -p /usr/lib/python3/site-packages
	ln -s "\${portage}" /usr/lib/python3/site-packages/portage
fi
`

/** What catalyst sources in the chroot: the environment and the emerge options of a native stage. */
function envscript(plan: StagePlan): string {
  const limits = `--jobs=${plan.jobs} --load-average=${2 * plan.jobs}`
  const options = '--quiet-build=y --ignore-built-slot-operator-deps=y --backtrack=10'
  // FEATURES of the environment are catalyst's own: which stages have documents, it knows itself.
  const { FEATURES: _, ...environment } = stageEnvironment(plan)
  const exports = renderExports(`Written by bootstrap_sdk for ${plan.stage} of ${plan.version.text}.`, {
    ...environment,
    EMERGE_DEFAULT_OPTS: `${options} ${limits}`,
    EMERGE_LOG_DIR: '/var/log/portage',
    BINPKG_FORMAT: 'gpkg',
    BINPKG_COMPRESS: 'zstd',
    BINPKG_COMPRESS_FLAGS: '-1',
  })
  return `${exports}${FIND_PORTAGE}`
}

/** What stage 4 copies over its root; /run is in memory there, so the input of the script leaves no trace. */
async function writeOverlay(plan: StagePlan, work: Work, overlay: string): Promise<void> {
  const input = path.join(overlay, 'run/bootstrap_sdk')
  const output = path.join(input, 'output')
  await mkdir(output, { recursive: true })
  // What `prepare` has written for the run: the SDK's own configuration leads to the mask.
  for (const name of ['carried', 'carried.mask'].filter((each) => existsSync(path.join(work.output, each))))
    await cp(path.join(work.output, name), path.join(output, name))
  // Catalyst itself sees to what the spec says: accounts, keys, services.
  const names = ['stage', 'portage', 'cross-overlay', 'root-overlay', 'arguments', 'fsscript']
  for (const name of names.filter((each) => existsSync(path.join(work.input, each))))
    await must({ argv: ['cp', '-a', path.join(work.input, name), input] }, 'SDK_STAGE')
  const repos = plan.stageRepos.map(({ name, location }) => `${location}=${path.posix.join(REPOS, name)}\n`)
  await writeFile(path.join(input, 'repos'), repos.join(''))
  if (plan.definition.stage.stage4.archiveRepos)
    for (const repo of plan.repos) {
      const target = path.join(overlay, repo.archive)
      await mkdir(path.dirname(target), { recursive: true })
      await must({ argv: ['cp', '-a', '--no-preserve=ownership', repo.path, target] }, 'SDK_STAGE')
    }
  // It becomes the mode of "/".
  await chmod(overlay, 0o755)
}
