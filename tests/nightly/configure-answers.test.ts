// The eclass configure-answers of `embedded`, by real Portage, with configure scripts that autoconf makes here: what is kept,
// who reads it, and that a build with answers is the build without. Needs root, autoconf, gcc and pip's index.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { must } from '../../src/process/run.js'
import type { Mount } from '../../src/sandbox/spec.js'
import { removeTree } from '../../src/store/disk/remove.js'
import { portageHost, runPortage } from '../helpers/portage-host.js'
import { privileged } from '../integration/sandbox-helpers.js'

const FIXTURE = path.resolve(import.meta.dirname, '../../../tests/fixtures/configure-answers')
const ANSWERS = '/var/cache/configure-answers'
const EBUILD = '/repo/app-misc/trial/trial-1.ebuild'

/** One build: what it said, what it has installed, the environment that Portage saves with the package. */
interface Build {
  log: string
  installed: Record<string, string>
  environment: string
}

describe('answers of configure', privileged, () => {
  let folder = ''
  let files = ''
  let builds = 0
  /** A build that knows nothing, and what it has left in its folder of answers. */
  let first: Build
  let kept: Record<string, string>

  const build = async (mounts: readonly Mount[], env: Record<string, string> = {}): Promise<Build> => {
    builds += 1
    const tmp = path.join(folder, `build${builds}`)
    const log = await runPortage(folder, [EBUILD, 'install'], { tmp, mounts, env })
    const made = path.join(tmp, 'portage/app-misc/trial-1')
    const names = ['whole/config.h', 'whole/Makefile', 'part/config.h', 'part/Makefile']
    const installed = names.map((name) => [name, readFileSync(path.join(made, 'image', name), 'utf8')])
    const environment = readFileSync(path.join(made, 'temp/environment'), 'utf8')
    return { log, environment, installed: Object.fromEntries(installed) as Record<string, string> }
  }
  /** A folder of answers with these files, and its mount. */
  const answers = (name: string, content: Record<string, string>): { at: string; mount: Mount } => {
    const at = path.join(folder, name)
    mkdirSync(at)
    for (const [file, text] of Object.entries(content)) writeFileSync(path.join(at, file), text)
    return { at, mount: { kind: 'bind', source: at, target: ANSWERS, readOnly: false } }
  }
  const read = (at: string): Record<string, string> =>
    Object.fromEntries(readdirSync(at).map((name) => [name, readFileSync(path.join(at, name), 'utf8')]))
  /** Where the whole and its part had their answers from: a folder, or `none`. */
  const known = ({ log }: Build): string[] =>
    [...log.matchAll(/^known answers: (\S+?)(?:\/[0-9a-f]{64})?(?: for .*)?$/gm)].map(([, from = '']) => from)

  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'configure-answers-'))
    await portageHost(folder, path.join(FIXTURE, 'trial-1.ebuild'))
    files = path.join(folder, 'repo/app-misc/trial/files')
    for (const name of ['configure.ac', 'Makefile.in'])
      cpSync(path.join(FIXTURE, name), path.join(files, name))
    for (const program of ['autoconf', 'autoheader']) await must({ argv: [program], cwd: files })
    rmSync(path.join(files, 'autom4te.cache'), { recursive: true, force: true })
    const { at, mount } = answers('first', {})
    // Two at once store the same.
    const [one, other] = await Promise.all([build([mount]), build([mount])])
    first = one
    kept = read(at)
    assert.deepEqual(known(one), ['none', 'none'])
    assert.deepEqual(other.installed, one.installed)
  })

  after(() => removeTree(folder, os.tmpdir()))

  test('there is one file for each script, also for one that make runs', () => {
    assert.equal(Object.keys(kept).length, 2)
    for (const name of Object.keys(kept)) assert.match(name, /^[0-9a-f]{64}$/)
  })

  test('only answers about compiler and C library are kept', () => {
    const names = Object.values(kept).map((text) => [...text.matchAll(/^\w+(?==)/gm)].map(([name]) => name))
    assert.deepEqual(names[0], names[1])
    for (const name of [
      'ac_cv_func_memrchr',
      'ac_cv_func_no_such_function',
      'ac_cv_header_no_such_h',
      'ac_cv_sizeof_long',
    ])
      assert.ok(names[0]?.includes(name), name)
    const others = /^ac_cv_(?:env|path|build|host|lib|search)_|^ac_cv_prog_(?:ac_ct_)?[A-Z]|acl/
    assert.deepEqual(
      names[0]?.filter((name) => others.test(name)),
      [],
    )
  })

  test('a later build reads them; what it installs, and its saved environment, are the same', async () => {
    const { at, mount } = answers('later', kept)
    const later = await build([mount])
    assert.deepEqual(known(later), [ANSWERS, ANSWERS])
    assert.match(later.log, /checking for memrchr\.\.\. \(cached\) yes/)
    assert.deepEqual(later.installed, first.installed)
    assert.equal(later.environment, first.environment)
    assert.deepEqual(read(at), kept)
  })

  test('a file that was damaged, or has the name of another, is not read, and is written anew', async () => {
    const [[one = '', text = ''] = [], [other = ''] = []] = Object.entries(kept)
    const damaged = text.replace('ac_cv_func_memrchr=yes', 'ac_cv_func_memrchr=no')
    assert.notEqual(damaged, text)
    const { at, mount } = answers('damaged', { [one]: damaged, [other]: text })
    const again = await build([mount])
    assert.deepEqual(known(again), ['none', 'none'])
    assert.deepEqual(again.installed, first.installed)
    assert.deepEqual(read(at), kept)
  })

  test('a file that somebody else has written sets no other variables and runs nothing; a FIFO is not waited for', async () => {
    const [[one = '', text = ''] = [], [other = ''] = []] = Object.entries(kept)
    const body = text.slice(text.indexOf('\n') + 1)
    const hostile = `${body}touch /var/cache/configure-answers/ran\nac_cv_func_memrchr=$(touch ${ANSWERS}/ran)\nCC=false\nac_cv_header_sys_sdt_h=yes\n`
    const digest = createHash('sha256').update(`${one}\n${hostile}`).digest('hex')
    const { at, mount } = answers('hostile', { [one]: `# ${digest}  -\n${hostile}` })
    await must({ argv: ['mkfifo', path.join(at, other)] })
    const made = await build([mount])
    assert.deepEqual(known(made).sort(), [ANSWERS, 'none'])
    assert.equal(existsSync(path.join(at, 'ran')), false)
    assert.deepEqual(made.installed, first.installed)
    assert.doesNotMatch(made.environment, /sys_sdt/)
  })

  test('a script with another argument, flag, answer of the ebuild or text does not read them', async () => {
    const script = path.join(folder, 'other-configure')
    writeFileSync(script, `${readFileSync(path.join(files, 'configure'), 'utf8')}# edited\n`, { mode: 0o755 })
    const target = '/repo/app-misc/trial/files/configure'
    const edited: Mount = { kind: 'bind', source: script, target, readOnly: true }
    const { at, mount } = answers('others', kept)
    const cases: [Promise<Build>, string[]][] = [
      // Its part has the arguments that make gives it.
      [build([mount], { TRIAL_ARGUMENT: '--enable-feature' }), ['none', ANSWERS]],
      [build([mount], { CFLAGS: '-O2' }), ['none', 'none']],
      [build([mount], { ac_cv_func_memrchr: 'no' }), ['none', 'none']],
      [build([mount, edited]), ['none', 'none']],
    ]
    for (const [made, expected] of cases) assert.deepEqual(known(await made), expected)
    for (const [name, text] of Object.entries(kept)) assert.equal(read(at)[name], text)
    assert.equal(Object.keys(read(at)).length, 9)
  })

  test('without the folder, or where it is read-only, the build is the same and leaves nothing', async () => {
    const { at, mount } = answers('read-only', {})
    for (const made of [build([]), build([{ ...mount, readOnly: true } as Mount])]) {
      const { log, installed, environment } = await made
      assert.doesNotMatch(log, /site script|known answers/)
      assert.deepEqual(installed, first.installed)
      assert.equal(environment, first.environment)
    }
    assert.deepEqual(read(at), {})
  })

  test('an archive beside the eclass does for a folder that is empty', async () => {
    const shipped = path.join(folder, 'shipped')
    mkdirSync(shipped)
    await must({
      argv: ['tar', '-cJf', path.join(shipped, 'host.tar.xz'), '-C', path.join(folder, 'first'), '.'],
    })
    const target = '/repo/eclass/configure-answers'
    const { at, mount } = answers('empty', {})
    const made = await build([mount, { kind: 'bind', source: shipped, target, readOnly: true }])
    const unpacked = '/var/tmp/portage/app-misc/trial-1/temp/configure-answers/shipped'
    assert.deepEqual(known(made), [unpacked, unpacked])
    assert.deepEqual(made.installed, first.installed)
    assert.equal(made.environment, first.environment)
    assert.deepEqual(read(at), {})
  })
})
