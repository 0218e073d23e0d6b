// The beginning of what a program writes. What it reads may be a hole of terabytes, which takes some bytes in an archive or image:
// whoever waits for the end of it waits for ever.

import { ended, type Outcome, start } from './run.js'

/** How a program ended, and what it wrote, in UTF-8; no text if that was more than was asked for. */
export interface FirstOutput extends Outcome {
  readonly text: string | undefined
}

/**
 * Runs `argv` until it ends or has written more than `most` bytes, when nobody reads on.
 *
 * @throws SdkError SDK_HOST when there is no such program
 */
export async function firstOutput(argv: readonly [string, ...string[]], most: number): Promise<FirstOutput> {
  const child = start({ argv, stdio: ['ignore', 'pipe', 'ignore'] })
  const [outcome, text] = await Promise.all([ended(child), beginning(child.stdout, most)])
  return { ...outcome, text }
}

async function beginning(stream: AsyncIterable<Buffer> | null, most: number): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of stream ?? []) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > most) return undefined
    }
  } catch (error) {
    // It never began.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
  }
  return Buffer.concat(chunks).toString('utf8')
}
