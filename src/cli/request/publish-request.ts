// What the command line says about publishing, as a request. Addresses are refused here, before anything is built.

import { SdkError } from '../../errors.js'
import { below, type PublishTarget, parsePublishTarget } from '../../request/publish-target.js'
import type { PublishRequest } from '../../request/request.js'
import type { Options } from '../arguments/options/table.js'
import type { Environment } from '../environment.js'

/**
 * @param environment FLATCAR_UPLOAD_ROOT stands in for --upload_root; what of it gpg, ssh and rsync get
 * @param name the folders of this release below an upload root
 * @throws SdkError SDK_USAGE when the place to upload to is missing, or one that there is no way to
 */
export function publishRequest(
  options: Options,
  environment: Environment,
  name: string,
): PublishRequest | undefined {
  const { upload, sign, signDigests } = options
  if (!upload && sign === undefined && signDigests === undefined) return undefined
  const { uploadPath, uploadRoot = environment.uploadRoot } = options
  const target = upload ? uploadTarget({ uploadPath, uploadRoot }, name) : undefined
  return { target, sign, signDigests, environment: environment.publishing }
}

function uploadTarget(
  { uploadRoot, uploadPath }: Pick<Options, 'uploadRoot' | 'uploadPath'>,
  name: string,
): PublishTarget {
  if (uploadPath !== undefined) return parsePublishTarget('--upload_path', uploadPath)
  if (uploadRoot !== undefined) return below(parsePublishTarget('--upload_root', uploadRoot), name)
  throw new SdkError('SDK_USAGE', '--upload: there is no place to upload to', {
    hint: 'give --upload_root or --upload_path, or set FLATCAR_UPLOAD_ROOT',
  })
}
