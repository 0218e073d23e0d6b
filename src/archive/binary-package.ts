// Whether a binary package of Portage is whole. One of the newer format has the digests of its parts in it; the older one
// only shows where it ends.

import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { SdkError } from '../errors.js'
import { archiveFault } from './fault.js'
import { TarReader } from './tar/stream.js'

/** What names of binary packages end with (Portage's BINPKG_FORMAT gpkg and xpak). */
export const PACKAGE_SUFFIXES = ['.gpkg.tar', '.xpak', '.tbz2'] as const

/** What was found out about a binary package: what tells it from others of its name, or what is wrong with it. */
export type PackageCheck = { readonly identity: string } | { readonly fault: string }

/** Looks at all of `file`. @throws as reading it does */
export async function checkBinaryPackage(file: string): Promise<PackageCheck> {
  if (!file.endsWith('.gpkg.tar')) return await checkXpak(file)
  try {
    return await checkGpkg(file)
  } catch (error) {
    if (error instanceof SdkError && error.code === 'SDK_ARCHIVE')
      return { fault: error.message.replace(`${file}: `, '') }
    throw error
  }
}

/** Portage's names of the digests that it writes by default, the faster one first. */
const ALGORITHMS = [
  ['BLAKE2B', 'blake2b512'],
  ['SHA512', 'sha512'],
] as const

/** Members of which there has to be a digest; with the suffix of a compressor. */
const PARTS = ['metadata.tar', 'image.tar'] as const

async function checkGpkg(file: string): Promise<PackageCheck> {
  for (const [name, algorithm] of ALGORITHMS) {
    const { parts, manifest } = await readGpkg(file, algorithm)
    if (manifest === undefined) return { fault: 'it has no Manifest' }
    const expected = new Map(
      [...manifest.matchAll(new RegExp(`^DATA (\\S+) \\d+ .*?\\b${name} ([0-9a-f]+)`, 'gm'))].map(
        ([, part = '', digest = '']) => [part, digest] as const,
      ),
    )
    if (expected.size === 0) continue
    const wrong = [...expected].find(([part, digest]) => parts.get(part) !== digest)?.[0]
    if (wrong !== undefined) return { fault: `its ${wrong} is not what its Manifest says` }
    const lacks = PARTS.find((part) => ![...expected.keys()].some((each) => each.startsWith(part)))
    if (lacks !== undefined) return { fault: `its Manifest has no ${lacks}` }
    return { identity: createHash('sha256').update(manifest).digest('hex') }
  }
  return { fault: `its Manifest has none of ${ALGORITHMS.map(([name]) => name).join(' and ')}` }
}

/** Most parts: Portage writes four, and a signature of each. */
const MOST_PARTS = 32

/** Longest Manifest that is read, in bytes. */
const LONGEST = 1024 * 1024

async function readGpkg(
  file: string,
  algorithm: string,
): Promise<{ parts: Map<string, string>; manifest: string | undefined }> {
  const parts = new Map<string, string>()
  let members = 0
  let manifest: string | undefined
  let last: { name: string; hash: Hash } | undefined
  const complete = (): void => {
    if (last !== undefined) parts.set(last.name, last.hash.digest('hex'))
  }
  const reader = new TarReader({
    archive: file,
    onEntry({ path, type }) {
      complete()
      last = undefined
      const name = path.toString('latin1').replace(/^.*\//, '')
      if (++members > MOST_PARTS)
        throw archiveFault(file, 'too-large', `it has more than ${MOST_PARTS} parts`)
      if (type !== 'file') return
      // Of two, Portage may take the other one.
      if (parts.has(name)) throw archiveFault(file, 'corrupt', `it has ${name} twice`)
      if (name === 'Manifest') manifest = ''
      last = { name, hash: createHash(algorithm) }
    },
    onContent(bytes) {
      last?.hash.update(bytes)
      if (last?.name === 'Manifest' && (manifest ?? '').length < LONGEST) manifest += bytes.toString('latin1')
    },
  })
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) reader.push(chunk as Buffer)
  reader.finish()
  complete()
  return { parts, manifest }
}

/** Its index begins with XPAKPACK and ends with XPAKSTOP, the distance and STOP (xpak(5)). */
async function checkXpak(file: string): Promise<PackageCheck> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    const end = Buffer.alloc(8)
    if (size < 24) return { fault: `it has ${size} bytes` }
    await handle.read(end, 0, 8, size - 8)
    const length = end.readUInt32BE(0)
    const begin = Buffer.alloc(8)
    if (end.toString('latin1', 4) !== 'STOP' || length + 8 > size) return { fault: 'its end is missing' }
    await handle.read(begin, 0, 8, size - 8 - length)
    if (begin.toString('latin1') !== 'XPAKPACK') return { fault: 'its index is damaged' }
    return { identity: `${size}` }
  } finally {
    await handle.close()
  }
}
