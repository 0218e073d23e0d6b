// Text measured in terminal cells: wide characters take two, combining ones none.

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u
const NO_CELL = /[\p{Mn}\p{Me}\p{Cf}]/u

function cellsOf(character: string): number {
  if (character < '\x7f') return 1
  if (NO_CELL.test(character)) return 0
  return WIDE.test(character) ? 2 : 1
}

/** The cells that printable text takes. */
export function width(text: string): number {
  let cells = 0
  for (const character of text) cells += cellsOf(character)
  return cells
}

/** `text` cut to at most `cells` cells, its end then marked by `…`; never cuts a character in two. */
export function cut(text: string, cells: number): string {
  // Most lines fit, and none of their characters takes more than two cells.
  if (text.length * 2 <= cells) return text
  let used = 0
  let fits = 0
  let position = 0
  for (const character of text) {
    used += cellsOf(character)
    if (used > cells) return cells < 1 ? '' : `${text.slice(0, fits)}…`
    position += character.length
    if (used < cells) fits = position
  }
  return text
}

/** Words joined by spaces in lines of at most `cells` cells; a longer word has a line of its own. */
export function wrap(words: readonly string[], cells: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of words) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line === '' || width(longer) <= cells) line = longer
    else {
      lines.push(line)
      line = word
    }
  }
  return line === '' ? lines : [...lines, line]
}
