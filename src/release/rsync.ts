// Publishing with rsync, to a daemon or over ssh. rsync itself writes each file aside and renames it.

import { mkdir, mkdtemp, symlink } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../errors.js'
import { toolEnvironment } from '../process/environment.js'
import { must } from '../process/run.js'
import { type PublishTarget, targetAddress } from '../request/publish-target.js'
import type { PublishedFile } from './files.js'

/** Where rsync goes. */
export type RemoteTarget = Exclude<PublishTarget, { kind: 'file' }>

/** Seconds without a byte after which rsync gives up. */
const TIMEOUT = 600

/** What rsync needs of us. */
export interface RsyncContext {
  /** An existing folder, for links to the files. */
  readonly scratch: string
  /** Beside what every tool gets: the caller's, for ssh's agent and a daemon's password. */
  readonly env: Record<string, string>
  readonly signal: AbortSignal | undefined
}

/**
 * Sends `files` to `target` in one call; folders that are not there are made, those that are stay as they are.
 *
 * @throws SdkError SDK_PUBLISH with what rsync said
 */
export async function sendFiles(
  files: readonly PublishedFile[],
  target: RemoteTarget,
  { scratch, env, signal }: RsyncContext,
): Promise<void> {
  const { base, folder } = destination(target)
  const tree = await mkdtemp(path.join(scratch, 'send-'))
  for (const file of files) {
    const link = path.join(tree, folder, file.name)
    await mkdir(path.dirname(link), { recursive: true })
    await symlink(file.path, link)
  }
  const argv = rsyncArguments(`${tree}/./${folder}`, base, target.kind)
  const given = { argv, env: toolEnvironment(env), signal }
  await must(given, 'SDK_PUBLISH').catch((error: unknown) => {
    if (!(error instanceof SdkError) || error.code !== 'SDK_PUBLISH') throw error
    throw new SdkError('SDK_PUBLISH', `${targetAddress(target)}: ${error.message}`, {
      hint: 'the release is finished; the same command publishes it again',
      facts: error.facts,
      cause: error,
    })
  })
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
