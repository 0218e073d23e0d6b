// Reads a folder as an archive of it would hold it: whatever GNU tar stores, extended attributes, ACLs and holes too, and
// overlayfs's marks, which make a folder a layer.

import { createHash, type Hash, hash } from 'node:crypto'
import { beginWork } from '../events/work.js'
import { collectWords } from '../process/output.js'
import { ended, failure, start } from '../process/run.js'
import type { Member, ReadHow } from '../store/trees/members.js'
import { tarCommand } from './tar/command.js'
import type { TarEntry } from './tar/entry.js'
import { TarReader } from './tar/stream.js'

/** The members of `folder`, in the order of their bytes, folder by folder (a ReadMembers of store/trees/members.ts). @throws SdkError SDK_HOST when tar fails, SDK_ARCHIVE */
export async function* treeMembers(
  folder: string,
  { idle = false, signal, emit }: ReadHow = {},
): AsyncGenerator<Member> {
  const argv = tarCommand(folder, { isLayer: true })
  const child = start({ argv, idle, signal })
  const stderr = collectWords(child.stderr)
  const done = ended(child)
  // It may fail while nobody waits for it yet.
  done.catch(() => {})
  const members: Member[] = []
  const reader = memberReader(folder, (member) => members.push(member))
  const end = beginWork({ emit, work: 'compare', name: folder, done: () => reader.bytes() })
  try {
    for await (const chunk of (child.stdout ?? []) as AsyncIterable<Buffer>) {
      reader.push(chunk)
      yield* members.splice(0)
    }
    const outcome = await done
    signal?.throwIfAborted()
    if (outcome.exitCode !== 0) throw failure(argv, outcome, { code: 'SDK_HOST', stderr: await stderr })
    reader.finish()
    yield* members.splice(0)
  } finally {
    end()
    child.kill()
  }
}

function memberReader(
  folder: string,
  tell: (member: Member) => void,
): { push: (chunk: Buffer) => void; bytes: () => number; finish: () => void } {
  let last: { entry: TarEntry; content: Content } | undefined
  const complete = (): void => {
    if (last !== undefined) tell(memberOf(last.entry, last.content.digest()))
  }
  const reader = new TarReader({
    archive: folder,
    onEntry(entry) {
      complete()
      last = { entry, content: new Content(entry.realSize) }
    },
    onContent: (bytes, offset) => last?.content.add(bytes, offset),
  })
  return {
    push: (chunk) => reader.push(chunk),
    bytes: () => reader.bytes,
    finish() {
      reader.finish()
      complete()
    },
  }
}

/** Of a digest: enough to tell contents apart that nobody has made to be alike. */
const DIGITS = 32

/** Digests a file, and where its holes are. Most files come in one piece: a digest of that costs a fourth of one in parts. */
class Content {
  readonly #size: number
  #whole = ''
  #parts: Hash | undefined
  #end = 0

  constructor(size: number) {
    this.#size = size
  }

  add(bytes: Buffer, offset: number): void {
    if (offset === 0 && bytes.length === this.#size) {
      this.#whole = hash('sha256', bytes, 'hex')
      return
    }
    this.#parts ??= createHash('sha256')
    if (offset !== this.#end) this.#parts.update(`hole to ${offset}\n`)
    this.#parts.update(bytes)
    this.#end = offset + bytes.length
  }

  digest(): string {
    return (this.#parts?.digest('hex') ?? this.#whole).slice(0, DIGITS)
  }
}

function memberOf(entry: TarEntry, content: string): Member {
  const { type, mode, uid, gid, realSize, mtime, link, device, attributes } = entry
  const facts: Record<string, string> = {
    kind: type,
    mode: mode.toString(8),
    owner: `${uid}/${gid}`,
    time: String(mtime),
  }
  if (type === 'file') {
    facts.size = String(realSize)
    if (content !== '') facts.content = content
  }
  if (link.length > 0) facts.target = link.toString('latin1')
  if (type === 'char' || type === 'block') facts.device = `${device.major},${device.minor}`
  for (const [name, value] of attributes ?? []) facts[name] = value.toString('hex')
  return { path: entry.path.toString('latin1').replace(/^\.\//, '').replace(/\/$/, ''), facts }
}
