// What the command line says about publishing, as a request. Addresses are refused here, before anything is built.

import { SdkError } from '../../errors.js'
import { below, type PublishTarget, parsePublishTarget } from '../../request/publish-target.js'
import type { PublishRequest } from '../../request/request.js'
import type { Options } from '../invocation.js'

/**
 * @param name the folders of this release below an upload root
 * @throws SdkError SDK_USAGE when the place to upload to is missing, or one that there is no way to
 */
export function publishRequest(options: Options, name: string): PublishRequest | undefined {
  const { upload, sign, signDigests } = options
  if (!upload && sign === undefined && signDigests === undefined) return undefined
  const environment = Object.fromEntries(
    PASSED.flatMap((each) => (process.env[each] === undefined ? [] : [[each, process.env[each]]])),
  )
  return { target: upload ? uploadTarget(options, name) : undefined, sign, signDigests, environment }
}

/** What gpg, ssh and rsync need to find keys and passwords; of the caller's environment they get nothing else. */
const PASSED = ['HOME', 'GNUPGHOME', 'SSH_AUTH_SOCK', 'RSYNC_PASSWORD']

function uploadTarget({ uploadRoot, uploadPath }: Options, name: string): PublishTarget {
  if (uploadPath !== undefined) return parsePublishTarget('--upload_path', uploadPath)
  if (uploadRoot !== undefined) return below(parsePublishTarget('--upload_root', uploadRoot), name)
  throw new SdkError('SDK_USAGE', '--upload: there is no place to upload to', {
    hint: 'give --upload_root or --upload_path, or set FLATCAR_UPLOAD_ROOT',
  })
}
