// Which compression a file has (by magic, never by name), and the programs that read and write each.

import { findProgram } from '../../process/find-program.js'
import { COMPRESSIONS, type Compression } from '../../sdk/definition.js'
import { compressionOf, SUFFIXES } from '../../store/layout.js'
import { archiveFault } from '../fault.js'
import { checksumFits } from '../tar/header.js'
import { quoteBytes } from '../tar/quote.js'

/** What {@link detectFormat} can find: a compression, or a plain tar. */
export type Format = Compression | 'tar'

/** What a file name of each format ends with. */
export const EXTENSIONS: Readonly<Record<Format, string>> = { ...SUFFIXES, tar: '.tar' }

/** How many first bytes of a file {@link detectFormat} needs. */
export const MAGIC_BYTES = 512

/** How each compression begins, in hexadecimal. zstd also with a frame to be skipped, as pzstd writes it (RFC 8878, 3.1.2). */
const MAGICS: Readonly<Record<Compression, RegExp>> = {
  zstd: /^(28b52ffd|5.2a4d18)/,
  bz2: /^425a68/,
  xz: /^fd377a585a00/,
  gz: /^1f8b/,
}

/** The compression of a file that begins with `head`, if it has one of ours. */
export function packedAs(head: Buffer): Compression | undefined {
  const hex = head.toString('hex', 0, 8)
  return COMPRESSIONS.find((compression) => MAGICS[compression].test(hex))
}

/**
 * The format of the file `archive` that begins with `head`.
 *
 * @param head its first {@link MAGIC_BYTES} bytes, or all of a shorter file
 * @throws SdkError SDK_ARCHIVE when it is none of ours, saying what it looks like instead
 */
export function detectFormat(head: Buffer, archive: string): Format {
  const compression = packedAs(head)
  if (compression !== undefined) return compression
  // By its checksum: headers of old tars, and the label of an archive, have no magic.
  if (head.length === MAGIC_BYTES && checksumFits(head)) return 'tar'
  throw archiveFault(
    archive,
    'not-a-tar',
    `not an archive: expected zstd, bzip2, xz, gzip or tar, found ${describeContent(head)}`,
  )
}

const LOOKS: readonly [RegExp, string][] = [
  [/^\s*<(!doctype|html|head|\?xml)/i, 'what looks like HTML (an error page of a server?)'],
  [/^-----BEGIN PGP/, 'a PGP signature or message'],
  [/^version https:\/\/git-lfs/, 'a Git LFS pointer'],
  [/^PK\x03\x04/, 'a zip archive'],
  [/^\x7fELF/, 'an ELF program'],
  [/^hsqs/, 'a squashfs image'],
  [/^0?7070[127]/, 'a cpio archive'],
  [/^\x04"M\x18/, 'data compressed with lz4'],
  [/^\x5d\0\0/, 'data compressed with lzma (`xz --format=lzma`)'],
  [/^LZIP/, 'data compressed with lzip'],
  [/^\x89LZO/, 'data compressed with lzop'],
  [/^\x1f\x9d/, 'data compressed with compress (.Z)'],
  [/^7z\xbc\xaf/, 'a 7z archive'],
  [/^!<arch>\n/, 'an ar archive or a Debian package'],
  [/^\xed\xab\xee\xdb/, 'an RPM package'],
  [/^QFI\xfb/, 'a disk image (qcow2)'],
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
  return compressionOf(file) ?? (file.endsWith(EXTENSIONS.tar) ? 'tar' : undefined)
}

/**
 * The filter (stdin to stdout) that compresses to `format`. Its output does not depend on the number of cores.
 *
 * @param lbzip2 use lbzip2, which needs all cores, for `bz2`; default: where the host has it
 */
export function compressorArgv(format: Compression, lbzip2 = hasLbzip2()): [string, ...string[]] {
  switch (format) {
    case 'zstd':
      return ['zstd', '--quiet', '--stdout', '-T0', '-3']
    case 'bz2':
      return [lbzip2 ? 'lbzip2' : 'bzip2', '--stdout']
    case 'xz':
      return ['xz', '--stdout', '-T0']
    case 'gz':
      // -n: neither name nor time, which would make equal trees unequal archives.
      return ['gzip', '-n', '--stdout']
  }
}

const hasLbzip2 = (): boolean => findProgram('lbzip2') !== undefined

/** The filter (stdin to stdout) that decompresses `format`. `lbzip2` as in {@link compressorArgv}. */
export function decompressorArgv(format: Compression, lbzip2 = hasLbzip2()): [string, ...string[]] {
  switch (format) {
    case 'zstd':
      // As far as `zstd --long` compresses: without it, what needs more than 128 MiB of memory is refused.
      return ['zstd', '--decompress', '--quiet', '--stdout', '--long=31']
    case 'bz2':
      return [lbzip2 ? 'lbzip2' : 'bzip2', '--decompress', '--stdout']
    case 'xz':
      // As much; xz itself never needs a third of it, and a file may ask for twice that.
      return ['xz', '--decompress', '--stdout', '-T0', '--memlimit-decompress=2GiB']
    case 'gz':
      return ['gzip', '--decompress', '--stdout']
  }
}
