// export: a stage, or the finished SDK, as an image for container engines.

import path from 'node:path'
import { SdkError } from '../../errors.js'
import { findEnterable } from '../../inspect/enterable.js'
import { exportImage } from '../../inspect/export-image.js'
import { quotedCommand } from '../../process/own-command.js'
import { findLayout } from '../../request/catalyst-root.js'
import { LAST_STAGE } from '../../sdk/stages.js'
import { sideFiles } from '../../store/layout.js'
import { acquireLock } from '../../store/lock.js'
import { readRecord } from '../../store/record.js'
import type { Caller } from '../caller.js'
import type { Invocation } from '../invocation.js'
import { asCalled } from '../request/asked.js'
import { makeLook } from '../request/request.js'
import { requireRoot } from '../root.js'
import { writeJson, writeLines } from '../write.js'

/**
 * @returns 0
 * @throws SdkError SDK_USAGE when there is nothing finished, or something at the target; SDK_ARCHIVE, SDK_LOCKED
 */
export async function exportStage(
  call: Extract<Invocation, { kind: 'export' }>,
  { environment }: Caller,
): Promise<number> {
  const { target, options } = call
  if (options.oci === undefined)
    throw new SdkError('SDK_USAGE', 'export: expected --oci DIR, or --oci FILE.tar, found neither', {
      hint: `${quotedCommand(['export', 'sdk', '--oci', './image'])} writes the finished SDK as an image`,
    })
  const request = await makeLook(asCalled(call), environment)
  const { definition } = request
  const lastStage = definition.stages.at(-1) ?? LAST_STAGE
  const where = await findEnterable(await findLayout(request), {
    target,
    lastStage,
    version: options.version?.text,
  })
  if (where.kind !== 'finished')
    throw new SdkError('SDK_USAGE', `export: ${where.stage} of ${where.version} is not finished`, {
      hint: 'finish it, or name the --version of one that is',
    })
  requireRoot()
  const layout = await findLayout(request, where.version)
  const lock = await acquireLock(layout.versionLock, { version: where.version, purpose: 'export' })
  try {
    const record = await readRecord(sideFiles(where.archive).record)
    if (record === undefined) throw new SdkError('SDK_ARCHIVE', `${where.archive} has no record`)
    const image = path.resolve(options.oci)
    const made = await exportImage({ archive: where.archive, record, target: image, root: layout.root })
    if (options.json) writeJson({ format: 1, image, ...made })
    else writeLines([`${made.name}:${made.tag} at ${image}`, made.digest, '', ...nextLines(image, made)])
    return 0
  } finally {
    lock.release()
  }
}

/** How the image gets into an engine. */
const nextLines = (image: string, { name, tag }: { name: string; tag: string }): string[] => [
  `  skopeo copy ${image.endsWith('.tar') ? 'oci-archive' : 'oci'}:${image}:${tag} containers-storage:localhost/${name}:${tag}`,
  `  podman run --rm -it localhost/${name}:${tag}`,
]
