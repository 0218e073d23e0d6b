// Makes text of unknown origin (build output, names, messages) safe to show: what is left is printable, on one line.

/** Sequences that a terminal obeys: OSC, DCS, SOS, PM, APC with their payload, CSI, and the two-byte escapes. */
const ESCAPE_SEQUENCES =
  /(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|\x1b[ -/]*[0-~]?/g

/** Line ends of every kind and tabs become a space. */
const SPACES = /[\t\n\v\f\r\x85\u2028\u2029]+/g

/** Other controls, what turns the direction of text around, and halves of a surrogate pair. */
const UNPRINTABLE = /[\x00-\x1f\x7f-\x9f\ufeff]|\p{Bidi_Control}|\p{Surrogate}/gu

/**
 * One line of printable text: without escape sequences, control characters, and characters that reorder text. An
 * unterminated sequence takes the rest of its line with it, as it would on a terminal. Linear in the length of `text`.
 */
export function plainText(text: string): string {
  return text.replace(ESCAPE_SEQUENCES, '').replace(SPACES, ' ').replace(UNPRINTABLE, '')
}
