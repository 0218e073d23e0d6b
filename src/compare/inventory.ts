// The first pass over one side: what every file is, and the packages. No content is kept but the package database's.

import type { TarEntry } from '../archive/tar/entry.js'
import { SdkError } from '../errors.js'
import { ContentDigest } from './content-digest.js'
import type { FileFacts, Inventory } from './facts.js'
import { PackageDatabase } from './package-database.js'
import { type ReadingHow, readSubject, type Subject } from './subject.js'

/** As for unpacking (audit.ts). */
const MAX_MEMBERS = 2_000_000

/**
 * Reads `subject` once. Of members with one name the last counts, as it would when they are unpacked.
 *
 * @param origins of packages by cpv, from a record beside the archive
 * @throws SdkError SDK_ARCHIVE as {@link readSubject}
 */
export async function takeInventory(
  subject: Subject,
  origins: ReadonlyMap<string, string>,
  how: ReadingHow,
): Promise<Inventory> {
  const taker = new Taker(subject.path)
  await readSubject(
    subject,
    { onEntry: (entry) => taker.entry(entry), onContent: (bytes, offset) => taker.content(bytes, offset) },
    how,
  )
  return taker.finish(origins)
}

/** `./usr//bin/` as `usr/bin`; the root itself as `.`. */
function memberName(path: Buffer): string {
  const parts = path
    .toString('latin1')
    .split('/')
    .filter((part) => part !== '' && part !== '.')
  return parts.join('/') || '.'
}

class Taker {
  readonly #archive: string
  readonly #files = new Map<string, FileFacts>()
  readonly #database = new PackageDatabase()
  #members = 0
  /** The regular file whose content passes by. */
  #open: { path: string; facts: FileFacts; digest: ContentDigest; kept: Buffer[] | undefined } | undefined

  constructor(archive: string) {
    this.#archive = archive
  }

  entry(entry: TarEntry): void {
    this.#close()
    this.#members++
    if (this.#members > MAX_MEMBERS)
      throw new SdkError('SDK_ARCHIVE', `${this.#archive}: more than ${MAX_MEMBERS} members`)
    const path = memberName(entry.path)
    const facts = entry.type === 'hardlink' ? this.#linked(path, entry) : describe(entry, this.#members)
    this.#files.set(path, facts)
    if (entry.type !== 'file') return
    const kept = PackageDatabase.wants(path, entry.realSize) ? [] : undefined
    this.#open = { path, facts, digest: new ContentDigest(), kept }
  }

  content(bytes: Buffer, offset: number): void {
    this.#open?.digest.add(bytes, offset)
    // The reader's bytes are only valid during the call.
    this.#open?.kept?.push(Buffer.from(bytes))
  }

  #close(): void {
    if (this.#open === undefined) return
    const { path, facts, digest, kept } = this.#open
    facts.digest = digest.finish(facts.size)
    if (kept !== undefined) this.#database.add(path, Buffer.concat(kept))
    this.#open = undefined
  }

  #linked(path: string, entry: TarEntry): FileFacts {
    const target = memberName(entry.link)
    const facts = this.#files.get(target)
    if (facts?.type !== 'file')
      throw new SdkError(
        'SDK_ARCHIVE',
        `${this.#archive}: ${path} is a hard link to ${target}, which is not an earlier file`,
      )
    // All names share one object, so what is known of one is known of all.
    facts.links = [...(facts.links ?? [target]), path].sort()
    return facts
  }

  finish(origins: ReadonlyMap<string, string>): Inventory {
    this.#close()
    return {
      files: this.#files,
      packages: this.#database.packages(origins),
      members: this.#members,
      owners: (wanted) => this.#database.owners(this.#files, wanted),
    }
  }
}

function describe(entry: TarEntry, member: number): FileFacts {
  const { type, mode, uid, gid, mtime, device } = entry
  if (type === 'hardlink') throw new Error('a hard link has no facts of its own')
  const isDevice = type === 'char' || type === 'block'
  const attributes = [...(entry.attributes ?? [])].map(([name, value]) => ({ name, value }))
  const isAcl = ({ name }: { name: string }): boolean => name.startsWith('acl.')
  const xattrs = attributes
    .filter((each) => !isAcl(each) && !(entry.hasAcl && each.name.startsWith('system.posix_acl_')))
    .map(({ name, value }) => `${name}=${value.toString('hex')}\n`)
  const acls = attributes
    .filter(isAcl)
    .map(({ name, value }) => `${name}: ${value.toString('latin1').trim()}\n`)
  // One literal with all fields: there are as many of these as files, and V8 keeps such objects smallest.
  return {
    type,
    mode,
    uid,
    gid,
    mtime,
    size: entry.realSize,
    member,
    digest: '',
    target: isDevice ? `${device.major},${device.minor}` : entry.link.toString('latin1'),
    xattrs: xattrs.sort().join(''),
    acls: acls.sort().join(''),
    links: undefined,
  }
}
