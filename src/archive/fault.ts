// What can be wrong with an archive, as one error shape: SDK_ARCHIVE, the archive's name, the fault and a hint.

import { SdkError } from '../errors.js'

/**
 * - `truncated`: ends too early · `corrupt`: the data contradicts itself or its checksum
 * - `not-a-tar`: something else · `unsafe`: a member that would reach outside, or that no root file system needs
 * - `too-large`: beyond a cap · `unsupported`: a tar feature this project refuses to interpret
 */
export type Fault = 'truncated' | 'corrupt' | 'not-a-tar' | 'unsafe' | 'too-large' | 'unsupported'

const HINTS: Readonly<Record<Fault, string>> = {
  truncated: 'the copy is incomplete: fetch it again, and compare its digest with the published one',
  corrupt: 'the copy is damaged: fetch it again, and compare its digest with the published one',
  'not-a-tar': 'give a tar archive, plain or compressed with zstd, bzip2, xz or gzip',
  unsafe: 'do not use this archive unless you know who made it and why it holds such a member',
  'too-large': 'this is far beyond any root file system; do not use this archive unless you know who made it',
  unsupported:
    'repack it with GNU tar: `tar --format=posix --numeric-owner --xattrs --acls -C TREE -cf NEW .`',
}

/** The error of a faulty archive. `archive` is its path or name, `what` completes the sentence after it. */
export function archiveFault(archive: string, fault: Fault, what: string): SdkError {
  return new SdkError('SDK_ARCHIVE', `${archive}: ${what}`, {
    hint: HINTS[fault],
    facts: { archive, fault },
  })
}

/** Ends the reading of one archive with {@link archiveFault}. */
export type Fail = (fault: Fault, what: string) => never

/** A {@link Fail} for `archive`. */
export function failFor(archive: string): Fail {
  return (fault, what) => {
    throw archiveFault(archive, fault, what)
  }
}
