// Files and folders that somebody hostile may have made (a stage runs other people's code as root): a folder is held
// open, and names in it are opened one by one, without following a link, waiting for a pipe or touching a device.

import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
  type Stats,
} from 'node:fs'
import path from 'node:path'
import { hostError, SdkError } from '../../errors.js'
import { readAt } from '../../files/read.js'

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants

/** A folder that is held open: what is reached through it is in it, whatever its path leads to meanwhile. */
export class HeldFolder {
  readonly #fd: number

  private constructor(fd: number) {
    this.#fd = fd
  }

  /** Opens `folder`; links above its last component are followed. @throws the system's error, ENOTDIR for a link */
  static open(folder: string): HeldFolder {
    return new HeldFolder(openSync(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW))
  }

  /** The path of the folder itself, as long as it is held. */
  get path(): string {
    return `/proc/self/fd/${this.#fd}/.`
  }

  /** A path of `name` in it, as long as it is held. What it is used for must not follow a link there. */
  at(name: string): string {
    if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name))
      throw new Error(`${JSON.stringify(name)} is not the name of anything in a folder`)
    return `/proc/self/fd/${this.#fd}/${name}`
  }

  /** What `name` is; undefined when there is none. */
  look(name: string): Stats | undefined {
    return lstatSync(this.at(name), { throwIfNoEntry: false })
  }

  /** The folder `name`. @throws the system's error, ENOTDIR for a link, ENOENT */
  folder(name: string): HeldFolder {
    return HeldFolder.open(this.at(name))
  }

  /** The folder `name`, made if there is none. @throws the system's error, ENOTDIR where something else is there */
  makeFolder(name: string): HeldFolder {
    if (this.look(name) === undefined) mkdirSync(this.at(name), 0o755)
    return this.folder(name)
  }

  /** The regular file `name`, opened for reading; undefined when it is something else or not there, or somebody has a lease of it. */
  file(name: string): number | undefined {
    // Looked at first: to open a device may already do something.
    if (this.look(name)?.isFile() !== true) return undefined
    const fd = openUnleased(this.at(name))
    if (fd === undefined || fstatSync(fd).isFile()) return fd
    closeSync(fd)
    return undefined
  }

  close(): void {
    closeSync(this.#fd)
  }
}

/** Who has a lease (fcntl(2), F_SETLEASE) would be asked to give it back, and may take its time. */
function openUnleased(file: string): number | undefined {
  try {
    return openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined
    throw error
  }
}

/**
 * Opens a regular file below `folder`, no component of whose path is a link.
 *
 * @param file plain names, joined by slashes
 * @returns a descriptor to close; undefined when there is no such file
 */
export function openBelow(folder: string, file: string): number | undefined {
  const names = file.split('/')
  if (names.some((name) => name === '' || name === '.' || name === '..' || name.includes('\0')))
    return undefined
  const held: HeldFolder[] = []
  try {
    held.push(HeldFolder.open(folder))
    for (const name of names.slice(0, -1)) held.push((held.at(-1) as HeldFolder).folder(name))
    return held.at(-1)?.file(names.at(-1) as string)
  } catch (error) {
    if (ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  } finally {
    for (const each of held) each.close()
  }
}

/** What the system says of a name that is not there, or not what it would have to be. */
const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'ENXIO'])

/** What of a text is parsed at most: whoever parses it makes an object of each line or value, which takes many times its bytes. */
export interface TextBounds {
  readonly bytes: number
  readonly lines?: number
  /** Elements and members of JSON. */
  readonly values?: number
}

/**
 * The text of a regular file below `folder`, as {@link openBelow} finds it; undefined when there is none.
 *
 * @param limit most bytes, or all bounds
 * @throws SdkError SDK_STAGE when it is longer, or has more
 */
export function readBelow(folder: string, file: string, limit: number | TextBounds): string | undefined {
  const bounds = typeof limit === 'number' ? { bytes: limit } : limit
  const fd = openBelow(folder, file)
  if (fd === undefined) return undefined
  let bytes: Buffer
  try {
    bytes = readAt(fd, Buffer.alloc(Math.min(fstatSync(fd).size, bounds.bytes + 1)), 0)
  } finally {
    closeSync(fd)
  }
  const fault = excessOf(bytes, bounds)
  if (fault === undefined) return bytes.toString('utf8')
  throw new SdkError('SDK_STAGE', `${path.join(folder, file)} ${fault}`, {
    hint: 'what a stage writes for the engine is far shorter; look at what its script has put there',
  })
}

const [LINE_END, COMMA, ARRAY, OBJECT] = [0x0a, 0x2c, 0x5b, 0x7b]

function excessOf(text: Buffer, { bytes, lines, values }: TextBounds): string | undefined {
  if (text.length > bytes) return `is longer than ${bytes} bytes`
  if (lines === undefined && values === undefined) return undefined
  let [lineEnds, separators] = [0, 0]
  for (let at = 0; at < text.length; at++) {
    const byte = text[at]
    if (byte === LINE_END) lineEnds++
    else if (byte === COMMA || byte === ARRAY || byte === OBJECT) separators++
  }
  if (lines !== undefined && lineEnds > lines) return `has more than ${lines} lines`
  return values !== undefined && separators > values ? `has more than ${values} values` : undefined
}

/** Takes set-user-ID bits and capabilities away, whoever the owner was. */
export function makeOurs(fd: number): void {
  fchownSync(fd, 0, 0)
  fchmodSync(fd, 0o644)
}

/**
 * Makes `file` anew and opens it for writing: what had that name, a link of an older program's stage for one, is gone and
 * has not been written to.
 *
 * @throws SdkError SDK_HOST when it cannot be made, when a folder has that name for one; SDK_SPACE when the disk is full
 */
export function createAnew(file: string): number {
  try {
    rmSync(file, { force: true })
    return openSync(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644)
  } catch (error) {
    throw hostError(error, file, {
      message: `${file} cannot be written`,
      hint: 'move away what has that name, unless it is a plain file: this program makes nothing else there',
    })
  }
}
