// export: a stage, or the finished SDK, as an image for container engines.

import path from 'node:path'
import { SdkError } from '../../errors.js'
import { findEnterable } from '../../inspect/enterable.js'
import { type Export, type Exported, exportImage } from '../../inspect/image/export-image.js'
import { quotedCommand } from '../../process/own-command.js'
import { findLayout } from '../../request/catalyst-root.js'
import { LAST_STAGE } from '../../sdk/stages.js'
import { sideFiles } from '../../store/layout.js'
import { acquireLock } from '../../store/lock.js'
import { readRecord } from '../../store/record.js'
import type { Caller } from '../caller.js'
import { requireRoot } from '../host/root.js'
import type { Invocation } from '../invocation.js'
import { asCalled } from '../request/asked.js'
import { makeLook } from '../request/request.js'
import { withProgress } from '../run-events.js'
import { writeJson, writeLines } from '../write.js'

type Call = Extract<Invocation, { kind: 'export' }>

/**
 * @returns 0
 * @throws SdkError SDK_USAGE when there is nothing finished, or something at the target; SDK_ARCHIVE, SDK_LOCKED
 */
export async function exportStage(call: Call, caller: Caller): Promise<number> {
  const { environment } = caller
  const { target, options } = call
  const image = imageTarget(options)
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
    const recorded = { archive: where.archive, record, target: image, root: layout.root }
    const made = await withProgress({ options, caller, doing: 'exporting' }, (emit) =>
      exportImage({ ...recorded, emit }),
    )
    if (options.json) writeJson('export', { format: 1, image: image.path, ...made })
    else writeLines([`${made.name}:${made.tag} at ${image.path}`, made.digest, '', ...nextLines(image, made)])
    return 0
  } finally {
    lock.release()
  }
}

/** The one image that is asked for. */
function imageTarget({ oci, dockerArchive }: Call['options']): Export['target'] {
  const given = [
    ...(oci === undefined ? [] : [{ format: 'oci', path: path.resolve(oci) } as const]),
    ...(dockerArchive === undefined
      ? []
      : [{ format: 'docker', path: path.resolve(dockerArchive) } as const]),
  ]
  const [target] = given
  if (target !== undefined && given.length === 1) return target
  throw new SdkError(
    'SDK_USAGE',
    `export: expected --oci DIR, --oci FILE.tar or --docker_archive FILE.tar, found ${given.length === 0 ? 'none' : 'two'} of them`,
    { hint: `${quotedCommand(['export', 'sdk', '--oci', './image'])} writes the finished SDK as an image` },
  )
}

/** How the image gets into an engine. */
function nextLines({ format, path: image }: Export['target'], { name, tag }: Exported): string[] {
  const run = `  podman run --rm -it localhost/${name}:${tag}`
  if (format === 'docker') return [`  podman load --input ${image}`, run]
  const from = image.endsWith('.tar') ? 'oci-archive' : 'oci'
  return [`  skopeo copy ${from}:${image}:${tag} containers-storage:localhost/${name}:${tag}`, run]
}
