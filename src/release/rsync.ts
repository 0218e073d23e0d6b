// Publishing with rsync, to a daemon or over ssh. rsync itself writes each file aside and renames it.

import type { PublishTarget } from '../request/publish-target.js'
import type { PublishedFile } from './files.js'
import { linkFiles, type Sending, sendBy } from './send.js'

/** Where rsync goes. */
export type RemoteTarget = Extract<PublishTarget, { host: string }>

/** Seconds without a byte after which rsync gives up. */
const TIMEOUT = 600

/**
 * Sends `files` to `target` in one call; folders that are not there are made, those that are stay as they are.
 *
 * @throws SdkError SDK_PUBLISH with what rsync said
 */
export async function sendFiles(
  files: readonly PublishedFile[],
  target: RemoteTarget,
  sending: Sending,
): Promise<void> {
  const { base, folder } = destination(target)
  const tree = await linkFiles(files, { folder, scratch: sending.scratch })
  await sendBy(rsyncArguments(`${tree}/./${folder}`, base, target.kind), { target, files }, sending)
}

/** The command line; pure. What is behind `/./` in `from` is made below `to`. */
export function rsyncArguments(from: string, to: string, kind: RemoteTarget['kind']): [string, ...string[]] {
  return [
    'rsync',
    '--recursive',
    '--copy-links',
    '--times',
    '--omit-dir-times',
    '--relative',
    '--no-implied-dirs',
    `--timeout=${TIMEOUT}`,
    // No terminal to ask at. Whether an unknown host is trusted is left to the user's own configuration of ssh.
    ...(kind === 'ssh' ? ['--rsh=ssh -o BatchMode=yes'] : []),
    '--',
    from,
    to,
  ]
}

/** The place that has to exist already, and the folder below it; pure. */
export function destination({ kind, host, path: folder }: RemoteTarget): { base: string; folder: string } {
  const parts = folder.split('/').filter((part) => part !== '' && part !== '.')
  if (kind === 'daemon') {
    const [module = '', ...below] = parts
    return { base: `rsync://${host}/${module}/`, folder: below.join('/') }
  }
  return { base: `${host}:${folder.startsWith('/') ? '/' : './'}`, folder: parts.join('/') }
}
