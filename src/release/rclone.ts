// Publishing to object stores with rclone: an object is there once all of it is. Credentials are the environment's, or the machine's.

import type { ObjectStore, PublishTarget } from '../request/publish-target.js'
import type { PublishedFile } from './files.js'
import { linkFiles, type Sending, sendBy } from './send.js'

/** Where rclone goes. */
type ObjectTarget = Extract<PublishTarget, { kind: 'object' }>

/** What rclone calls them, and its variables that say what its callers mean here unless they say otherwise. */
const STORES: Readonly<Record<ObjectStore, { backend: string; env: Readonly<Record<string, string>> }>> = {
  // Buckets are never made: who may write to one need not be allowed to make one.
  s3: { backend: 's3', env: { RCLONE_S3_ENV_AUTH: 'true', RCLONE_S3_NO_CHECK_BUCKET: 'true' } },
  gs: { backend: 'gcs', env: { RCLONE_GCS_NO_CHECK_BUCKET: 'true', RCLONE_GCS_BUCKET_POLICY_ONLY: 'true' } },
  azblob: { backend: 'azureblob', env: {} },
}

/**
 * Sends `files` to `target` in one call. What is there with the same digest is not sent again.
 *
 * @throws SdkError SDK_PUBLISH with what rclone said
 */
export async function sendObjects(
  files: readonly PublishedFile[],
  target: ObjectTarget,
  sending: Sending,
): Promise<void> {
  if (files.length === 0) return
  const { backend, env } = STORES[target.store]
  const tree = await linkFiles(files, { folder: '', scratch: sending.scratch })
  await sendBy(
    rcloneArguments(tree, `:${backend}:${target.path}`),
    { target, files },
    { ...sending, env: { ...env, ...sending.env } },
  )
}

/** The command line; pure. */
function rcloneArguments(from: string, to: string): [string, ...string[]] {
  return ['rclone', 'copy', '--copy-links', '--checksum', '--retries=3', '--log-level=ERROR', '--', from, to]
}
