// What may be where a user names a file or folder: each kind of thing once, around something that would do.

import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { must } from '../../src/process/run.js'

/** One kind of thing at a path. */
export interface Kind {
  readonly kind: string
  readonly value: string
  /** Whether it is as good as what it was made of; undefined: as the key has it. */
  readonly works: boolean | undefined
}

/** A path of more than PATH_MAX bytes. */
const OVERLONG = `/${'a/'.repeat(3000)}x`

/**
 * Puts things of all kinds into the new folder `at`.
 *
 * @param good a file or folder that the key takes
 * @param base what relative paths begin at
 */
export async function makeKinds(at: string, good: string, { wanted, base }: Place): Promise<Kind[]> {
  mkdirSync(at)
  const ext = path.extname(good)
  const name = (word: string): string => path.join(at, `${word}${ext}`)
  const kinds: Kind[] = []
  const add = (kind: string, value: string, works?: boolean): void => void kinds.push({ kind, value, works })
  symlinkSync(good, name('link'))
  add('a link', name('link'), true)
  symlinkSync(name('link'), name('link2'))
  add('a link to a link', name('link2'), true)
  for (const word of ['with blank', 'ünïcode', 'x'.repeat(255 - ext.length)]) {
    cpSync(good, name(word), { recursive: true })
    add(word.slice(0, 12), name(word), true)
  }
  add('a slash at the end', `${good}/`, true)
  add('a relative path', path.relative(base, good), true)
  symlinkSync(name('nothing'), name('dangling'))
  add('a dangling link', name('dangling'), false)
  symlinkSync(name('loop'), name('loop'))
  add('a link to itself', name('loop'), false)
  await must({ argv: ['mkfifo', name('fifo')] })
  add('a FIFO', name('fifo'), false)
  await makeSocket(name('socket'))
  add('a socket', name('socket'), false)
  symlinkSync('/dev/zero', name('device'))
  add('a device', name('device'), false)
  mkdirSync(name('folder'))
  writeFileSync(path.join(name('folder'), 'x'), 'y')
  writeFileSync(name('file'), 'some text\n')
  writeFileSync(name('empty'), '')
  if (wanted === 'file') add('a folder', name('folder'), false)
  else for (const file of ['file', 'empty']) add(file, name(file), false)
  if (wanted === 'file') add('an empty file', name('empty'))
  add('nothing', name('nothing'))
  add('below a file', path.join(name('file'), 'x'))
  add('an empty text', '')
  add('a line break', name('new\nline'), false)
  add('a NUL', name('nul\0'), false)
  add('a name too long', path.join(at, 'l'.repeat(300)), false)
  add('a path too long', OVERLONG, false)
  add('bytes that are not UTF-8', name('\ufffd'))
  return kinds
}

interface Place {
  readonly wanted: 'file' | 'folder'
  readonly base: string
}

/** Copies of the folder `good` with one thing in each that no folder of settings has. */
export async function foldersWithSpecials(at: string, good: string): Promise<[string, string][]> {
  mkdirSync(at)
  const made: [string, string][] = []
  for (const kind of ['fifo', 'socket', ...(process.getuid?.() === 0 ? ['device'] : [])]) {
    const folder = path.join(at, kind)
    cpSync(good, folder, { recursive: true })
    mkdirSync(path.join(folder, 'sub'))
    const file = path.join(folder, 'sub', kind)
    if (kind === 'socket') await makeSocket(file)
    else await must({ argv: kind === 'fifo' ? ['mkfifo', file] : ['mknod', file, 'c', '1', '5'] })
    made.push([kind, folder])
  }
  return made
}

/** Leaves a socket at `file`, which has to be short: Node removes it with its server, a copy under another name stays. */
async function makeSocket(file: string): Promise<void> {
  const short = `${file}~`.length > 100 ? undefined : `${file}~`
  if (short === undefined) throw new Error(`too long for a socket: ${file}`)
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(short, resolve))
  await must({ argv: ['ln', '--', short, file] })
  await new Promise((resolve) => server.close(resolve))
}
