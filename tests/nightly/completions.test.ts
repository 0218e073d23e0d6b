// The completions in the real shells: zsh, in a terminal of its own, and fish. Installs them with apt where they are missing.

import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import { VERB_NAMES } from '../../src/cli/arguments/verbs.js'
import { fishCompletion } from '../../src/cli/texts/fish.js'
import { zshCompletion } from '../../src/cli/texts/zsh.js'
import { provide } from '../helpers/provide.js'
import { execute } from '../integration/launcher-project.js'
import { needsRoot, temporary } from '../integration/store-helpers.js'

async function place(t: TestContext): Promise<string> {
  const folder = await temporary(t)
  await mkdir(path.join(folder, 'a-folder'))
  await writeFile(path.join(folder, 'a.tar'), '')
  return folder
}

test(
  'fish completes verbs with their meaning, options of the verb, values, files and folders',
  needsRoot(),
  async (t) => {
    await provide('fish')
    const folder = await place(t)
    await writeFile(path.join(folder, 'completion.fish'), fishCompletion())
    const complete = async (line: string): Promise<string[]> => {
      const ask = `source ./completion.fish; complete -C ${JSON.stringify(`bootstrap_sdk ${line}`)}`
      const { stdout, stderr } = await execute(['fish', '--no-config', '-c', ask], { HOME: folder }, folder)
      assert.equal(stderr, '')
      return stdout
        .trimEnd()
        .split('\n')
        .map((each) => each.split('\t')[0] ?? '')
        .filter((each) => each !== '')
    }
    const first = await complete('')
    for (const word of [...VERB_NAMES, 'help', 'stage1']) assert.ok(first.includes(word), word)
    assert.deepEqual(await complete('plan --write'), ['--write_specs'])
    assert.deepEqual(await complete('clean --write'), [])
    assert.deepEqual((await complete('--compression ')).sort(), ['bz2', 'gz', 'xz', 'zstd'])
    assert.deepEqual((await complete('verify a')).sort(), ['a-folder/', 'a.tar'])
    assert.deepEqual(await complete('--sdk a'), ['a-folder/'])
    assert.deepEqual((await complete('enter s')).sort(), ['sdk', 'stage1', 'stage2', 'stage3', 'stage4'])
  },
)

test('zsh completes verbs, options of the verb, values, files and folders', needsRoot(), async (t) => {
  await provide('zsh')
  const folder = await place(t)
  await writeFile(path.join(folder, '_bootstrap_sdk'), zshCompletion())
  // A terminal of its own; completions are listed between marks that the prompt and the listing make.
  const script = `
    zmodload zsh/zpty
    zpty z zsh -f -i
    zpty -w z "cd \${(q)1}; fpath=(\${(q)1} \\$fpath); autoload -Uz compinit; compinit -u -D; PROMPT=; unsetopt zle_bracketed_paste"
    zpty -w z 'LISTMAX=1000; zstyle ":completion:*" list-colors; bindkey "^I" list-choices; stty -echo; print re""ady'
    zpty -r z line '*ready*'
    zpty -n -w z "bootstrap_sdk $2"$'\\t'
    sleep 1
    zpty -n -w z $'\\x15print do""ne\\n'
    zpty -r z out '*done*'
    print -r -- "$out"`
  const complete = async (line: string): Promise<string> =>
    (await execute(['zsh', '-f', '-c', script, 'zsh', folder, line], { HOME: folder, TERM: 'vt100' }, folder))
      .stdout
  const first = await complete('')
  for (const word of [...VERB_NAMES, 'stage1']) assert.match(first, new RegExp(`\\b${word}\\b`), first)
  assert.match(await complete('plan --write'), /--write_specs/)
  assert.doesNotMatch(await complete('clean --write'), /write_specs/)
  assert.match(await complete('--compression=z'), /zstd/)
  assert.match(await complete('verify a'), /a\.tar/)
  const folders = await complete('--sdk=a')
  assert.match(folders, /a-folder/)
  assert.doesNotMatch(folders, /a\.tar/)
  assert.match(await complete('enter '), /stage3/)
})
