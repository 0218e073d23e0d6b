// Who is believed: statements are signed by ssh keys (`ssh-keygen -Y`, PROTOCOL.sshsig of OpenSSH), and a list of keys says
// whose count. docs/decisions/0008 says why these.

import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../errors.js'
import { problemOf, whyUnread } from '../files/look.js'
import { readText } from '../files/read.js'
import { toolEnvironment } from '../process/environment.js'
import { capture } from '../process/run.js'
import { inTemporaryFolder } from '../store/disk/outside.js'

/** What these signatures are for: one made for another purpose, a commit for instance, does not count. */
const NAMESPACE = 'store@bootstrap_sdk'

/** Who signs, and whose signatures are believed. */
export interface Trust {
  /** Lines of an allowed_signers file (ssh-keygen(1)). */
  readonly allowed: string
  /** A private key, or the public one of a key that an agent has; undefined: nothing is signed. */
  readonly key: string | undefined
  /** What ssh-keygen gets of the caller's environment. */
  readonly environment: Readonly<Record<string, string>>
}

/** What a run is told about keys. */
export interface TrustRequest {
  readonly keys: string | undefined
  readonly signingKey: string | undefined
  readonly environment: Readonly<Record<string, string>>
}

/**
 * Reads the list of keys, and tries the signing key: who cannot sign should not find that out after hours.
 *
 * @throws SdkError SDK_USAGE when there is no key that could be believed, or the signing key does not sign
 */
export async function openTrust({ keys, signingKey, environment }: TrustRequest): Promise<Trust> {
  const listed = keys === undefined ? '' : await readKeys(keys)
  const own = signingKey === undefined ? '' : ownLine(await publicKey(signingKey, environment))
  const trust = { allowed: `${listed}${own}`, key: signingKey, environment }
  if (trust.allowed === '')
    throw new SdkError('SDK_USAGE', '--store: there is no list of keys that are believed', {
      hint: 'give --store_keys FILE, as allowed_signers of ssh-keygen(1) is written: a line NAME KEYTYPE KEY for each',
    })
  if (signingKey !== undefined) await sign(trust, 'a trial')
  return trust
}

/** The signature of `text`, armoured. @throws SdkError SDK_USAGE when the key does not sign */
export async function sign({ key, environment }: Trust, text: string): Promise<string> {
  if (key === undefined) throw new Error('signed without a key')
  const argv = ['ssh-keygen', '-q', '-Y', 'sign', '-f', key, '-n', NAMESPACE] as const
  const { exitCode, stdout, stderr } = await capture({ argv, env: quiet(environment) }, text)
  if (exitCode === 0 && stdout.startsWith('-----BEGIN SSH SIGNATURE-----')) return stdout
  throw new SdkError(
    'SDK_USAGE',
    `--store_sign: ${key} does not sign: ${stderr.trim() || 'no signature came'}`,
    {
      hint: '`ssh-keygen -t ed25519 -N "" -f FILE` makes a key; one with a passphrase has to be in an agent (SSH_AUTH_SOCK)',
    },
  )
}

/** Who has signed `text`, by name and fingerprint; undefined with the reason when it is none that is believed. */
export async function signerOf(
  trust: Trust,
  text: string,
  signature: string,
): Promise<{ name: string } | { refused: 'foreign key' | 'changed' }> {
  return await inTemporaryFolder('keys', async (folder) => {
    const [allowed, file] = [path.join(folder, 'allowed_signers'), path.join(folder, 'signature')]
    await writeFile(allowed, trust.allowed)
    await writeFile(file, signature)
    const env = quiet({})
    const found = await capture({
      argv: ['ssh-keygen', '-Y', 'find-principals', '-s', file, '-f', allowed],
      env,
    })
    const principal = found.stdout.split(/[\n,]/)[0]?.trim() ?? ''
    if (found.exitCode !== 0 || principal === '') return { refused: 'foreign key' }
    const whose = ['-f', allowed, '-I', principal, '-n', NAMESPACE, '-s', file]
    const said = await capture({ argv: ['ssh-keygen', '-Y', 'verify', ...whose], env }, text)
    if (said.exitCode !== 0) return { refused: 'changed' }
    const print = /SHA256:\S+/.exec(said.stdout)?.[0]
    return { name: print === undefined ? principal : `${principal} (${print})` }
  })
}

/** Nobody is asked for anything: a passphrase that is wanted is an error. */
const quiet = (environment: Readonly<Record<string, string>>): Record<string, string> =>
  toolEnvironment({ ...environment, SSH_ASKPASS: '/bin/false', SSH_ASKPASS_REQUIRE: 'force' })

const KEY_TYPE = /^(?:ssh-|ecdsa-|sk-)\S+\s+\S+/

/** Lines of allowed signers; a plain public key gets its comment as the name. */
async function readKeys(file: string): Promise<string> {
  const text = await readText(file).catch(async (cause: Error) => {
    const why = await whyUnread(cause, file)
    throw new SdkError('SDK_USAGE', `--store_keys: ${file} cannot be read: ${why}`, { cause })
  })
  const bad = (what: string): SdkError =>
    new SdkError('SDK_USAGE', `--store_keys: ${file} ${what}`, {
      hint: 'a line is NAME KEYTYPE KEY, or what a .pub file of ssh-keygen has',
    })
  if (text.includes('PRIVATE KEY-----'))
    throw bad('is a private key, where those that are believed are public')
  const lines = text.split('\n').map((line) => line.trim())
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#'))
  if (keys.length === 0) throw bad('has no keys')
  // ssh-keygen passes over such a line, and all that its key has signed would be foreign.
  const keyless = keys.find((line) => !hasKey(line))
  if (keyless !== undefined) throw bad(`has no key in line ${lines.indexOf(keyless) + 1}`)
  return keys.map((line) => `${KEY_TYPE.test(line) ? nameOf(line) : ''}${line}\n`).join('')
}

/** Whether a line has a key: its data begin with the length and name of its type (RFC 4253, 6.6), and more follows. */
function hasKey(line: string): boolean {
  for (const [, type = '', data = ''] of line.matchAll(
    /(?:^|\s)((?:ssh|ecdsa|sk)-\S+)\s+([A-Za-z0-9+/]+=*)/g,
  )) {
    const blob = Buffer.from(data, 'base64')
    const isOf = blob.length > 4 + type.length && blob.readUInt32BE(0) === type.length
    if (isOf && blob.toString('latin1', 4, 4 + type.length) === type) return true
  }
  return false
}

/** `alice@host ` of a public key that says so. */
const nameOf = (line: string): string => `${line.split(/\s+/)[2]?.replace(/[^\w.@+-]/g, '_') || 'key'} `

const ownLine = (key: string): string => `signer namespaces="${NAMESPACE}" ${key}\n`

async function publicKey(file: string, environment: Readonly<Record<string, string>>): Promise<string> {
  // A FIFO keeps ssh-keygen for ever. The key itself may be in an agent, with its public part alone on the disk.
  const problem = existsSync(file) ? await problemOf(file, 'file') : undefined
  if (problem !== undefined) throw new SdkError('SDK_USAGE', `--store_sign: ${file}: ${problem}`)
  for (const each of [file, `${file}.pub`]) {
    const text = existsSync(each) ? (await readText(each).catch(() => '')).trim() : ''
    if (KEY_TYPE.test(text)) return text
  }
  const said = await capture({ argv: ['ssh-keygen', '-y', '-f', file], env: quiet(environment) })
  if (said.exitCode === 0 && KEY_TYPE.test(said.stdout)) return said.stdout.trim()
  throw new SdkError(
    'SDK_USAGE',
    `--store_sign: ${file} is not an ssh key that can be used: ${said.stderr.trim()}`,
    {
      hint: '`ssh-keygen -t ed25519 -N "" -f FILE` makes one; it may be read by its owner alone',
    },
  )
}
