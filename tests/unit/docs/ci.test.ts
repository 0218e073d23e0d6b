// The ready configurations ask for nothing that the program does not have.

import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { isOptionName, OPTION_NAMES, OPTIONS } from '../../../src/cli/arguments/options/table.js'
import { VERB_NAMES } from '../../../src/cli/arguments/verbs.js'
import { STAGES } from '../../../src/sdk/stages.js'

const files = fs
  .readdirSync('ci', { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => path.join(entry.parentPath, entry.name))

const text = (file: string): string => fs.readFileSync(file, 'utf8')

/** The lines that call the program, each with those that it goes on in. */
const calls = (file: string): string[] =>
  [
    ...text(file)
      .replaceAll(/\\\n\s*/g, ' ')
      .matchAll(/\bbootstrap_sdk["', ]+(?:[a-z]\w*|--).*/g),
  ].map(([call]) => call)

test('every option in them is one of the program, on a call of it', () => {
  let count = 0
  for (const file of files) {
    const asked = calls(file).flatMap((call) => [...call.matchAll(/(?<![\w-])--([a-z][a-z_-]*)/g)])
    // No other program has options with an underscore.
    const named = [...text(file).matchAll(/(?<![\w-])--([a-z]+_[a-z_]+)/g)]
    for (const [, name = ''] of [...asked, ...named]) {
      assert.ok(isOptionName(name), `${file}: --${name}`)
      count += 1
    }
  }
  assert.ok(count > 20, `${count}`)
})

test('each calls a verb, or a stage, and knows the variables of the program', () => {
  const variables = new Set(OPTION_NAMES.flatMap((name) => Object.keys(OPTIONS[name].variables ?? {})))
  // Their own: where all machines have the catalyst root.
  variables.add('BOOTSTRAP_SDK_ROOT')
  const words: readonly string[] = [...VERB_NAMES, ...STAGES]
  let verbs = 0
  for (const file of files) {
    for (const call of calls(file)) {
      const word = /^bootstrap_sdk["', ]+(plan|stage\d|[a-z]+)\b["', ]+--/.exec(call)?.[1]
      if (word === undefined) continue
      assert.ok(words.includes(word), `${file}: ${word}`)
      verbs += 1
    }
    for (const [name] of text(file).matchAll(/\bBOOTSTRAP_SDK_[A-Z_]*[A-Z]\b/g))
      assert.ok(variables.has(name), `${file}: ${name}`)
  }
  assert.ok(verbs >= 6, `${verbs}`)
})
