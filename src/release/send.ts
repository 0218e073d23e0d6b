// What programs that send files to other machines have in common: a tree of links to the files, and an end in words.

import { mkdir, mkdtemp, symlink } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../errors.js'
import type { Emit } from '../events/event.js'
import { tellWork } from '../events/work.js'
import { toolEnvironment } from '../process/environment.js'
import { must } from '../process/run.js'
import { writtenBytes } from '../process/written-bytes.js'
import { type PublishTarget, targetAddress } from '../request/publish-target.js'
import { type PublishedFile, sizeOf } from './files.js'

/** What a program that sends needs of us. */
export interface Sending {
  /** An existing folder, for links to the files. */
  readonly scratch: string
  /** Beside what every tool gets: the caller's, for ssh's agent, passwords and credentials. */
  readonly env: Record<string, string>
  readonly signal: AbortSignal | undefined
  /** Told how far sending is. */
  readonly emit: Emit
}

/** A new folder in `scratch` with links to `files` below `folder`. */
export async function linkFiles(
  files: readonly PublishedFile[],
  { folder, scratch }: { readonly folder: string; readonly scratch: string },
): Promise<string> {
  const tree = await mkdtemp(path.join(scratch, 'send-'))
  for (const file of files) {
    const link = path.join(tree, folder, file.name)
    await mkdir(path.dirname(link), { recursive: true })
    await symlink(file.path, link)
  }
  return tree
}

/** Runs a program that sends files to `target`. @throws SdkError SDK_PUBLISH with what it said */
export async function sendBy(
  argv: [string, ...string[]],
  { target, files }: { target: PublishTarget; files: readonly PublishedFile[] },
  { env, signal, emit }: Sending,
): Promise<void> {
  let pid: number | undefined
  const command = { argv, env: toolEnvironment(env), signal, started: (own?: number) => (pid = own) }
  const bytes = await sizeOf(files)
  const work = {
    emit,
    work: 'send',
    name: targetAddress(target),
    bytes,
    done: () => writtenBytes(pid),
  } as const
  await tellWork(work, () => must(command, 'SDK_PUBLISH')).catch((error: unknown) => {
    if (!(error instanceof SdkError) || error.code !== 'SDK_PUBLISH') throw error
    throw new SdkError('SDK_PUBLISH', `${targetAddress(target)}: ${error.message}`, {
      hint: 'the release is finished; the same command publishes it again',
      facts: error.facts,
      cause: error,
    })
  })
}
