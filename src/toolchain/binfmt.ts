// Whether the kernel runs programs of another machine: the entries of binfmt_misc (the kernel's admin-guide/binfmt-misc).

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { SdkError } from '../errors.js'
import { type Architecture, architecture, architectureOfKernel } from '../sdk/architecture.js'

/** Where the kernel shows its entries, one a file. */
const BINFMT = '/proc/sys/fs/binfmt_misc'

/** What of an entry matters here. */
interface Entry {
  readonly interpreter: string
  /** The kernel keeps the interpreter open: it need not be in a root. */
  readonly isFixed: boolean
}

/** What {@link requireRunnable} looks at. */
export interface Runnable {
  /** Portage's keyword of the SDK. */
  readonly arch: string
  /** Files of this machine that are in every stage. */
  readonly interpreter: readonly string[]
}

/**
 * Makes sure that this machine can run an SDK's programs, its own or by an emulator.
 *
 * @throws SdkError SDK_HOST that says what is missing: an entry of the kernel, the emulator, or its place in the stages
 */
export function requireRunnable(
  { arch, interpreter }: Runnable,
  { folder = BINFMT, kernel = os.machine() }: { folder?: string; kernel?: string } = {},
): void {
  const own = architectureOfKernel(kernel)?.keyword
  const wanted = architecture(arch)
  if (own !== undefined && [arch, wanted.alsoRunBy?.keyword].includes(own)) return
  const { qemu } = wanted
  const what = `this machine (${own ?? kernel}) cannot run programs of ${arch}`
  const entry = findEntry(folder, wanted)
  if (entry === undefined)
    throw new SdkError('SDK_HOST', `${what}: ${folder} has no enabled entry for them`, {
      hint: `install an emulator that registers itself with the kernel (qemu-${qemu}; Debian: qemu-user-static and binfmt-support), or build on a machine of ${arch}`,
    })
  if (entry.isFixed) return
  if (!existsSync(entry.interpreter))
    throw new SdkError('SDK_HOST', `${what}: their emulator ${entry.interpreter} is not there`, {
      hint: 'install it again, or remove its entry from binfmt_misc',
    })
  if (!interpreter.includes(entry.interpreter))
    throw new SdkError(
      'SDK_HOST',
      `${what} in a stage: their emulator ${entry.interpreter} would not be there`,
      {
        hint: `name it in the definition: interpreter = ["${entry.interpreter}"]; or register it with the flag F`,
      },
    )
}

function findEntry(folder: string, wanted: Architecture): Entry | undefined {
  const header = programHeader(wanted)
  const names = existsSync(folder) ? readdirSync(folder) : []
  for (const name of names.filter((each) => each !== 'register' && each !== 'status')) {
    const entry = readEntry(readFileSync(path.join(folder, name), 'latin1'), header)
    if (entry !== undefined) return entry
  }
  return undefined
}

/** The first bytes of one of its programs: ELF, version 1, ET_EXEC. */
export function programHeader({ elf }: Pick<Architecture, 'elf'>): Buffer {
  const header = Buffer.alloc(128)
  header.write('\x7fELF', 'latin1')
  header.set([elf.class / 32, elf.littleEndian ? 1 : 2, 1], 4)
  header.writeUInt16LE(2, 16)
  header.writeUInt16LE(elf.machine, 18)
  header.writeUInt32LE(1, 20)
  if (!elf.littleEndian) header.subarray(16, 20).swap16()
  if (!elf.littleEndian) header.subarray(20, 24).swap32()
  return header
}

/** The entry, if it is enabled and its magic fits `header`. */
function readEntry(text: string, header: Buffer): Entry | undefined {
  const field = (name: string): string => new RegExp(`^${name}:? (.*)$`, 'm').exec(text)?.[1] ?? ''
  if (!/^enabled$/m.test(text) || field('magic') === '') return undefined
  const offset = Number(field('offset'))
  const magic = Buffer.from(field('magic'), 'hex')
  const mask = field('mask') === '' ? Buffer.alloc(magic.length, 0xff) : Buffer.from(field('mask'), 'hex')
  const fits = magic.every((byte, index) => {
    const bits = mask[index] ?? 0xff
    return ((header[offset + index] ?? 0) & bits) === (byte & bits)
  })
  return fits ? { interpreter: field('interpreter'), isFixed: field('flags').includes('F') } : undefined
}
