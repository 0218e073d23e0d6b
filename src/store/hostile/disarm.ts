// Folders of older programs, and of catalyst, whose stages write into them directly: what only a stage can have put there goes.

import { closeSync, opendirSync, unlinkSync } from 'node:fs'
import { HeldFolder, makeOurs } from './held-folder.js'

/** How deep {@link disarm} goes: nothing of ours is deeper. */
const DEEPEST = 12

/**
 * Takes from a folder what nobody but a stage of an older program, which could write there, has put into it: links, pipes, devices are
 * removed; set-user-ID bits and capabilities are taken away. What is in use by a running stage may be in it: plain files stay.
 */
export function disarm(folder: string): void {
  const held = HeldFolder.open(folder)
  try {
    disarmFolder(held, DEEPEST)
  } finally {
    held.close()
  }
}

function disarmFolder(held: HeldFolder, depth: number): void {
  const names = opendirSync(held.path)
  try {
    for (let entry = names.readSync(); entry !== null; entry = names.readSync()) {
      const stats = held.look(entry.name)
      if (stats === undefined) continue
      if (stats.isDirectory() && depth > 0) disarmBelow(held, entry.name, depth)
      else if (!stats.isFile() && !stats.isDirectory()) unlinkSync(held.at(entry.name))
      else if (stats.isFile() && (stats.mode & 0o7000) !== 0) takeBits(held, entry.name)
    }
  } finally {
    names.closeSync()
  }
}

function disarmBelow(held: HeldFolder, name: string, depth: number): void {
  const below = held.folder(name)
  try {
    disarmFolder(below, depth - 1)
  } finally {
    below.close()
  }
}

function takeBits(held: HeldFolder, name: string): void {
  const fd = held.file(name)
  if (fd === undefined) return
  try {
    makeOurs(fd)
  } finally {
    closeSync(fd)
  }
}
