// What is known of the files and packages of one side of a comparison. Names are byte strings (latin1) without `./`.

import type { EntryType } from '../archive/tar/entry.js'

/** A name in a root. A hard link is what it links to. */
export interface FileFacts {
  readonly type: Exclude<EntryType, 'hardlink'>
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Seconds since the epoch, with fraction. */
  readonly mtime: number
  /** Size of a regular file with its holes. */
  readonly size: number
  /** The member of the archive, counted from 1, that has the content: of a hard link, that of its target. */
  readonly member: number
  /** SHA-256 of the content of a regular file, as a byte string; empty for others. */
  digest: string
  /** Target of a symbolic link, or the numbers of a device. */
  readonly target: string
  /** Extended attributes, `name=hex` each, sorted, with line ends. */
  readonly xattrs: string
  /** ACLs in their text form. */
  readonly acls: string
  /** The other names of the file and its own, sorted; undefined when there is but one. */
  links: readonly string[] | undefined
}

/** A package as its database entry has it. */
export interface PackageFacts {
  /** `category/name-version`. */
  readonly cpv: string
  /** `category/name`. */
  readonly cp: string
  readonly version: string
  readonly slot: string
  readonly repository: string
  /** Flags that were on, sorted. */
  readonly use: readonly string[]
  /** Seconds since the epoch; 0 when unknown. */
  readonly buildTime: number
  /** Whether it was built or carried, from a record beside the archive. */
  readonly origin?: string | undefined
}

/** One side: a root with what is in it. */
export interface Inventory {
  readonly files: ReadonlyMap<string, FileFacts>
  readonly packages: readonly PackageFacts[]
  /** Members of the archive. */
  readonly members: number
  /** Packages of the files of `wanted`, by path; those that none owns are left out. */
  owners(wanted: ReadonlySet<string>): ReadonlyMap<string, string>
}
