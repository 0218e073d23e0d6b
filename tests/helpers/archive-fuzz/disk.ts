// Unpacks many small archives, each into a folder of its own, by as few processes as can be, and compares the disk with a Tree.

import { execFileSync, spawnSync } from 'node:child_process'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { COMPARED, type Tree, type Wanted } from './model.js'

/** What came of one archive. */
export interface Outcome {
  exitCode: number
  stderr: string
}

/** Unpacks each `NAME.tar` of `folder` into `NAME/`, which must exist, by `argv` with `--directory=NAME` behind it. */
export function unpackAll(
  folder: string,
  names: readonly string[],
  argv: readonly string[],
): Map<string, Outcome> {
  // One shell for all: starting a program from Node takes longer than all that tar does.
  const script =
    'cd "$1" || exit; shift; while read -r name; do "$@" --directory="$name" <"$name.tar" 2>"$name.err"; echo "$name $?"; done'
  const { stdout, status } = spawnSync('sh', ['-c', script, 'sh', folder, ...argv], {
    input: names.map((name) => `${name}\n`).join(''),
    encoding: 'utf8',
    env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' },
  })
  if (status !== 0) throw new Error(`the shell ended with ${status}`)
  return new Map(
    stdout
      .trim()
      .split('\n')
      .map((line) => {
        const [name = '', exitCode = ''] = line.split(' ')
        return [name, { exitCode: Number(exitCode), stderr: readFileSync(`${folder}/${name}.err`, 'latin1') }]
      }),
  )
}

/** Extended attributes of everything below `folder`, by path: name=value lines, values as hexadecimal digits. */
export function attributesBelow(folder: string): Map<string, Map<string, string>> {
  const dump = execFileSync(
    'getfattr',
    ['-R', '-h', '-P', '-d', '-m', '^(trusted|user)\\.', '-e', 'hex', '.'],
    {
      cwd: folder,
      encoding: 'latin1',
      maxBuffer: 2 ** 28,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  const found = new Map<string, Map<string, string>>()
  let file: Map<string, string> = new Map()
  for (const line of dump.split('\n')) {
    const path = /^# file: (.*)$/.exec(line)?.[1]
    if (path !== undefined) {
      file = new Map()
      found.set(withoutEscapes(path).replace(/^\.\//, ''), file)
    } else if (line !== '') {
      const equals = line.lastIndexOf('=0x')
      file.set(
        withoutEscapes(equals < 0 ? line : line.slice(0, equals)),
        equals < 0 ? '' : line.slice(equals + 3),
      )
    }
  }
  return found
}

const withoutEscapes = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))

const bytes = (path: string): Buffer => Buffer.from(path, 'latin1')

/** The first difference between `tree` and the folder `at`, in words; undefined when there is none. */
export function difference(
  tree: Tree,
  at: string,
  attributes: (path: string) => Map<string, string> | undefined,
): string | undefined {
  const found = new Set<string>()
  const inodes = new Map<Wanted, bigint>()
  const look = (path: string): string | undefined => {
    found.add(path)
    const wanted = tree.get(path)
    if (wanted === undefined) return `${JSON.stringify(path)} is on the disk, and no member`
    const full = path === '' ? at : `${at}/${path}`
    const wrong = compare({ wanted, full, inodes }) ?? compareAttributes(wanted, attributes(path))
    if (wrong !== undefined) return `${JSON.stringify(path)}: ${wrong}`
    if (wanted.kind !== 'directory') return undefined
    for (const name of readdirSync(bytes(full), { encoding: 'latin1' })) {
      const below = look(path === '' ? name : `${path}/${name}`)
      if (below !== undefined) return below
    }
    return undefined
  }
  const wrong = look('')
  if (wrong !== undefined) return wrong
  const missing = [...tree.keys()].find((path) => !found.has(path))
  return missing === undefined ? undefined : `${JSON.stringify(missing)} is a member, and not on the disk`
}

function compareAttributes(wanted: Wanted, found: Map<string, string> | undefined): string | undefined {
  const expected = Object.entries(wanted.xattrs).map(
    ([name, value]) => `${name}=${bytes(value).toString('hex')}`,
  )
  const there = [...(found ?? [])].map(([name, value]) => `${name}=${value}`)
  const [left, right] = [expected.sort().join(' '), there.sort().join(' ')]
  return left === right ? undefined : `attributes: audited ${left}, on the disk ${right}`
}

interface One {
  wanted: Wanted
  full: string
  inodes: Map<Wanted, bigint>
}

const TYPE_BITS = {
  file: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
  char: 0o020000,
  block: 0o060000,
  fifo: 0o010000,
}

function compare({ wanted, full, inodes }: One): string | undefined {
  const stat = lstatSync(bytes(full), { bigint: true })
  const mode = Number(stat.mode)
  const differs = (what: string, audited: unknown, disk: unknown): string | undefined =>
    String(audited) === String(disk)
      ? undefined
      : `${what}: audited ${String(audited)}, on the disk ${String(disk)}`
  const known = inodes.get(wanted)
  inodes.set(wanted, stat.ino)
  const { made, kind } = wanted
  return (
    differs('type', TYPE_BITS[kind], mode & 0o170000) ??
    (kind === 'file' ? differs('size', wanted.size, stat.size) : undefined) ??
    (kind === 'symlink'
      ? differs('target', wanted.target, readlinkSync(bytes(full), { encoding: 'latin1' }))
      : undefined) ??
    (kind === 'char' || kind === 'block'
      ? differs('device', wanted.device, deviceOf(stat.rdev))
      : undefined) ??
    (kind === 'directory' ? undefined : differs('names', wanted.names, stat.nlink)) ??
    (known === undefined ? undefined : differs('inode', known, stat.ino)) ??
    (made === undefined
      ? undefined
      : differs('owner', `${made.uid}:${made.gid}`, `${stat.uid}:${stat.gid}`)) ??
    (made === undefined || kind === 'symlink' ? undefined : differs('mode', made.mode, mode & 0o7777)) ??
    (made === undefined ? undefined : differsInTime(made.mtime, stat.mtimeNs)) ??
    (wanted.content === undefined ||
    wanted.size > COMPARED ||
    wanted.content.equals(readFileSync(bytes(full)))
      ? undefined
      : 'content')
  )
}

/** Numbers of JavaScript are exact to some microseconds. */
const differsInTime = (audited: number, disk: bigint): string | undefined =>
  Math.abs(Number(disk) / 1e9 - audited) < 1e-5
    ? undefined
    : `time: audited ${audited}, on the disk ${disk} ns`

const deviceOf = (rdev: bigint): string =>
  `${(rdev >> 8n) & 0xfffn}:${(rdev & 0xffn) | ((rdev >> 12n) & 0xfff00n)}`
