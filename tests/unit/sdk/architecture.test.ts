// The table of architectures: what its rows say of this machine, what a row more is good for, and that no other file has one.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { SUBARCHES } from '../../../src/catalyst/read/subarch.js'
import {
  ARCHITECTURES,
  ARCHS,
  type Architecture,
  architecture,
  architectureOf,
  architectureOfKernel,
  isElfOf,
} from '../../../src/sdk/architecture.js'
import { programHeader } from '../../../src/toolchain/binfmt.js'
import { readElf } from '../../../src/toolchain/elf/elf.js'
import { readTuple } from '../../../src/toolchain/tuple.js'

const PROJECT = path.resolve(import.meta.dirname, '../../../..')
const ROWS: readonly Architecture[] = Object.values(ARCHITECTURES)

test('every row has its own key, and is found by its CPU, its kernels and its CHOST', () => {
  for (const [key, row] of Object.entries(ARCHITECTURES) as [string, Architecture][]) {
    assert.equal(row.keyword, key)
    assert.equal(architecture(key), row)
    assert.equal(readTuple(`${row.cpu}-any-linux-gnu`)?.architecture, row)
    for (const kernel of row.kernels) assert.equal(architectureOfKernel(kernel), row)
    if (row.sdk !== undefined) assert.equal(architectureOf(row.sdk.chost), row)
  }
  assert.deepEqual(ARCHS, ['amd64', 'arm64'])
  assert.equal(architectureOf('vax-dec-linux-gnu'), undefined)
  assert.throws(() => architecture('x86_64'), {
    code: 'SDK_DEFINITION',
    message: /expected one of amd64, arm64/,
  })
  assert.throws(() => architecture('toString'), { code: 'SDK_DEFINITION' })
})

test('the row of this machine fits its own programs', () => {
  const own = architectureOfKernel(os.machine())
  assert.ok(own !== undefined)
  const fd = openSync(process.execPath, 'r')
  const elf = readElf(fd)
  closeSync(fd)
  assert.ok(elf !== undefined && !('problem' in elf))
  assert.ok(isElfOf(own, elf))
  assert.equal(elf.interpreter, own.loader)
  assert.ok(!ROWS.some((row) => row !== own && isElfOf(row, elf)))
  for (const row of ROWS.filter(({ alsoRunBy }) => alsoRunBy?.keyword === own.keyword)) {
    const name = execFileSync('setarch', [row.alsoRunBy?.personality ?? '', 'uname', '-m'], {
      encoding: 'utf8',
    })
    assert.ok(row.kernels.includes(name.trim()), name)
  }
})

const DPKG = existsSync('/usr/bin/dpkg') ? false : 'needs dpkg'
test("the row of this machine has dpkg's names", { skip: DPKG }, () => {
  const name = execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim()
  const row = ROWS.find(({ debian }) => debian.name === name)
  assert.equal(row, architectureOfKernel(os.machine()))
  assert.ok(existsSync(`/usr/lib/${row?.debian.multiarch}`))
})

/** An architecture that the table lacks: 64 bits, big-endian. */
const NEXT: Architecture = {
  keyword: 'next',
  cpus: /^next64(?:be)?$/,
  cpu: 'next64be',
  kernels: ['next64'],
  debian: { name: 'next64', multiarch: 'next64-linux-gnu' },
  elf: { machine: 9999, class: 64, littleEndian: false },
  loader: '/lib/ld-linux-next.so.1',
  libdir: 'lib',
  cflags: '',
  qemu: 'next64',
}

test('a next architecture is a row', () => {
  const table = { ...ARCHITECTURES, next: NEXT }
  assert.equal(readTuple('next64-any-linux-gnu', table)?.architecture, NEXT)
  assert.equal(architecture('next', table), NEXT)
  assert.equal(architectureOfKernel('next64', table), NEXT)
  // e_machine of a big-endian file: the high byte first.
  assert.equal(
    programHeader(NEXT).subarray(0, 24).toString('hex'),
    `7f454c46020201${'00'.repeat(9)}0002270f00000001`,
  )
})

test('the guide names the subarches of the table', () => {
  const row =
    readFileSync(path.join(PROJECT, 'docs/catalyst.md'), 'utf8').match(/^\| `subarch` \|.*$/m)?.[0] ?? ''
  const names = [...row.matchAll(/`([^`]+)`/g)].map(([, name]) => name)
  assert.deepEqual(names, ['subarch', ...Object.keys(SUBARCHES)])
})

/** Names that mean an architecture wherever they stand, and what only a comment may say. */
const NAMES = [
  ...ROWS.flatMap(({ keyword, cpu, kernels, debian, qemu, sdk }) => [
    ...[keyword, cpu, ...kernels, debian.name, qemu, ...Object.keys(sdk?.subarches ?? {})],
  ]),
  ...[
    'x86-64',
    'x32',
    'loong',
    'loongarch64',
    'mips',
    'mips64',
    'sparc',
    'sparc64',
    'powerpc',
    'hppa',
    'm68k',
    'ia64',
  ],
]
const NAMED = new RegExp(`(?<![A-Za-z0-9])(?:${[...new Set(NAMES)].join('|')})(?![A-Za-z0-9])`)

/** The text of a source file without its comments, as far as they have lines of their own or end one. */
const code = (text: string, file: string): string =>
  file.endsWith('.sh')
    ? text.replace(/(^|\s)#.*$/gm, '$1')
    : text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')

test('nothing else in the program names an architecture', () => {
  const files = (folder: string, end: string): string[] =>
    readdirSync(path.join(PROJECT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith(end))
      .map((file) => path.join(folder, file))
  const all = [...files('src', '.ts'), ...files('stages', '.sh')]
  assert.ok(all.length > 200 && all.includes('src/sdk/architecture.ts'))
  const found = all.flatMap((file) =>
    code(readFileSync(path.join(PROJECT, file), 'utf8'), file)
      .split('\n')
      .filter((line) => NAMED.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  )
  const elsewhere = found.filter((line) => !line.startsWith('src/sdk/architecture.ts: '))
  assert.deepEqual(elsewhere, [])
  assert.ok(found.length > ROWS.length)
})
