// What the page of a version is told beside the events: from records, unpacked trees, logs, and what was asked. Looks, and touches
// nothing; what is not there, or may not be read, is left out.

import path from 'node:path'
import { type InstalledFacts, readInstalled } from '../../inspect/why/installed.js'
import { originWords, type Records, recordsOf } from '../../inspect/why/why.js'
import { splitCpv } from '../../portage/cpv.js'
import { shellWords } from '../../process/shell-words.js'
import type { Earlier, PageFacts, ShownPackage, ShownStage } from '../../report/facts.js'
import { readKept } from '../../request/kept-request.js'
import type { Layout } from '../../store/layout.js'
import type { StageRecord } from '../../store/record.js'
import type { GivenOptions } from '../arguments/typed-options.js'
import { saidWords } from '../request/said-words.js'
import { versionBefore } from './before.js'
import { checksOf } from './checks.js'
import { archiveLinks, besides, type HrefOf, logLinks, versionLinks, type WrittenBeside } from './files.js'
import { recordTables } from './tables.js'

/** Asks anew each time, but for what does not change while a version is built. */
export function factsOf(
  layout: Layout,
  hrefOf: HrefOf = besides(path.dirname(layout.report)),
  beside: readonly WrittenBeside[] = [],
): () => Promise<PageFacts> {
  let before: { readonly found: Earlier | undefined } | undefined
  const stages = new Map<string, ShownStage>()
  return async () => {
    before ??= { found: versionBefore(layout) }
    const records = await recordsOf(layout)
    for (const record of records.values()) {
      const { sha256 } = record.output
      if (!stages.has(sha256)) stages.set(sha256, await stageFacts({ layout, hrefOf, records }, record))
    }
    const all = [...records.values()].flatMap(({ output }) => stages.get(output.sha256) ?? [])
    const asked = await askedRows(layout)
    const tables = [
      ...(asked.length === 0 ? [] : [{ title: 'The request', rows: asked }]),
      ...recordTables(records),
    ]
    const folder = path.dirname(layout.journal)
    const journal = {
      text: 'The journal',
      href: hrefOf({ folder, name: path.basename(layout.journal), isText: true }),
    }
    const files = versionLinks(layout, hrefOf, beside)
    return { stages: all, logs: logLinks(layout, hrefOf), journal, files, tables, before: before.found }
  }
}

interface Around {
  readonly layout: Layout
  readonly hrefOf: HrefOf
  readonly records: Records
}

async function stageFacts({ layout, hrefOf, records }: Around, record: StageRecord): Promise<ShownStage> {
  const { stage, output, carried, packages } = record
  const names = packages.map(({ cpv }) => cpv)
  const installed = await readInstalled(layout, output.sha256, names)
  const needs = installed === undefined ? undefined : needsOf(installed, names)
  return {
    stage,
    packages: packages.map(
      ({ cpv, origin }): ShownPackage => ({
        ...{ name: cpv, origin, why: originWords({ records }, record, { cpv, origin }).join('; ') },
        ...{ bytes: installed?.sizes.get(cpv), needs: needs?.get(cpv) },
      }),
    ),
    carried: carried?.packages ?? record.inputs.packagesCarried.map(({ cpv }) => cpv),
    checks: checksOf(records, record),
    files: archiveLinks(path.join(layout.builds, output.file), hrefOf),
  }
}

/** By package: those of the same root that its dependencies name, but for what may come after it. */
function needsOf({ dependencies }: InstalledFacts, names: readonly string[]): Map<string, string[]> {
  const byName = new Map<string, string[]>()
  for (const cpv of names) {
    const { cp } = splitCpv(cpv)
    byName.set(cp, [...(byName.get(cp) ?? []), cpv])
  }
  return new Map(
    [...dependencies].map(([cpv, all]) => [
      cpv,
      [
        ...new Set(
          all.filter(({ purpose }) => purpose !== 'after it').flatMap(({ cp }) => byName.get(cp) ?? []),
        ),
      ],
    ]),
  )
}

async function askedRows(layout: Layout): Promise<(readonly [string, string])[]> {
  const kept = await readKept(layout.asked).catch(() => undefined)
  if (kept === undefined) return []
  const { begun, stages, options, gentooMirrors, withheld } = kept
  const words = shellWords(saidWords(options as GivenOptions, 'build'))
  return [
    ['Options', words === '' ? 'none' : words],
    ['Stages', stages.length === 0 ? 'all of the definition' : stages.join(', ')],
    ['First asked', begun],
    ...(gentooMirrors.length === 0 ? [] : [['GENTOO_MIRRORS', gentooMirrors.join(' ')] as const]),
    ...(withheld.length === 0 ? [] : [['Logins not kept', withheld.join(', ')] as const]),
  ]
}
