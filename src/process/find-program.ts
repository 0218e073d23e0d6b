// Where a program of the host is.

import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import { toolEnvironment } from './environment.js'

/** The path of `program` on the PATH that host tools get ({@link toolEnvironment}); folders that are not absolute do not count. */
export function findProgram(program: string): string | undefined {
  const folders = (toolEnvironment().PATH ?? '').split(':').filter((folder) => path.isAbsolute(folder))
  return folders.map((folder) => path.join(folder, program)).find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
