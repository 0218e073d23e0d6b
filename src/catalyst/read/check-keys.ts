// Which keys of a spec or conf are known, missing, or another target's: all problems at once.

import { didYouMean } from '../../sdk/nearest.js'
import { LAST_STAGE, STAGES, type StageName } from '../../sdk/stages.js'
import type { SpecText, SpecValue } from '../text/spec-text.js'
import {
  CONF_KEYS,
  FOREIGN_TARGETS,
  keysOf,
  OLD_CONF_KEYS,
  OLD_NAMES,
  OTHER_TARGETS,
  requiredOf,
} from './keys.js'
import type { SpecProblem } from './problems.js'

/** A spec whose keys are its target's. Keys of catalyst 3 have their new names. */
export interface CheckedSpec {
  readonly file: string
  readonly target: StageName
  readonly values: ReadonlyMap<string, SpecValue>
  readonly problems: readonly SpecProblem[]
  readonly warnings: readonly SpecProblem[]
}

/**
 * Checks the keys of a spec. A target that is not a stage is a problem of its own, and then the only one: all keys are
 * another target's. `target` is `stage4`, which has the most keys, when the spec does not say it.
 */
export function checkSpecKeys(spec: SpecText): CheckedSpec {
  const { values, warnings } = renamed(spec)
  const found = values.get('target')
  const [word = ''] = found?.words ?? []
  const target = STAGES.find((stage) => stage === word)
  if (found !== undefined && target === undefined) {
    const at = { file: spec.file, line: found.line }
    const problems = [...spec.problems, { ...at, message: wrongTarget(found.words.join(' ')) }]
    return { file: spec.file, target: LAST_STAGE, values, problems, warnings }
  }
  const stage = target ?? LAST_STAGE
  const unknown = [...values]
    .filter(([key]) => !keysOf(stage).includes(key))
    .map(([key, { line }]) => ({ file: spec.file, line, message: unknownKey(key, stage) }))
  const missing = requiredOf(stage)
    .filter((key) => (values.get(key)?.words ?? []).length === 0)
    // Which keys stage 4 requires does not matter when nobody knows that it is stage 4.
    .filter((key) => target !== undefined || !key.includes('/'))
    .map((key) => ({ file: spec.file, line: values.get(key)?.line ?? 1, message: missingKey(key, target) }))
  return {
    ...{ file: spec.file, target: stage, values, warnings },
    problems: [...spec.problems, ...missing, ...unknown],
  }
}

function wrongTarget(word: string): string {
  const only = 'only stage1 to stage4 can be built from a spec'
  if (FOREIGN_TARGETS.includes(word)) return `target: ${word} is not built here; ${only}`
  return `target: expected ${STAGES.join(', ')}, found ${JSON.stringify(word)}${didYouMean(word, STAGES)}; ${only}`
}

const missingKey = (key: string, target: StageName | undefined): string =>
  `missing key ${key}: ${target === undefined ? 'every target' : `target ${target}`} requires it`

function unknownKey(key: string, stage: StageName): string {
  const known = keysOf(stage)
  if (key !== key.trimEnd() && known.includes(key.trimEnd()))
    return `unknown key ${JSON.stringify(key)}: white space before the colon belongs to the key`
  const others = STAGES.filter((each) => keysOf(each).includes(key))
  if (others.length > 0) return `unknown key ${key}: target ${stage} has none; ${others.join(', ')} has it`
  const [prefix = ''] = key.split('/')
  const other = Object.hasOwn(OTHER_TARGETS, prefix) ? OTHER_TARGETS[prefix] : undefined
  if (key.includes('/') && other !== undefined)
    return `unknown key ${key}: it belongs to target ${other}; only stage1 to stage4 can be built from a spec`
  if (key.startsWith('boot/')) return `unknown key ${key}: no kernel is built here`
  const isAtom = key.includes('/') && !STAGES.some((each) => key.startsWith(`${each}/`))
  const slot = isAtom
    ? '; a line with a colon begins a key: an atom with a slot has to be on the line of its key'
    : ''
  return `unknown key ${key}${didYouMean(key, known) || slot}`
}

/** Catalyst 3's keys under their new names; when both are there, the new one counts. */
function renamed(spec: SpecText): Pick<CheckedSpec, 'values' | 'warnings'> {
  const values = new Map<string, SpecValue>()
  const warnings = [...spec.warnings]
  for (const [key, value] of spec.values) {
    const name = Object.hasOwn(OLD_NAMES, key) ? OLD_NAMES[key] : undefined
    if (name === undefined) values.set(key, value)
    else if (!spec.values.has(name)) {
      values.set(name, value)
      const at = { file: spec.file, line: value.line }
      warnings.push({ ...at, message: `${key}: catalyst 3's name; read as ${name}` })
    }
  }
  return { values, warnings }
}

/** Problems of the keys of a conf, beside those of its syntax. */
export function checkConfKeys(conf: SpecText): readonly SpecProblem[] {
  const known: readonly string[] = CONF_KEYS
  const unknown = [...conf.values]
    .filter(([key]) => !known.includes(key) && !OLD_CONF_KEYS.includes(key))
    .map(([key, { line }]) => ({
      ...{ file: conf.file, line },
      message: `unknown key ${key}${didYouMean(key, known)}`,
    }))
  return [...conf.problems, ...unknown]
}
