// What the stand-in for emerge wrote down: the calls of emerge that a stage's script makes, each with its merge list.

import path from 'node:path'
import * as v from 'valibot'
import { SdkError } from '../../errors.js'
import { readBelow } from '../../store/hostile/held-folder.js'

const text = v.string()

const PLANNED_PACKAGE = v.object({
  /** The root as Portage sees it. */
  root: text,
  cp: text,
  version: text,
  slot: text,
  repo: text,
  action: v.picklist(['new', 'new slot', 'rebuild', 'update', 'downgrade', 'remove']),
  replaces: v.exactOptional(text),
  from: v.picklist(['source', 'binary']),
  /** It is fetched while it is built: the eclasses that do so, or `PROPERTIES` where only that says it. */
  live: v.exactOptional(v.array(text)),
  use: v.array(text),
  for: v.array(text),
})

/** One call of emerge, as it is written down and told. */
export const PLANNED_MERGE = v.object({
  arguments: v.array(text),
  root: text,
  seconds: v.number(),
  packages: v.array(PLANNED_PACKAGE),
  problem: v.exactOptional(text),
})

/** One package of a merge list. */
export type PlannedPackage = v.InferOutput<typeof PLANNED_PACKAGE>

/** One call of emerge, with the packages in the order of their merging; `problem` is Portage's own words. */
export type PlannedMerge = v.InferOutput<typeof PLANNED_MERGE>

/** The file of them, where the stand-in leaves it. */
export const MERGES = 'merges.jsonl'

/** The Portage of a seed has written it, which may be anybody's: some calls, each with thousands of packages. */
const MOST = { bytes: 32 * 1024 * 1024, lines: 10_000, values: 600_000 }

/**
 * Reads the calls that were written below `output`.
 *
 * @param inside what "/" of the script is called in the report: stages 2 to 4 work inside their root
 */
export async function readMerges(output: string, inside: string): Promise<PlannedMerge[]> {
  const file = path.join(output, MERGES)
  const lines = (readBelow(output, MERGES, MOST) ?? '').split('\n').filter((line) => line !== '')
  const placed = (root: string): string =>
    inside === '/'
      ? root.replace(/(?<!\/)\/+$/, '') || root.slice(0, 1)
      : path.join(inside, root).replace(/\/+$/, '')
  return lines.map((line) => {
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), PLANNED_MERGE), line)
    if (!parsed.success) throw new SdkError('SDK_STAGE', `${file}: unexpected line ${line.slice(0, 200)}`)
    const { packages, root, ...call } = parsed.output
    return {
      ...call,
      root: placed(root),
      packages: packages.map((each) => ({ ...each, root: placed(each.root) })),
    }
  })
}
