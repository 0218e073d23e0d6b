// Where a renderer writes. A reader that went away (`| head`, a closed terminal) must not end a build.

/** A stream to write to; a terminal also has a size, and says when it changes. */
export type ProgressStream = NodeJS.WritableStream & {
  readonly columns?: number | undefined
  readonly rows?: number | undefined
}

/** Output of a renderer. */
export interface Sink {
  /** Writes in one call. After the first error of the stream, writes nothing any more, and never throws. */
  write(text: string): void
  /** Cells of a line now; 80 where the stream does not say. */
  columns(): number
  /** Lines now; 24 where the stream does not say. */
  rows(): number
  /** Calls `act` whenever the terminal has got another size. */
  onResize(act: () => void): void
}

const DEFAULT_COLUMNS = 80
const DEFAULT_ROWS = 24

/** A sink over `stream`. Its errors stay swallowed after the run too: EPIPE may arrive after the last write. */
export function createSink(stream: ProgressStream): Sink {
  let gone = false
  stream.on('error', () => {
    gone = true
  })
  return {
    write(text) {
      if (gone) return
      try {
        stream.write(text)
      } catch {
        gone = true
      }
    },
    // Some pseudo-terminals (CI, serial lines) report a width of 0.
    columns: () => stream.columns || DEFAULT_COLUMNS,
    rows: () => stream.rows || DEFAULT_ROWS,
    onResize: (act) => void stream.on('resize', act),
  }
}
