// plan --packages: what is written of the packages that each stage would merge.

import { formatCount } from '../../../events/measures.js'
import { plainText } from '../../../events/plain-text.js'
import type { PlannedMerge, PlannedPackage } from '../../../forecast/packages/merges.js'
import type { PackagePlan } from '../../../forecast/packages/plan.js'
import type { StagePackages } from '../../../forecast/packages/planning.js'
import type { PackagesPlan } from '../../answers/plan.js'
import { columns } from '../../write.js'

/** The part of the JSON object (docs/verbs.md); pure. */
export function packagesObject({ database, stages, durationMs, failure }: PackagePlan): PackagesPlan {
  return {
    database,
    durationMs,
    stages: stages.map(({ stage, merges, durationMs: took }) => ({ stage, durationMs: took, merges })),
    problem: failure?.message ?? null,
  }
}

/** The text; pure. */
export function packagesLines({ database, stages, durationMs }: PackagePlan): string[] {
  const own =
    database.kind === 'own' ? "the seed's own" : 'synthetic: the seed is not an SDK of this definition'
  return [
    '',
    ...columns([
      ['packages', `resolved in ${seconds(durationMs)}`],
      ['database', `${formatCount(database.packages, 'package')}, ${own}`],
    ]),
    ...stages.flatMap(stageLines),
  ]
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

function stageLines({ stage, merges, durationMs }: StagePackages): string[] {
  const all = merges.flatMap((merge) => merge.packages)
  const counts = new Map<string, number>()
  for (const { action } of all) counts.set(action, (counts.get(action) ?? 0) + 1)
  const words = [...counts].map(([action, count]) => `${count} ${action}`).join(', ')
  return [
    '',
    `${stage}  ${formatCount(all.length, 'package')}${words === '' ? '' : ` (${words})`}, ${seconds(durationMs)}`,
    ...merges.flatMap(mergeLines),
  ]
}

function mergeLines(merge: PlannedMerge): string[] {
  const head = `  emerge ${plainText(merge.arguments.join(' '))}`
  const rows = merge.packages.map(packageRow)
  if (merge.problem !== undefined) return [head, '    cannot be resolved']
  return [head, ...(rows.length === 0 ? ['    nothing'] : columns(rows, '    '))]
}

function packageRow(each: PlannedPackage, index: number): string[] {
  const [by = '', ...others] = each.for
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  return [
    ...[String(index + 1), each.root, each.cp, each.version, each.slot, each.repo],
    `${each.replaces === undefined ? each.action : `${each.action} of ${each.replaces}`}${each.live === undefined ? '' : `, live (${each.live.join(', ')})`}`,
    each.from,
    by === '' ? '' : `for ${plainText(by)}${more}`,
    each.use.filter((flag) => !flag.startsWith('-')).join(' '),
  ]
}
