// What a run holds while it lasts: the lock of its version, the store, the mirrors. Opened once, closed in any case.

import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { treeMembers } from '../archive/tree-members.js'
import { requireCatalystCanBuild } from '../catalyst/run/files.js'
import { checkCatalystSystem, findCatalyst } from '../catalyst/run/host.js'
import { catalystRunner } from '../catalyst/run/run-stage.js'
import type { Emit } from '../events/event.js'
import { readBytes } from '../files/read.js'
import { createMirrors } from '../portage/distfiles/mirrors.js'
import { readThirdPartyMirrors } from '../portage/distfiles/third-party.js'
import { openSharedStore, type SharedStore } from '../registry/shared-store.js'
import { requireSoundProfile } from '../repos/profile.js'
import { type RepoSnapshot, snapshotRepo } from '../repos/snapshot.js'
import { layoutOf, resolveRoot } from '../request/catalyst-root.js'
import { type Request, stage1Repos } from '../request/request.js'
import { type RepoDefinition, type SdkDefinition, stageProfile } from '../sdk/definition.js'
import { requireLater, sourceDateEpoch } from '../sdk/source-date.js'
import { STAGES } from '../sdk/stages.js'
import { cacheVersion } from '../stage/cache/place.js'
import { findMakers } from '../stage/makers.js'
import { requireShortVariables } from '../stage/plan/long-variables.js'
import { namedFiles } from '../stage/plan/named-files.js'
import { type RunSettings, repoOrigin } from '../stage/plan/plan.js'
import { nativeRunner } from '../stage/run-native.js'
import type { Runner, StageServices } from '../stage/runner.js'
import type { DigestMemory } from '../store/digest/known-digest.js'
import { requireFitDisk } from '../store/disk/fit-disk.js'
import { holdRoot } from '../store/disk/held-root.js'
import { makeFolder } from '../store/disk/make-folder.js'
import { requireFolders, requireOneDisk } from '../store/disk/one-disk.js'
import { reapRemovals } from '../store/disk/remove.js'
import { LEAST, requireSpace } from '../store/disk/space.js'
import { temporaryFolder } from '../store/disk/temporary.js'
import { type Layout, storePaths } from '../store/layout.js'
import { acquireLock, type Lock } from '../store/lock.js'
import { openTreeStore } from '../store/trees/trees.js'
import { noteWorkedUpon } from '../store/version-order.js'
import { Uploads } from './uploads.js'

/** An open run. */
export interface Session {
  readonly request: Request
  readonly run: RunSettings
  readonly services: StageServices
  /** The store that is shared with other machines. */
  readonly shared: SharedStore
  /** What is put there meanwhile. */
  readonly uploads: Uploads
  /** Keeps a lock until the session ends. */
  readonly hold: (lock: Lock) => void
}

/** The layout of a request; makes the catalyst root. @throws SdkError SDK_HOST where it can be none */
export async function requestLayout(request: Request): Promise<Layout> {
  const root = await resolveRoot(request.catalystRoot)
  await requireFitDisk(root)
  makeFolder(root)
  const layout = layoutOf(request.definition, { root, version: request.version.text })
  // Before anything else: some places have folders and let nobody make one (/proc).
  makeFolder(layout.locks)
  await requireFolders(root)
  return layout
}

/** Where digests are remembered, unless all contents are to be read. */
export const memoryOf = ({ readsAll = false }: Request, { store }: Layout): DigestMemory =>
  readsAll ? undefined : storePaths(store).digests

/** Makes a copy of a repo in the store. */
const takeCopy =
  ({ store }: Layout, memory: DigestMemory, emit?: Emit) =>
  (repo: RepoDefinition): Promise<RepoSnapshot> =>
    snapshotRepo(repo, storePaths(store).repos, {
      memory,
      onTouched: (copy) =>
        emit?.({
          type: 'warning',
          message: `the copy ${copy} of the repo ${repo.name} was touched after it was made; it is copied again`,
        }),
    })

/**
 * What a run of `request` works with. `take` makes the snapshot of a repo: a copy in the store, if nothing else is said.
 *
 * @throws SdkError SDK_HOST by a clock that is behind; SDK_DEFINITION, SDK_REPO for what no stage could be built of
 */
export async function runSettings(
  request: Request,
  layout: Layout,
  take = takeCopy(layout, memoryOf(request, layout)),
): Promise<RunSettings> {
  const { definition, version, profile, compression, runner, jobs, memoryBytes, again } = request
  // Before anything takes its time: it has just been read.
  const definitionSha256 = await digestOf([definition.file, ...(definition.bases ?? [])])
  requireLater(definition, Date.now())
  requireShortVariables(definition)
  for (const each of checkoutProfiles(definition, profile)) await requireSoundProfile(definition, each)
  const { compilerCache } = request
  const repos = []
  for (const repo of definition.repos) repos.push(await take(repo))
  const stage1Trees = []
  for (const repo of stage1Repos(request)) stage1Trees.push(await take(repo))
  return {
    definition,
    layout,
    version,
    profile,
    compression,
    runner,
    jobs,
    memoryBytes,
    compilerCache,
    again,
    memory: memoryOf(request, layout),
    repos,
    stage1Trees,
    files: await namedFiles(definition, repos),
    definitionSha256,
    epoch: sourceDateEpoch(definition),
    makers: await findMakers(definition, { profile, compression }),
  }
}

/** The runner of a request. @throws SdkError SDK_HOST, SDK_USAGE when catalyst cannot be driven here, or cannot build this */
async function openRunner({ runner, definition, profile, debug = false }: Request): Promise<Runner> {
  if (runner === 'native') return nativeRunner
  requireCatalystCanBuild(definition, profile)
  const host = await findCatalyst()
  await checkCatalystSystem()
  return catalystRunner(host, debug)
}

/**
 * Opens a session, lets `act` work with it, and closes it.
 *
 * `layout` is the request's, as {@link requestLayout} has made it.
 *
 * @throws SdkError SDK_LOCKED when another run works on this version; SDK_SPACE when there is too little of it; SDK_HOST when catalyst is missing; SDK_USAGE
 *   for what catalyst cannot build; SDK_REPO, SDK_DEFINITION
 */
export async function withSession<T>(
  request: Request,
  { layout, emit, signal }: { layout: Layout; emit: Emit; signal: AbortSignal | undefined },
  act: (session: Session) => Promise<T>,
): Promise<T> {
  const runner = await openRunner(request)
  // Said before anything is built, not by the first stage.
  if (request.compilerCache !== undefined) await cacheVersion()
  const shared = await openSharedStore(request.store, { emit, signal })
  const lock = await acquireLock(layout.versionLock, { version: request.version.text })
  try {
    await mkdir(layout.builds, { recursive: true })
    await requireSpace(layout.root, LEAST.bytes, LEAST.inodes)
    await requireOneDisk(layout.root)
    await noteWorkedUpon(layout)
    await reapRemovals(layout.attempts, layout.root).catch(ignoreMissing)
    // The store is opened first: from here on no `clean` takes the snapshots away.
    const trees = await openTreeStore(layout, treeMembers)
    const heldRoot = holdRoot(layout.root)
    const held: Lock[] = []
    const mirrors = createMirrors({
      overrides: request.mirrors,
      gentooMirrors: request.gentooMirrors,
      thirdParty: await readThirdPartyMirrors(request.definition.repos.map((repo) => repo.path)),
      stateDirectory: temporaryFolder(layout.root, 'apt', String(process.pid)),
      signal,
    })
    try {
      const run = await runSettings(request, layout, takeCopy(layout, memoryOf(request, layout), emit))
      const hold = (taken: Lock): void => void held.push(taken)
      const uploads = new Uploads(emit)
      const later = (upload: () => Promise<void>): void => uploads.add(upload)
      const services = { trees, heldRoot, mirrors, emit, signal, runner, later, gitSsh: request.gitSsh }
      return await act({ request, run, services, shared, uploads, hold })
    } catch (error) {
      throw heldRoot() ?? error
    } finally {
      for (const each of held) each.release()
      await mirrors.close()
      trees.close()
    }
  } finally {
    lock.release()
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}

/** The digest of the files, one behind the other. */
async function digestOf(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const file of files) hash.update(await readBytes(file))
  return hash.digest('hex')
}

/** The profiles that stages have of the checkout: a run's, and the one that a stage has in its place. */
const checkoutProfiles = (definition: SdkDefinition, profile: string): Set<string> =>
  new Set([
    profile,
    ...STAGES.filter((stage) => repoOrigin(definition, stage) === 'checkout').map((stage) =>
      stageProfile(definition, profile, stage),
    ),
  ])
