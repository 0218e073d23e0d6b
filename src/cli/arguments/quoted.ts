// A word of the command line as messages name it.

/** An argument may have 128 KiB; more than this says nothing more to a person. */
const MOST = 300

/** `text` in quotes, with escapes, and only the beginning of a long one. */
export const quoted = (text: string): string =>
  JSON.stringify(text.length > MOST ? `${text.slice(0, MOST)}…` : text)
