// Names of processes in files that outlive them: whoever finds one can tell whether its owner is still there.

import { readFileSync, readlinkSync } from 'node:fs'

/**
 * Names a process beyond its end: by its PID namespace, its number, and when it began, since numbers are used again
 * (proc(5), field 22 of `stat`). Letters, digits and dashes alone. Undefined when there is no such process.
 */
export function ownerToken(pid: number = process.pid): string | undefined {
  const began = startTime(pid)
  return began === undefined ? undefined : `${pidNamespace()}-${pid}-${began}`
}

/** Whether the process that `token` names could be seen from here: of another namespace nobody knows. */
export const isOfHere = (token: string): boolean => token.split('-')[0] === pidNamespace()

/** Whether the process that `token` names, one that {@link isOfHere}, has ended. */
export const isGone = (token: string): boolean =>
  isOfHere(token) && ownerToken(Number(token.split('-')[1])) !== token

function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0'
  } catch {
    return '0'
  }
}

function startTime(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The program's name, field 2, may hold blanks and parentheses: count from the last one.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
