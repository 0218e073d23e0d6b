// GPG signatures: a detached one (.sig) beside each file, and DIGESTS as a signed text (.asc), as Flatcar names them.

import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../errors.js'
import { formatCount } from '../events/measures.js'
import { toolEnvironment } from '../process/environment.js'
import { capture, must } from '../process/run.js'
import type { PublishRequest } from '../request/request.js'
import { giveFinalName as giveName, temporaryPath } from '../store/disk/atomic.js'
import { type PublishedFile, publishedFiles, type ReleaseFiles, underOwnName } from './files.js'
import type { Publication } from './publication.js'

/** Signs nothing that is a signature itself. */
const SIGNATURE = /\.(?:asc|gpg|sig)$/

/**
 * Makes sure that gpg has the secret keys that the request names.
 *
 * @throws SdkError SDK_USAGE when it has not
 */
export async function requireKeys({ sign, signDigests, environment }: PublishRequest): Promise<void> {
  for (const [option, key] of [
    ['--sign', sign],
    ['--sign_digests', signDigests],
  ] as const) {
    if (key === undefined) continue
    const argv = ['gpg', '--batch', '--no-tty', '--list-secret-keys', key] as const
    const { exitCode } = await capture({ argv, env: toolEnvironment(environment) })
    if (exitCode === 0) continue
    throw new SdkError('SDK_USAGE', `${option}: gpg has no secret key ${JSON.stringify(key)}`, {
      hint: '`gpg --list-secret-keys` lists them; root has other ones than you, and GNUPGHOME names another folder of keys',
    })
  }
}

/** Signs the files of a release where they are. @returns the signatures, in the same groups. @throws SdkError SDK_PUBLISH */
export async function signInPlace(
  publication: Publication,
  { files, last }: ReleaseFiles,
): Promise<ReleaseFiles> {
  const { sign, signDigests } = publication.publish
  const signatures = async (group: readonly PublishedFile[]): Promise<PublishedFile[]> => {
    if (sign === undefined) return []
    const made = []
    for (const file of group) made.push(await makeSignature(publication, file.path, `${file.path}.sig`))
    return made.map(underOwnName)
  }
  const texts = []
  if (signDigests !== undefined)
    for (const file of last)
      texts.push(underOwnName(await makeSignature(publication, file.path, `${file.path}.asc`)))
  const result = { files: await signatures(files), last: [...texts, ...(await signatures(last))] }
  say(publication, result.files.length + result.last.length, 'beside them')
  return result
}

/** Signs `files` into the scratch folder: they are not the release's own. @throws SdkError SDK_PUBLISH */
export async function signInto(
  publication: Publication,
  files: readonly PublishedFile[],
): Promise<PublishedFile[]> {
  if (publication.publish.sign === undefined) return []
  const made: PublishedFile[] = []
  for (const file of files) {
    if (SIGNATURE.test(file.name)) continue
    const name = `${file.name}.sig`
    const to = path.join(publication.scratch, 'signatures', name)
    await mkdir(path.dirname(to), { recursive: true })
    made.push({ name, path: await makeSignature(publication, file.path, to) })
  }
  say(publication, made.length, 'for the upload')
  return made
}

function say({ services }: Publication, count: number, where: string): void {
  if (count > 0) services.emit({ type: 'info', message: `made ${formatCount(count, 'signature')}, ${where}` })
}

async function makeSignature({ services, publish }: Publication, file: string, to: string): Promise<string> {
  const isText = to.endsWith('.asc')
  const key = (isText ? publish.signDigests : publish.sign) ?? ''
  const temporary = temporaryPath(to)
  const how = isText ? '--clearsign' : '--detach-sign'
  const argv = ['gpg', '--batch', '--no-tty', '--yes', '--local-user', key, '--output', temporary, how, file]
  const env = toolEnvironment(publish.environment)
  const { signal } = services
  try {
    await must({ argv: argv as [string, ...string[]], env, signal }, 'SDK_PUBLISH')
    await giveName(temporary, to)
  } finally {
    await rm(temporary, { force: true })
  }
  return to
}

/** Removes signatures of a release that `archive` no longer is: they would vouch for other bytes. */
export async function dropSignatures(archive: string): Promise<void> {
  const { files, last } = publishedFiles(archive)
  for (const { path: file } of [...files, ...last])
    for (const suffix of ['sig', 'asc']) await rm(`${file}.${suffix}`, { force: true })
}
