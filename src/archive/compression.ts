// Which compression a file has (by magic, never by name), and the programs that read and write each.

import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { toolEnvironment } from '../process/run.js'
import { archiveFault } from './fault.js'
import { quoteBytes } from './quote.js'

/** A compression that an archive of ours may have. */
export type Compression = 'zstd' | 'bzip2' | 'xz' | 'gzip'

/** What {@link detectFormat} can find: a compression, or a plain tar. */
export type Format = Compression | 'tar'

/** File name extension of each format. */
export const EXTENSIONS: Readonly<Record<Format, string>> = {
  zstd: '.tar.zst',
  bzip2: '.tar.bz2',
  xz: '.tar.xz',
  gzip: '.tar.gz',
  tar: '.tar',
}

/** How many first bytes of a file {@link detectFormat} needs. */
export const MAGIC_BYTES = 512

const MAGICS: readonly { format: Compression; bytes: string }[] = [
  { format: 'zstd', bytes: '28b52ffd' },
  { format: 'bzip2', bytes: '425a68' },
  { format: 'xz', bytes: 'fd377a585a00' },
  { format: 'gzip', bytes: '1f8b' },
]

/**
 * The format of the file `archive` that begins with `head`.
 *
 * @param head its first {@link MAGIC_BYTES} bytes, or all of a shorter file
 * @throws SdkError SDK_ARCHIVE when it is none of ours, saying what it looks like instead
 */
export function detectFormat(head: Buffer, archive: string): Format {
  const format = formatOf(head)
  if (format !== undefined) return format
  throw archiveFault(
    archive,
    'not-a-tar',
    `not an archive: expected zstd, bzip2, xz, gzip or tar, found ${describeContent(head)}`,
  )
}

function formatOf(head: Buffer): Format | undefined {
  const hex = head.toString('hex', 0, 8)
  const magic = MAGICS.find(({ bytes }) => hex.startsWith(bytes))
  if (magic !== undefined) return magic.format
  return head.toString('latin1', 257, 262) === 'ustar' ? 'tar' : undefined
}

const LOOKS: readonly [RegExp, string][] = [
  [/^\s*<(!doctype|html|head|\?xml)/i, 'what looks like HTML (an error page of a server?)'],
  [/^-----BEGIN PGP/, 'a PGP signature or message'],
  [/^version https:\/\/git-lfs/, 'a Git LFS pointer'],
  [/^PK\x03\x04/, 'a zip archive'],
  [/^\x7fELF/, 'an ELF program'],
  [/^hsqs/, 'a squashfs image'],
  [/^0?7070[127]/, 'a cpio archive'],
  [/^\0+$/, 'only zero bytes'],
]

/** What `head` looks like, in words for a message; bytes in it are escaped. */
export function describeContent(head: Buffer): string {
  if (head.length === 0) return 'an empty file'
  const text = head.toString('latin1')
  const known = LOOKS.find(([pattern]) => pattern.test(text))
  return known?.[1] ?? `data that begins with "${quoteBytes(head.subarray(0, 16))}"`
}

/** The format that the name of `file` promises, if it is a name of ours. */
export function formatOfName(file: string): Format | undefined {
  return (Object.keys(EXTENSIONS) as Format[]).find((format) => file.endsWith(EXTENSIONS[format]))
}

/**
 * The filter (stdin to stdout) that compresses to `format`. Its output does not depend on the number of cores.
 *
 * @param lbzip2 use lbzip2, which needs all cores, for bzip2. See {@link hasProgram}.
 */
export function compressorArgv(format: Compression, lbzip2 = true): [string, ...string[]] {
  switch (format) {
    case 'zstd':
      return ['zstd', '--quiet', '--stdout', '-T0', '-3']
    case 'bzip2':
      return [lbzip2 ? 'lbzip2' : 'bzip2', '--stdout']
    case 'xz':
      return ['xz', '--stdout', '-T0']
    case 'gzip':
      // -n: neither name nor time, which would make equal trees unequal archives.
      return ['gzip', '-n', '--stdout']
  }
}

/** The filter (stdin to stdout) that decompresses `format`. `lbzip2` as in {@link compressorArgv}. */
export function decompressorArgv(format: Compression, lbzip2 = true): [string, ...string[]] {
  switch (format) {
    case 'zstd':
      return ['zstd', '--decompress', '--quiet', '--stdout']
    case 'bzip2':
      return [lbzip2 ? 'lbzip2' : 'bzip2', '--decompress', '--stdout']
    case 'xz':
      return ['xz', '--decompress', '--stdout', '-T0']
    case 'gzip':
      return ['gzip', '--decompress', '--stdout']
  }
}

/** Whether `program` is on the path that host tools get ({@link toolEnvironment}). */
export async function hasProgram(program: string): Promise<boolean> {
  for (const directory of (toolEnvironment().PATH ?? '').split(':')) {
    try {
      await access(join(directory, program), constants.X_OK)
      return true
    } catch {
      // Not in this directory; the next may have it.
    }
  }
  return false
}
