// CHOST tuples, and what each machine is called by Portage, ELF and qemu. Pure.

import { SdkError } from '../errors.js'

/** One machine under all its names. */
export interface Machine {
  /** Portage's ARCH keyword. */
  arch: string
  /** `e_machine` of its ELF files. */
  elfMachine: number
  elfClass: 32 | 64
  /** Suffix of the qemu-user program: `qemu-<name>`. */
  qemu: string
  /** Where its libraries go when the profile does not say otherwise (multilib.eclass). */
  libdir: string
}

/** CPU field of the tuple → machine. Sources: elf.h, Gentoo's profiles, qemu's target list. */
const CPUS: readonly (readonly [RegExp, Machine])[] = [
  [/^x86_64$/, machine('amd64', { elf: [62, 64], qemu: 'x86_64', libdir: 'lib64' })],
  [/^aarch64$/, machine('arm64', { elf: [183, 64], qemu: 'aarch64', libdir: 'lib64' })],
  [/^i[3-6]86$/, machine('x86', { elf: [3, 32], qemu: 'i386', libdir: 'lib' })],
  [/^arm(v[0-9]+[a-z]*)?$/, machine('arm', { elf: [40, 32], qemu: 'arm', libdir: 'lib' })],
  [/^riscv64$/, machine('riscv', { elf: [243, 64], qemu: 'riscv64', libdir: 'lib64' })],
  [/^powerpc64le$/, machine('ppc64', { elf: [21, 64], qemu: 'ppc64le', libdir: 'lib64' })],
  [/^s390x$/, machine('s390', { elf: [22, 64], qemu: 's390x', libdir: 'lib64' })],
]

function machine(arch: string, names: { elf: [number, 32 | 64]; qemu: string; libdir: string }): Machine {
  const [elfMachine, elfClass] = names.elf
  return { arch, elfMachine, elfClass, qemu: names.qemu, libdir: names.libdir }
}

/** A CHOST tuple, such as `aarch64-cros-linux-gnu`, and the machine that it is for. */
export interface Tuple {
  text: string
  machine: Machine
}

const FIELD = /^[a-z0-9_]+$/

/** Reads a tuple, or returns undefined when `text` is none of a machine that is known here. */
export function readTuple(text: string): Tuple | undefined {
  const fields = text.split('-')
  if (fields.length < 3 || fields.length > 4 || !fields.every((field) => FIELD.test(field))) return undefined
  const known = CPUS.find(([pattern]) => pattern.test(fields[0] as string))
  return known === undefined || fields.at(-2) !== 'linux' ? undefined : { text, machine: known[1] }
}

/** Reads a tuple. @throws SdkError SDK_DEFINITION when it is none, or of an unknown machine */
export function parseTuple(text: string): Tuple {
  const tuple = readTuple(text)
  if (tuple !== undefined) return tuple
  throw new SdkError(
    'SDK_DEFINITION',
    `"${text}" is no CHOST: expected CPU-VENDOR-linux-ABI with a CPU among ${CPU_NAMES.join(', ')}`,
    { hint: 'a CHOST looks like x86_64-pc-linux-gnu or aarch64-cros-linux-gnu' },
  )
}

const CPU_NAMES = ['x86_64', 'aarch64', 'i686', 'armv7a', 'riscv64', 'powerpc64le', 's390x']

/** The machine of a Portage ARCH keyword. @throws SdkError SDK_DEFINITION when it is unknown */
export function machineOfArch(arch: string): Machine {
  const found = CPUS.find(([, candidate]) => candidate.arch === arch)?.[1]
  if (found !== undefined) return found
  const known = CPUS.map(([, candidate]) => candidate.arch).join(', ')
  throw new SdkError('SDK_DEFINITION', `the arch "${arch}" is unknown: expected one of ${known}`, {
    hint: 'use the keyword that Portage uses for ARCH, for example amd64 or arm64',
  })
}

/** Portage ARCH of the machine that Node runs on (`process.arch`), or undefined when it has no entry here. */
export function archOfNode(nodeArch: string): string | undefined {
  const names: Record<string, string> = {
    x64: 'amd64',
    arm64: 'arm64',
    ia32: 'x86',
    arm: 'arm',
    riscv64: 'riscv',
    ppc64: 'ppc64',
    s390x: 's390',
  }
  return names[nodeArch]
}
