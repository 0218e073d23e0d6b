// What of a root is its seed's: by the records of a chain, by layers, by compilers.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, it } from 'node:test'
import { carriedPackages, type Generation, type PackageFact } from '../../../../src/stage/finish/lineage.js'
import { writeLineage } from '../../../../src/store/lineage-file.js'
import type { CarriedFiles, CarriedRequest } from '../../../../src/toolchain/root/carried-files.js'
import { scanRoot } from '../../../../src/toolchain/root/scan.js'
import { makeElf, signElf } from '../../../helpers/elf-files.js'

const made: string[] = []
after(() => {
  for (const path of made) rmSync(path, { recursive: true })
})

/** What BUILD_TIME is levelled to in the root of each stage, after it has listed its packages. */
const EPOCH = 500

function generation(
  stage: Generation['stage'],
  facts: Record<string, [PackageFact['origin'], number]>,
): Generation {
  const packages = Object.entries(facts).map(([cpv, [origin, buildTime]]) => ({ cpv, origin, buildTime }))
  return { stage, packages, epoch: EPOCH }
}

describe('carriedPackages', () => {
  const one = generation('stage1', {
    'a/a-1': ['source', 1001],
    'a/b-1': ['source', 1002],
    'a/c-1': ['carried', 5],
  })

  it('are those that no stage after stage 1 built', () => {
    // In stage 3's root the times of what stage 2 built are levelled.
    const two = generation('stage2', {
      'a/a-1': ['source', 2000],
      'a/b-1': ['seed', 500],
      'a/c-1': ['seed', 5],
    })
    const three = generation('stage3', {
      'a/a-1': ['seed', 500],
      'a/b-1': ['source', 3001],
      'a/c-1': ['seed', 5],
    })
    assert.deepEqual(carriedPackages([one], true), ['a/a-1', 'a/b-1', 'a/c-1'])
    assert.deepEqual(carriedPackages([two, one], true), ['a/b-1', 'a/c-1'])
    assert.deepEqual(carriedPackages([three, two, one], true), ['a/c-1'])
  })

  it('are those that a later stage carried, or of which nothing is known', () => {
    const two = generation('stage2', { 'a/a-1': ['source', 2001], 'a/c-1': ['carried', 5] })
    const three = generation('stage3', {
      'a/a-1': ['carried', 2001],
      'a/c-1': ['seed', 5],
      'a/new-1': ['seed', 5],
    })
    assert.deepEqual(carriedPackages([three, two, one], true), ['a/a-1', 'a/c-1', 'a/new-1'])
  })

  it('are not those that an earlier attempt built, nor those of whose merge Portage said nothing', () => {
    const two = generation('stage2', {
      'a/a-1': ['reused', 1],
      'a/b-1': ['seed', 2003],
      'a/new-1': ['seed', 2004],
    })
    assert.deepEqual(carriedPackages([two, one], true), [])
  })

  it('are also those out of a folder of binary packages that nobody vouches for', () => {
    const two = generation('stage2', { 'a/a-1': ['source', 2000], 'a/b-1': ['reused', 1] })
    const three = generation('stage3', { 'a/a-1': ['reused', 2000], 'a/b-1': ['reused', 3001] })
    assert.deepEqual(carriedPackages([three, two, one], true), [])
    // That stage 2 built the same version says nothing of the package in the folder, nor does the time in it.
    assert.deepEqual(carriedPackages([three, two, one], false), ['a/a-1', 'a/b-1'])
  })

  it('are also those that have the time of the seed, whoever is said to have built them', () => {
    const levelled = generation('stage2', { 'a/a-1': ['source', EPOCH] })
    assert.deepEqual(carriedPackages([levelled, one], true), ['a/a-1'])
    const asItWas = generation('stage2', { 'a/a-1': ['source', 1001] })
    assert.deepEqual(carriedPackages([asItWas, one], true), ['a/a-1'])
  })

  it('are the same by a clock that was set back, or was behind when the seed was made', () => {
    const back = generation('stage2', { 'a/a-1': ['source', 900], 'a/b-1': ['source', 2002] })
    assert.deepEqual(carriedPackages([back, one], true), [])
    const ahead = generation('stage1', { 'a/a-1': ['source', 9001], 'a/b-1': ['source', 9002] })
    const two = generation('stage2', { 'a/a-1': ['source', 2001], 'a/b-1': ['seed', 9002] })
    assert.deepEqual(carriedPackages([two, ahead], true), ['a/b-1'])
  })
})

type Tree = Record<string, Buffer | string | { link: string }>

function makeTree(tree: Tree): string {
  const root = mkdtempSync(join(tmpdir(), 'lineage-'))
  made.push(root)
  for (const [name, content] of Object.entries(tree)) {
    const path = join(root, name)
    mkdirSync(dirname(path), { recursive: true })
    if (typeof content === 'object' && 'link' in content) symlinkSync(content.link, path)
    else writeFileSync(path, content)
  }
  return root
}

const OURS = 'GCC: (GNU) 14.2.0'
const THEIRS = 'GCC: (Debian 12.2.0-14) 12.2.0'

async function traces(root: Tree, asked: Partial<CarriedRequest> = {}): Promise<CarriedFiles> {
  const request = { packages: [], stage1Layers: undefined, layers: [], compilers: [THEIRS], ...asked }
  const placed = { over: [], at: [] }
  const { carried } = await scanRoot(makeTree(root), { carried: request, placed })
  assert.ok(carried !== undefined)
  return carried
}

/** A compiler's own object, and the package that it is of. */
function compilerOf(cpv: string, name: string): Tree {
  const object = `usr/lib/gcc/x86_64-pc-linux-gnu/${cpv.split('-').at(-1)}/crtbegin.o`
  return {
    [object]: signElf(makeElf({ type: 1 }), [name]),
    [`var/db/pkg/${cpv}/CONTENTS`]: `obj /${object} 00 1\n`,
  }
}

describe('carried files', () => {
  const root: Tree = {
    'usr/bin/old': 'old',
    'usr/bin/new': 'new',
    'usr/bin/stray': 'stray',
    'usr/lib/moved': { link: 'other' },
    'usr/lib/other/file': 'file',
    'etc/ld.so.conf': '/usr/lib',
    'usr/lib/x/__pycache__/x.pyc': '',
    'var/db/pkg/a/old-1/CONTENTS': 'obj /usr/bin/old 00 1\nobj /usr/bin/gone 00 1\n',
    'var/db/pkg/a/new-1/CONTENTS': 'obj /usr/bin/new 00 1\n',
  }

  it('are those of carried packages', async () => {
    const { by, files, names } = await traces(root, { packages: ['a/old-1'] })
    assert.deepEqual([by, files, names], ['packages', 1, ['/usr/bin/old (a/old-1)']])
  })

  it('are those of the layers of stage 1 that no layer above has, whoever owns them', async () => {
    const seed = makeTree({
      ...root,
      'usr/bin/hidden': 'by a whiteout',
      'usr/lib/moved': '',
      'usr/lib/folder/file': 'of a folder that is a file now',
    })
    const above = makeTree({ 'usr/bin/old': 'anew', 'usr/lib/moved': '', 'usr/lib/folder': '', var: '' })
    const { by, files, names, generated } = await traces(root, { stage1Layers: [seed], layers: [above] })
    assert.equal(by, 'layers')
    assert.ok(names.includes('/usr/bin/new (a/new-1)') && names.includes('/usr/bin/stray (no package)'))
    assert.ok(names.includes('/usr/lib/x/__pycache__/x.pyc (no package)'))
    assert.ok(!names.some((name) => /old|hidden|moved|folder/.test(name)), names.join())
    // Of the generated ones the package database is one: an entry of stage 1 is a package that is listed anyway.
    assert.deepEqual([files, generated], [4, 3])
  })

  it('are the same by the list that the stage before has left, without its layers', async () => {
    const seed = makeTree(root)
    const two = makeTree({ 'usr/bin/old': 'anew', 'usr/lib/moved': '', 'etc/new': '' })
    const three = makeTree({ 'usr/bin/stray': 'anew', var: '' })
    const layers = await traces(root, { stage1Layers: [seed], layers: [three, two] })
    const before = await traces(root, { stage1Layers: [seed], layers: [two] })
    const lineage = join(makeTree({}), 'stage2.lineage.gz')
    await writeLineage(lineage, before.stage1 ?? [])
    assert.deepEqual(await traces(root, { lineage, layers: [three] }), layers)
    assert.equal(layers.by, 'layers')
    assert.ok(layers.stage1?.includes('/usr/bin/new') && !layers.stage1.includes('/usr/bin/stray'))
    const none = await traces(root, { lineage: join(makeTree({}), 'none'), layers: [three] })
    assert.deepEqual([none.by, none.stage1], ['packages', undefined])
  })

  it('are also those that a compiler of the seed made, but for declared ones', async () => {
    const built: Tree = {
      'usr/bin/x': signElf(makeElf(), [OURS, THEIRS]),
      'usr/bin/y': signElf(makeElf(), [OURS]),
      'opt/node/bin/node': signElf(makeElf(), [THEIRS]),
      'var/db/pkg/net-libs/node-1/CONTENTS': 'obj /opt/node/bin/node 00 1\n',
      'var/db/pkg/net-libs/node-1/QA_PREBUILT': 'usr/none opt/node/*\n',
    }
    const own = (name: string): Tree => compilerOf('sys-devel/gcc-14', name)
    const { compilers, compiled } = await traces({ ...built, ...own(OURS) })
    assert.deepEqual([compilers, compiled], [{ [THEIRS]: 1 }, ['/usr/bin/x (no package)']])
    // The root's compiler may be of the same name; and without one, all that was compiled is another's.
    assert.deepEqual((await traces({ ...built, ...own(THEIRS) })).compilers, {})
    assert.deepEqual((await traces(built)).compilers, {})
  })

  it("are looked for by compiler also where the seed's own was left over", async () => {
    const ours = compilerOf('sys-devel/gcc-14', OURS)
    const theirs = compilerOf('sys-devel/gcc-12', THEIRS)
    const built: Tree = { ...ours, ...theirs, 'usr/bin/x': signElf(makeElf(), [THEIRS]) }
    const left = { [THEIRS]: 2 }
    assert.deepEqual((await traces(built, { packages: ['sys-devel/gcc-12'] })).compilers, left)
    const layers = { stage1Layers: [makeTree(theirs)], layers: [makeTree(ours)] }
    assert.deepEqual((await traces(built, layers)).compilers, left)
    const unowned = Object.fromEntries(Object.entries(theirs).filter(([file]) => !file.startsWith('var/')))
    assert.deepEqual(
      (await traces({ ...built, ...unowned, 'var/db/pkg/sys-devel/gcc-12/CONTENTS': '' })).compilers,
      left,
    )
  })
})
