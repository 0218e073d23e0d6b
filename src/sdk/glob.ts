// Shell patterns, as bash's `==` and fnmatch(3) have them.

const TOKEN = /[*?]|\[([!^]?)(\]?[^\]]+|\])\]|\\?(.)/gs

/**
 * What the shell pattern `glob` matches: `*` any text, `?` any character, `[…]` one of a set, `[!…]` none of it; each of
 * them slashes, too. A backslash takes the meaning of what follows, but not within a set; an unclosed `[` is itself. There
 * are no classes (`[[:alpha:]]`), and a range that runs backwards matches nothing.
 */
export function globPattern(glob: string): RegExp {
  // biome-ignore lint/complexity/useMaxParams: replaceAll calls it so, with the match and each group
  const source = glob.replaceAll(TOKEN, (token, not: string | undefined, set = '', plain = '') => {
    if (token === '*') return '.*'
    if (token === '?') return '.'
    if (not !== undefined) return `[${not && '^'}${set.replaceAll(/[\\\][^]/g, '\\$&')}]`
    return plain.replace(/[\\^$.|?*+()[\]{}]/, '\\$&')
  })
  try {
    return new RegExp(`^${source}$`, 's')
  } catch {
    return /(?!)/
  }
}

/** The pattern that decides about `text`: the last of `globs` that matches it, where one with `-` in front takes out. */
export const decidingGlob = (globs: readonly string[], text: string): string | undefined =>
  globs.findLast((glob) => globPattern(glob.replace(/^-/, '')).test(text))
