// The seccomp programs of every machine, also of those that no test runs on: each is carried out as the kernel would, for the calls of
// that machine and of the other programs that it runs.

import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { PROJECT } from '../../../src/files/own.js'

/** Numbers of calls: the headers of Linux, arch/…/syscall.tbl. */
interface Calls {
  readonly read: number
  readonly clone: number
  readonly unshare: number
  readonly mount: number
  readonly keyctl: number
  readonly bpf: number
  readonly socket: number
  readonly ioctl: number
  readonly fcntl: number
}

const GENERIC: Calls = {
  ...{
    read: 63,
    clone: 220,
    unshare: 97,
    mount: 40,
    keyctl: 219,
    bpf: 280,
    socket: 198,
    ioctl: 29,
    fcntl: 25,
  },
}
const OLD = { read: 3, clone: 120, mount: 21, ioctl: 54, fcntl: 55 } as const
const S390: Calls = { ...OLD, unshare: 303, keyctl: 280, bpf: 351, socket: 359 }

/** By the machine, as bash calls it: what programs it runs, by AUDIT_ARCH of linux/audit.h. */
const MACHINES: readonly (readonly [machine: string, programs: string, audit: number, calls: Calls])[] = [
  [
    ...(['x86_64', 'x86_64', 0xc000003e] as const),
    { read: 0, clone: 56, unshare: 272, mount: 165, keyctl: 250, bpf: 321, socket: 41, ioctl: 16, fcntl: 72 },
  ],
  ['x86_64', 'i386', 0x40000003, { ...OLD, unshare: 310, keyctl: 288, bpf: 357, socket: 359 }],
  ['aarch64', 'aarch64', 0xc00000b7, GENERIC],
  ['aarch64', 'arm', 0x40000028, { ...OLD, unshare: 337, keyctl: 311, bpf: 386, socket: 281 }],
  ['riscv64', 'riscv64', 0xc00000f3, GENERIC],
  ['powerpc64le', 'ppc64le', 0xc0000015, { ...OLD, unshare: 282, keyctl: 271, bpf: 361, socket: 326 }],
  ['s390x', 's390x', 0x80000016, S390],
  ['s390x', 's390', 0x00000016, S390],
]

const ALLOWED = 0x7fff0000
const ERRNO = 0x00050000
const [EPERM, ENOSYS] = [ERRNO | 1, ERRNO | 38]

/** struct seccomp_data of linux/seccomp.h, in the order of the machine's bytes. */
function dataOf(isBig: boolean, audit: number, [nr = 0, ...args]: readonly number[]): DataView {
  const view = new DataView(new ArrayBuffer(64))
  view.setInt32(0, nr, !isBig)
  view.setUint32(4, audit, !isBig)
  for (const [index, value] of args.entries()) view.setBigUint64(16 + 8 * index, BigInt(value), !isBig)
  return view
}

/** What a program of classic BPF says. @throws where the kernel would not load it, or it has no end */
function carryOut(program: Buffer, isBig: boolean, data: DataView): number {
  assert.equal(program.length % 8, 0)
  let a = 0
  for (let at = 0; at < program.length; at += 8) {
    const code = isBig ? program.readUInt16BE(at) : program.readUInt16LE(at)
    const k = isBig ? program.readUInt32BE(at + 4) : program.readUInt32LE(at + 4)
    const jump = (holds: boolean): void => {
      at += 8 * (program[at + (holds ? 2 : 3)] ?? 0)
    }
    if (code === 0x06) return k
    else if (code === 0x20) a = data.getUint32(k, !isBig)
    else if (code === 0x54) a = (a & k) >>> 0
    else if (code === 0x05) at += 8 * k
    else if (code === 0x15) jump(a === k)
    else if (code === 0x25) jump(a > k)
    else if (code === 0x35) jump(a >= k)
    else throw new Error(`instruction ${code.toString(16)} at ${at}`)
  }
  throw new Error('no end')
}

for (const [machine, programs, audit, calls] of MACHINES)
  test(`${machine}: programs for ${programs} may do what builds do, and nothing that leads out`, () => {
    const isBig = machine === 's390x'
    // What was loaded last has the say where both refuse.
    const filters = ['refused', 'listed'].map((name) =>
      fs.readFileSync(path.join(PROJECT, `src/sandbox/seccomp/${machine}.${name}.bpf`)),
    )
    const says = (...call: readonly number[]): number =>
      filters
        .map((filter) => carryOut(filter, isBig, dataOf(isBig, audit, call)))
        .find((word) => word !== ALLOWED) ?? ALLOWED
    // s390x has the flags of clone(2) second.
    const clone = (flags: number): number[] => (isBig ? [calls.clone, 0, flags] : [calls.clone, flags])
    const [user, sigchld, high] = [0x10000000, 17, 2 ** 32]
    for (const call of [
      ...[
        [calls.read],
        clone(sigchld),
        clone(0x3d0f00),
        [calls.unshare, 0x400],
        [calls.ioctl, 0, 0x5401],
        [calls.fcntl, 0, 1032],
      ],
      ...[1, 2, 10, 16].map((family) => [calls.socket, family, 1]),
    ])
      assert.equal(says(...call), ALLOWED, `${call}`)
    for (const call of [
      ...[[calls.mount], [calls.keyctl, 11], [calls.bpf], clone(user | sigchld), [calls.unshare, user]],
      ...[
        [calls.unshare, 0x80],
        [calls.ioctl, 0, 0x5412],
        [calls.ioctl, 0, 0x5412 + high],
        [calls.fcntl, 0, 1024],
        [calls.fcntl, 0, 1024 + high],
      ],
      ...[40, 38, 17, 17 + high].map((family) => [calls.socket, family, 1]),
      // open_tree, move_mount, fsopen, mount_setattr, pidfd_getfd, io_uring_setup; the same numbers everywhere.
      ...[428, 429, 430, 442, 438, 425].map((nr) => [nr]),
    ])
      assert.equal(says(...call), EPERM, `${call}`)
    // clone3, and what is newer than the list: as on a kernel that has none.
    for (const nr of [435, 467, 9999]) assert.equal(says(nr), ENOSYS, `${nr}`)
    // Programs of no known kind, and of the x32 kind.
    for (const other of [0, 0xffffffff, 0x62])
      assert.equal(carryOut(filters[1] as Buffer, isBig, dataOf(isBig, other, [calls.read])), ENOSYS)
    if (programs === 'x86_64') assert.equal(says(calls.read + 0x40000000), ENOSYS)
  })
