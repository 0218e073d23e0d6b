// The GNU tar commands: the one that turns a tree into a deterministic tar stream, and the one that unpacks.

/** Blocks of a record, as tar writes it unless it is told otherwise, and as archives are filled up. */
export const RECORD_BLOCKS = 20

/** What {@link tarCommand} leaves out or levels. */
export interface TarOptions {
  /** Seconds since the epoch; members changed later get this time (the start of the run, say). Default: their own. */
  mtime?: number
  /**
   * Shell patterns of paths below the root, without leading slash. `tmp/x` leaves out `tmp/x` and all below it;
   * `tmp/*` leaves out what is in `tmp`, hidden files included, and keeps `tmp`.
   */
  excludes?: readonly string[]
  /** Leave out what is on other file systems; the folder of a mount point stays. */
  oneFileSystem?: boolean
  /** `root` is a layer of an overlay: what its marks hide belongs to it. */
  isLayer?: boolean
}

/** What overlayfs notes in a layer for itself alone: it may be lost in a copy. */
const OWN_NOTES = ['origin', 'impure', 'nlink', 'uuid', 'upper']

/**
 * The argv that writes `root` to stdout, but for zeros at its end the same bytes for the same tree on every host, whatever the order of its
 * directories, its passwd, its locale or the time. Run it where `root` is the finished tree; sockets are left out by tar.
 */
export function tarCommand(root: string, options: TarOptions): [string, ...string[]] {
  return [
    'tar',
    '--create',
    '--file=-',
    // Records of 120 KiB: of tar's own 10 KiB, each is a turn of whoever reads. See wholeRecords (stream/records.ts).
    `--blocking-factor=${12 * RECORD_BLOCKS}`,
    '--no-unquote', // A backslash in the path of a folder is one.
    `--directory=${root}`,
    '--format=posix', // The only format with extended attributes, sizes and times without limits.
    // tar puts its process id into the names of PAX headers unless told otherwise; access times change by reading.
    '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime',
    '--sort=name', // By bytes, in every locale; readdir's order differs from disk to disk.
    '--numeric-owner', // Names are this host's business.
    // Only what is later than --mtime, so times that packages chose survive.
    ...(options.mtime === undefined ? [] : [`--mtime=@${options.mtime}`, '--clamp-mtime']),
    '--xattrs', // Capabilities are extended attributes …
    '--xattrs-include=*', // … and not in the default, user.*.
    // overlayfs's notes would hide files of a later overlay.
    ...(options.isLayer === true ? OWN_NOTES : ['*']).map(
      (note) => `--xattrs-exclude=trusted.overlay.${note}`,
    ),
    '--xattrs-exclude=system.posix_acl_*', // ACLs once more, in this kernel's binary form; --acls has them as text.
    '--acls',
    '--sparse', // Holes stay holes.
    '--sparse-version=0.0', // The only version that does not put the process id into a name.
    ...(options.oneFileSystem === true ? ['--one-file-system'] : []),
    // Patterns match from the start of a name: `tmp` must not mean `usr/share/tmp`.
    ...(options.excludes ?? []).flatMap((pattern) => ['--anchored', '--wildcards', `--exclude=./${pattern}`]),
    '.', // Members begin with ./, as in every SDK and Gentoo stage.
  ]
}

/**
 * The argv that unpacks stdin, which was audited before, all of it as archived. What has to follow is `--directory=TARGET`, a
 * fresh folder.
 */
export function extractCommand(): [string, ...string[]] {
  return [
    'tar',
    '--extract',
    '--file=-',
    '--no-unquote', // A backslash in the path of a folder is one.
    '--numeric-owner', // The archive's numbers, whatever this host's passwd says about its names.
    '--same-owner', // Owners are part of the tree; the default only for root, so say it.
    '--preserve-permissions', // Modes as archived, setuid included, whatever the umask.
    '--xattrs', // Capabilities live in extended attributes; tar drops them without this …
    '--xattrs-include=*', // … and with it keeps only user.* unless told otherwise.
    '--xattrs-exclude=trusted.overlay.*', // The tree becomes a layer, in which overlayfs would obey them.
    '--acls', // POSIX ACLs are stored apart from the other attributes.
    '--delay-directory-restore', // Times and modes of directories last: archives of others are in any order.
    '--warning=no-timestamp', // A clock that is behind is no fault of the archive.
    '--warning=no-unknown-keyword', // Other programs' PAX notes; thousands of them would hide what matters.
    // No --sparse: it only matters when creating. No --absolute-names: tar's own defences stay on behind the audit.
  ]
}
