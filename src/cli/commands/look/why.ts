// why: who wants a package in which stages of a version, and why it was built or taken over. Looks, and touches nothing.

import type { Wanting } from '../../../inspect/why/installed.js'
import { type Why, type WhyPackage, whyOf } from '../../../inspect/why/why.js'
import type { Caller } from '../../caller.js'
import type { Invocation } from '../../invocation.js'
import { lookedAt } from '../../request/looked-at.js'
import { writeJson, writeLines } from '../../write.js'

/** @returns 0. @throws SdkError SDK_USAGE when no stage has such a package */
export async function why(
  call: Extract<Invocation, { kind: 'why' }>,
  { environment }: Caller,
): Promise<number> {
  const { layout, request } = await lookedAt(call, environment)
  const found = await whyOf(layout, request.definition, call.package)
  const { version } = layout
  if (call.options.json)
    writeJson('why', {
      ...{ format: 1, version, without: found.without },
      packages: found.packages.map((each) => ({ ...each, wantedBy: each.wantedBy ?? null })),
    })
  else writeLines(whyLines(version, found))
  return 0
}

/** The text; pure. */
function whyLines(version: string, { packages, without }: Why): string[] {
  const none = without.length === 0 ? [] : ['', `not in ${without.join(', ')}`]
  return [version, ...packages.flatMap((each) => ['', ...packageLines(each)]), ...none]
}

function packageLines({ stage, cpv, origin, why: words, listedBy, wantedBy }: WhyPackage): string[] {
  return [
    `${stage}  ${cpv}  ${origin}`,
    ...words.map((each) => `  ${each}`),
    ...listedBy.map((each) => `  named by ${each}`),
    ...wantedLines(wantedBy, listedBy.length > 0),
  ]
}

/** Packages that are listed for one. */
const SHOWN = 25

function wantedLines(wantedBy: readonly Wanting[] | undefined, isListed: boolean): string[] {
  if (wantedBy === undefined)
    return [
      '  which packages want it is not known: the unpacked stage is not in the store, or only root may look',
    ]
  if (wantedBy.length === 0) return [isListed ? '  no package wants it' : '  no package and no list wants it']
  const shown = wantedBy.slice(0, SHOWN).map(({ cpv, purposes, isOneOf }) => {
    const other = isOneOf ? '; another one would do' : ''
    return `  wanted by ${cpv} (${purposes.join(', ')}${other})`
  })
  const more = wantedBy.length - shown.length
  return more > 0 ? [...shown, `  and ${more} more`] : shown
}
