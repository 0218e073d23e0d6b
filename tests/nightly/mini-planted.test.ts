// A library that the seed has and no package provides, with header and description: what a configure script would love to
// find. Stage 1 links it, as its libraries are the seed's; stages 2 to 4 never see it, and nothing of the seed is left in
// the end. On the miniature SDK with the machine's gcc. Needs root, gcc and pip's index.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { must } from '../../src/process/run.js'
import { removeTree } from '../../src/store/disk/remove.js'
import { lineageDigest } from '../../src/store/lineage-file.js'
import { leadsOutside } from '../../src/toolchain/elf/check.js'
import { MiniPlace, only } from '../e2e/mini-place.js'
import { PROJECT, type Run } from '../e2e/run-command.js'
import { compilerFiles } from '../helpers/mini-compiler.js'

const VERSION = '1.0.0+2026-01-01-0000'
const SONAME = 'libplanted.so.1'
const LATER = ['stage2', 'stage3', 'stage4'] as const

function skip(): string | false {
  if (process.env.CI !== undefined) return false
  if (process.getuid?.() !== 0) return 'needs root'
  return existsSync('/usr/bin/gcc') && existsSync('/usr/bin/ld') ? false : 'needs gcc'
}

/** Edits a text of the place's definition; what is replaced has to be there. */
function edit(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8')
  assert.ok(text.includes(from), `${file}: ${from}`)
  writeFileSync(file, text.replace(from, to))
}

/** Makes the package part of the system, which stages 1 to 3 build. */
function addLooker(place: MiniPlace): void {
  const main = place.repo('main')
  const folder = path.join(main, 'app-misc/looker')
  mkdirSync(folder)
  cpSync(path.join(PROJECT, 'tests/fixtures/planted/looker-1.ebuild'), path.join(folder, 'looker-1.ebuild'))
  edit(path.join(main, 'profiles/base/packages'), '*app-misc/alpha', '*app-misc/alpha\n*app-misc/looker')
  edit(path.join(main, 'profiles/base/packages.build'), 'app-misc/alpha', 'app-misc/alpha\napp-misc/looker')
  edit(path.join(main, 'scripts/bootstrap.sh'), 'app-misc/alpha', 'app-misc/alpha app-misc/looker')
}

/** Plants library, header and pkg-config's description in a seed's root. */
async function plant(root: string): Promise<void> {
  const source = path.join(root, 'planted.c')
  const library = path.join(root, 'usr/lib/x86_64-linux-gnu', SONAME)
  writeFileSync(source, 'int planted(void) { return 42; }\n')
  await must({ argv: ['gcc', '-shared', '-fPIC', `-Wl,-soname,${SONAME}`, '-o', library, source] })
  cpSync(library, path.join(path.dirname(library), 'libplanted.so'))
  for (const [file, text] of [
    ['usr/include/planted.h', 'int planted(void);\n'],
    ['usr/lib/pkgconfig/planted.pc', 'Name: planted\nLibs: -lplanted\n'],
  ] as const) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
    writeFileSync(path.join(root, file), text)
  }
}

/** What a record says where nothing of the seed is left. */
const NOTHING = {
  ...{ by: 'layers', packages: [], files: 0, generated: 0, compilers: {} },
  lineage: lineageDigest([]),
}

describe('a library that is planted in the seed', { skip: skip() }, () => {
  let place: MiniPlace
  let run: Run

  before(async () => {
    place = new MiniPlace()
    addLooker(place)
    await place.makeSeed({ files: await compilerFiles(), finish: plant })
    run = await place.build(VERSION, ['--seed_tarball', place.seed])
    assert.equal(run.exitCode, 0, run.stderr)
  })
  after(async () => {
    await place.assertIntact()
    await removeTree(place.folder, path.dirname(place.folder))
  })

  /** What the program of a stage says in that stage's root; `library` is put in first. */
  const looker = async (stage: string, library?: string): Promise<{ stdout: string; stderr: string }> => {
    const root = path.join(place.work, `${stage}-root`)
    mkdirSync(root, { recursive: true })
    await must({ argv: ['tar', '--zstd', '-xf', place.archive(VERSION, stage), '-C', root] })
    if (library !== undefined)
      await must({
        argv: ['tar', '--zstd', '-xf', place.seed, '-C', root, `./usr/lib/x86_64-linux-gnu/${library}`],
      })
    return spawnSync('chroot', [root, '/usr/bin/looker'], { encoding: 'utf8' })
  }

  test('stage 1 links it: its record says so, a warning too, and the program runs only where the library is', async () => {
    const { elf } = place.record(VERSION, 'stage1')
    assert.deepEqual(
      elf?.libraries?.filter(({ soname }) => soname === SONAME),
      [{ soname: SONAME, files: 1 }],
    )
    assert.equal(elf?.missing, 1)
    const warning = `/usr/bin/looker (app-misc/looker-1) needs ${SONAME}`
    assert.ok(run.events.some((event) => event.type === 'warning' && event.message.includes(warning)))
    assert.match((await looker('stage1')).stderr, /libplanted\.so\.1: cannot open shared object file/)
    const { stdout } = await looker('stage1', SONAME)
    assert.equal(stdout, 'with the library, its header, its description\n')
  })

  for (const stage of LATER)
    test(`${stage} never sees it: nothing needs it, and the program runs without`, async () => {
      const { elf } = place.record(VERSION, stage)
      assert.equal(elf?.missing, 0)
      assert.ok(elf?.runpaths?.every(({ entry }) => !leadsOutside(entry)))
      assert.ok(elf?.libraries?.every(({ soname, path: found }) => soname !== SONAME && found !== undefined))
      assert.ok(elf?.interpreters?.every(({ path: found }) => found !== undefined))
      assert.equal((await looker(stage)).stdout, 'alone\n')
      const list = readFileSync(
        path.join(place.root, `log/mini-sdk/${stage}-amd64-${VERSION}/elf.tsv`),
        'utf8',
      )
      const line = list.split('\n').find((each) => each.startsWith('/usr/bin/looker\t')) ?? ''
      assert.match(line, /^\S+\tapp-misc\/looker-1\tprogram 64 62\t\S+\tlibc\.so\.6=\S+\t-\tGCC: /)
    })

  test('nothing of the seed is left in stages 3 and 4: by packages, by layers, by compilers', () => {
    for (const stage of ['stage3', 'stage4']) {
      const { carried } = place.record(VERSION, stage)
      assert.deepEqual(carried, NOTHING, stage)
    }
    // Stage 2 builds some of its packages, by its bootstrap script.
    assert.deepEqual(place.record(VERSION, 'stage2').carried?.packages, ['sys-apps/host-1'])
  })

  test('a stage 3 that leaves a package of the seed fails, and names it', async () => {
    edit(path.join(place.sdk, 'sdk.toml'), '"@world"', '"sys-apps/baselayout"')
    const left = await place.build(VERSION, ['--rebuild', 'stage3'])
    assert.equal(left.exitCode, 7, left.stderr)
    const { message } = only(left, 'run-failed')
    assert.match(
      message,
      /stage3: what the root still has of its seed: packages .*: sys-apps\/host-1; and \d+ files: /,
    )
  })
})
