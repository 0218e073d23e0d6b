// What was opened by name is looked at once more: something else may have taken that name since.

import { closeSync, fstatSync, type Stats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'

/** `fd`, if `check` lets its file pass; closed otherwise. @throws what `check` throws */
export function checkedSync(fd: number, check: (info: Stats) => void): number {
  try {
    check(fstatSync(fd))
    return fd
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

/** As {@link checkedSync}. */
export async function checked(handle: FileHandle, check: (info: Stats) => void): Promise<FileHandle> {
  try {
    check(await handle.stat())
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}
