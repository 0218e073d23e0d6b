// Reads a .CONTENTS.gz that anybody has written with `tar -tv`, catalyst for one, and compares it with the archive.
// Times are passed over, since they are in the lister's time zone, and so are the complaints of tar at the end.

import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import type { Emit } from '../../events/event.js'
import { streamFile } from '../../files/read.js'
import { readArchive } from '../read-archive.js'
import { createContentsLines } from './contents.js'
import type { TarEntry } from './entry.js'
import { unquote } from './quote.js'
import { TarReader } from './stream.js'

/** Longest listing that is read, in bytes: some 500,000 members. */
const LONGEST = 64 * 1024 * 1024

const LINE =
  /^([-dlhcbp][-rwxsStT]{9})[*.+]? +([^/ ]+)\/(\S+) +(\d+(?:,\d+)?) \d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)? (.*)$/

interface Line {
  mode: string
  user: string
  group: string
  size: string
  /** With the target of a link; without escapes. */
  name: string
}

function parseLine(line: string): Line | undefined {
  const [, mode, user = '', group = '', size = '', name = ''] = LINE.exec(line) ?? []
  return mode === undefined ? undefined : { mode, user, group, size, name: unquote(name) }
}

/**
 * Reads `archive` to its end and compares its members with the lines of `contents`.
 *
 * @param contents path of the listing; undefined when there is none: then the archive is only read
 * @returns how many members there are
 * @throws SdkError SDK_ARCHIVE when the archive is damaged; Error that names the line which does not fit
 */
export async function checkListing(
  archive: string,
  contents: string | undefined,
  emit?: Emit,
): Promise<number> {
  const lines = contents === undefined ? undefined : await readLines(contents)
  const render = createContentsLines()
  let problem: string | undefined
  const onEntry = (entry: TarEntry): void => {
    if (lines === undefined || problem !== undefined) return
    const { at, line } = lines.next()
    if (!fits(line, entry, render(entry)))
      problem = `${contents}:${at}: expected ${JSON.stringify(render(entry).trim())}, found ${JSON.stringify(line ?? 'no further line')}`
  }
  const members = await readMembers(archive, { onEntry, emit })
  if (problem !== undefined) throw new Error(problem)
  const more = lines?.next().line
  if (more !== undefined && parseLine(more) !== undefined)
    throw new Error(
      `${contents}: lists more than the ${members} members of the archive: ${JSON.stringify(more)}`,
    )
  return members
}

/** Owners may be told by name or by number; the archive may have only one of them. */
function fits(line: string | undefined, entry: TarEntry, rendered: string): boolean {
  const [found, expected] = [parseLine(line ?? ''), parseLine(rendered.trimEnd())]
  if (found === undefined || expected === undefined) return false
  return (
    found.mode === expected.mode &&
    found.size === expected.size &&
    found.name === expected.name &&
    (found.user === expected.user || found.user === String(entry.uid)) &&
    (found.group === expected.group || found.group === String(entry.gid))
  )
}

interface Lines {
  /** The next line and its number; undefined behind the last. */
  next(): { at: number; line: string | undefined }
}

async function readLines(contents: string): Promise<Lines> {
  const chunks: Buffer[] = []
  let size = 0
  await pipeline(await streamFile(contents), createGunzip(), async (stream: AsyncIterable<Buffer>) => {
    for await (const chunk of stream) {
      size += chunk.length
      if (size > LONGEST) throw new Error(`${contents}: longer than ${LONGEST} bytes`)
      chunks.push(chunk)
    }
  })
  const lines = Buffer.concat(chunks).toString('latin1').trimEnd().split('\n')
  let at = 0
  return { next: () => ({ at: at + 1, line: lines[at++] }) }
}

async function readMembers(
  archive: string,
  { onEntry, emit }: { onEntry: (entry: TarEntry) => void; emit: Emit | undefined },
): Promise<number> {
  const reader = new TarReader({ archive, onEntry })
  const read = async (stream: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of stream) reader.push(chunk)
  }
  await readArchive(archive, read, { emit })
  reader.finish()
  return reader.entries
}
