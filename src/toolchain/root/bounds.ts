// How much of a root is told: whoever made it decides how many names it has, and what is told is parsed by an engine of little memory.

/** Most bytes, as JSON, of one list of findings. */
const OF_A_LIST = 2 ** 19

/** Most bytes of the rows of all files: a large SDK has a tenth of them. */
export const OF_ROWS = 6 * 2 ** 20

/** Most bytes of a list that is of no use in part: the paths that are stage 1's. */
export const OF_LINEAGE = 12 * 2 ** 20

/** The first of `list` that have no more than `most` bytes together. */
export function firstOf<T>(list: readonly T[], most = OF_A_LIST): T[] {
  let bytes = 0
  const end = list.findIndex((each) => {
    bytes += Buffer.byteLength(JSON.stringify(each)) + 1
    return bytes > most
  })
  return end < 0 ? [...list] : list.slice(0, end)
}

/** All of `list`; undefined when it has more than `most` bytes. */
export const wholeList = <T>(list: readonly T[], most: number): T[] | undefined => {
  const told = firstOf(list, most)
  return told.length === list.length ? told : undefined
}
