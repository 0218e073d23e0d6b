// Finds the word that a misspelt one was probably meant to be: a key, an option, a verb, a name.

/** Case and the kind of dash never make a word another one. */
const fold = (word: string): string => word.toLowerCase().replaceAll('_', '-')

/**
 * The known words nearest to `word`: those that are the fewest edits away, at most two (one for words of up to three
 * letters; swapping two neighbours is one edit); if there are none, those that begin with `word`. Differences of case
 * and of dashes do not count.
 */
export function nearest(word: string, known: readonly string[]): string[] {
  const folded = fold(word)
  const limit = folded.length <= 3 ? 1 : 2
  const distances = known.map((candidate) =>
    // A word of megabytes is no misspelt one.
    Math.abs(candidate.length - folded.length) > limit
      ? Number.POSITIVE_INFINITY
      : editDistance(folded, fold(candidate)),
  )
  const least = Math.min(...distances)
  if (least <= limit) return known.filter((_, index) => distances[index] === least)
  return folded.length < 2 ? [] : known.filter((candidate) => fold(candidate).startsWith(folded))
}

/** Most words that are offered: more are no help. */
const MOST_OFFERED = 5

/** `; did you mean "x" or "y"?` for the words nearest to `word`, or nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  const candidates = nearest(word, known).map((candidate) => `"${candidate}"`)
  if (candidates.length === 0 || candidates.length > MOST_OFFERED) return ''
  const last = candidates.pop()
  return `; did you mean ${candidates.length === 0 ? last : `${candidates.join(', ')} or ${last}`}?`
}

/** Edits (insert, delete, replace, swap neighbours) that turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1
      let edits = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + cost,
      )
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (swapped) edits = Math.min(edits, at(beforePrevious, column - 2) + 1)
      current.push(edits)
    }
    beforePrevious = previous
    previous = current
  }
  return at(previous, b.length)
}

const at = (row: readonly number[], column: number): number => row[column] ?? Number.POSITIVE_INFINITY
