// An archive of logs and facts for a report: everything in it has gone through the masking of secrets. The same files give the
// same archive.

import { closeSync, fstatSync } from 'node:fs'
import { mkdir, mkdtemp, open, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import * as v from 'valibot'
import { compressorArgv } from '../../archive/stream/compression.js'
import { explainSystemError, hostError, SdkError } from '../../errors.js'
import { formatBytes } from '../../events/measures.js'
import { withoutSecrets } from '../../events/secrets.js'
import { readAt } from '../../files/read.js'
import { quotedCommand } from '../../process/own-command.js'
import { must } from '../../process/run.js'
import type { Compression } from '../../sdk/definition.js'
import { giveFinalName, temporaryPath } from '../../store/disk/atomic.js'
import { openBelow } from '../../store/hostile/held-folder.js'
import { compressionOf, SUFFIXES } from '../../store/layout.js'

/** A member, as `contents.json` of the bundle and `--json` list it. */
export const BUNDLED_FILE = v.object({
  /** Its path in the bundle, below the bundle's folder. */
  name: v.string(),
  /** The file that it was made of; undefined: it was made for the bundle. */
  source: v.optional(v.string()),
  bytes: v.number(),
  /** Bytes of the source that were left out: of a long file its end is there. */
  cut: v.number(),
})

type BundledFile = Readonly<v.InferOutput<typeof BUNDLED_FILE>>

/** Something that was looked for. */
export const LEFT_OUT = v.object({ what: v.string(), why: v.string() })

type LeftOut = Readonly<v.InferOutput<typeof LEFT_OUT>>

const MiB = 2 ** 20
/** Most bytes of one file, and of all. */
const MOST = { file: 32 * MiB, all: 512 * MiB }

/** A bundle that is being filled, in a folder that nobody else can look into. */
export class Bundle {
  readonly files: BundledFile[] = []
  readonly leftOut: LeftOut[] = []
  #bytes = 0
  readonly folder: string
  readonly name: string
  readonly #secrets: readonly string[]

  private constructor(folder: string, name: string, secrets: readonly string[]) {
    this.folder = folder
    this.name = name
    // Texts are handled as bytes, and so are these.
    this.#secrets = secrets.map(asLatin1)
  }

  /**
   * @param name of the folder that all members are in
   * @param secrets what is masked wherever it stands
   */
  static async open(name: string, secrets: readonly string[]): Promise<Bundle> {
    const folder = await mkdtemp(path.join(tmpdir(), 'bootstrap_sdk-logs-'))
    return new Bundle(folder, name, secrets)
  }

  /** Adds a text. */
  async addText(name: string, text: string): Promise<void> {
    await this.#write({ name, source: undefined, cut: 0 }, Buffer.from(text).toString('latin1'))
  }

  /** Adds a value as JSON, sorted as it is. */
  addJson(name: string, value: unknown): Promise<void> {
    return this.addText(name, `${JSON.stringify(value, null, 2)}\n`)
  }

  /**
   * Adds the plain file `file` of `folder`, whoever may have written there: no link is followed. Of a long one its end is taken.
   *
   * @returns whether it is there
   */
  async addFile(name: string, folder: string, file: string): Promise<boolean> {
    const source = path.join(folder, file)
    let fd: number | undefined
    try {
      fd = openBelow(folder, file)
      if (fd === undefined) return false
      const { size } = fstatSync(fd)
      const length = Math.min(size, MOST.file)
      if (this.#bytes + length > MOST.all) {
        this.leaveOut(source, `the bundle would have more than ${formatBytes(MOST.all)}`)
        return true
      }
      // Bytes as characters: nothing of what is no UTF-8 is changed.
      const text = readEnd(fd, size, length)
      await this.#write({ name, source, cut: size - length }, text)
      return true
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EACCES' && code !== 'EPERM') throw error
      this.leaveOut(source, 'it may only be read by root')
      return true
    } finally {
      if (fd !== undefined) closeSync(fd)
    }
  }

  leaveOut(what: string, why: string): void {
    this.leftOut.push({ what, why })
  }

  async #write({ name, source, cut }: Omit<BundledFile, 'bytes'>, text: string): Promise<void> {
    const bytes = Buffer.from(withoutSecrets(text, this.#secrets), 'latin1')
    const file = path.join(this.folder, this.name, name)
    try {
      await mkdir(path.dirname(file), { recursive: true })
      await writeFile(file, bytes, { flag: 'wx' })
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      // Whoever wrote there chose the name.
      if (!['ENAMETOOLONG', 'EEXIST', 'ENOTDIR'].includes(code)) throw explainSystemError(error, file)
      this.leaveOut(source ?? name, `it cannot have its name in the bundle (${code})`)
      return
    }
    this.#bytes += bytes.length
    this.files.push({ name, source, bytes: bytes.length, cut })
  }

  /** Packs all members, in the order of their names, as `target`. @throws SdkError SDK_HOST, SDK_SPACE */
  async pack(target: string, seconds: number): Promise<void> {
    const format = compressionOfBundle(target)
    const temporary = temporaryPath(target)
    try {
      // Made first: whoever cannot write there is told so in the system's words, not in tar's.
      await (await open(temporary, 'wx', 0o644)).close()
      await must({ argv: packCommand({ temporary, format, seconds, folder: this.folder, name: this.name }) })
      await giveFinalName(temporary, target)
    } catch (error) {
      await rm(temporary, { force: true })
      if (error instanceof SdkError) throw error
      throw hostError(error, target, { message: `${target} cannot be written` })
    }
  }

  /** Removes what is unpacked of it. */
  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}

const asLatin1 = (text: string): string => Buffer.from(text).toString('latin1')

function readEnd(fd: number, size: number, length: number): string {
  const text = readAt(fd, Buffer.alloc(length), size - length).toString('latin1')
  // A line that begins before may have half a secret in it.
  return length < size ? text.slice(text.indexOf('\n') + 1) : text
}

interface Packing {
  readonly temporary: string
  readonly format: Compression
  readonly seconds: number
  readonly folder: string
  readonly name: string
}

function packCommand({ temporary, format, seconds, folder, name }: Packing): [string, ...string[]] {
  return [
    ...(['tar', '--create', `--file=${temporary}`, '--force-local'] as const),
    // tar splits this at blanks; our own words have none.
    `--use-compress-program=${compressorArgv(format).join(' ')}`,
    ...['--format=gnu', '--sort=name', `--mtime=@${seconds}`, '--owner=0', '--group=0', '--numeric-owner'],
    ...['--mode=u=rwX,go=rX', `--directory=${folder}`, '--', name],
  ]
}

/**
 * The compression of a bundle by its name.
 *
 * @param asked what was given that name
 * @throws SdkError SDK_USAGE when it is not the name of an archive
 */
export function compressionOfBundle(target: string, asked = 'collect-logs'): Compression {
  const compression = compressionOf(target)
  if (compression !== undefined) return compression
  const suffixes = Object.values(SUFFIXES).join(', ')
  throw new SdkError('SDK_USAGE', `${asked}: ${target}: expected a name that ends in one of ${suffixes}`, {
    hint: `${quotedCommand(['collect-logs', 'logs.tar.zst'])} writes ./logs.tar.zst`,
  })
}

/** @throws SdkError SDK_USAGE when something has that name already: it may be anything */
export async function requireFree(target: string): Promise<void> {
  const found = await stat(target).catch(() => undefined)
  if (found === undefined) return
  throw new SdkError('SDK_USAGE', `collect-logs: ${target} is there already`, {
    hint: 'name another file, or remove that one: nothing is written over',
  })
}
