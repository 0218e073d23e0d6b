// Publishing: the release is signed where it is, then copied with its binary packages to another place; DIGESTS go last,
// so that whoever sees them finds all that they vouch for.

import { stat } from 'node:fs/promises'
import { type PublishTarget, targetAddress } from '../request/publish-target.js'
import type { PublishRequest } from '../request/request.js'
import { removeTree } from '../store/disk/remove.js'
import { makeTemporary } from '../store/disk/temporary.js'
import { copyFiles } from './copy.js'
import { type PublishedFile, releaseFiles } from './files.js'
import { packageFiles } from './packages.js'
import type { Publication, ReleasedRun } from './publication.js'
import { sendFiles } from './rsync.js'
import { signInPlace, signInto } from './sign.js'

/**
 * Does what the request says about publishing; nothing if it says nothing. Repeating it publishes again.
 *
 * @param release the release's archive; undefined when this run made none
 * @throws SdkError SDK_PUBLISH when a file could not be signed or uploaded, SDK_SPACE
 */
export async function publishRelease(
  { run, services, request: { publish } }: ReleasedRun & { request: { publish: PublishRequest | undefined } },
  release: string | undefined,
): Promise<void> {
  if (publish === undefined) return
  if (release === undefined) {
    const { stages, release: makesRelease } = run.definition
    const message = 'nothing is published: this run makes no release'
    const hint = makesRelease
      ? `${stages.at(-1)} makes it; name it too`
      : 'its definition makes stages and no release'
    services.emit({ type: 'warning', message, hint })
    return
  }
  const { root } = run.layout
  const scratch = await makeTemporary(root, 'publish')
  try {
    await publishFrom({ run, services, publish, scratch }, release)
  } finally {
    await removeTree(scratch, root)
  }
}

async function publishFrom(publication: Publication, release: string): Promise<void> {
  const { files, last } = releaseFiles(release)
  const signatures = await signInPlace(publication, { files, last })
  const { target } = publication.publish
  if (target === undefined) return
  const packages = await packageFiles(publication)
  const packageSignatures = await signInto(publication, packages)
  await upload(publication, target, [
    [...packages, ...packageSignatures, ...files, ...signatures.files],
    [...last, ...signatures.last],
  ])
}

/** Copies the groups of files, one after the other. */
async function upload(
  { services, publish, scratch }: Publication,
  target: PublishTarget,
  groups: readonly (readonly PublishedFile[])[],
): Promise<void> {
  const begin = performance.now()
  const sizes = await Promise.all(groups.flat().map(async (file) => (await stat(file.path)).size))
  const what = {
    target: targetAddress(target),
    files: sizes.length,
    bytes: sizes.reduce((sum, size) => sum + size, 0),
  }
  services.emit({ type: 'publish-started', ...what })
  const { signal } = services
  for (const group of groups) {
    if (target.kind === 'file') await copyFiles(group, target.path, signal)
    else await sendFiles(group, target, { scratch, env: publish.environment, signal })
  }
  services.emit({
    type: 'publish-finished',
    ...what,
    durationMs: Math.round(performance.now() - begin),
  })
}
