// The version of the same SDK that was worked on before another one: what its page compares itself with.

import { statSync } from 'node:fs'
import path from 'node:path'
import { readJournal } from '../../events/journal.js'
import { namesIn } from '../../files/place.js'
import { earlierOf } from '../../report/differences.js'
import type { Earlier } from '../../report/facts.js'
import { createLayout, isNamePart, type Layout } from '../../store/layout.js'

/** What the version took whose journal was written last before that of `layout`; undefined: there is none that tells anything. */
export function versionBefore(layout: Layout): Earlier | undefined {
  const own = changed(layout.journal) ?? Number.POSITIVE_INFINITY
  const folder = path.dirname(path.dirname(layout.journal))
  const others = namesIn(folder)
    .filter((version) => version !== layout.version && isNamePart(version, 'version'))
    .flatMap((version) => {
      const at = changed(createLayout({ ...layout, version }).journal)
      return at === undefined || at > own ? [] : [{ version, at }]
    })
    .sort((a, b) => b.at - a.at)
  for (const { version } of others) {
    const found = earlierIn(createLayout({ ...layout, version }).journal)
    if (found !== undefined && found.packages.size > 0) return found
  }
  return undefined
}

function changed(file: string): number | undefined {
  try {
    return statSync(file).mtimeMs
  } catch {
    // Not a version: some other file lies there.
    return undefined
  }
}

function earlierIn(journal: string): Earlier | undefined {
  try {
    return earlierOf(readJournal(journal))
  } catch {
    // One of another schema.
    return undefined
  }
}
