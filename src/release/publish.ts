// Publishing: the release is signed where it is, then copied with its binary packages to another place, to a folder of the user's,
// or both; indices and DIGESTS go last, so that whoever sees them finds all that they vouch for.

import path from 'node:path'
import { provenDigests } from '../archive/prove-digests.js'
import { tellWork } from '../events/work.js'
import { writtenBytes } from '../process/written-bytes.js'
import { isOutputName } from '../request/output.js'
import { targetAddress } from '../request/publish-target.js'
import type { PublishRequest } from '../request/request.js'
import { removeTree } from '../store/disk/remove.js'
import { makeTemporary } from '../store/disk/temporary.js'
import { sideFiles } from '../store/layout.js'
import { readRecord } from '../store/record.js'
import { copyFiles } from './copy.js'
import { type PublishedFile, publishedFiles, type ReleaseFiles, sizeOf } from './files.js'
import { writeOutput } from './output.js'
import { packageFiles } from './packages.js'
import type { Publication, ReleasedRun } from './publication.js'
import { sendObjects } from './rclone.js'
import { sendFiles } from './rsync.js'
import { signInPlace, signInto } from './sign.js'

/** What a run has made. */
interface Made {
  /** The release's archive; undefined when the run made none. */
  readonly release: string | undefined
  /** The archive of its last stage. */
  readonly last: string
}

/**
 * Does what the request says about publishing; nothing if it says nothing. Repeating it publishes again.
 *
 * @throws SdkError SDK_PUBLISH when a file could not be signed, uploaded or written, SDK_SPACE
 */
export async function publishRelease(
  { run, services, request: { publish } }: ReleasedRun & { request: { publish: PublishRequest | undefined } },
  { release, last }: Made,
): Promise<void> {
  if (publish === undefined) return
  const { target, sign, signDigests } = publish
  if (release === undefined && [target, sign, signDigests].some((each) => each !== undefined)) {
    const { stages, release: makesRelease } = run.definition
    const message = 'nothing is published: this run makes no release'
    const hint = makesRelease
      ? `${stages.at(-1)} makes it; name it too`
      : 'its definition makes stages and no release'
    services.emit({ type: 'warning', message, hint })
  }
  const { root } = run.layout
  const scratch = await makeTemporary(root, 'publish')
  const publication = { run, services, publish, scratch }
  try {
    const groups = release === undefined ? await ofStage(last) : await published(publication, release)
    if (release !== undefined && target !== undefined) await upload(publication, groups)
    if (publish.output !== undefined) await putOut(publication, groups)
  } finally {
    await removeTree(scratch, root)
  }
}

/** The files of a stage, where there is no release. */
async function ofStage(archive: string): Promise<Groups> {
  const record = await readRecord(sideFiles(archive).record)
  if (record !== undefined) await provenDigests(archive, record)
  return inOrder(publishedFiles(archive))
}

/** Files to publish, in the groups that come one after the other. */
type Groups = readonly (readonly PublishedFile[])[]

/** Signs the release, and its packages if they go anywhere. */
async function published(publication: Publication, release: string): Promise<Groups> {
  const own = publishedFiles(release)
  const signatures = await signInPlace(publication, own)
  const { target, output } = publication.publish
  if (target === undefined && output === undefined) return []
  const packages = await packageFiles(publication)
  const signed = {
    files: await signInto(publication, packages.files),
    last: await signInto(publication, packages.last),
  }
  return inOrder(packages, signed, own, signatures)
}

const inOrder = (...all: readonly ReleaseFiles[]): Groups => [
  all.flatMap(({ files }) => files),
  all.flatMap(({ last }) => last),
]

/** Copies the groups of files, one after the other. */
async function upload({ services, publish, scratch }: Publication, groups: Groups): Promise<void> {
  const { target, environment: env } = publish
  if (target === undefined) return
  const { signal, emit } = services
  const sending = { scratch, env, signal, emit }
  await told({ services, groups, target: targetAddress(target) }, async (copying) => {
    for (const group of groups)
      if (target.kind === 'file') await copying(() => copyFiles(group, target.path, signal))
      else if (target.kind === 'object') await sendObjects(group, target, sending)
      else await sendFiles(group, target, sending)
  })
}

/** Puts them into the folder of the user's. */
async function putOut({ run, services, publish }: Publication, groups: Groups): Promise<void> {
  const { output } = publish
  if (output === undefined) return
  const { arch, version } = run.layout
  const type = path.basename(run.layout.type)
  const isOwn = (name: string): boolean => isOutputName(name, { type, version })
  const place = { ...output, id: `${type}-${arch}-${version}`, isOwn, signal: services.signal }
  await told({ services, groups, target: `file://${output.folder}` }, (copying) =>
    copying(() => writeOutput(groups.flat(), place)),
  )
}

const ownBytes = (): number => writtenBytes(process.pid) ?? 0

interface Told {
  readonly services: Publication['services']
  readonly groups: Groups
  readonly target: string
}

/** Copies by this process itself, and tells how far that is. */
type Copying = (act: () => Promise<void>) => Promise<void>

async function told(
  { services, groups, target }: Told,
  act: (copying: Copying) => Promise<void>,
): Promise<void> {
  const begin = performance.now()
  const files = groups.flat()
  const bytes = await sizeOf(files)
  const what = { target, files: files.length, bytes }
  services.emit({ type: 'publish-started', ...what })
  const before = ownBytes()
  const work = { emit: services.emit, work: 'send', name: target, bytes } as const
  await act((copy) => tellWork({ ...work, done: () => ownBytes() - before }, copy))
  services.emit({ type: 'publish-finished', ...what, durationMs: Math.round(performance.now() - begin) })
}
