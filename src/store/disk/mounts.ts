// The mounts that this process sees, from /proc/self/mountinfo (proc_pid_mountinfo(5)).

import { readFile } from 'node:fs/promises'
import { SdkError } from '../../errors.js'

/** What is needed of one line of mountinfo, unescaped. */
export interface MountedFileSystem {
  mountPoint: string
  options: string[]
  /** Of the file system itself: a failing disk makes this `ro`. */
  superOptions: string[]
  fileSystem: string
  source: string
}

/** The mounts in the text of a mountinfo file, in its order. */
export function parseMountinfo(text: string): MountedFileSystem[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map(parseLine)
}

function parseLine(line: string): MountedFileSystem {
  const fields = line.split(' ')
  // Between the sixth field and the `-` stand any number of optional fields.
  const separator = fields.indexOf('-', 6)
  const [mountPoint, options] = fields.slice(4)
  const [fileSystem, source, superOptions] = fields.slice(separator + 1)
  if (separator < 0 || mountPoint === undefined || fileSystem === undefined) {
    throw new SdkError('SDK_HOST', `/proc/self/mountinfo has a line that is not understood: ${line}`)
  }
  return {
    mountPoint: decode(mountPoint),
    options: (options ?? '').split(','),
    superOptions: (superOptions ?? '').split(','),
    fileSystem,
    source: decode(source ?? ''),
  }
}

/** The kernel writes blank, tab, newline, backslash and `#` as three octal digits. `text` is latin1: one char a byte. */
function decode(text: string): string {
  const bytes = text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  )
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

/** All mounts in this process's namespace. @throws SdkError SDK_HOST where /proc is not mounted, as in a bare chroot */
async function readMounts(): Promise<MountedFileSystem[]> {
  // latin1 keeps the bytes of names that are not UTF-8 apart until they are unescaped.
  const text = await readFile('/proc/self/mountinfo', 'latin1').catch((cause: Error) => {
    throw new SdkError(
      'SDK_HOST',
      '/proc is not mounted: expected /proc/self/mountinfo, found no such file',
      {
        hint: 'as root: `mount -t proc proc /proc`',
        cause,
      },
    )
  })
  return parseMountinfo(text)
}

/** Is `candidate` the directory `ancestor` or below it? Both absolute and normalized. */
export function isAtOrBelow(candidate: string, ancestor: string): boolean {
  return candidate === ancestor || candidate.startsWith(ancestor === '/' ? '/' : `${ancestor}/`)
}

/** The mounts at or below `directory`: absolute, normalized and without symlinks, as mountinfo has it. */
export async function mountsBelow(directory: string): Promise<MountedFileSystem[]> {
  return (await readMounts()).filter((mount) => isAtOrBelow(mount.mountPoint, directory))
}

/** The mount that holds `file` (without symlinks): the last one with the longest matching mount point. */
export async function mountOf(file: string): Promise<MountedFileSystem | undefined> {
  let best: MountedFileSystem | undefined
  for (const mount of await readMounts()) {
    const longest = best === undefined || mount.mountPoint.length >= best.mountPoint.length
    if (longest && isAtOrBelow(file, mount.mountPoint)) best = mount
  }
  return best
}
