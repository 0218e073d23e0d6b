// The rules for an archive that will become a root file system. They see each member before GNU tar does; what they
// refuse is never unpacked, and what pack publishes passed them too.

import { type Fail, failFor } from '../fault.js'
import { isUsualDevice } from './devices.js'
import type { EntryType, TarEntry } from './entry.js'
import { PathKind, PathTable } from './path-table.js'
import { quoteBytes } from './quote.js'

/** Caps of one archive. */
export interface AuditLimits {
  /** Members, and paths with the directories that they imply. */
  maxEntries: number
  /** Sum of the unpacked sizes without holes, in bytes. */
  maxBytes: number
  /** Unpacked size of one file with its holes, in bytes. */
  maxFileSize: number
}

/** Far above any root file system: 2 million paths, 256 GiB, and files up to ext4's largest. */
const DEFAULT_LIMITS: AuditLimits = {
  maxEntries: 2_000_000,
  maxBytes: 256 * 2 ** 30,
  maxFileSize: 16 * 2 ** 40,
}

/** PATH_MAX and NAME_MAX of Linux, without the final NUL. */
const PATH_MAX = 4095
const NAME_MAX = 255
/** The highest id; the one above means "leave it as it is" to chown(2). */
const MAX_ID = 0xffff_fffe
/** Times that ext4 stores exactly, with its 34-bit seconds: 1901-12-13 to 2446-05-10. Others would come out changed. */
const MIN_TIME = -(2 ** 31)
const MAX_TIME = 2 ** 34 - 2 ** 31

const KINDS: Readonly<Record<EntryType, PathKind>> = {
  file: PathKind.file,
  hardlink: PathKind.file,
  directory: PathKind.directory,
  symlink: PathKind.symlink,
  char: PathKind.special,
  block: PathKind.special,
  fifo: PathKind.special,
}
const KIND_NAMES = ['nothing', 'a directory', 'a file', 'a symlink', 'a device', 'a symlink'] as const

/** What {@link createAudit} checks for. */
export interface AuditOptions {
  /** Path or name of the archive, for messages. */
  archive: string
  limits?: Partial<AuditLimits>
}

/**
 * Makes the audit of one archive: call it with each member, in order.
 *
 * An absolute name means what follows its first slashes, as for GNU tar, which unpacks it below the target.
 *
 * Refused: `..`; a member below an earlier symlink or file; a hard link to anything but an earlier
 * file; a second member of another type under one name; a second symlink, if either leads out of its folder (GNU tar makes
 * these at its end, and the first of them); device nodes other than the usual ones in /dev, and elsewhere than
 * null, zero and random numbers; names, owners and times that the file system would change; extended attributes that Linux cannot
 * hold; and more of anything than the limits. Symlinks may point anywhere: nothing here follows them. FIFOs may be anywhere: nothing here opens them.
 *
 * @returns the audit, which throws SdkError SDK_ARCHIVE naming archive and member
 */
export function createAudit(options: AuditOptions): (entry: TarEntry) => void {
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const fail = failFor(options.archive)
  const paths = new PathTable()
  paths.enter(Buffer.from('.'), PathKind.directory)
  let entries = 0
  let bytes = 0
  return (entry) => {
    entries++
    bytes += entry.size
    if (Math.max(entries, paths.size) > limits.maxEntries)
      fail('too-large', `more than ${limits.maxEntries} members and directories`)
    if (bytes > limits.maxBytes) fail('too-large', `more than ${limits.maxBytes} bytes of content`)
    if (entry.realSize > limits.maxFileSize)
      fail('too-large', `${memberName(entry)} has ${entry.realSize} bytes`)
    checkName(entry.path, { fail, what: () => memberName(entry) })
    checkMetadata(entry, fail)
    checkType(entry, { paths, fail })
    checkPath(entry, { paths, fail })
  }
}

const memberName = (entry: TarEntry): string => `member ${quoteBytes(entry.path.subarray(0, 400))}`

function checkName(name: Buffer, context: { fail: Fail; what: () => string }): void {
  const { fail, what } = context
  if (name.length === 0) fail('corrupt', `${what()} has an empty name`)
  if (name.length > PATH_MAX) fail('unsafe', `${what()}… has a name of ${name.length} bytes`)
  for (let start = 0; start <= name.length; ) {
    const slash = name.indexOf(0x2f, start)
    const end = slash < 0 ? name.length : slash
    if (end - start > NAME_MAX) fail('unsafe', `${what()} has a name component of ${end - start} bytes`)
    if (end - start === 2 && name[start] === 0x2e && name[start + 1] === 0x2e)
      fail('unsafe', `${what()} climbs out with ".."`)
    start = end + 1
  }
}

const isId = (id: number): boolean => id >= 0 && id <= MAX_ID

function checkMetadata(entry: TarEntry, fail: Fail): void {
  if (!isId(entry.uid) || !isId(entry.gid))
    fail('unsafe', `${memberName(entry)} has the impossible owner ${entry.uid}:${entry.gid}`)
  if (entry.mtime < MIN_TIME || entry.mtime >= MAX_TIME)
    fail('unsafe', `${memberName(entry)} has the impossible time ${entry.mtime}`)
  for (const name of entry.xattrs) {
    const why = whyUnfit(name)
    if (why !== undefined)
      fail(
        'unsafe',
        `${memberName(entry)} has the extended attribute "${quoteBytes(Buffer.from(name.slice(0, 300), 'latin1'))}", ${why}`,
      )
  }
}

/** XATTR_NAME_MAX of Linux. */
const XATTR_NAME_MAX = 255

/** Why no file of a root can have the extended attribute `name`; undefined where it can (xattr(7)). */
function whyUnfit(name: string): string | undefined {
  // GNU tar writes `=` and `%` so.
  const length = name.replace(/%(?:3D|25)/g, '%').length
  if (!/^(?:user|trusted|security|system)\../s.test(name)) return 'of a kind that Linux has not'
  return length > XATTR_NAME_MAX ? `whose name has ${length} bytes` : undefined
}

interface Context {
  paths: PathTable
  fail: Fail
}

function checkType(entry: TarEntry, { paths, fail }: Context): void {
  if (entry.type === 'file' || entry.type === 'directory' || entry.type === 'fifo') return
  if (entry.type === 'symlink') {
    if (entry.link.length === 0 || entry.link.length > PATH_MAX)
      fail('unsafe', `${memberName(entry)} is a symlink with a target of ${entry.link.length} bytes`)
  } else if (entry.type === 'hardlink') {
    const what = (): string => `${memberName(entry)} is a hard link, and its target`
    checkName(entry.link, { fail, what })
    const kind = paths.kindOf(entry.link)
    if (kind !== PathKind.file)
      fail('unsafe', `${what()} ${quoteBytes(entry.link)} is ${KIND_NAMES[kind]}, not an earlier file`)
  } else if (!isUsualDevice(entry)) {
    const { major, minor } = entry.device
    fail(
      'unsafe',
      `${memberName(entry)} is a ${entry.type} device ${major}:${minor}, not one of the usual nodes in dev`,
    )
  }
}

function checkPath(entry: TarEntry, { paths, fail }: Context): void {
  const kind = entry.type === 'symlink' && isOutward(entry.link) ? PathKind.outwardLink : KINDS[entry.type]
  const { before, blocked } = paths.enter(entry.path, kind)
  if (blocked !== undefined) {
    const ancestor = quoteBytes(entry.path.subarray(0, blocked.length))
    fail('unsafe', `${memberName(entry)} lies below ${ancestor}, which is ${KIND_NAMES[blocked.kind]}`)
  }
  const isAgain = before === kind && kind !== PathKind.outwardLink
  if (before !== PathKind.none && !isAgain)
    fail(
      'unsafe',
      `${memberName(entry)} is ${KIND_NAMES[kind]}, but an earlier member made it ${KIND_NAMES[before]}`,
    )
}

/** What GNU tar puts an empty file in the place of, until all else is unpacked. */
const isOutward = (target: Buffer): boolean => /^\/|(^|\/)\.\.(\/|$)/.test(target.toString('latin1'))
