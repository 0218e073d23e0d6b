// The paths inside a stage stand in one file, and the scripts and their contract agree with it.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { INSIDE, rootInside, scriptInside } from '../../../src/sandbox/inside.js'

const PROJECT = path.resolve(import.meta.dirname, '../../../..')
const read = (file: string): string => readFileSync(path.join(PROJECT, file), 'utf8')

test('the scripts look for their input where it is', () => {
  assert.ok(read('stages/lib/contract.sh').includes(`\nreadonly BOOTSTRAP_SDK=${INSIDE.input}\n`))
  const contract = read('docs/stage-contract.md')
  const { output, temporary, log, distfiles, packages, carried, answers } = INSIDE
  for (const place of [INSIDE.input, output, temporary, log, distfiles, packages, carried, answers])
    assert.match(contract, new RegExp(`^\\| .*\`${place}\`.* \\|`, 'm'), place)
  const eclass = read('sdks/embedded/repos/portage-stable/eclass/configure-answers.eclass')
  assert.ok(eclass.includes(`folder=${answers} `))
  assert.ok(contract.includes(scriptInside('STAGE', 'run').slice(0, 2).join(' ')))
  assert.ok(contract.includes(rootInside('stageN')))
})

test('no other file of the engine has these paths', () => {
  const files = readdirSync(path.join(PROJECT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.join('src', file))
  const named =
    /\/run\/bootstrap_sdk|['"`}]\/tmp\/[a-z0-9${}]+root\b|\/var\/cache\/carried|\/usr\/local\/portage\/crossdev/
  const code = (file: string): string => read(file).replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '')
  assert.deepEqual(
    files.filter((file) => named.test(code(file))),
    ['src/sandbox/inside.ts'],
  )
})
