// The ELF reader against readelf, over the programs and libraries of this machine; and the check as a program.

import assert from 'node:assert/strict'
import { closeSync, existsSync, openSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { must } from '../../src/process/run.js'
import { type ElfFile, readElf } from '../../src/toolchain/elf/elf.js'

const hasReadelf = existsSync('/usr/bin/readelf')
const skip = hasReadelf || process.env.CI !== undefined ? false : 'readelf (package binutils) is not here'
const MAX_FILES = 400

/** Programs and libraries, at most half of each. */
function hostFiles(): string[] {
  const directories = ['/usr/bin', '/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64']
  const paths = directories.filter(existsSync).flatMap((directory) => {
    const names = readdirSync(directory).map((name) => join(realpathSync(directory), name))
    return names.filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile()).slice(0, MAX_FILES / 2)
  })
  return [...new Set(paths)].slice(0, MAX_FILES)
}

function readPath(path: string): ReturnType<typeof readElf> {
  const fd = openSync(path, 'r')
  try {
    return readElf(fd)
  } finally {
    closeSync(fd)
  }
}

/** The same facts, out of readelf's words. */
function byReadelf(text: string): Partial<ElfFile> {
  const all = (pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, value = '']) => value)
  const one = (name: string, pattern: RegExp): object => {
    const [value] = all(pattern)
    return value === undefined ? {} : { [name]: value }
  }
  return {
    class: text.includes('ELF64') ? 64 : 32,
    needed: all(/\(NEEDED\).*\[(.*)\]/g),
    ...one('soname', /\(SONAME\).*\[(.*)\]/g),
    ...one('rpath', /\(RPATH\).*\[(.*)\]/g),
    ...one('runpath', /\(RUNPATH\).*\[(.*)\]/g),
    ...one('interpreter', /interpreter: (.*)\]/g),
  }
}

it('agrees with readelf on the files of this machine', { skip }, async () => {
  const elves = hostFiles().filter((path) => readPath(path) !== undefined)
  assert.ok(elves.length > 50, `only ${elves.length} ELF files found`)
  const text = await must({ argv: ['readelf', '-W', '-h', '-d', '-l', ...elves] })
  const reports = new Map(
    text
      .split(/^File: /m)
      .slice(1)
      .map((part) => [part.slice(0, part.indexOf('\n')), part]),
  )
  for (const path of elves) {
    const { littleEndian, machine, type, ...ours } = readPath(path) as ElfFile
    assert.ok(littleEndian && machine > 0 && (type === 1 || type === 2 || type === 3), path)
    assert.deepEqual(ours, byReadelf(reports.get(path) ?? ''), path)
  }
})

it('runs as a program of its own', async () => {
  const program = new URL('../../src/toolchain/root/scan-main.js', import.meta.url).pathname
  const { elf, rows } = JSON.parse(await must({ argv: [process.execPath, program, '/usr/lib/apt'] }))
  assert.ok(elf.checked > 0 && rows.length >= elf.checked)
  await assert.rejects(must({ argv: [process.execPath, program, 'relative'] }), /exited with 2/)
})
