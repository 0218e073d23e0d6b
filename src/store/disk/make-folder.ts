// Makes a folder and what is missing above it, one by one. Node's recursive mkdir never ends where the kernel refuses a
// folder with ENOENT though its parent is there, as in /proc; and it says ENOENT where the file system is read-only.

import { mkdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { hostError } from '../../errors.js'

/**
 * Makes `folder`, an absolute path, if it is not there.
 *
 * @throws SdkError SDK_HOST with the system's reason; SDK_SPACE when the disk is full
 */
export function makeFolder(folder: string): void {
  try {
    make(folder)
  } catch (error) {
    throw hostError(error, folder, {
      message: `the folder ${folder} cannot be made`,
      hint: 'give a place on a local file system that can be written to, where nothing else has that name',
    })
  }
}

function make(folder: string): void {
  try {
    mkdirSync(folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && isFolder(folder)) return
    if (code !== 'ENOENT' || isFolder(path.dirname(folder))) throw error
    make(path.dirname(folder))
    // Another process may have made it meanwhile. This ends: with its parent there, ENOENT is an error.
    make(folder)
  }
}

const isFolder = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isDirectory() === true
