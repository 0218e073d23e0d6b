// Archives at random: members of every kind that tar programs write, said in every way, and then damaged. Most of them are
// nearly right, since what is plainly wrong is refused at once and proves nothing.

import {
  archive,
  base256,
  GNU,
  type HeaderFields,
  header,
  longName,
  member,
  padded,
  pax,
  paxRecord,
} from '../tar-maker.js'
import type { Choices } from './random.js'

/** The folder that symbolic links of the archives lead to: nothing in it may change. */
const CANARY = '../../canary'

const NAMES = [
  ...[
    'a',
    'b',
    './a',
    'd/',
    './d/',
    'd/a',
    'd//b',
    'd/./a',
    '/a',
    '//d/b',
    'e/f/g',
    'l',
    './l/',
    'a/',
    '.',
    './',
  ],
  ...[
    'b\nc',
    '\\141',
    '-x',
    '--',
    '*',
    'a ',
    ' a',
    'a\\',
    '"',
    'dev/null',
    'dev/zero',
    '/',
    'h',
    's',
    'd/h',
    'd/l',
    'd/l/x',
  ],
  ...[
    'n'.repeat(99),
    'n'.repeat(100),
    `d/${'n'.repeat(200)}`,
    'n'.repeat(255),
    `${'m'.repeat(90)}/${'n'.repeat(90)}`,
  ],
  ...['...', '..a'],
] as const
const BAD_NAMES = ['..', '../a', 'd/../a', 'd/..', 'n'.repeat(256), 'l/a'] as const
const ODD = Buffer.from([0x6f, 0xff, 0x80, 0x01, 0x7f])
const TARGETS = [
  'a',
  'b',
  './a',
  'd/a',
  'h',
  's',
  'd',
  'l',
  '/a',
  '',
  'l/a',
  `${CANARY}/file`,
  CANARY,
  '/proc/self',
  'x'.repeat(120),
]

const name = (by: Choices): string | Buffer =>
  by.once(12) ? ODD : by.once(40) ? by.of(BAD_NAMES) : by.of(NAMES)

const CONTENT = Buffer.from(Array.from({ length: 6000 }, (_, at) => 33 + ((at * 7 + (at >> 6)) % 90)))
/** What looks like a member, in a place where there is none. */
const HIDDEN = archive(member({ path: './hidden' }, 'hidden'))

function content(by: Choices): Buffer {
  const length = by.of([0, 0, 1, 5, 511, 512, 513, 1024, 1500, 2048])
  return by.once(3)
    ? HIDDEN.subarray(0, length)
    : CONTENT.subarray(by.below(99), 99 + length).subarray(0, length)
}

function number(by: Choices, value: number, width: number): number | Buffer {
  switch (by.below(20)) {
    case 0:
      return base256(BigInt(value), width)
    case 1:
      return Buffer.from(`${value.toString(8).padStart(width - 1, ' ')} `)
    case 2:
      return Buffer.from(value.toString(8).padStart(width, '0')).subarray(0, width)
    case 3:
      return Buffer.from(`${value.toString(8)}\0`.padEnd(width, by.once(9) ? '7' : by.of(['\0', ' '])))
    default:
      return value
  }
}

function fields(by: Choices): HeaderFields {
  const magic = by.of([undefined, undefined, GNU, 'ustar\x00  ', '\0\0\0\0\0\0\0\0', 'ustar\x0000'])
  const small = { major: by.of([0, 1, 5]), minor: by.of([0, 3, 5]), uname: by.of(['', 'root', 'nobody']) }
  return {
    path: name(by),
    mode: number(by, by.of([0o644, 0o755, 0o4755, 0o1777, 0, 0o100644, 0o7777777]), 8),
    uid: number(by, by.of([0, 1, 1000, 0o7777777]), 8),
    gid: number(by, by.of([0, 1, 1000]), 8),
    mtime: number(by, by.of([0, 1, 1_500_000_000, 2 ** 31 - 1, 2 ** 32]), 12),
    ...(magic === undefined ? {} : { magic }),
    ...(by.once(4) ? { link: by.of(TARGETS) } : {}),
    ...(by.once(6) ? { prefix: by.of(['p', 'd', 'd/', '/', '..', 'p'.repeat(155)]) } : {}),
    ...(by.once(2) ? small : {}),
  }
}

const DEVICES = [
  { path: './dev/null', typeflag: '3', major: 1, minor: 3 },
  { path: 'dev/zero', typeflag: '3', major: 1, minor: 5 },
  { path: './d/null', typeflag: '3', major: 1, minor: 3 },
  { path: 'dev/null', typeflag: '4', major: 1, minor: 3 },
] as const

const LINES = [
  '1\n0\n512\n',
  '2\n0\n512\n8192\n3\n',
  '0\n',
  '1\n9000\n0\n',
  '2\n0\n5\n9000\n0\n',
  '1\n00\n0512\n',
  '1\n\n0\n512\n',
  '1\n0\n512',
  '2\n8192\n3\n0\n512\n',
]

function paxSparse(by: Choices): Buffer[] {
  const real = by.of([['GNU.sparse.name', './s']] as const)
  if (by.once(3)) {
    const map = by.of(LINES)
    const records = [
      ['GNU.sparse.major', '1'],
      ['GNU.sparse.minor', by.once(9) ? '1' : '0'],
      real,
      ['GNU.sparse.realsize', by.of(['9000', '9000', '512', '0', '09000'])],
    ] as const
    return [
      pax(shuffled(by, records)),
      member(
        { path: 'GNUSparseFile.1/s' },
        Buffer.concat([padded(map), CONTENT.subarray(0, by.of([512, 515, 1024, 0, 5]))]),
      ),
    ]
  }
  const regions = by.of([
    [
      [0, 512],
      [8192, 3],
    ],
    [[0, 5]],
    [[0, 0]],
    [[100, 512]],
    [
      [0, 512],
      [9000, 0],
    ],
    [
      [8192, 3],
      [0, 512],
    ],
    [
      [0, 600],
      [100, 512],
    ],
  ])
  const stored = regions.reduce((sum, [, length = 0]) => sum + length, 0)
  const count = ['GNU.sparse.numblocks', String(by.once(9) ? by.below(4) : regions.length)] as const
  const size = [by.of(['GNU.sparse.size', 'GNU.sparse.size', 'GNU.sparse.realsize']), '9000'] as const
  const old = regions.flatMap(
    ([offset, length]) =>
      [
        ['GNU.sparse.offset', String(offset)],
        ['GNU.sparse.numbytes', String(length)],
      ] as const,
  )
  const new01 = [['GNU.sparse.map', regions.flat().join(',')]] as const
  const map = by.once(2) ? old : new01
  const records = by.once(4) ? [...map, size, count] : [size, count, ...(by.once(2) ? [real] : []), ...map]
  return [
    pax(records),
    member({ path: 'GNUSparseFile.1/s' }, CONTENT.subarray(0, by.once(6) ? by.below(1200) : stored)),
  ]
}

function shuffled<T>(by: Choices, items: readonly T[]): T[] {
  const left = [...items]
  return by.once(3) ? items.map(() => left.splice(by.below(left.length), 1)[0] as T) : left
}

const field12 = (by: Choices, value: number): Buffer => {
  const said = number(by, value, 12)
  return typeof said === 'number' ? Buffer.from(`${said.toString(8).padStart(11, '0')}\0`) : said
}

function gnuSparse(by: Choices): Buffer[] {
  const regions = by.of([
    [
      [0, 512],
      [8192, 3],
    ],
    [
      [0, 512],
      [8192, 3],
      [9000, 0],
    ],
    [
      [0, 5],
      [600, 5],
      [1200, 5],
      [1800, 5],
      [2400, 5],
      [9000, 0],
    ],
    [[9000, 0]],
    [],
  ])
  const entries = (list: number[][]): Buffer =>
    Buffer.concat(
      list.map(([offset = 0, length = 0]) => Buffer.concat([field12(by, offset), field12(by, length)])),
    )
  const isLong = regions.length > 4
  const patch: Record<number, Buffer> = {
    386: entries(regions.slice(0, 4)),
    482: Buffer.from([by.once(12) ? by.below(2) : Number(isLong)]),
    483: field12(by, by.of([9000, 9000, 8195, 0])),
  }
  const more = isLong ? [Buffer.concat([entries(regions.slice(4)), Buffer.alloc(512)]).subarray(0, 512)] : []
  const stored = regions.map(([, length = 0]) => padded(CONTENT.subarray(0, length)))
  const size = regions.reduce((sum, [, length = 0]) => sum + length, 0)
  const total = Buffer.concat(stored).length
  return [
    header({
      path: './s',
      typeflag: 'S',
      magic: by.once(8) ? 'ustar\x0000' : GNU,
      size: by.once(3) ? total : size,
      patch,
    }),
    ...more,
    ...stored,
  ]
}

const ODD_VALUES = [
  '0',
  '1',
  '5',
  '600',
  '-1',
  '+1',
  ' 1',
  '1 ',
  '01',
  '0x1',
  '',
  '1.5',
  '-1.5',
  '-0.5',
  '1600000000.123456789',
  '1.',
  '.5',
  '1e3',
  '99999999999999999999',
  '4294967294',
  '4294967295',
  'a',
  'a\0b',
  '\0',
]
const KEYS = [
  'path',
  'linkpath',
  'size',
  'mtime',
  'uid',
  'gid',
  'uname',
  'gname',
  'atime',
  'ctime',
  'comment',
  'hdrcharset',
  'charset',
  'SCHILY.realsize',
  'SCHILY.filetype',
  'SCHILY.dev',
  'SCHILY.devmajor',
  'GNU.sparse.name',
  'GNU.sparse.size',
  'GNU.sparse.major',
  'GNU.volume.filename',
  'GNU.dumpdir',
  'RHT.security.selinux',
  'LIBARCHIVE.xattr.user.a',
  '',
]

function records(by: Choices): (readonly [string, string | Buffer])[] {
  return Array.from({ length: 1 + by.below(3) }, () => {
    switch (by.below(6)) {
      case 0:
        return ['path', name(by)] as const
      case 1:
        return ['linkpath', by.of(TARGETS)] as const
      case 2:
        return [
          'mtime',
          by.of(['1', '1600000000.123456789', '-5.25', '0.000000001', '1500000000.5']),
        ] as const
      case 3:
        return [
          `SCHILY.xattr.${by.of(['trusted.a', 'trusted.b', 'trusted.a=b', 'trusted.'])}`,
          by.of(['value', '', 'a\0b', '\n']),
        ] as const
      case 4:
        return [by.of(['uid', 'gid']), by.of(['0', '7', '2147483648', '4294967294'])] as const
      default:
        return by.once(3)
          ? ([by.of(KEYS), by.of(ODD_VALUES)] as const)
          : (['comment', by.of(ODD_VALUES)] as const)
    }
  })
}

const ODD_LONG_NAMES = [
  'a',
  'a\0',
  'a\0\0',
  'a\0b',
  '\0',
  'd/',
  'l/a\0',
  '/',
  `${'y'.repeat(511)}\0`,
  'y'.repeat(512),
]

/** Headers before that of a member, of each kind one as a rule. */
function extended(by: Choices): Buffer[] {
  const kinds = [
    () => longName(name(by)),
    () => longName(by.of(TARGETS.filter((target) => target !== '')), 'K'),
    () => pax(by.once(8) ? records(by) : [['comment', 'x']], 'g'),
    () =>
      by.once(6)
        ? member({ path: 'x', typeflag: 'X' }, Buffer.concat(records(by).map(paxRecord)))
        : pax(records(by)),
  ]
  if (by.once(15)) {
    const odd = { path: '././@LongLink', typeflag: by.of(['L', 'K']), magic: GNU }
    return [member(odd, by.of(ODD_LONG_NAMES))]
  }
  const count = by.of([0, 0, 0, 1, 1, 2])
  return Array.from(
    { length: count },
    () => kinds.splice(by.once(20) ? 0 : by.below(kinds.length), 1)[0]?.() ?? [],
  ).flat()
}

function one(by: Choices): Buffer[] {
  switch (by.below(14)) {
    case 0:
    case 1:
      return [member({ ...fields(by), typeflag: '5' })]
    case 2:
      return [member({ ...fields(by), typeflag: '2', link: by.of(TARGETS) })]
    case 3:
    case 4:
      return [member({ ...fields(by), typeflag: '1', link: by.of(TARGETS) })]
    case 5:
      return [member({ ...fields(by), ...by.of(DEVICES) })]
    case 6:
      return [member({ ...fields(by), typeflag: '6' })]
    case 7:
      return paxSparse(by)
    case 8:
      return gnuSparse(by)
    case 9:
      return [
        member(
          {
            ...fields(by),
            typeflag: by.of([
              '\0',
              '\0',
              '\0',
              '7',
              '7',
              'D',
              'D',
              by.of(['V', 'M', 'N', 'A', 's', 'S', 'x']),
            ]),
          },
          content(by),
        ),
      ]
    default: {
      const plain = fields(by)
      const isFolder = /\/$|^\.?$/.test(String(plain.path)) && !by.once(20)
      return [member({ ...plain, ...(isFolder ? { path: 'f' } : {}) }, content(by))]
    }
  }
}

/** The parts of an archive, each with its header first; without end marker. */
export function makeParts(by: Choices): Buffer[] {
  const parts: Buffer[] = by.once(2) ? [member({ path: './', typeflag: '5', mode: 0o755 })] : []
  // What links and names below folders refer to is there, as a rule.
  if (!by.once(4)) parts.push(member({ path: './a' }, content(by)))
  if (by.once(2)) parts.push(member({ path: './d', typeflag: '5', mode: 0o755 }))
  if (by.once(3)) parts.push(member({ path: './l', typeflag: '2', link: CANARY }))
  for (let count = 1 + by.below(4); count > 0; count--) {
    const [next, before] = [one(by), extended(by)]
    // A sparse member has its own; two of them are refused.
    parts.push(...(next.length > 1 && !by.once(12) ? [] : before), ...next)
  }
  return parts
}

const BYTES = [
  0x00, 0x20, 0x2f, 0x2e, 0x30, 0x31, 0x35, 0x37, 0x39, 0x53, 0x78, 0x4c, 0x80, 0xff, 0x0a, 0x3d, 0x2d, 0x2b,
  0x81, 0xc0, 0x41,
]
const TYPES = [...'\x001234567xgLKSDVMNXA']
/** Where the fields of a header begin, and where the next does. */
const FIELDS = [
  0, 100, 108, 116, 124, 136, 148, 156, 157, 257, 265, 297, 329, 337, 345, 386, 398, 482, 483, 495, 500, 512,
]
const NUMBERS = [
  '',
  '1',
  '0',
  '-1',
  '+1',
  ' 1 ',
  '1\0 5',
  '1 5',
  '8',
  '0x1',
  '7'.repeat(12),
  '4'.padEnd(12, '0'),
  `${'\x80'.padEnd(11, '\0')}\x01`,
  '\xff'.repeat(12),
  '\x81'.padEnd(12, '\0'),
  '\xbf'.repeat(12),
  '+A',
  '-B',
  '\0\x001',
]

function repair(block: Buffer): void {
  header({ patch: { 0: Buffer.from(block) } }).copy(block)
}

function damageHeader(by: Choices, part: Buffer): void {
  if (part.length < 512) return
  const block = part.subarray(0, 512)
  const at = by.below(FIELDS.length - 1)
  const [start = 0, end = 512] = [FIELDS[at], FIELDS[at + 1]]
  const kind = by.below(4)
  if (kind === 0) block[156] = by.of(TYPES).charCodeAt(0)
  else if (kind === 1 && ((start >= 100 && start < 148) || start === 329 || start === 337 || start >= 386)) {
    if (by.once(2)) block.fill(0, start, end)
    Buffer.from(by.of(NUMBERS), 'latin1').copy(block, start, 0, end - start)
  } else block[start + by.below(Math.min(end, 512) - start)] = by.of(BYTES)
  if (!by.once(25)) repair(block)
}

function damageBody(by: Choices, part: Buffer): void {
  if (part.length <= 512) return
  const end = Math.min(part.length, 512 + by.of([16, 64, 512, 1024]))
  part[512 + by.below(end - 512)] = by.once(5) ? by.below(256) : by.of(BYTES)
}

/** Damages `parts` in up to three places, and joins them. */
export function damaged(by: Choices, parts: Buffer[]): Buffer {
  const list = parts.map((part) => Buffer.from(part))
  for (let count = by.of([0, 0, 1, 1, 1, 2]); count > 0; count--) {
    const at = by.below(list.length)
    const part = list[at] as Buffer
    switch (by.below(12)) {
      case 0:
        list.splice(at, 0, Buffer.from(by.of(list)))
        break
      case 1:
        if (list.length > 1) list.splice(at, 1)
        break
      case 2:
        if (by.once(4))
          list.splice(at, 0, by.once(2) ? Buffer.alloc(512) : Buffer.from(by.of(list).subarray(0, 512)))
        break
      case 3:
        list[at] = Buffer.concat([part, Buffer.alloc(512, by.of([0, 0x41]))])
        break
      case 4:
      case 5:
      case 6:
        damageBody(by, part)
        break
      default:
        damageHeader(by, part)
    }
  }
  const bytes = archive(...list)
  if (by.once(50)) return bytes.subarray(0, 512 * by.below(bytes.length / 512))
  if (by.once(50)) return bytes.subarray(0, bytes.length - 1 - by.below(1500))
  return by.once(20) ? Buffer.concat([bytes, by.of([HIDDEN, Buffer.alloc(99), Buffer.from('x')])]) : bytes
}
