// Where `mirror://NAME/` is, as ebuild repositories say it in profiles/thirdpartymirrors.

import { readTextOf } from '../../files/read.js'

/** Reads the text of a `thirdpartymirrors` file: `NAME URL URL …` per line. Pure. */
export function parseThirdPartyMirrors(text: string): Map<string, string[]> {
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim().split(/\s+/))
  return new Map(lines.flatMap(([name = '', ...urls]) => (name === '' ? [] : [[name, urls] as const])))
}

/** The addresses of all names, of the first repo before those of the next; a repo need not say any. */
export async function readThirdPartyMirrors(trees: readonly string[]): Promise<Map<string, string[]>> {
  const all = new Map<string, string[]>()
  for (const tree of trees) {
    const text = await readTextOf(tree, 'profiles/thirdpartymirrors').catch(() => '')
    for (const [name, urls] of parseThirdPartyMirrors(text))
      all.set(name, [...new Set([...(all.get(name) ?? []), ...urls])])
  }
  return all
}
