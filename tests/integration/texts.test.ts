// What is made from the tables, held against the programs that read it: bash's own completion, groff for man pages.

import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'
import { OPTION_NAMES, OPTIONS } from '../../src/cli/arguments/options/table.js'
import { VERB_NAMES } from '../../src/cli/arguments/verbs.js'
import { bashCompletion } from '../../src/cli/texts/bash.js'
import { manPage } from '../../src/cli/texts/man-page.js'
import { optionTable, withOptionTable } from '../../src/cli/texts/manual-table.js'
import { execute } from './launcher-project.js'
import { temporary } from './store-helpers.js'

test('bash completes verbs, stages, options of the verb, values, files and folders', async (t) => {
  const folder = await temporary(t)
  await mkdir(path.join(folder, 'a folder'))
  await writeFile(path.join(folder, 'a.tar'), '')
  await writeFile(path.join(folder, 'completion'), bashCompletion())
  // As bash calls it: the words apart at blanks and "=", the last one being written.
  const ask = `source ./completion; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _bootstrap_sdk; printf '%s\\n' "\${COMPREPLY[@]}"`
  const complete = async (...words: string[]): Promise<string[]> => {
    const { stdout, stderr } = await execute(
      ['bash', '-c', ask, 'bash', 'bootstrap_sdk', ...words],
      {},
      folder,
    )
    assert.equal(stderr, '')
    return stdout
      .trimEnd()
      .split('\n')
      .filter((each) => each !== '')
  }
  assert.deepEqual(await complete('pl'), ['plan'])
  assert.deepEqual(await complete(''), [...VERB_NAMES, 'help', 'stage1', 'stage2', 'stage3', 'stage4'])
  assert.deepEqual(await complete('enter', 's'), ['stage1', 'stage2', 'stage3', 'stage4', 'sdk'])
  assert.deepEqual(await complete('plan', '--write'), ['--write_specs'])
  assert.deepEqual(await complete('clean', '--write'), [])
  assert.deepEqual(await complete('--compression', '=', ''), ['zstd', 'bz2', 'xz', 'gz'])
  assert.deepEqual(await complete('--compression', '=', 'z'), ['zstd'])
  assert.deepEqual(await complete('--runner', 'c'), ['catalyst'])
  assert.deepEqual((await complete('--seed_tarball', 'a')).sort(), ['a folder', 'a.tar'])
  assert.deepEqual(await complete('--sdk', 'a'), ['a folder'])
  assert.deepEqual(await complete('--jobs', ''), [])
  assert.deepEqual(await complete('--sdk', 'x', 'verify', 'a.'), ['a.tar'])
  assert.deepEqual(await complete('completion', 'z'), ['zsh'])
  assert.deepEqual(await complete('help', 'cl'), ['clean'])
})

test('man pages are what groff takes without a warning, and have every option of their verb', async (t) => {
  const folder = await temporary(t)
  for (const verb of [undefined, ...VERB_NAMES]) {
    const page = path.join(folder, `${verb}.1`)
    await writeFile(page, manPage('1.2.3', verb))
    const shown = await execute(['groff', '-man', '-ww', '-Tascii', '-P-cbou', '-rLL=200n', page])
    assert.deepEqual([shown.exitCode, shown.stderr], [0, ''], verb)
    assert.match(shown.stdout, /bootstrap_sdk 1\.2\.3/)
    for (const name of OPTION_NAMES.filter((each) => OPTIONS[each].verbs.includes(verb ?? 'build')))
      assert.match(shown.stdout, new RegExp(`--(?:no_)?${name}\\b`), `${verb} ${name}`)
    assert.doesNotMatch(shown.stdout, /\]\(|`/)
  }
})

test('the package links a man page for each verb', async () => {
  const { man } = JSON.parse(await readFile('package.json', 'utf8')) as { man: string[] }
  assert.deepEqual(
    man,
    [undefined, ...VERB_NAMES].map(
      (verb) => `lib/man/bootstrap_sdk${verb === undefined ? '' : `-${verb}`}.1`,
    ),
  )
})

test("the manual's table of options is the one of this program (npm run docs)", async () => {
  const manual = await readFile('docs/manual.md', 'utf8')
  assert.equal(withOptionTable(manual, optionTable()), manual)
})
