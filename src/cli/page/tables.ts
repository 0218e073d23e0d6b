// The seed, the repositories and the machine of a version, as its records have them. Pure.

import type { Records } from '../../inspect/why/why.js'
import type { FactTable } from '../../report/facts.js'
import type { StageRecord } from '../../store/record.js'

type Rows = FactTable['rows']

/** A table for each of them, of what the records say. */
export function recordTables(records: Records): FactTable[] {
  const all = [...records.values()]
  const [first] = all
  const last = all.at(-1)
  if (first === undefined || last === undefined) return []
  return [
    { title: 'The seed', rows: seedRows(first) },
    { title: 'Repositories', rows: all.flatMap(repoRows) },
    { title: 'Machine and tools', rows: machineRows(last) },
    { title: 'Environment of the stage scripts', rows: Object.entries(last.inputs.environment) },
  ]
}

function seedRows({ inputs: { seed }, stage }: StageRecord): Rows {
  return [
    ['File', seed.path],
    ['SHA-256', seed.sha256],
    ...(seed.kind === undefined ? [] : [['Found as', seed.kind] as const]),
    ...(seed.version === undefined ? [] : [['Version', seed.version] as const]),
    ...(seed.signedBy === undefined ? [] : [['Signed by', seed.signedBy] as const]),
    ['Begins', stage],
  ]
}

const repoRows = ({ stage, inputs }: StageRecord): Rows =>
  inputs.repos.map((repo): readonly [string, string] => {
    const from = repo.from === 'seed' ? 'inside the seed' : repo.path
    return [`${stage} ${repo.name}`, `${from}${repo.edited ? ', edited by hooks' : ''} (${repo.digest})`]
  })

function machineRows({ inputs, sdk }: StageRecord): Rows {
  return [
    ['bootstrap_sdk', inputs.bootstrapSdk],
    ['Runner', inputs.runner],
    ['Definition', `${sdk.name} (${sdk.definitionSha256})`],
    ['Profile', inputs.profile],
    ...Object.entries(inputs.tools),
  ]
}
