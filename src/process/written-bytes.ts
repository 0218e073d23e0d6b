// How far a program is that copies: what it has written tells, whatever it is and wherever that goes.

import { readFileSync } from 'node:fs'

/**
 * Bytes that process `pid` has handed to the kernel so far, for files, pipes and connections, by proc_pid_io(5); undefined when it
 * is gone, or somebody else's. What a protocol needs beside the data counts, too.
 */
export function writtenBytes(pid: number | undefined): number | undefined {
  if (pid === undefined) return undefined
  try {
    const [, bytes] = /^wchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'latin1')) ?? []
    return bytes === undefined ? undefined : Number(bytes)
  } catch {
    return undefined
  }
}
