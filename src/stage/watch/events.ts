// What a stage's script says on descriptor 3, JSON lines, becomes facts. Anything in the stage may write there, and as much
// as it likes: lines, their number and their length are bounded.

import type { Readable } from 'node:stream'
import type { Emit, Fact } from '../../events/event.js'

/** Longest line that is read, in bytes: a script's own have some hundred. */
const LINE_BYTES = 64 * 1024

/** Most facts of one pass, and bytes of their words: a script states some hundred. */
const MOST_FACTS = 10_000
const MOST_BYTES = 4 * 1024 * 1024

/** What is known of a failure while a pass runs. */
export interface Failure {
  package: string | undefined
  /** Those that were begun and have not ended: who meets a bound may take Portage along. */
  atWork?: Set<string>
  /** The package's log, as Portage names it inside the stage. */
  log: string | undefined
  /** Why, in the words of the script. */
  said: string | undefined
  /** Where the script ended, if it does not know why. */
  place: string | undefined
}

/** Reads to the end of `stream`; a line that is no such object is ignored: a build may write to any descriptor it finds. */
export async function readEvents(
  stream: Readable | null,
  stage: string,
  { emit, failure }: { emit: Emit; failure: Failure },
): Promise<void> {
  const left = { facts: MOST_FACTS, bytes: MOST_BYTES, isTold: false }
  for await (const line of shortLines(stream)) {
    const said = parseLine(line, stage)
    // The first: what failed within $(…) fails once more, with fewer words, outside of it.
    if (said?.kind === 'error') failure.said ??= said.text
    if (said?.kind === 'place') failure.place ??= said.text
    if (said?.kind !== 'fact') continue
    if (left.facts > 0 && left.bytes >= line.length) emit(said.fact)
    else if (!left.isTold) {
      left.isTold = true
      emit({
        type: 'warning',
        message: `${stage}: its script says more than ${MOST_FACTS} things, or ${MOST_BYTES} bytes; the rest is not told`,
      })
    }
    left.facts--
    left.bytes -= line.length
  }
}

/** The lines of `stream` that are not too long. */
async function* shortLines(stream: Readable | null): AsyncGenerator<string> {
  let pending: Buffer[] = []
  let bytes = 0
  const add = (piece: Buffer): void => {
    bytes += piece.length
    if (bytes > LINE_BYTES) pending = []
    else pending.push(piece)
  }
  for await (const chunk of (stream ?? []) as AsyncIterable<Buffer>) {
    let start = 0
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      add(chunk.subarray(start, end))
      if (bytes <= LINE_BYTES) yield Buffer.concat(pending).toString('utf8')
      pending = []
      bytes = 0
      start = end + 1
    }
    // A copy: the piece would keep all of its chunk.
    add(Buffer.from(chunk.subarray(start)))
  }
  if (bytes > 0 && bytes <= LINE_BYTES) yield Buffer.concat(pending).toString('utf8')
}

/** What a script says: a fact to pass on, or why it fails. */
type Said =
  | { readonly kind: 'fact'; readonly fact: Fact }
  | { readonly kind: 'error' | 'place'; readonly text: string }

function parseLine(line: string, stage: string): Said | undefined {
  let value: { type?: unknown; text?: unknown }
  try {
    value = JSON.parse(line) as typeof value
  } catch {
    return undefined
  }
  const text = typeof value.text === 'string' ? value.text : ''
  const fact = (stated: Fact): Said => ({ kind: 'fact', fact: stated })
  if (value.type === 'phase') return fact({ type: 'phase-started', stage, phase: text })
  if (value.type === 'info') return fact({ type: 'info', message: `${stage}: ${text}` })
  if (value.type === 'warning') return fact({ type: 'warning', message: `${stage}: ${text}` })
  if (value.type === 'error' || value.type === 'place') return { kind: value.type, text }
  return undefined
}
