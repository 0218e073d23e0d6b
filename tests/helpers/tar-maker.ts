// Makes tar archives byte by byte, right and wrong ones alike, which no tar program would write.

/** The fields of a header; numbers are written in octal, a Buffer as it is. */
export interface HeaderFields {
  path?: string | Buffer
  typeflag?: string
  mode?: number | Buffer
  uid?: number | Buffer
  gid?: number | Buffer
  size?: number | Buffer
  mtime?: number | Buffer
  link?: string | Buffer
  magic?: string
  uname?: string
  gname?: string
  major?: number
  minor?: number
  prefix?: string
  /** Bytes to overwrite before the checksum is computed, by offset. */
  patch?: Record<number, Buffer>
  checksum?: Buffer
}

const POSIX = 'ustar\x0000'
export const GNU = 'ustar  \0'

const octal = (value: number | Buffer, width: number): Buffer =>
  typeof value === 'number' ? Buffer.from(`${value.toString(8).padStart(width - 1, '0')}\0`) : value

/** One 512-byte header block with a right checksum, unless one is given. */
export function header(fields: HeaderFields = {}): Buffer {
  const block = Buffer.alloc(512)
  const put = (at: number, value: string | Buffer): number => Buffer.from(value).copy(block, at)
  put(0, Buffer.from(fields.path ?? 'file').subarray(0, 100))
  put(100, octal(fields.mode ?? 0o644, 8))
  put(108, octal(fields.uid ?? 0, 8))
  put(116, octal(fields.gid ?? 0, 8))
  put(124, octal(fields.size ?? 0, 12))
  put(136, octal(fields.mtime ?? 1_600_000_000, 12))
  put(156, Buffer.from(fields.typeflag ?? '0', 'latin1'))
  put(157, fields.link ?? '')
  put(257, fields.magic ?? POSIX)
  put(265, fields.uname ?? '')
  put(297, fields.gname ?? '')
  put(329, octal(fields.major ?? 0, 8))
  put(337, octal(fields.minor ?? 0, 8))
  put(345, fields.prefix ?? '')
  for (const [at, bytes] of Object.entries(fields.patch ?? {})) put(Number(at), bytes)
  block.fill(0x20, 148, 156)
  const sum = block.reduce((total, byte) => total + byte, 0)
  put(148, fields.checksum ?? Buffer.from(`${sum.toString(8).padStart(6, '0')}\0 `))
  return block
}

/** `content` filled up to whole blocks. */
export function padded(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content)
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)])
}

/** A member with its content. */
export function member(fields: HeaderFields, content: string | Buffer = ''): Buffer {
  return Buffer.concat([header({ size: Buffer.from(content).length, ...fields }), padded(content)])
}

/** A PAX extended header of `records`, in their order. */
export function pax(records: readonly (readonly [string, string | Buffer])[], typeflag = 'x'): Buffer {
  return member({ path: 'PaxHeaders/x', typeflag }, Buffer.concat(records.map(paxRecord)))
}

/** One PAX record, which begins with its own length. */
export function paxRecord([key, value]: readonly [string, string | Buffer]): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')])
  let length = rest.length + 1
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return Buffer.concat([Buffer.from(String(length)), rest])
}

/** The member that announces a long name (`L`) or link target (`K`), as GNU tar writes it. */
export function longName(name: string | Buffer, typeflag: 'L' | 'K' = 'L'): Buffer {
  const content = Buffer.concat([Buffer.from(name), Buffer.alloc(1)])
  return member({ path: '././@LongLink', typeflag, magic: GNU }, content)
}

/** A whole archive of `parts`: with the end marker, and filled up to the usual record. */
export function archive(...parts: Buffer[]): Buffer {
  const bytes = Buffer.concat([...parts, Buffer.alloc(1024)])
  return Buffer.concat([bytes, Buffer.alloc((10_240 - (bytes.length % 10_240)) % 10_240)])
}

/** A GNU base-256 number of `width` bytes. */
export function base256(value: bigint, width: number): Buffer {
  const bytes = Buffer.alloc(width)
  let rest = BigInt.asUintN(8 * width, value)
  for (let at = width - 1; at >= 0; at--) {
    bytes[at] = Number(rest & 255n)
    rest >>= 8n
  }
  bytes[0] = value < 0n ? 0xff : 0x80
  return bytes
}

/** A PAX 1.0 sparse member `./real` of 100 000 bytes: `map` is the first block of its content, `content` the rest. */
export function sparseMember(map: string, content: Buffer): Buffer {
  return Buffer.concat([
    pax([
      ['GNU.sparse.major', '1'],
      ['GNU.sparse.minor', '0'],
      ['GNU.sparse.name', './real'],
      ['GNU.sparse.realsize', '100000'],
    ]),
    header({ path: 'GNUSparseFile.1/real', size: 512 + content.length }),
    padded(map),
    padded(content),
  ])
}
