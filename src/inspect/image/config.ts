// What an image is called, and the configuration that container engines run it by; the same in all formats of images.

import { SdkError } from '../../errors.js'
import type { Emit } from '../../events/event.js'
import { LAST_STAGE } from '../../sdk/stages.js'
import { sha256File } from '../../store/digest/digest.js'
import { sideFiles } from '../../store/layout.js'
import type { StageRecord } from '../../store/record.js'

/** An archive, and the record beside it. */
export interface Recorded {
  readonly archive: string
  readonly record: StageRecord
  /** Told how far writing is. */
  readonly emit?: Emit | undefined
}

/** `flatcar-sdk-amd64`, with the version as tag, as Flatcar names its images; a tag has no "+". */
export function imageName({
  type,
  arch,
  stage,
  version,
}: Pick<StageRecord, 'type' | 'arch' | 'stage' | 'version'>): {
  name: string
  tag: string
} {
  const part = stage === LAST_STAGE ? '' : `-${stage}`
  return { name: `${type.replaceAll('/', '-')}-${arch}${part}`, tag: version.replaceAll('+', '-') }
}

/** The configuration of the image; labels as the image-spec predefines them, and the record by its digest. */
export async function configOf({ archive, record }: Recorded): Promise<object> {
  const recordSha256 = await sha256File(sideFiles(archive).record)
  const { name } = imageName(record)
  return {
    ...{ architecture: record.arch, os: 'linux' },
    config: {
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C.UTF-8'],
      Cmd: ['/bin/bash', '-l'],
      WorkingDir: '/root',
      Labels: {
        'org.opencontainers.image.title': name,
        'org.opencontainers.image.version': record.version,
        'bootstrap_sdk.record.sha256': recordSha256,
        'bootstrap_sdk.seed.sha256': record.inputs.seed.sha256,
      },
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${record.output.tarSha256}`] },
    history: [{ created_by: `bootstrap_sdk ${record.inputs.bootstrapSdk}, ${record.stage}` }],
  }
}

/** That an archive was changed since it was recorded. */
export const notAsRecorded = (archive: string, found: string): SdkError =>
  new SdkError('SDK_ARCHIVE', `${archive} is not what its record says: ${found}`, {
    hint: 'build the stage anew with --rebuild, or restore the archive',
  })
