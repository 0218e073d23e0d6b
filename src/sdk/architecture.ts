// All that the program knows of architectures, one row each; no other file names one. A row more is an architecture more.
// Sources: elf.h, Gentoo's profiles and multilib.eclass, catalyst's arch/*.toml, Debian's tables, uname(2), qemu's targets.

import { SdkError } from '../errors.js'

/** One architecture under all its names. */
export interface Architecture {
  /** Portage's ARCH, which is its keyword, too; also the key of the row. */
  readonly keyword: string
  /** The CPU field of its CHOST tuples: what it may be, and one of those for messages. */
  readonly cpus: RegExp
  readonly cpu: string
  /** What `uname -m` may call its kernels. */
  readonly kernels: readonly string[]
  /** Another architecture whose kernels run its programs as they are, and the personality that setarch gives them there. */
  readonly alsoRunBy?: { readonly keyword: string; readonly personality: string }
  /** What dpkg calls it, and the folder of its libraries on Debian (`/usr/lib/FOLDER`). */
  readonly debian: { readonly name: string; readonly multiarch: string }
  /** What tells its ELF files from others: `e_machine`, class, byte order. */
  readonly elf: { readonly machine: number; readonly class: 32 | 64; readonly littleEndian: boolean }
  /** PT_INTERP of programs that glibc loads. */
  readonly loader: string
  /** Library folder of its sysroots: flat for what can be an SDK, as the SDKs' profiles have it, else multilib.eclass's. */
  readonly libdir: string
  /** What its ABI adds to CFLAGS (multilib.eclass). */
  readonly cflags: string
  /** qemu-user's name of it: programs `qemu-NAME`, and the kernel's entry of the same name. */
  readonly qemu: string
  /** Only in architectures that an SDK can be built for; others can be cross targets. */
  readonly sdk?: SdkArchitecture
}

/** What catalyst knows of an architecture. */
export interface SdkArchitecture {
  /** CHOST of a spec that has none. */
  readonly chost: string
  /** Names of a spec's `subarch` that are this architecture, with the COMMON_FLAGS of each. */
  readonly subarches: Readonly<Record<string, string>>
}

/** Architectures by keyword. */
export type Architectures = Readonly<Record<string, Architecture>>

/** The table. */
export const ARCHITECTURES = {
  amd64: {
    keyword: 'amd64',
    cpus: /^x86_64$/,
    cpu: 'x86_64',
    kernels: ['x86_64'],
    debian: { name: 'amd64', multiarch: 'x86_64-linux-gnu' },
    elf: { machine: 62, class: 64, littleEndian: true },
    loader: '/lib64/ld-linux-x86-64.so.2',
    libdir: 'lib',
    cflags: '-m64',
    qemu: 'x86_64',
    sdk: {
      chost: 'x86_64-pc-linux-gnu',
      subarches: {
        amd64: '-O2 -pipe',
        x86_64: '-O2 -pipe',
        k8: '-O2 -march=k8 -pipe',
        nocona: '-O2 -march=nocona -pipe',
        core2: '-O2 -march=core2 -pipe',
        'k8-sse3': '-O2 -march=k8-sse3 -pipe',
        amdfam10: '-O2 -march=amdfam10 -pipe',
      },
    },
  },
  arm64: {
    keyword: 'arm64',
    cpus: /^aarch64$/,
    cpu: 'aarch64',
    kernels: ['aarch64'],
    debian: { name: 'arm64', multiarch: 'aarch64-linux-gnu' },
    elf: { machine: 183, class: 64, littleEndian: true },
    loader: '/lib/ld-linux-aarch64.so.1',
    libdir: 'lib',
    cflags: '',
    qemu: 'aarch64',
    sdk: {
      chost: 'aarch64-unknown-linux-gnu',
      subarches: { arm64: '-O2 -pipe', aarch64: '-O2 -pipe' },
    },
  },
  x86: {
    keyword: 'x86',
    cpus: /^i[3-6]86$/,
    cpu: 'i686',
    kernels: ['i386', 'i486', 'i586', 'i686'],
    alsoRunBy: { keyword: 'amd64', personality: 'linux32' },
    debian: { name: 'i386', multiarch: 'i386-linux-gnu' },
    elf: { machine: 3, class: 32, littleEndian: true },
    loader: '/lib/ld-linux.so.2',
    libdir: 'lib',
    cflags: '',
    qemu: 'i386',
  },
  arm: {
    keyword: 'arm',
    cpus: /^arm(v[0-9]+[a-z]*)?$/,
    cpu: 'armv7a',
    kernels: ['armv5tel', 'armv5tejl', 'armv6l', 'armv7l', 'armv8l'],
    debian: { name: 'armhf', multiarch: 'arm-linux-gnueabihf' },
    elf: { machine: 40, class: 32, littleEndian: true },
    loader: '/lib/ld-linux-armhf.so.3',
    libdir: 'lib',
    cflags: '',
    qemu: 'arm',
  },
  riscv: {
    keyword: 'riscv',
    cpus: /^riscv64$/,
    cpu: 'riscv64',
    kernels: ['riscv64'],
    debian: { name: 'riscv64', multiarch: 'riscv64-linux-gnu' },
    elf: { machine: 243, class: 64, littleEndian: true },
    loader: '/lib/ld-linux-riscv64-lp64d.so.1',
    libdir: 'lib64',
    cflags: '',
    qemu: 'riscv64',
  },
  ppc64: {
    keyword: 'ppc64',
    cpus: /^powerpc64le$/,
    cpu: 'powerpc64le',
    kernels: ['ppc64le'],
    debian: { name: 'ppc64el', multiarch: 'powerpc64le-linux-gnu' },
    elf: { machine: 21, class: 64, littleEndian: true },
    loader: '/lib64/ld64.so.2',
    libdir: 'lib64',
    cflags: '',
    qemu: 'ppc64le',
  },
  s390: {
    keyword: 's390',
    cpus: /^s390x$/,
    cpu: 's390x',
    kernels: ['s390x'],
    debian: { name: 's390x', multiarch: 's390x-linux-gnu' },
    elf: { machine: 22, class: 64, littleEndian: false },
    loader: '/lib/ld64.so.1',
    libdir: 'lib64',
    cflags: '',
    qemu: 's390x',
  },
} as const satisfies Architectures

type Table = typeof ARCHITECTURES

/** An architecture that an SDK can be built for, by its keyword. */
export type Arch = { [K in keyof Table]: Table[K] extends { sdk: SdkArchitecture } ? K : never }[keyof Table]

/** Keywords of all architectures that an SDK can be built for. */
export const ARCHS = Object.keys(ARCHITECTURES).filter(
  (keyword): keyword is Arch => 'sdk' in ARCHITECTURES[keyword as keyof Table],
) as [Arch, ...Arch[]]

/** A CHOST for messages that say what one looks like. */
export const CHOST_EXAMPLE = ARCHITECTURES[ARCHS[0]].sdk.chost

/** The architecture of a tuple, or of a tuple's CPU field alone; undefined when no row has it. */
export function architectureOf(
  chost: string,
  table: Architectures = ARCHITECTURES,
): Architecture | undefined {
  const [cpu = ''] = chost.split('-')
  return Object.values(table).find(({ cpus }) => cpus.test(cpu))
}

/** A field of a CHOST tuple. */
const FIELD = /^[a-z0-9_]+$/

/** The longest: it becomes a part of file names and of a category's name. */
const LONGEST_TUPLE = 100

/** The architecture of `chost` as a tuple of Linux (`CPU-VENDOR-linux-ABI`, with or without the vendor); undefined when it is none. */
export function architectureOfTuple(
  chost: string,
  table: Architectures = ARCHITECTURES,
): Architecture | undefined {
  const fields = chost.split('-')
  const isTuple =
    [3, 4].includes(fields.length) && fields.every((field) => FIELD.test(field)) && fields.at(-2) === 'linux'
  return isTuple && chost.length <= LONGEST_TUPLE ? architectureOf(chost, table) : undefined
}

/** What {@link architectureOfTuple} takes, in words. */
export const LINUX_TUPLE = `CPU-VENDOR-linux-ABI with a CPU among ${Object.values(ARCHITECTURES)
  .map(({ cpu }) => cpu)
  .join(', ')}, of at most ${LONGEST_TUPLE} characters`

/** The architecture with the keyword `arch`. @throws SdkError SDK_DEFINITION when no row has it */
export function architecture(arch: string, table: Architectures = ARCHITECTURES): Architecture {
  const found = Object.hasOwn(table, arch) ? table[arch] : undefined
  if (found !== undefined) return found
  const known = Object.keys(table).join(', ')
  throw new SdkError('SDK_DEFINITION', `the arch "${arch}" is unknown: expected one of ${known}`, {
    hint: 'use the keyword that Portage uses for ARCH',
  })
}

/** The architecture of the kernel that `uname -m` calls `name` (`os.machine()`); undefined when no row has it. */
export function architectureOfKernel(
  name: string,
  table: Architectures = ARCHITECTURES,
): Architecture | undefined {
  return Object.values(table).find(({ kernels }) => kernels.includes(name))
}

/** Whether an ELF file is `architecture`'s. */
export const isElfOf = (
  { elf }: Pick<Architecture, 'elf'>,
  file: { readonly machine: number; readonly class: 32 | 64; readonly littleEndian: boolean },
): boolean =>
  elf.machine === file.machine && elf.class === file.class && elf.littleEndian === file.littleEndian
