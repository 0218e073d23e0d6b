// The digest of an ebuild repo's tree: of names, kinds, execute bits and contents; never of times or owners.

import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs'
import path from 'node:path'
import { SdkError } from '../errors.js'
import { errorWords, kindOf } from '../files/look.js'
import { othersTurn } from '../files/turn.js'
import { sha256File } from '../store/digest/digest.js'
import { type IsJunk, junkOf } from './junk.js'

/** Files that are put into a tree: where, in place of what is there, and which, by their paths below that folder. */
export interface Graft {
  readonly at: string
  readonly files: ReadonlyMap<string, string>
}

/** A file, folder or link of a tree, and what lstat says of it. */
interface Entry {
  readonly file: Buffer
  readonly info: Stats
}

/** A path below the root, and what is there; without an entry: a folder that only a graft has. */
type Found = readonly [relative: string, entry: Entry | undefined]

/** In the order of names, folders before what is in them. Names are byte strings (latin1), as the disk has them. */
async function* walk(root: Buffer, isJunk: IsJunk, below = ''): AsyncGenerator<Found> {
  const folder = below === '' ? root : under(root, below)
  await othersTurn()
  for (const name of readdirSync(folder, 'latin1').sort()) {
    const relative = below === '' ? name : `${below}/${name}`
    const file = under(root, relative)
    const info = lstatSync(file)
    if (await isJunk(relative, info.isDirectory())) continue
    yield [relative, { file, info }]
    if (info.isDirectory()) yield* walk(root, isJunk, relative)
  }
}

const under = (root: Buffer, relative: string): Buffer =>
  Buffer.concat([root, Buffer.from('/'), Buffer.from(relative, 'latin1')])

/**
 * SHA-256, in hex, of the tree below `root`, with `graft` in it and without what `junk`, patterns, leaves out. Equal
 * trees have equal digests on every machine.
 *
 * @throws SdkError SDK_REPO for what cannot be read, and for a FIFO, socket or device, which no tree of settings or ebuilds
 *   has: a digest could not tell them, and who reads one may wait for ever
 */
export async function treeDigest(root: string, graft?: Graft, junk?: readonly string[]): Promise<string> {
  try {
    return await digestOf(root, graft, junkOf(root, junk))
  } catch (error) {
    const { code, path: at = root } = error as NodeJS.ErrnoException
    if (code === undefined || error instanceof SdkError) throw error
    const found = await errorWords(error as NodeJS.ErrnoException, at)
    throw new SdkError('SDK_REPO', `${at}: expected what can be read, found ${found}`, { cause: error })
  }
}

async function digestOf(root: string, graft: Graft | undefined, isJunk: IsJunk): Promise<string> {
  const hash = createHash('sha256')
  const add = (line: string): void => void hash.update(line, 'latin1')
  for await (const [relative, entry] of entries(root, graft, isJunk)) {
    if (entry === undefined || entry.info.isDirectory()) {
      add(`d ${relative}\0`)
      await othersTurn()
    } else if (entry.info.isSymbolicLink()) add(`l ${relative}\0${readlinkSync(entry.file, 'latin1')}\0`)
    else if (entry.info.isFile())
      add(`${(entry.info.mode & 0o111) === 0 ? 'f' : 'x'} ${relative}\0${await sha256File(entry.file)}\0`)
    else throw special(root, entry)
  }
  return hash.digest('hex')
}

const special = (root: string, { file, info }: Entry): SdkError =>
  new SdkError('SDK_REPO', `${file}: expected files, folders and links in ${root}, found ${kindOf(info)}`, {
    hint: 'remove it; nothing has been read from it',
  })

/** What `walk` finds, with the graft in its place. A tree may have a million files: they are never all kept. */
async function* entries(root: string, graft: Graft | undefined, isJunk: IsJunk): AsyncGenerator<Found> {
  const grafted = graft === undefined ? [] : entriesOf(graft)
  let next = 0
  for await (const found of walk(Buffer.from(root), isJunk)) {
    const [relative] = found
    if (graft !== undefined && `${relative}/`.startsWith(`${graft.at}/`)) continue
    for (; next < grafted.length && order(grafted[next]?.[0] ?? '', relative) < 0; next++)
      yield grafted[next] as Found
    if (grafted[next]?.[0] === relative) next++
    yield found
  }
  yield* grafted.slice(next)
}

/** The files of a graft and all folders above them, in the order of `walk`. */
function entriesOf(graft: Graft): Found[] {
  const all = new Map<string, Entry | undefined>()
  for (const [name, file] of graft.files) {
    const relative = Buffer.from(path.join(graft.at, name)).toString('latin1')
    for (let folder = path.dirname(relative); folder !== '.'; folder = path.dirname(folder))
      all.set(folder, undefined)
    all.set(relative, { file: Buffer.from(file), info: lstatSync(file) })
  }
  return [...all].sort(([a], [b]) => order(a, b))
}

/** As names sort, folder by folder: no character of a name is below NUL. */
function order(one: string, other: string): number {
  const [a, b] = [one.replaceAll('/', '\0'), other.replaceAll('/', '\0')]
  return a < b ? -1 : Number(a > b)
}
