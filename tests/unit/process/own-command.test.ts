// Printed commands: each of them calls this program as it was called, with sudo where that is needed, at the place worked upon.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { VERB_NAMES } from '../../../src/cli/arguments/verbs.js'
import { calledAs, type ProgramStart } from '../../../src/cli/host/called-as.js'
import { setHostEnvironment } from '../../../src/process/environment.js'
import { ownCommand, rootAdvice, setOwnCommand, setOwnPlace } from '../../../src/process/own-command.js'

const MAIN = '/x/dist/src/cli/main.js'
const DIRECT = { launcher: undefined, sudoUser: undefined, sudoGroup: undefined, sudoCommand: undefined }

/** A PATH with one folder, in which the programs do nothing. */
function machine(t: TestContext, programs: readonly string[]): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'own-command-'))
  for (const name of programs) {
    writeFileSync(path.join(folder, name), '#!/bin/sh\n')
    chmodSync(path.join(folder, name), 0o755)
  }
  setHostEnvironment({ path: folder, packageClients: {}, ignoredSignals: [] })
  t.after(() => {
    rmSync(folder, { recursive: true })
    setHostEnvironment({ path: '/usr/bin:/bin', packageClients: {}, ignoredSignals: [] })
    setOwnCommand({ program: ['bootstrap_sdk'], needsSudo: () => false, hasSudo: true })
    setOwnPlace([])
  })
  return folder
}

const printed = (call: Partial<ProgramStart>, words: readonly string[]): string => {
  setOwnCommand(calledAs({ argv: ['node', MAIN], uid: 0, called: DIRECT, ...call }))
  return ownCommand(words)
}

const launched = (launcher: string): Partial<ProgramStart> => ({ called: { ...DIRECT, launcher } })
const bySudo = (sudoCommand: string, sudoUser = '1000'): Partial<ProgramStart> => ({
  called: { launcher: './bootstrap_sdk', sudoUser, sudoGroup: sudoUser, sudoCommand },
})

test('the program by the name that it was called by', (t) => {
  const folder = machine(t, ['bootstrap_sdk'])
  assert.equal(printed(launched('./bootstrap_sdk'), []), './bootstrap_sdk')
  assert.equal(printed(launched('../my sdk/bootstrap_sdk'), ['status']), "'../my sdk/bootstrap_sdk' status")
  assert.equal(printed(launched('/opt/sdk/bootstrap_sdk'), []), '/opt/sdk/bootstrap_sdk')
  // A shell makes a path of what it finds on its PATH.
  assert.equal(printed(launched(`${folder}/bootstrap_sdk`), []), 'bootstrap_sdk')
  assert.equal(printed({}, ['plan']), `node ${MAIN} plan`)
  // As npm links a command: Node is called by its first line, and sees the link.
  const link = path.join(folder, 'linked')
  symlinkSync('bootstrap_sdk', link)
  assert.equal(printed({ argv: ['node', link] }, ['plan']), 'linked plan')
})

test('sudo where there is one and the command needs root', (t) => {
  machine(t, ['sudo'])
  const user = { uid: 1000, ...launched('./bootstrap_sdk') }
  for (const [words, expected] of [
    [[], 'sudo ./bootstrap_sdk'],
    [['stage1'], 'sudo ./bootstrap_sdk stage1'],
    [['enter', 'stage2'], 'sudo ./bootstrap_sdk enter stage2'],
    [['clean'], 'sudo ./bootstrap_sdk clean'],
    [['status'], './bootstrap_sdk status'],
    [['plan'], './bootstrap_sdk plan'],
    [['plan', '--packages'], 'sudo ./bootstrap_sdk plan --packages'],
  ] as const)
    assert.equal(printed(user, words), expected)
  assert.equal(rootAdvice(), 'run it with sudo')
  // Root needs none, unless it is another user who called sudo.
  assert.equal(printed(launched('./bootstrap_sdk'), []), './bootstrap_sdk')
  for (const command of [
    './bootstrap_sdk stage1',
    '/usr/bin/env X=1 ./bootstrap_sdk',
    '/usr/bin/make sdk',
    '/bin/sh -c ./x',
  ])
    assert.equal(printed(bySudo(command), []), 'sudo ./bootstrap_sdk', command)
  for (const command of ['/bin/bash', '/usr/bin/zsh -l', '/bin/su', '/bin/su -'])
    assert.equal(printed(bySudo(command), []), './bootstrap_sdk', command)
  assert.equal(printed(bySudo('./bootstrap_sdk', '0'), []), './bootstrap_sdk')
})

test('no sudo where there is none', (t) => {
  machine(t, [])
  assert.equal(printed({ uid: 1000, ...launched('./bootstrap_sdk') }, []), './bootstrap_sdk')
  assert.equal(rootAdvice(), 'run it as root')
})

test('the place is named once, and every word comes out of a shell as it went in', (t) => {
  machine(t, [])
  setOwnPlace(['--catalyst_root', "/a b/it's"])
  const line = printed(launched('./x'), ['enter', 'stage1', '--version', '1.0+$HOME'])
  const words = execFileSync('sh', ['-c', `printf '%s\\n' ${line}`], { encoding: 'utf8' })
    .trimEnd()
    .split('\n')
  assert.deepEqual(words, [
    './x',
    'enter',
    'stage1',
    '--version',
    '1.0+$HOME',
    '--catalyst_root',
    "/a b/it's",
  ])
  assert.equal(ownCommand(['clean', '--catalyst_root', '/c']), './x clean --catalyst_root /c')
  setOwnPlace(['--catalyst_root', '/c'])
  assert.equal(ownCommand(['enter', '--', 'a', '--b']), './x enter --catalyst_root /c -- a --b')
})

/** A command as people read it, or the advice to use sudo. */
const COMMAND = new RegExp(
  `bootstrap_sdk (?:${VERB_NAMES.join('|')}|--)|['"]sudo['"]|with sudo|\`bootstrap_sdk\``,
)

test('no other file writes a command of this program, or that it has to be run with sudo', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  const allowed = [
    'process/own-command.ts',
    'cli/arguments/help.ts',
    'cli/arguments/verbs.ts',
    'cli/arguments/command-line.ts',
    'cli/main.ts',
  ]
  const found = files.flatMap((file) =>
    readFileSync(path.join('src', file), 'utf8')
      .split('\n')
      .filter((line) => !/^\s*(?:\/\/|\*|\/\*)/.test(line))
      .filter((line) => COMMAND.test(line))
      .filter((line) => !/Written by bootstrap_sdk|bootstrap_sdk when/.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  )
  assert.deepEqual(
    found.filter(
      (line) => !allowed.some((file) => line.startsWith(file)) && !line.startsWith('cli/host/called-as.ts'),
    ),
    [],
  )
})
