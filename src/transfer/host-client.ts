// Downloads through the host's own package clients, so that its proxies, certificates, logins and mirrors hold.

import { access, copyFile, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { SdkError } from '../errors.js'
import { kindAt } from '../files/look.js'
import { clientEnvironment } from '../process/environment.js'
import { capture } from '../process/run.js'
import { PlaceError, redact } from './place.js'

/** apt's downloader of single files; part of the package apt. */
const APT_HELPER = '/usr/lib/apt/apt-helper'

/** Whether apt's downloader is here. */
export async function hasAptHelper(): Promise<boolean> {
  return access(APT_HELPER).then(
    () => true,
    () => false,
  )
}

/** One transfer by a package client. */
export interface ClientDownload {
  /** Existing bytes are taken as the beginning of the file where the client can go on. */
  path: string
  signal?: AbortSignal | undefined
}

/** Downloads `url` with apt's downloader. @throws PlaceError what apt said */
export async function downloadApt(url: string, { path, signal }: ClientDownload): Promise<void> {
  const result = await capture({
    argv: [APT_HELPER, 'download-file', url, path],
    env: clientEnvironment(),
    signal,
  })
  signal?.throwIfAborted()
  if (result.exitCode === 0) return
  const lines = result.stderr.split('\n').filter((line) => line.startsWith('E: '))
  const reason = (lines.find((line) => line.includes('Failed to fetch')) ?? lines[0] ?? 'apt-helper failed')
    .replace(/^E: (Failed to fetch \S+\s+)?/, '')
    .replace(/\s+/g, ' ')
  const gone = /^(40[0134]|410)\b|Not Found|Unsupported|not supported/i.test(reason)
  throw new PlaceError(redact(reason), !gone, /^(40[34]|410)\b|Not Found/i.test(reason))
}

/**
 * Downloads the tarball of an npm package `name@version` with npm, byte for byte as the registry has it.
 *
 * @throws PlaceError what npm said, or that it is not here
 */
export async function downloadNpm(spec: string, { path, signal }: ClientDownload): Promise<void> {
  const directory = await mkdtemp(join(dirname(path), `.${basename(path).slice(1, 40)}-npm-`))
  try {
    // With a prefix, npm does not look for a project, and its configuration, in the folders above.
    const into = ['--prefix', directory, '--pack-destination', directory]
    const result = await capture({
      argv: ['npm', 'pack', spec, ...into, '--ignore-scripts', '--no-update-notifier', '--loglevel=error'],
      env: clientEnvironment(),
      cwd: directory,
      signal,
    }).catch((error: unknown) => {
      if (error instanceof SdkError && error.code === 'SDK_HOST')
        throw new PlaceError('this machine has no npm', false)
      throw error
    })
    signal?.throwIfAborted()
    if (result.exitCode !== 0) throw npmError(`${result.stderr}\n${result.stdout}`)
    const tarball = (await readdir(directory)).find((name) => name.endsWith('.tgz'))
    if (tarball === undefined) throw new PlaceError('npm pack left no tarball', false)
    await rename(join(directory, tarball), path)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function npmError(text: string): PlaceError {
  const reason = /\b(E[0-9A-Z_]{3,})\b/.exec(text)?.[1] ?? 'npm pack failed'
  return new PlaceError(`npm said ${reason}`, !/^(E404|ETARGET|E40[13]|EUSAGE)$/.test(reason))
}

/** Copies a local file. @throws PlaceError when it cannot be read */
export async function copyLocal(source: string, { path }: ClientDownload): Promise<void> {
  const kind = await kindAt(source).catch(() => undefined)
  if (kind !== undefined && kind !== 'a file') throw new PlaceError(`it is ${kind}`, false)
  await copyFile(source, path).catch((error: NodeJS.ErrnoException) => {
    if (['ENOENT', 'EACCES', 'ENOTDIR', 'EISDIR'].includes(error.code ?? ''))
      throw error.code === 'ENOENT'
        ? new PlaceError('no such file', false, true)
        : new PlaceError(error.code as string, false)
    throw error
  })
}
