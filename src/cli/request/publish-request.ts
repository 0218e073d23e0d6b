// What the command line says about publishing, as a request. Addresses are refused here, before anything is built.

import { SdkError } from '../../errors.js'
import { below, type PublishTarget, parsePublishTarget } from '../../request/publish-target.js'
import type { PublishRequest } from '../../request/request.js'
import type { SdkDefinition } from '../../sdk/definition.js'
import type { Version } from '../../sdk/version.js'
import type { Options } from '../arguments/options/table.js'
import type { Environment } from '../environment.js'
import { outputRequest } from './output-request.js'

/** What is published. `namesOnly`: nothing of it, no folder need be looked at. */
interface Published {
  readonly definition: SdkDefinition
  readonly catalystRoot: string
  readonly version: Version
  readonly namesOnly: boolean
}

/**
 * @param environment FLATCAR_UPLOAD_ROOT stands in for --upload_root; what of it gpg, ssh and rsync get
 * @throws SdkError SDK_USAGE when the place to upload to is missing, or one that there is no way to; as outputRequest does
 */
export async function publishRequest(
  options: Options,
  environment: Environment,
  { definition, catalystRoot, version, namesOnly }: Published,
): Promise<PublishRequest | undefined> {
  const { upload, sign, signDigests } = options
  const beside = { definition, catalystRoot, version: version.text }
  const output = namesOnly ? undefined : await outputRequest(options, environment, beside)
  if (!upload && sign === undefined && signDigests === undefined && output === undefined) return undefined
  const { uploadPath, uploadRoot = environment.uploadRoot } = options
  const name = `sdk/${definition.arch}/${version.text}`
  const target = upload ? uploadTarget({ uploadPath, uploadRoot }, name) : undefined
  return { target, output, sign, signDigests, environment: environment.publishing }
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
