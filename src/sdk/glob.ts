// Shell patterns, as bash's `==` and fnmatch(3) have them.

const TOKEN = /[*?]|\[([!^]?)(\]?[^\]]+|\])\]|\\?(.)/gs

/**
 * What the shell pattern `glob` matches: `*` any text, `?` any character, `[…]` one of a set, `[!…]` none of it; each of
 * them slashes, too. A backslash takes the meaning of what follows, but not within a set; an unclosed `[` is itself. There
 * are no classes (`[[:alpha:]]`), and a range that runs backwards matches nothing.
 *
 * Stars do not try what others have tried: a pattern may be somebody's who wants to be waited for.
 */
export function globPattern(glob: string): RegExp {
  const [first = '', ...others] = piecesOf(glob)
  const last = others.pop()
  // The nearest place of a piece is as good as any later one; what is found within a look-ahead is not looked for again.
  const between = others.map((piece, index) => `(?=(.*?${piece}))\\${index + 1}`).join('')
  const end = last === undefined ? '' : `.*${last}`
  try {
    return new RegExp(`^${first}${between}${end}$`, 's')
  } catch {
    return /(?!)/
  }
}

/** The regular expressions of what is between the stars of a pattern. */
function piecesOf(glob: string): string[] {
  const pieces = ['']
  for (const [token, not, set = '', plain = ''] of glob.matchAll(TOKEN))
    if (token === '*') pieces.push('')
    else pieces.push(`${pieces.pop()}${sourceOf(token, { not, set, plain })}`)
  return pieces
}

function sourceOf(
  token: string,
  { not, set, plain }: { not: string | undefined; set: string; plain: string },
): string {
  if (token === '?') return '.'
  if (not !== undefined) return `[${not && '^'}${set.replaceAll(/[\\\][^]/g, '\\$&')}]`
  return plain.replace(/[\\^$.|?*+()[\]{}]/, '\\$&')
}

/** The pattern that decides about `text`: the last of `globs` that matches it, where one with `-` in front takes out. */
export const decidingGlob = (globs: readonly string[], text: string): string | undefined =>
  globs.findLast((glob) => globPattern(glob.replace(/^-/, '')).test(text))
