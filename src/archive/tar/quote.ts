// Bytes from an archive as printable ASCII, the way GNU tar lists names in the C locale. No terminal escape survives it.

const NAMED: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  92: '\\\\',
}

const isPlain = (byte: number): boolean => byte >= 0x20 && byte < 0x7f && byte !== 0x5c

/**
 * `bytes` with C escapes for control characters, `\ooo` for everything above ASCII, and `\\` for the backslash: what
 * GNU tar's `--quoting-style=escape` prints in the C locale. Lossless, and the same on every host.
 */
export function quoteBytes(bytes: Uint8Array): string {
  if (bytes.every(isPlain))
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  let text = ''
  for (const byte of bytes) {
    if (isPlain(byte)) text += String.fromCharCode(byte)
    else text += NAMED[byte] ?? `\\${byte.toString(8).padStart(3, '0')}`
  }
  return text
}

/** The bytes that {@link quoteBytes}, or tar in another locale, has written as `text`, both as byte strings (latin1). */
export function unquote(text: string): string {
  return text.replace(/\\([abtnvfr\\]|[0-7]{3})/g, (_, code: string) => {
    const named = Object.entries(NAMED).find(([, written]) => written === `\\${code}`)?.[0]
    return String.fromCharCode(named === undefined ? Number.parseInt(code, 8) : Number(named))
  })
}
