// A terminal small enough to trust: it shows what a renderer's writes leave on the screen. Anything but text, CR, LF,
// cursor up, clear to the end, and colours is an error.

/** The visible rows after `written`, without colours and trailing blanks. */
export function screen(written: string, columns: number): string[] {
  const rows: string[][] = [[]]
  let row = 0
  let column = 0
  const line = (): string[] => {
    while (rows.length <= row) rows.push([])
    return rows[row] ?? []
  }
  for (const [token] of written.matchAll(/\x1b\[\d*[A-Za-z]|./gsu)) {
    if (token === '\r') column = 0
    else if (token === '\n') {
      row++
      column = 0
      line()
    } else if (token.endsWith('A') && token.startsWith('\x1b'))
      row = Math.max(0, row - Number(token.slice(2, -1)))
    else if (token === '\x1b[J') {
      line().length = column
      rows.length = row + 1
    } else if (/^\x1b\[\d*m$/.test(token)) continue
    else if (token < ' ') throw new Error(`the terminal does not know ${JSON.stringify(token)}`)
    else {
      if (column === columns) {
        row++
        column = 0
      }
      line()[column++] = token
    }
  }
  return rows.map((cells) => cells.join('').trimEnd())
}
