// How this program was called, as far as that can be found out: what the commands that it prints begin with.

import { readFileSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { findProgram } from '../../process/find-program.js'
import type { setOwnCommand } from '../../process/own-command.js'
import { isVerb, VERBS } from '../arguments/verbs.js'
import type { Environment } from '../environment.js'

/** What {@link calledAs} looks at. */
export interface ProgramStart {
  /** Node's own name and the script, as they were written. */
  readonly argv: readonly [string, string]
  readonly uid: number | undefined
  readonly called: Environment['called']
}

/** How to call this program again. */
export function calledAs({ argv, uid, called }: ProgramStart): Parameters<typeof setOwnCommand>[0] {
  const isRoot = uid === 0
  const hasSudo = findProgram('sudo') !== undefined
  return {
    hasSudo,
    program: programWords(argv, called.launcher),
    needsSudo: (words) => hasSudo && needsRoot(words) && (!isRoot || cameBySudo(called)),
  }
}

/** The launcher by the name that it was called by; without one the script, by Node unless it is a program by itself. */
function programWords([node, script]: ProgramStart['argv'], launcher: string | undefined): string[] {
  if (launcher !== undefined) return [shortest(launcher)]
  return isProgram(script) ? [shortest(script)] : [node, script]
}

/** Linked as a command (npm does so), it is called without Node, which then sees the path of the link. */
const isProgram = (script: string): boolean => !/\.[cm]?js$/.test(script) && startsWithHashBang(script)

function startsWithHashBang(file: string): boolean {
  try {
    return readFileSync(file).subarray(0, 2).toString('latin1') === '#!'
  } catch {
    return false
  }
}

/** What the shell found on its PATH, by the name that it looked for. */
function shortest(program: string): string {
  if (!path.isAbsolute(program)) return program
  const name = path.basename(program)
  const found = findProgram(name)
  return found !== undefined && isSame(found, program) ? name : program
}

function isSame(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b)
  } catch {
    return false
  }
}

/** The verb is the first word that is no option. */
function needsRoot(words: readonly string[]): boolean {
  const [first] = words
  const verb = isVerb(first) ? first : 'build'
  const { root } = VERBS[verb]
  return typeof root === 'boolean' ? root : words.includes(root)
}

/** Programs that somebody stays in, and calls others from. */
const SHELLS = new Set([
  'ash',
  'bash',
  'dash',
  'fish',
  'ksh',
  'mc',
  'screen',
  'sh',
  'su',
  'tmux',
  'tcsh',
  'zsh',
])

/** Whether the caller is another user, who gave this very command to sudo: not so in a shell that sudo has opened. */
function cameBySudo({ sudoUser, sudoCommand = '' }: Environment['called']): boolean {
  if (sudoUser === undefined || sudoUser === '0') return false
  const [program = '', ...rest] = sudoCommand.split(' ')
  return !SHELLS.has(path.basename(program)) || rest.includes('-c')
}
