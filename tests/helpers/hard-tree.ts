// A tree with what is hard to store in an archive, and what of a tree has to come out of one. Needs root, and a disk with
// extended attributes.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'

const SLASH = 0x2f

/** `name` below `folder`, as bytes. */
const at = (folder: string | Buffer, name: string | Buffer): Buffer =>
  Buffer.concat([Buffer.from(folder), Buffer.from('/'), Buffer.from(name)])

/** Makes it at `root`, with so many plain files beside what is odd. */
export function makeHardTree(root: string, files: number): void {
  for (const folder of ['names', 'meta', 'sparse', 'many', 'dev', 'links'])
    fs.mkdirSync(path.join(root, folder), { recursive: true })
  for (let count = 0; count < files; count++) {
    const folder = path.join(root, 'many', String(Math.floor(count / 1000)))
    if (count % 1000 === 0) fs.mkdirSync(folder)
    fs.writeFileSync(path.join(folder, `file-${count}`), `content ${count}\n`.repeat(count % 40))
  }
  makeNames(path.join(root, 'names'))
  // bsdtar reads headers of up to 1 MiB.
  makeSparse(path.join(root, 'sparse'), files < 1000 ? 400 : 10_000)
  makeLinks(path.join(root, 'links'))
  makeNodes(path.join(root, 'dev'))
  // Last: changes of times and owners are not to be undone.
  makeMetadata(path.join(root, 'meta'))
}

function makeNames(folder: string): void {
  const names = [
    ...Array.from({ length: 255 }, (_, byte) => Buffer.from([byte + 1])),
    ...Array.from({ length: 255 }, (_, byte) => Buffer.from([0x6e, byte + 1, 0xff])),
    ...[
      '-rf',
      '--help',
      ' ',
      'a b ',
      '\\',
      '\\n',
      '\\012',
      '"',
      "'",
      '$(x)',
      '*',
      '...',
      '%s',
      '=',
      'ä',
      '\u0308a',
      '漢',
    ],
    ...['GNUSparseFile.1', 'PaxHeaders', '@LongLink', '././@LongLink', '\x1b]0;x\x07'],
    Buffer.alloc(255, 0xfe),
    'n'.repeat(99),
    'n'.repeat(100),
    'n'.repeat(101),
    'n'.repeat(155),
    'n'.repeat(255),
  ].map((name) => Buffer.from(name))
  for (const name of names)
    if (!name.includes(SLASH) && !['.', '..'].includes(name.toString()))
      fs.writeFileSync(at(folder, name), name)
  // As deep as a path may be.
  let deep: Buffer = Buffer.from(folder)
  while (deep.length < 4090 - 251) {
    deep = at(deep, Buffer.alloc(250, 0x64))
    fs.mkdirSync(deep)
  }
  fs.writeFileSync(at(deep, 'f'.repeat(4094 - deep.length)), 'deep')
}

function makeSparse(folder: string, pieces: number): void {
  const write = (name: string, size: number, texts: readonly (readonly [number, string])[]): void => {
    const file = fs.openSync(path.join(folder, name), 'w')
    fs.ftruncateSync(file, size)
    for (const [offset, text] of texts) fs.writeSync(file, text, offset)
    fs.closeSync(file)
  }
  write('all-hole', 1_000_000, [])
  write('hole-first', 1_000_000, [[999_000, 'x'.repeat(1000)]])
  write('hole-last', 1_000_001, [[0, 'x'.repeat(5000)]])
  write('hole-between', 3_000_000, [
    [0, 'start'],
    [1_500_000, 'middle'],
    [2_999_997, 'end'],
  ])
  write('no-hole', 0, [[0, 'x'.repeat(100_000)]])
  write('of-9-GiB', 9 * 2 ** 30 + 1, [
    [5 * 2 ** 30, 'middle'],
    [9 * 2 ** 30 - 2, 'end'],
  ])
  write(
    'of-many-pieces',
    pieces * 8192,
    Array.from({ length: pieces }, (_, piece) => [piece * 8192, `${piece}`] as const),
  )
  fs.linkSync(path.join(folder, 'hole-first'), path.join(folder, 'hole-first-again'))
}

function makeLinks(folder: string): void {
  fs.writeFileSync(path.join(folder, 'a'), 'a')
  for (const name of ['b', 'c', 'z']) fs.linkSync(path.join(folder, 'a'), path.join(folder, name))
  const targets = [
    'a',
    'nowhere',
    '/etc/passwd',
    '../..',
    '../names',
    './/a',
    '.',
    '\\n',
    'x'.repeat(100),
    'y'.repeat(101),
    `${'t'.repeat(200)}/`.repeat(20),
  ]
  for (const [count, target] of [...targets, Buffer.from([0xff, 0x0a, 0x80])].entries())
    fs.symlinkSync(target, path.join(folder, `to-${count}`))
  // Another name of a symlink is one more link for tar.
  fs.symlinkSync('/x', path.join(folder, 'same'))
}

function makeNodes(folder: string): void {
  for (const [name, minor] of [
    ['null', 3],
    ['zero', 5],
    ['urandom', 9],
  ] as const)
    execFileSync('mknod', ['-m', '666', path.join(folder, name), 'c', '1', String(minor)])
  execFileSync('mkfifo', ['-m', '622', path.join(folder, 'queue')])
}

const OWNERS = [1, 65_534, 0o7777777, 0o7777777 + 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2]
const MODES = [0o4755, 0o2755, 0o6711, 0o1777, 0, 0o400, 0o7777]
const TIMES = [
  '0',
  '-1',
  '-1.5',
  '-0.000000001',
  '-2147483648',
  '1',
  '1600000000.123456789',
  '1600000000.999999999',
  '2147483648',
  '4294967296.5',
  '8589934592.25',
  '15032385535',
]
const VALUES = ['', 'text', '\n', '0x\0\x01\xff=', '12 path=evil\n', 'v'.repeat(700)]

function makeMetadata(folder: string): void {
  const make = (name: string, isFolder = false): string => {
    const file = path.join(folder, name)
    if (isFolder) fs.mkdirSync(file)
    else fs.writeFileSync(file, name)
    return file
  }
  for (const isFolder of [false, true]) {
    const kind = isFolder ? 'folder' : 'file'
    for (const owner of OWNERS)
      fs.chownSync(make(`${kind}-owner-${owner}`, isFolder), owner, OWNERS.at(-1) as number)
    for (const mode of MODES) fs.chmodSync(make(`${kind}-mode-${mode}`, isFolder), mode)
    for (const [count, value] of VALUES.entries()) {
      const file = make(`${kind}-attributes-${count}`, isFolder)
      for (const name of ['user.a', 'user.b c', 'trusted.ä', 'security.own'])
        execFileSync('setfattr', [
          '-n',
          name,
          '-v',
          `0x${Buffer.from(value, 'latin1').toString('hex')}`,
          file,
        ])
    }
    const acl = make(`${kind}-acl`, isFolder)
    execFileSync('setfacl', ['-m', 'u:4242:rwx,g:4343:r-x,m::rw-', acl])
    if (isFolder) execFileSync('setfacl', ['-d', '-m', 'u:4242:rx,g::-', acl])
  }
  execFileSync('setcap', ['cap_net_raw,cap_sys_admin=ep', make('capable')])
  fs.symlinkSync('/nowhere', path.join(folder, 'link-owner'))
  fs.lchownSync(path.join(folder, 'link-owner'), 2 ** 31, 7)
  for (const time of TIMES) {
    execFileSync('touch', ['-m', '-d', `@${time}`, make(`file-time-${time}`)])
    execFileSync('touch', ['-m', '-d', `@${time}`, make(`folder-time-${time}`, true)])
    fs.symlinkSync('x', path.join(folder, `link-time-${time}`))
    execFileSync('touch', ['-h', '-m', '-d', `@${time}`, path.join(folder, `link-time-${time}`)])
  }
}

/** Larger files are looked at in part, and by their holes. */
const DIGESTED = 256 * 2 ** 20

/** A line for each path below `root`, sorted: all that an archive has to keep. */
export function hardFacts(root: string): string[] {
  const lines: string[] = []
  const firstNames = new Map<bigint, string>()
  const look = (file: Buffer, name: string): void => {
    const stat = fs.lstatSync(file, { bigint: true })
    const facts = [`mode=${stat.mode.toString(8)}`, `owner=${stat.uid}:${stat.gid}`, `time=${stat.mtimeNs}`]
    if (!stat.isDirectory()) {
      const first = firstNames.get(stat.ino) ?? name
      firstNames.set(stat.ino, first)
      facts.push(`names=${stat.nlink}`, `first=${first}`)
    }
    if (stat.isFile())
      facts.push(
        `size=${stat.size}`,
        `content=${digest(file, Number(stat.size))}`,
        `isSparse=${stat.blocks * 512n < stat.size}`,
      )
    if (stat.isSymbolicLink()) facts.push(`target=${fs.readlinkSync(file, { encoding: 'latin1' })}`)
    if (stat.isCharacterDevice()) facts.push(`device=${stat.rdev}`)
    lines.push(`${JSON.stringify(name)} ${facts.join(' ')}`)
    if (stat.isDirectory())
      for (const below of fs.readdirSync(file, { encoding: 'buffer' }).sort(Buffer.compare))
        look(at(file, below), `${name}/${below.toString('latin1')}`)
  }
  look(Buffer.from(root), '')
  return [...lines, ...attributes(root)]
}

function digest(file: Buffer, size: number): string {
  const hash = createHash('sha256')
  if (size <= DIGESTED) return hash.update(fs.readFileSync(file)).digest('hex')
  const handle = fs.openSync(file, 'r')
  const piece = Buffer.alloc(65_536)
  for (const start of [0, 5 * 2 ** 30, size - piece.length]) {
    fs.readSync(handle, piece, 0, piece.length, start)
    hash.update(piece)
  }
  fs.closeSync(handle)
  return hash.digest('hex')
}

/** What getfattr has to say of everything: extended attributes, capabilities and ACLs, each file's sorted. */
function attributes(root: string): string[] {
  const dump = execFileSync('getfattr', ['-R', '-h', '-P', '-d', '-m', '-', '-e', 'hex', '.'], {
    cwd: root,
    encoding: 'latin1',
    maxBuffer: 2 ** 28,
    // That it has no names for some owners.
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return dump
    .split('\n\n')
    .map((file) => file.split('\n').sort().join(' '))
    .sort()
}
