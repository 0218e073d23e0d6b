// One repository with the commit that an ebuild wants: the kept one where it has it, else fetched from the first place that does.

import path from 'node:path'
import { SdkError } from '../../errors.js'
import { acquireLock } from '../../store/lock.js'
import { redact } from '../../transfer/place.js'
import { type GitPlace, git } from './git.js'
import type { GitSource } from './live-package.js'
import { asNobody, notForAll } from './local.js'
import { folderName, isLocal, refusedPlace } from './place.js'
import { type Keeping, makeNew, moveRepositoryAside, openKept } from './repository.js'

/** Who wants a repository. */
export interface Want extends Omit<Keeping, 'name'> {
  /** `category/package-version`, for messages. */
  readonly package: string
  readonly source: GitSource
  /** It may be a folder of this machine: an ebuild's own, or a submodule of one. */
  readonly fromLocal: boolean
  /** It may be asked by ssh. */
  readonly bySsh: boolean
}

/** A repository that is there. */
export interface Obtained {
  /** Its folder's name. */
  readonly name: string
  readonly commit: string
  readonly pinned: boolean
  /** The place that was asked, or would have been. */
  readonly uri: string
}

const HASH = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i

/** Whether the commit itself is named. */
export const isPinned = ({ commit }: GitSource): boolean => HASH.test(commit)

/** What is asked for, as `git rev-parse` understands it in a kept repository. */
function refOf({ commit, branch }: GitSource): string {
  if (HASH.test(commit) || commit.startsWith('refs/')) return commit
  if (commit !== '') return `refs/tags/${commit}`
  return branch === '' ? 'refs/git-r3/HEAD' : `refs/heads/${branch}`
}

/** What an ebuild asks for, for people. */
export const askedFor = ({ commit, branch, date }: GitSource): string =>
  `${commit || branch || 'HEAD'}${date === '' ? '' : ` before ${date}`}`

/**
 * Gets the repository of `want`. While another run works with the same folder, this one waits.
 *
 * @throws SdkError SDK_DISTFILE naming package, repository, commit and what was wrong at each place; SDK_REPO, SDK_HOST
 */
export async function obtain(want: Want): Promise<Obtained> {
  const { source, folder } = want
  if (/[\s:^~?*[\\]|\.\.|^-/.test(`${source.commit}${source.branch}`)) throw noRef(want)
  const name = folderName(source.name)
  const lock = await acquireLock(path.join(folder, `.${name}.lock`), {}, { waitSeconds: 3600 })
  try {
    return await obtainLocked({ ...want, name })
  } finally {
    lock.release()
  }
}

type Job = Want & Keeping

async function obtainLocked(job: Job): Promise<Obtained> {
  const { source, name } = job
  const uris = places(job)
  const pinned = isPinned(source)
  const result = (commit: string, uri = uris[0] ?? source.name): Obtained => ({
    name,
    commit,
    pinned,
    uri: redact(uri),
  })
  let kept = await openKept(job)
  const known = kept === undefined ? undefined : await whole(kept, job)
  if (kept !== undefined && known === 'broken') {
    await moveRepositoryAside(job, 'objects are missing in it')
    kept = undefined
  } else if (known !== undefined && pinned) return result(known)
  const fetched = await fetchFrom(uris, job, kept)
  if (fetched.commit !== undefined) return result(fetched.commit, fetched.uri)
  // What was fetched once serves where there is no network now; a branch has its newest commit of then.
  if (known === undefined || known === 'broken') throw unobtainable(job, fetched.tried)
  job.emit({
    type: 'warning',
    message: `${job.package}: ${redact(uris[0] ?? '')} cannot be asked for ${askedFor(source)} now, so the kept commit ${known} is used:\n${fetched.tried.join('\n')}`,
  })
  return result(known)
}

const places = ({ source, name }: Job): string[] =>
  source.mirror === '' ? [...source.uris] : [`${source.mirror.replace(/\/$/, '')}/${name}`, ...source.uris]

/** The commit that a repository has for what is asked; `broken` if it is there but not all that it needs. */
async function whole(directory: string, { source, signal }: Job): Promise<string | undefined> {
  const commit = await resolve({ directory, signal }, source)
  if (commit === undefined) return undefined
  const checked = await git(['fsck', '--connectivity-only', '--no-dangling', '--no-progress', commit], {
    directory,
    signal,
  })
  return checked.ok ? commit : 'broken'
}

async function resolve(place: GitPlace, source: GitSource): Promise<string | undefined> {
  const ref = refOf(source)
  const words =
    source.date === ''
      ? ['rev-parse', '--quiet', '--verify', `${ref}^{commit}`]
      : ['rev-list', '--first-parent', `--before=${source.date}`, '-n', '1', ref, '--']
  const { ok, stdout } = await git(words, place)
  return ok && HASH.test(stdout.trim()) ? stdout.trim() : undefined
}

interface Fetched {
  readonly commit?: string
  readonly uri?: string
  readonly tried: string[]
}

/** Fetches into the kept repository, where only whole packs appear; or into a new one, which gets its name when it is whole. */
async function fetchFrom(uris: readonly string[], job: Job, kept: string | undefined): Promise<Fetched> {
  const tried: string[] = []
  const fresh =
    kept === undefined
      ? await makeNew(
          job,
          job.source.commit.length === 64 && HASH.test(job.source.commit) ? 'sha256' : 'sha1',
        )
      : undefined
  const directory = kept ?? fresh?.directory ?? ''
  try {
    for (const uri of uris) {
      const why =
        refusedPlace(uri, job) ??
        (await notForAll(uri)) ??
        (await fetchOne(uri, job, { directory, isNew: kept === undefined }))
      const commit = why === undefined ? await whole(directory, job) : undefined
      if (commit !== undefined && commit !== 'broken') {
        await fresh?.publish()
        return { commit, uri, tried }
      }
      tried.push(
        `  ${redact(uri)}: ${redact(why ?? (commit === 'broken' ? 'what came is not whole' : `it does not have ${askedFor(job.source)}`))}`,
      )
    }
    return { tried }
  } finally {
    await fresh?.discard()
  }
}

/** Fetches from one place; returns why that failed. */
async function fetchOne(
  uri: string,
  { source, name, emit, signal }: Job,
  { directory, isNew }: { directory: string; isNew: boolean },
): Promise<string | undefined> {
  const begin = performance.now()
  let bytes = 0
  emit({ type: 'download-started', file: name, url: redact(uri) })
  const watch = (text: string): void => {
    const size = /, ([\d.]+) (bytes|KiB|MiB|GiB)/.exec(text)
    if (size === null) return
    bytes = Math.round(Number(size[1]) * 1024 ** ['bytes', 'KiB', 'MiB', 'GiB'].indexOf(size[2] ?? ''))
    emit({ type: 'download-progress', file: name, done: bytes })
  }
  let why = ''
  for (const refs of refspecs(source)) {
    const depth = isNew && isShallow(source, uri) ? ['--depth=1'] : []
    const how = ['--progress', '--no-write-fetch-head', '--no-auto-maintenance', ...depth]
    const server = isLocal(uri) ? asNobody() : []
    const ended = await git(['fetch', ...how, ...server, '--', uri, ...refs], { directory, signal, watch })
    why = ended.ok ? '' : ended.why
    // What is pinned may be beside the branch that is named: then the next refs are tried.
    if (ended.ok && (await resolve({ directory, signal }, source)) !== undefined) break
  }
  const durationMs = Math.round(performance.now() - begin)
  if (why === '') emit({ type: 'download-finished', file: name, bytes, durationMs })
  else emit({ type: 'download-failed', file: name, url: redact(uri), reason: redact(why) })
  return why === '' ? undefined : why
}

/** A branch or tag alone may be cut off from its history, where user and ebuild let it. */
const isShallow = (source: GitSource, uri: string): boolean =>
  source.cloneType === 'shallow' &&
  source.minCloneType === 'shallow' &&
  !HASH.test(source.commit) &&
  source.date === '' &&
  !isLocal(uri)

/** What is fetched, as git-r3.eclass would: in turn, until the commit is there. */
function refspecs(source: GitSource): string[][] {
  const ref = refOf(source)
  const tags = '+refs/tags/*:refs/tags/*'
  const all = ['+HEAD:refs/git-r3/HEAD', '+refs/heads/*:refs/heads/*', tags]
  const types = [source.cloneType, source.minCloneType]
  if (types.includes('mirror'))
    return [all, ...(HASH.test(ref) ? [[`+${ref}:refs/git-r3/pinned/${ref}`]] : [])]
  const more = types.includes('single+tags') ? [tags] : []
  if (ref === 'refs/git-r3/HEAD') return [['+HEAD:refs/git-r3/HEAD', ...more]]
  if (!HASH.test(ref)) return [[`+${ref}:${ref}`, ...more]]
  const branch =
    source.branch === ''
      ? '+HEAD:refs/git-r3/HEAD'
      : `+refs/heads/${source.branch}:refs/heads/${source.branch}`
  return [[branch, ...more], [`+${ref}:refs/git-r3/pinned/${ref}`], all]
}

function noRef({ package: name, source }: Want): SdkError {
  return new SdkError(
    'SDK_REPO',
    `${name} asks ${source.name} for ${JSON.stringify(askedFor(source))}, which is not a name that a commit, tag or branch can have`,
    {
      hint: 'correct EGIT_COMMIT and EGIT_BRANCH of the ebuild',
    },
  )
}

function unobtainable({ package: name, source, folder, ...job }: Job, tried: readonly string[]): SdkError {
  const asked = askedFor(source)
  return new SdkError(
    'SDK_DISTFILE',
    `${name}: ${asked} of ${redact(source.name)} could not be fetched:\n${tried.join('\n')}`,
    {
      hint: `run the same version again when the repository can be reached; if it does not have ${asked} any more, put a bare clone that has it at ${path.join(folder, job.name)}, or let the ebuild ask for another commit`,
      facts: { package: name, repository: redact(source.name), commit: asked, tried },
    },
  )
}
