// The check over small made roots: each rule of the loader, sysroots, owners, and links that must stay inside.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, it } from 'node:test'
import { checkElf, isSelfContained, leadsOutside } from '../../../../src/toolchain/elf/check.js'
import { parseLdConf } from '../../../../src/toolchain/elf/ld-conf.js'
import { makeElf } from '../../../helpers/elf-files.js'

const made: string[] = []
after(() => {
  for (const path of made) rmSync(path, { recursive: true })
})

type Tree = Record<string, Buffer | string | { link: string }>

function makeRoot(tree: Tree): string {
  const root = mkdtempSync(join(tmpdir(), 'elf-check-'))
  made.push(root)
  for (const [name, content] of Object.entries(tree)) {
    const path = join(root, name)
    mkdirSync(dirname(path), { recursive: true })
    if (typeof content === 'object' && 'link' in content) symlinkSync(content.link, path)
    else writeFileSync(path, content)
  }
  return root
}

async function missing(tree: Tree): Promise<string[]> {
  const { report } = await checkElf(makeRoot(tree))
  return report.missing.map(({ file, soname }) => `${file} ${soname}`)
}

const library = makeElf({ soname: 'liba.so' })
const program = (needed: string[], more: object = {}): Buffer => makeElf({ needed, ...more })

describe('checkElf', () => {
  it('finds libraries in the default directories, through links inside the root', async () => {
    const tree: Tree = { 'usr/lib/liba.so.1': library, 'usr/lib/liba.so': { link: 'liba.so.1' } }
    assert.deepEqual(await missing({ ...tree, lib: { link: 'usr/lib' }, 'bin/x': program(['liba.so']) }), [])
    assert.deepEqual(await missing({ ...tree, 'bin/x': program(['libb.so']) }), ['/bin/x libb.so'])
  })

  it('tells what can be told of a root with findings without end', async () => {
    const names = (count: number): string[] =>
      Array.from({ length: count }, (_, index) => `lib${'x'.repeat(100)}${index}.so`)
    const tree = {
      'bin/a': program(names(8000)),
      'bin/b': program(names(8001)),
      'bin/c': program(names(12_000)),
    }
    const { report } = await checkElf(makeRoot(tree))
    assert.equal(report.missing.length + report.left, 16_001)
    assert.ok(report.left > 0 && !isSelfContained({ ...report, missing: [] }))
    assert.ok(JSON.stringify(report).length < 2 ** 21)
    assert.deepEqual(report.problems, [
      { file: '/bin/c', problem: 'its dynamic strings have more than 1048576 bytes' },
    ])
  })

  it('never leaves the root: an absolute link leads to the root, one that climbs stops there', async () => {
    const host = makeRoot({ 'liba.so': library })
    assert.deepEqual(
      await missing({ 'usr/lib/liba.so': { link: join(host, 'liba.so') }, 'bin/x': program(['liba.so']) }),
      ['/bin/x liba.so'],
    )
    const climbing: Tree = {
      'data/liba.so': library,
      'usr/lib/liba.so': { link: '../../../../../data/liba.so' },
    }
    assert.deepEqual(await missing({ ...climbing, 'bin/x': program(['liba.so']) }), [])
    assert.deepEqual(
      await missing({ 'usr/lib/liba.so': { link: 'liba.so' }, 'bin/x': program(['liba.so']) }),
      ['/bin/x liba.so'],
    )
  })

  it('searches RUNPATH and RPATH with $ORIGIN and $LIB, and RPATH for the libraries of a program too', async () => {
    const here: Tree = { 'opt/lib/liba.so': library }
    for (const path of ['/opt/lib', '$ORIGIN/../lib', '$' + '{ORIGIN}/../$LIB', '/nowhere:/opt/lib']) {
      assert.deepEqual(await missing({ ...here, 'opt/bin/x': program(['liba.so'], { runpath: path }) }), [])
      assert.deepEqual(await missing({ ...here, 'opt/bin/x': program(['liba.so'], { rpath: path }) }), [])
    }
    const second: Tree = { ...here, 'opt/lib/libb.so': program(['liba.so']) }
    assert.deepEqual(await missing({ ...second, 'bin/x': program(['libb.so'], { rpath: '/opt/lib' }) }), [])
    assert.deepEqual(await missing({ ...second, 'bin/x': program(['libb.so'], { runpath: '/opt/lib' }) }), [
      '/opt/lib/libb.so liba.so',
    ])
  })

  it('takes a library that every user brings, and reports it for a plugin', async () => {
    const tree: Tree = { 'opt/liba.so': library, 'opt/libb.so': program(['liba.so']) }
    const user = program(['liba.so', 'libb.so'], { runpath: '/opt' })
    assert.deepEqual(await missing({ ...tree, 'bin/x': user }), [])
    assert.deepEqual(await missing(tree), ['/opt/libb.so liba.so'])
  })

  it('reads ld.so.conf with includes', async () => {
    const tree: Tree = {
      'opt/lib/liba.so': library,
      'etc/ld.so.conf': 'include /etc/ld.so.conf.d/*.conf\n',
      'etc/ld.so.conf.d/a.conf': '# comment\n/opt/lib\n',
      'bin/x': program(['liba.so']),
    }
    assert.deepEqual(await missing(tree), [])
    assert.deepEqual(parseLdConf('/a, /b:/c\ninclude d/*.conf /e\nhwcap 1 x\n', '/etc/ld.so.conf'), {
      found: ['/a', '/b', '/c'],
      includes: ['/etc/d/*.conf', '/e'],
    })
  })

  it('takes an ld.so.conf of any length, and patterns that no name has', async () => {
    const texts = [`include ${'a '.repeat(300_000)}`, `include ${'['.repeat(400_000)}`, '/a '.repeat(300_000)]
    for (const text of texts)
      assert.deepEqual(
        await missing({
          'etc/ld.so.conf': text,
          'usr/lib/liba.so': library,
          'usr/bin/p': program(['liba.so']),
        }),
        [],
      )
  })

  it('waits for no pipe among the files of ld.so.conf, and reads no folder', async () => {
    const root = makeRoot({
      'etc/ld.so.conf': 'include /etc/ld.so.conf.d/*\n',
      'etc/ld.so.conf.d/d/x': '',
      'bin/x': program([]),
    })
    execFileSync('mkfifo', [join(root, 'etc/ld.so.conf.d/pipe')])
    assert.deepEqual((await checkElf(root)).report.missing, [])
  })

  it('takes no library of another class or machine', async () => {
    const foreign = makeElf({ machine: 183 })
    assert.deepEqual(await missing({ 'usr/lib/liba.so': foreign, 'bin/x': program(['liba.so']) }), [
      '/bin/x liba.so',
    ])
  })

  it('resolves a sysroot within itself, and the files of its compiler too', async () => {
    const arm = (needed: string[] = [], more: object = {}): Buffer =>
      makeElf({ needed, machine: 183, ...more })
    const sysroot = 'usr/aarch64-cros-linux-gnu'
    const tree: Tree = {
      [`${sysroot}/lib/libc.so.6`]: arm(),
      [`${sysroot}/lib/ld-linux-aarch64.so.1`]: arm(),
      [`${sysroot}/usr/bin/x`]: arm(['libc.so.6'], { interpreter: '/lib/ld-linux-aarch64.so.1' }),
      'usr/lib/gcc/aarch64-cros-linux-gnu/14/libgcc_s.so.1': arm(['libc.so.6']),
      'usr/lib/gcc/aarch64-cros-linux-gnu/14/libstdc++.so.6': arm(['libgcc_s.so.1']),
      'bin/native': program([]),
    }
    const { report } = await checkElf(makeRoot(tree))
    assert.deepEqual([report.missing, report.interpreters], [[], []])
    assert.deepEqual(report.sysroots, [`/${sysroot}`])
  })

  it('knows multiarch directories of a sysroot that are named after another vendor', async () => {
    const sysroot = 'usr/x86_64-cros-linux-gnu'
    const tree: Tree = {
      [`${sysroot}/usr/lib/x86_64-linux-gnu/libc.so.6`]: library,
      [`${sysroot}/usr/lib/x86_64-linux-gnu/gconv/x.so`]: program(['libc.so.6']),
    }
    assert.deepEqual(await missing(tree), [])
  })

  it('does not let a sysroot of the same machine borrow from the root', async () => {
    const sysroot = 'usr/x86_64-cros-linux-gnu'
    const tree: Tree = {
      [`${sysroot}/lib/libc.so.6`]: library,
      [`${sysroot}/usr/bin/x`]: program(['libhost.so']),
      [`${sysroot}/bin/ld`]: program(['libhost.so'], { interpreter: '/lib/ld.so' }),
      'usr/lib/libhost.so': library,
      'lib/ld.so': library,
    }
    assert.deepEqual(await missing(tree), [`/${sysroot}/usr/bin/x libhost.so`])
    // The tools run here: a library that only the sysroot has is none of theirs.
    const tool = { [`${sysroot}/bin/as`]: program(['libtarget.so'], { interpreter: '/lib/ld.so' }) }
    assert.deepEqual(await missing({ ...tree, ...tool, [`${sysroot}/usr/lib/libtarget.so`]: library }), [
      `/${sysroot}/bin/as libtarget.so`,
      `/${sysroot}/usr/bin/x libhost.so`,
    ])
  })

  it('names packages, interpreters, build directories and broken files', async () => {
    const broken = makeElf().subarray(0, 30)
    const { report } = await checkElf(
      makeRoot({
        'usr/bin/x': program(['libz.so'], {
          interpreter: '/lib/ld.so',
          runpath: '/var/tmp/portage/x/image/lib',
        }),
        'usr/bin/broken': broken,
        bin: { link: 'usr/bin' },
        'var/db/pkg/app-misc/x-1/CONTENTS': 'dir /bin\nobj /bin/x 00 1\n',
      }),
    )
    assert.deepEqual(report.missing, [{ file: '/usr/bin/x', soname: 'libz.so', package: 'app-misc/x-1' }])
    assert.equal(report.interpreters[0]?.interpreter, '/lib/ld.so')
    assert.equal(report.runpaths[0]?.entry, '/var/tmp/portage/x/image/lib')
    assert.equal(report.problems[0]?.file, '/usr/bin/broken')
    assert.equal(isSelfContained(report), false)
  })

  it('notes files that cannot be opened', async () => {
    const root = makeRoot({})
    // Even root cannot name it as a whole: its folder's path just fits the kernel's 4,095 bytes, its own does not.
    const folder = join(root, ...Array.from({ length: 19 }, () => 'd'.repeat(200)))
    mkdirSync(folder, { recursive: true })
    const before = process.cwd()
    const name = 'f'.repeat(255)
    process.chdir(folder)
    try {
      writeFileSync(name, program(['liba.so']))
      const { report } = await checkElf(root)
      assert.deepEqual([report.files, report.missing, isSelfContained(report)], [1, [], false])
      assert.deepEqual(
        report.unreadable.map(({ path }) => path),
        [join(folder, name).slice(root.length)],
      )
      assert.match(report.unreadable[0]?.reason ?? '', /^ENAMETOOLONG/)
    } finally {
      rmSync(name)
      process.chdir(before)
    }
  })

  it('leaves static, relocatable and debug files alone', async () => {
    const tree: Tree = {
      'usr/lib/x.o': program(['liba.so'], { type: 1 }),
      'usr/bin/static': makeElf({ type: 2 }),
      'usr/lib/debug/bin/x.debug': program(['liba.so']),
    }
    const { report } = await checkElf(makeRoot(tree))
    assert.deepEqual([report.files, report.checked, report.missing], [3, 0, []])
  })
})

describe('leadsOutside', () => {
  it('knows what is shipped and what is not', () => {
    for (const entry of ['/tmp/stage1root/usr/lib', '/var/tmp/portage/a', 'lib', '', '.'])
      assert.equal(leadsOutside(entry), true, entry)
    for (const entry of ['/usr/lib/x', '$ORIGIN', '$ORIGIN/../lib', '/tmpfiles/lib'])
      assert.equal(leadsOutside(entry), false, entry)
  })
})
