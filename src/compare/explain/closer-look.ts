// The second pass: the contents that differ are put aside, each for as long as it takes to say why they differ.

import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { explainSystemError } from '../../errors.js'
import { inTemporaryFolder } from '../../store/disk/outside.js'
import type { FileFacts, Inventory } from '../facts.js'
import type { FileDifference } from '../file-differences.js'
import { SetAside } from '../set-aside.js'
import { type ReadingHow, readSubject, type Subject } from '../subject.js'
import { explainContent } from './content.js'
import { type Explanation, unexplained } from './explanation.js'

/** One side, read once already. */
export interface Side {
  readonly subject: Subject
  readonly inventory: Inventory
}

/** Larger contents are not looked at: they would have to lie on the disk meanwhile. */
const LARGEST = 512 * 1024 * 1024

/**
 * Says of each differing content why it differs, in `files` themselves. What the first side has of them lies in a temporary
 * folder (TMPDIR) until its turn; of the second, a file lies there only while it is looked at.
 *
 * @throws SdkError SDK_ARCHIVE when a side has changed since; SDK_HOST when there can be no temporary
 *   folder; SDK_SPACE when it is full
 */
export async function explainDifferences(
  files: readonly FileDifference[],
  sides: { a: Side; b: Side },
  how: ReadingHow,
): Promise<void> {
  const pairs = contentPairs(files, sides)
  if (pairs.length === 0) return
  await inTemporaryFolder('compare', async (folder) => {
    try {
      await lookAt(pairs, { ...sides, folder }, how)
    } catch (error) {
      throw explainSystemError(error, folder)
    }
  })
}

/** One content on either side, and the differences that it is behind: names of one file share it. */
interface Pair {
  readonly a: FileFacts
  readonly b: FileFacts
  /** For rules that go by names. */
  readonly path: string
  readonly tell: (why: Explanation) => void
}

function contentPairs(files: readonly FileDifference[], { a, b }: { a: Side; b: Side }): Pair[] {
  return files.flatMap(({ path, differences }) => {
    const [left, right] = [a.inventory.files.get(path), b.inventory.files.get(path)]
    const difference = differences.find(({ kind }) => kind === 'content')
    if (left === undefined || right === undefined || difference === undefined) return []
    const tell = (why: Explanation): void => {
      difference.why = why
    }
    if (Math.max(left.size, right.size) <= LARGEST) return [{ a: left, b: right, path, tell }]
    tell(unexplained({ note: 'too large to look at' }))
    return []
  })
}

async function lookAt(
  pairs: readonly Pair[],
  { a, b, folder }: { a: Side; b: Side; folder: string },
  how: ReadingHow,
): Promise<void> {
  const left = await setAside(
    path.join(folder, 'a'),
    a.subject,
    pairs.map((pair) => pair.a),
  )
  const right = await setAside(
    path.join(folder, 'b'),
    b.subject,
    pairs.map((pair) => pair.b),
  )
  try {
    await readSubject(a.subject, left.visitor(), how)
    left.close()
    const queue = new Queue(pairs, { left, right })
    await readSubject(b.subject, { ...right.visitor(), afterChunk: () => queue.work() }, how)
    right.close()
    await queue.work()
  } finally {
    left.dropAll()
    right.dropAll()
  }
}

async function setAside(folder: string, { path }: Subject, facts: FileFacts[]): Promise<SetAside> {
  await mkdir(folder)
  return new SetAside(folder, path, new Map(facts.map((each) => [each.member, each])))
}

/** The pairs by the member of the second side, whose end is their turn. */
class Queue {
  readonly #turns = new Map<number, Pair[]>()
  readonly #uses = new Map<number, number>()
  readonly #left: SetAside
  readonly #right: SetAside

  constructor(pairs: readonly Pair[], { left, right }: { left: SetAside; right: SetAside }) {
    this.#left = left
    this.#right = right
    for (const pair of pairs) {
      this.#turns.set(pair.b.member, [...(this.#turns.get(pair.b.member) ?? []), pair])
      this.#uses.set(pair.a.member, (this.#uses.get(pair.a.member) ?? 0) + 1)
    }
  }

  /** Explains what is there on both sides now. */
  async work(): Promise<void> {
    for (const member of this.#right.takeFinished()) {
      const known = new Map<number, Explanation>()
      for (const { a, path, tell } of this.#turns.get(member) ?? []) {
        const why =
          known.get(a.member) ??
          (await explainContent(path, this.#left.bytes(a.member), this.#right.bytes(member)))
        known.set(a.member, why)
        tell(why)
        this.#release(a.member)
      }
      this.#right.drop(member)
    }
  }

  #release(member: number): void {
    const uses = (this.#uses.get(member) ?? 1) - 1
    this.#uses.set(member, uses)
    if (uses === 0) this.#left.drop(member)
  }
}
