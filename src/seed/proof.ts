// What vouches for an SDK's tarball: its DIGESTS, and where there is a keyring, a signature over them or over the tarball.
// The same rules hold for files of a mirror and for those of the cache. Whatever is missing or wrong refuses the tarball.

import { type Digests, parseDigests, verifyDigests } from '../archive/stream/digests.js'
import { SdkError } from '../errors.js'
import type { Emit } from '../events/event.js'
import { isClearsigned, verifyClearsigned, verifyDetached } from './signature.js'

/** Where the files beside a tarball are read from, and what it may be called in its DIGESTS. */
export interface ProofFiles {
  /** The file with this suffix behind the tarball's name; undefined when there is none. */
  read(suffix: string): Promise<Buffer | undefined>
  /** The tarball's path or address, for messages. */
  source: string
  names: readonly string[]
  keyring: string | undefined
}

/** What is known of a tarball that passed. */
export interface ProvenSeed {
  sha256: string
  /** Fingerprint of the key that signed it. */
  signedBy?: string | undefined
}

/** A tarball's papers, which have passed all checks that do without the tarball. */
export interface Proof {
  /** The files that were read, by suffix. */
  papers: ReadonlyMap<string, Buffer>
  /** @throws SdkError SDK_SEED when `file` is not the tarball that the papers are about; `emit` is told how far reading it is */
  check(file: string, emit?: Emit): Promise<ProvenSeed>
}

/** Signatures of the tarball itself. Unlike signed DIGESTS they say nothing of its name, so they come last. */
const TARBALL_SIGNATURES = ['.sig', '.asc']

/**
 * Reads and checks the papers of a tarball.
 *
 * @throws SdkError SDK_SEED when the DIGESTS are missing or say nothing of it, or a keyring is given and no good signature
 * is there
 */
export async function readProof(files: ProofFiles): Promise<Proof> {
  const { source, names, keyring } = files
  const papers = new Map<string, Buffer>()
  const read = async (suffix: string): Promise<Buffer | undefined> => {
    const paper = await files.read(suffix)
    if (paper !== undefined) papers.set(suffix, paper)
    return paper
  }
  const digests = await read('.DIGESTS')
  if (digests === undefined) throw refused(`${source}.DIGESTS is not there`)
  const signed: Signed =
    keyring === undefined ? { text: `${digests}` } : await signedText({ keyring, source, read, digests })
  const name = nameIn(parseDigests(signed.text, `${source}.DIGESTS`), names)
  return {
    papers,
    async check(file, emit) {
      const { text } = signed
      const sha256 = await verifyDigests({ file, name, text, source: `${source}.DIGESTS`, emit })
      const signedBy = signed.signedBy ?? (await signed.checkTarball?.(file))
      return { sha256, signedBy }
    },
  }
}

interface Signed {
  text: string
  signedBy?: string | undefined
  checkTarball?: (file: string) => Promise<string>
}

interface Signing {
  keyring: string
  source: string
  read: (suffix: string) => Promise<Buffer | undefined>
  digests: Buffer
}

/** The first signature that is there has to be good: a bad one is not made up for by another. */
async function signedText({ keyring, source, read, digests }: Signing): Promise<Signed> {
  const name = `${source}.DIGESTS`
  const text = digests.toString('utf8')
  if (isClearsigned(text)) return await verifyClearsigned(keyring, { signed: digests, name })
  const clearsigned = await read('.DIGESTS.asc')
  if (clearsigned !== undefined)
    return await verifyClearsigned(keyring, { signed: clearsigned, name: `${name}.asc` })
  const detached = await read('.DIGESTS.sig')
  if (detached !== undefined) {
    const what = { signature: detached, signed: digests, name: `${name}.sig` }
    return { text, signedBy: await verifyDetached(keyring, what) }
  }
  for (const suffix of TARBALL_SIGNATURES) {
    const signature = await read(suffix)
    if (signature === undefined) continue
    const checkTarball = (file: string): Promise<string> =>
      verifyDetached(keyring, { signature, signed: file, name: `${source}${suffix}` })
    return { text, checkTarball }
  }
  throw refused(
    `${source} is not signed: found none of ${['.DIGESTS.asc', '.DIGESTS.sig', ...TARBALL_SIGNATURES].join(', ')}`,
  )
}

/** The one of `names` that the digests have; the first, for the message that says what they have, if there is none. */
const nameIn = (digests: Digests, names: readonly string[]): string =>
  names.find((name) => digests.has(name)) ?? names[0] ?? ''

const refused = (message: string): SdkError =>
  new SdkError('SDK_SEED', message, {
    hint: 'an SDK is used only with DIGESTS, and with a signature where a keyring is set',
  })
