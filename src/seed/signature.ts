// Checks OpenPGP signatures with gpgv: good ones of keys in one given keyring count, and nothing else does.

import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../errors.js'
import { whyUnread } from '../files/look.js'
import { readBytes } from '../files/read.js'
import { toolEnvironment } from '../process/environment.js'
import { type Captured, capture } from '../process/run.js'
import { inTemporaryFolder } from '../store/disk/outside.js'

/** A text that was signed, and the fingerprint of the key that signed it. */
export interface SignedText {
  text: string
  signedBy: string
}

/**
 * Checks a detached signature of `signed`, the path of a file or the bytes themselves.
 *
 * @returns the fingerprint of the key that made it
 * @throws SdkError SDK_SEED that says what is wrong with it; SDK_HOST when gpgv is missing
 */
export function verifyDetached(
  keyring: string,
  { signature, signed, name }: { signature: Buffer; signed: string | Buffer; name: string },
): Promise<string> {
  return withKeys(keyring, async ({ folder, argv }) => {
    const detached = path.join(folder, 'signature')
    await writeFile(detached, signature)
    const file = typeof signed === 'string' ? signed : path.join(folder, 'signed')
    if (typeof signed !== 'string') await writeFile(file, signed)
    return fingerprint(await capture({ argv: [...argv, detached, file], env: environment(folder) }), name)
  })
}

/**
 * Checks a clearsigned text.
 *
 * @returns what was signed: text before and after the signed part is not in it
 * @throws SdkError as {@link verifyDetached}
 */
export function verifyClearsigned(
  keyring: string,
  { signed, name }: { signed: Buffer; name: string },
): Promise<SignedText> {
  // Before it looks at a signature, gpgv writes what it finds: of a few bytes of compressed data in front as much as the disk takes.
  const begin = BEGIN.exec(signed.toString('latin1'))?.index
  if (begin === undefined) throw badSignature(name, 'there is no signed text in it')
  return withKeys(keyring, async ({ folder, argv }) => {
    const [file, output] = [path.join(folder, 'signed'), path.join(folder, 'text')]
    await writeFile(file, signed.subarray(begin))
    const result = await capture({ argv: [...argv, '--output', output, file], env: environment(folder) })
    const signedBy = fingerprint(result, name)
    return { text: await readFile(output, 'utf8'), signedBy }
  })
}

/** Whether `text` has the form of a clearsigned one. */
export const isClearsigned = (text: string): boolean => BEGIN.test(text)

const BEGIN = /^-----BEGIN PGP SIGNED MESSAGE-----\r?$/m

/** gpgv has no bounds of its own: bytes of its output, and seconds for data that are compressed many times over. */
const BOUNDS = ['prlimit', `--fsize=${16 * 2 ** 20}`, '--cpu=600'] as const

interface Keys {
  /** A folder for gpgv alone, and for what it reads and writes. */
  folder: string
  argv: [string, ...string[]]
}

/** gpgv reads a configuration, and knows of more keyrings, in its home: it gets one that is empty. */
const environment = (folder: string): Record<string, string> => toolEnvironment({ HOME: folder })

async function withKeys<T>(keyring: string, act: (keys: Keys) => Promise<T>): Promise<T> {
  return await inTemporaryFolder('gpgv', async (folder) => {
    const keys = path.join(folder, 'keys')
    await writeFile(keys, await readKeyring(keyring))
    return await act({
      folder,
      argv: [...BOUNDS, 'gpgv', '--homedir', folder, '--keyring', keys, '--status-fd', '1', '--quiet'],
    })
  })
}

/** @throws SdkError SDK_DEFINITION when there is no keyring to check anything with */
export async function requireKeyring(keyring: string): Promise<void> {
  await readKeyring(keyring)
}

async function readKeyring(file: string): Promise<Buffer> {
  const keyring = await readBytes(file).catch(async (cause: NodeJS.ErrnoException) => {
    const why = await whyUnread(cause, file)
    throw new SdkError('SDK_DEFINITION', `the keyring ${file} (seed.keyring) cannot be read: ${why}`, {
      hint: 'seed.keyring of the definition has to name a file of exported keys',
      cause,
    })
  })
  return unarmored(keyring)
}

const ARMOR =
  /-----BEGIN PGP PUBLIC KEY BLOCK-----[\s\S]*?\r?\n\r?\n([\s\S]*?)-----END PGP PUBLIC KEY BLOCK-----/g

/** The keys of an export in text form as gpgv needs them, in binary; any other file as it is. */
function unarmored(keyring: Buffer): Buffer {
  const blocks = [...keyring.toString('latin1').matchAll(ARMOR)]
  if (blocks.length === 0) return keyring
  // The line that begins with "=" is a check sum of the block, not a part of it.
  const bodies = blocks.map(([, body = '']) => body.replace(/^=.*$/m, ''))
  return Buffer.concat(bodies.map((body) => Buffer.from(body, 'base64')))
}

/** Words of gpgv's status lines that make a signature a bad one, and what they mean. */
const FAULTS: readonly [RegExp, string][] = [
  [/^BADSIG /, 'the signature is bad: it is not one of these bytes'],
  [/^NO_PUBKEY (\S+)/, 'it is signed by a key that the keyring does not have'],
  [/^REVKEYSIG (\S+)/, 'it is signed by a key that was revoked'],
  [/^EXPKEYSIG (\S+)/, 'it is signed by a key that has expired'],
  [/^EXPSIG (\S+)/, 'the signature has expired'],
  [/^ERRSIG (\S+)/, 'the signature cannot be checked'],
  [/^NODATA/, 'there is no signature in it'],
]

/**
 * The key of the signature that gpgv has called good; its exit code alone also allows keys that have expired.
 *
 * @throws SdkError SDK_SEED
 */
function fingerprint(result: Captured, name: string): string {
  const status = result.stdout.split('\n').flatMap((line) => /^\[GNUPG:\] (.*)$/.exec(line)?.[1] ?? [])
  for (const [pattern, meaning] of FAULTS)
    for (const line of status) {
      const found = pattern.exec(line)
      if (found !== null)
        throw badSignature(name, found[1] === undefined ? meaning : `${meaning} (${found[1]})`)
    }
  const good = status.some((line) => line.startsWith('GOODSIG '))
  const key = status.flatMap((line) => /^VALIDSIG ([0-9A-F]{32,})\b/.exec(line)?.[1] ?? [])[0]
  if (result.exitCode === 0 && good && key !== undefined) return key
  const [said = `gpgv exited with ${result.exitCode}`] = result.stderr.trim().split('\n').slice(-1)
  throw badSignature(name, said.replace(/^gpgv: /, ''))
}

const badSignature = (name: string, why: string): SdkError =>
  new SdkError('SDK_SEED', `${name}: ${why}`, {
    hint: "compare the keyring of the definition (seed.keyring) with the publisher's current keys",
  })
