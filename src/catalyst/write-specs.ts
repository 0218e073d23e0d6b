// The files with which catalyst 4 performs a run of ours: catalyst.conf, catalystrc, stageN.spec, the Portage confdir.
// Pure: files are returned, not written. What catalyst cannot be told is returned too, in words.

import path from 'node:path'
import { mainRepo, stageProfile } from '../sdk/definition.js'
import { type StageName, TRAITS } from '../sdk/stages.js'
import { modeOf } from './read/modes.js'
import { reposOf, snapshots, treeishOf } from './read/spec-repos.js'
import { unsaid } from './read/unsaid.js'
import type { SpecRun, WrittenSpecs } from './spec-run.js'
import { renderConf, renderExports, renderSpec, type SpecLine } from './text/write-text.js'
import type { FileToWrite } from './text/written-file.js'

/**
 * Writes down a run for catalyst 4.
 *
 * The main repo becomes the snapshot, the others `repos`. Catalyst has repos at `repo_basedir/NAME`; `repo_basedir` is
 * the folder of the main repo's `location`.
 *
 * @throws SdkError SDK_USAGE for a value that a spec cannot hold
 */
export function writeSpecs(run: SpecRun): WrittenSpecs {
  return {
    files: [
      { path: 'catalyst.conf', text: conf(run) },
      { path: 'catalystrc', text: catalystrc(run) },
      ...confdir(run),
      ...overlay(run),
      ...run.stages.map((stage) => ({ path: `${stage}.spec`, text: spec(run, stage) })),
    ],
    snapshots: snapshots(run),
    unsaid: unsaid(run),
  }
}

const title = ({ definition, version }: SpecRun): string =>
  `Written by bootstrap_sdk for ${definition.name} ${version}.`

function conf(run: SpecRun): string {
  const main = mainRepo(run.definition)
  return renderConf(title(run), {
    digests: ['md5', 'sha1', 'sha512', 'blake2b'],
    options: ['pkgcache'],
    ...(run.sharedir === undefined ? {} : { sharedir: run.sharedir }),
    storedir: run.root,
    distdir: path.join(run.root, 'distfiles'),
    envscript: path.join(run.folder, 'catalystrc'),
    port_logdir: path.join(run.root, 'log'),
    repo_basedir: path.posix.dirname(main.location),
    repo_name: main.name,
    jobs: run.jobs,
    'load-average': 2 * run.jobs,
  })
}

function catalystrc(run: SpecRun): string {
  const limits = `--jobs=${run.jobs} --load-average=${2 * run.jobs}`
  const mirrors = (run.gentooMirrors ?? []).join(' ')
  return renderExports(title(run), {
    TERM: 'dumb',
    MAKEOPTS: limits,
    EMERGE_DEFAULT_OPTS: `--verbose ${limits}`,
    PORTAGE_USERNAME: 'portage',
    PORTAGE_GRPNAME: 'portage',
    ...(mirrors === '' ? {} : { GENTOO_MIRRORS: mirrors }),
  })
}

/** The name of files in the confdir that catalyst takes out of the result (`portage_prefix`). */
const PREFIX = 'bootstrap_sdk'

/** FEATURES go through a profile of the confdir: catalyst writes make.conf itself, and sets FEATURES after the envscript. */
function confdir({ definition, mask }: SpecRun): FileToWrite[] {
  const { portageConfdir, portagePatches, features } = definition
  const base = path.posix.dirname(mainRepo(definition).location)
  return [
    ...(portageConfdir === undefined ? [] : [{ path: 'portage', copyOf: portageConfdir }]),
    ...(features.length === 0 ? [] : [featuresFile(features, portageConfdir)]),
    ...(mask === undefined ? [] : [{ path: `portage/package.mask/${PREFIX}`, copyOf: mask }]),
    ...(portagePatches === undefined
      ? []
      : [{ path: 'portage/patches', link: path.posix.join(base, portagePatches.repo, portagePatches.path) }]),
  ]
}

function featuresFile(features: readonly string[], own: string | undefined): FileToWrite {
  const name = 'profile/make.defaults'
  const file = `portage/${name}`
  if (own === undefined) return { path: file, text: `FEATURES="${features.join(' ')}"\n` }
  // Of two assignments in one file Portage knows the last only.
  const text = `FEATURES="\${FEATURES} ${features.join(' ')}"\n`
  return { path: file, text, after: path.join(own, name) }
}

/** The folder of the files that name the SDK, below the run's. */
export const OVERLAY = 'overlay'

const overlay = ({ release = [], stages }: SpecRun): FileToWrite[] =>
  stages.some((stage) => TRAITS[stage].tailorsRoot)
    ? release.map((file) => ({ ...file, path: path.posix.join(OVERLAY, file.path) }))
    : []

/** What stage 4 copies over its root, in this order. */
function rootOverlays(run: SpecRun): string[] {
  if (run.rootOverlay !== undefined) return [run.rootOverlay]
  const release = overlay(run).length === 0 ? [] : [path.join(run.folder, OVERLAY)]
  return [...release, ...run.definition.stage.stage4.rootOverlays.map((each) => each.path)]
}

function spec(run: SpecRun, stage: StageName): string {
  const { definition, version } = run
  const overlays = reposOf(run, stage)
    .filter((repo) => !repo.main)
    .map((repo) => repo.path)
  const common: SpecLine[] = [
    ['target', [stage]],
    ['subarch', [definition.archName]],
    ['rel_type', [definition.type]],
    ['version_stamp', [version]],
    ['snapshot_treeish', [treeishOf(run, stage)]],
    ['profile', [stageProfile(definition, run.profile, stage)]],
    ['source_subpath', [sourceOf(run, stage)]],
    ['repos', overlays],
    ['keep_repos', run.keepRepos ?? definition.repos.map((repo) => repo.name)],
    ['portage_confdir', confdir(run).length === 0 ? [] : [path.join(run.folder, 'portage')]],
    ['portage_prefix', run.mask === undefined ? [] : [PREFIX]],
    ['pkgcache_path', optional(run.pkgcache?.[stage])],
    ['compression_mode', [modeOf(run.compression)]],
    ['interpreter', definition.interpreter],
    ['cflags', words(definition.cflags)],
    ['cxxflags', words(definition.cxxflags)],
    ['ldflags', words(definition.ldflags)],
  ]
  return renderSpec(title(run), [...common, ...OWN_LINES[stage](run)])
}

/** Never stays in a stage of ours; catalyst's stage 4 leaves it there, as a script may have made one. */
const RESOLV_CONF = '/etc/resolv.conf'

/** Keys that only this stage's target has. */
const OWN_LINES: Readonly<Record<StageName, (run: SpecRun) => SpecLine[]>> = {
  stage1: ({ definition, stage1Repos = [] }) => {
    const { updateSeedOptions } = definition.stage.stage1
    const updateSeed = definition.stage.stage1.updateSeed || stage1Repos.length > 0
    return [
      ['chost', [definition.chost]],
      ['update_seed', [updateSeed ? 'yes' : 'no']],
      ['update_seed_command', updateSeed ? updateSeedOptions : []],
    ]
  },
  stage2: ({ definition }) => [['chost', [definition.chost]]],
  stage3: () => [],
  stage4: (run) => {
    const own = run.definition.stage.stage4
    return [
      ['stage4/packages', own.packages],
      ['stage4/use', own.use],
      ['stage4/root_overlay', rootOverlays(run)],
      ['stage4/fsscript', optional(run.fsscript ?? own.fsscript)],
      ['stage4/unmerge', own.unmerge],
      ['stage4/rcadd', own.rcadd],
      ['stage4/rcdel', own.rcdel],
      ['stage4/groups', own.groups],
      ['stage4/users', own.users],
      ['stage4/ssh_public_keys', own.sshPublicKeys.map(({ user, file }) => `${user}=${file}`)],
      ['stage4/empty', own.empty],
      ['stage4/rm', [...new Set([...own.rm, RESOLV_CONF])]],
    ]
  },
}

const words = (text = ''): string[] => text.split(/\s+/).filter((word) => word !== '')
const optional = (text: string | undefined): string[] => (text === undefined ? [] : [text])

/** Below `builds`, as catalyst wants it: without its suffix, so that any compression is found; else the file itself. */
function sourceOf(run: SpecRun, stage: StageName): string {
  const before = run.stages[run.stages.indexOf(stage) - 1]
  const { type, archName } = run.definition
  if (before !== undefined) return `${type}/${before}-${archName}-${run.version}`
  // Catalyst normalises the path, so a seed elsewhere can be named too.
  return path.relative(path.join(run.root, 'builds'), run.seed)
}
