// What a root is linked with, who compiled it, and which places of builds it names: over small made roots.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, it } from 'node:test'
import { neededFromOutside } from '../../../../src/toolchain/elf/check.js'
import { readCompilers } from '../../../../src/toolchain/elf/comment.js'
import { ROW_COLUMNS } from '../../../../src/toolchain/elf/table.js'
import { findBuildPlaces, OVERLAP } from '../../../../src/toolchain/root/build-paths.js'
import { type RootScan, scanRoot } from '../../../../src/toolchain/root/scan.js'
import { makeArchive, makeElf, signElf } from '../../../helpers/elf-files.js'

const made: string[] = []
after(() => {
  for (const path of made) rmSync(path, { recursive: true })
})

async function check(tree: Record<string, Buffer | string>): Promise<RootScan> {
  const root = mkdtempSync(join(tmpdir(), 'elf-table-'))
  made.push(root)
  for (const [name, content] of Object.entries({ ...tree, bin: '', lib: '' })) {
    const path = join(root, name)
    mkdirSync(dirname(path), { recursive: true })
    if (content === '') symlinkSync(`usr/${name}`, path)
    else writeFileSync(path, content)
  }
  return await scanRoot(root)
}

const OURS = 'GCC: (GNU) 14.2.0'
const THEIRS = 'GCC: (Debian 12.2.0-14) 12.2.0'
const LOADER = '/lib/ld-linux-x86-64.so.2'
const program = makeElf({
  needed: ['libc.so.6', 'libx.so.1'],
  interpreter: LOADER,
  runpath: '$ORIGIN/../lib',
})
const tree = {
  'usr/bin/x': signElf(program, [OURS, THEIRS]),
  'usr/bin/y': signElf(makeElf({ needed: ['libc.so.6'], interpreter: LOADER }), [OURS]),
  'usr/lib/libx.so.1.2': signElf(makeElf({ soname: 'libx.so.1', needed: ['libc.so.6'] }), [OURS]),
  'usr/lib/libx.so.1': signElf(makeElf({ soname: 'libx.so.1' }), [OURS]),
  'usr/lib/libx.a': makeArchive([signElf(makeElf({ type: 1 }), [THEIRS]), Buffer.from('odd')]),
  'usr/lib/libc.so.6': makeElf(),
  'usr/lib/ld-linux-x86-64.so.2': makeElf(),
  'var/db/pkg/sys-libs/libc-1/CONTENTS': `obj ${LOADER} 00 1\nobj /lib/libc.so.6 00 1\n`,
  'var/db/pkg/app-misc/x-1/CONTENTS': 'obj /usr/bin/x 00 1\nobj /usr/lib/libx.la 00 1\n',
}

describe('the table of a root', () => {
  it('has interpreters, libraries, search paths and compilers, with what they are in the root', async () => {
    const { table } = (await check(tree)).elf
    assert.deepEqual(table.interpreters, [
      { interpreter: LOADER, path: '/usr/lib/ld-linux-x86-64.so.2', package: 'sys-libs/libc-1', files: 2 },
    ])
    assert.deepEqual(table.libraries, [
      { soname: 'libc.so.6', path: '/usr/lib/libc.so.6', package: 'sys-libs/libc-1', files: 3 },
      { soname: 'libx.so.1', path: '/usr/lib/libx.so.1', files: 1 },
    ])
    assert.deepEqual(table.runpaths, [{ entry: '$ORIGIN/../lib', files: 1 }])
    assert.deepEqual(table.compilers, { [THEIRS]: 2, [OURS]: 4 })
    assert.equal(table.unsigned, 2)
    assert.deepEqual(table.buildPlaces, [])
  })

  it('has a row for each file', async () => {
    const { rows } = await check(tree)
    assert.equal(rows.length, 7)
    const [x = ''] = rows
    const fields = Object.fromEntries(x.split('\t').map((field, index) => [ROW_COLUMNS[index], field]))
    assert.deepEqual(fields, {
      path: '/usr/bin/x',
      package: 'app-misc/x-1',
      kind: 'program 64 62',
      interpreter: `${LOADER}=/usr/lib/ld-linux-x86-64.so.2`,
      libraries: 'libc.so.6=/usr/lib/libc.so.6; libx.so.1=/usr/lib/libx.so.1',
      runpath: '$ORIGIN/../lib',
      compilers: `${THEIRS}; ${OURS}`,
      places: '-',
    })
  })

  it('says which library is not in the root', async () => {
    const { 'usr/lib/libx.so.1': _, ...rest } = tree
    const { table, missing } = (await check(rest)).elf
    assert.deepEqual(table.libraries.at(-1), { soname: 'libx.so.1', files: 1 })
    assert.deepEqual(missing, [{ file: '/usr/bin/x', soname: 'libx.so.1', package: 'app-misc/x-1' }])
  })

  it('finds a loader that is of another C library than the one that is loaded', async () => {
    const two = { ...tree, 'var/db/pkg/sys-libs/other-1/CONTENTS': `obj ${LOADER} 00 1\n` }
    const { elf } = await check(two)
    assert.equal(elf.mixed.length, 2)
    assert.match(
      neededFromOutside(elf).join('\n'),
      /^\/usr\/bin\/x \(app-misc\/x-1\) has the loader .* another C library/,
    )
  })

  it('finds the places of builds in programs and other files, wherever in a file they are', async () => {
    const built = '/var/tmp/portage/app-misc/x-1/work/x-1/main.c'
    const { table } = (
      await check({
        ...tree,
        'usr/bin/y': Buffer.concat([tree['usr/bin/y'], Buffer.from(`${built}\0${built}`)]),
        'usr/lib/libx.la': "dependency_libs=' -L/tmp/stage1root/usr/lib'",
        'usr/share/large': Buffer.concat([Buffer.alloc(512 * 1024 - 20, 'a'), Buffer.from(built)]),
        'etc/passwd': 'portage:x:250:250:portage:/var/tmp/portage:/bin/false',
      })
    ).elf
    assert.deepEqual(table.buildPlaces, [
      { place: '/tmp/stage1root', in: 'other', files: 1, packages: ['app-misc/x-1'] },
      { place: '/var/tmp/portage', in: 'elf', files: 1, packages: [] },
      { place: '/var/tmp/portage', in: 'other', files: 1, packages: [] },
    ])
  })
})

describe('places of builds', () => {
  const places = (text: string): string[] => {
    const found = new Set<string>()
    findBuildPlaces(Buffer.from(text), found)
    return [...found]
  }

  it('are the roots of stages and the folders of packages that are built', () => {
    for (const text of [
      '-L/tmp/stage3root/usr/lib',
      '"/tmp/seedroot"',
      `${' '.repeat(OVERLAP)}/tmp/stage1root`,
    ])
      assert.equal(places(text).length, 1, text)
    assert.deepEqual(places('/var/tmp/portage/sys-devel/gcc-14.2.0-r1/temp/x'), ['/var/tmp/portage'])
    for (const text of [
      '/tmp/stage5root',
      '/tmp/stage1rooted',
      '/var/tmp/portage/',
      '/var/tmp/portage/a/b/c',
    ])
      assert.deepEqual(places(text), [], text)
  })
})

describe('compilers', () => {
  const read = (bytes: Buffer): string[] | undefined =>
    readCompilers((offset, size) => bytes.subarray(offset, offset + size))

  it('are those of a file, or of all members of an archive', () => {
    assert.deepEqual(read(signElf(makeElf(), [OURS, THEIRS, OURS])), [THEIRS, OURS])
    const members = [OURS, THEIRS, 'Linker: x'].map((name) => signElf(makeElf({ type: 1 }), [name]))
    assert.deepEqual(read(makeArchive(members)), [THEIRS, OURS, 'Linker: x'])
    assert.deepEqual([read(makeElf()), read(Buffer.from('#!/bin/sh'))], [[], undefined])
  })

  it('are looked for within bounds', () => {
    const archive = makeArchive([signElf(makeElf(), [OURS])])
    for (let end = 0; end < archive.length; end += 7)
      assert.ok((read(archive.subarray(0, end))?.length ?? 0) <= 1, String(end))
    assert.equal(read(signElf(makeElf(), ['x'.repeat(100_000)]))?.[0]?.length, 200)
  })
})
