// Compiler flags and CHOST of a stage: from the spec, else the make.conf of its seed, else the table of subarches.

import { CHOST_EXAMPLE } from '../../sdk/architecture.js'
import { isChost, isFlags } from '../../sdk/read/grammar.js'
import { type StageName, TRAITS } from '../../sdk/stages.js'
import type { SpecKey } from './keys.js'
import type { Settings } from './settings.js'
import type { Subarch } from './subarch.js'

/** Flags by the names of make.conf; only those that are set. COMMON_FLAGS, CFLAGS and CXXFLAGS always are. */
export interface SpecFlags {
  readonly chost: string
  readonly flags: Readonly<Record<string, string>>
}

/** Variables, their keys, and whether COMMON_FLAGS is their default (in catalyst's make.conf). */
const VARIABLES: readonly [variable: string, key: SpecKey, common: boolean][] = [
  ['CFLAGS', 'cflags', true],
  ['CXXFLAGS', 'cxxflags', true],
  ['FCFLAGS', 'fcflags', true],
  ['FFLAGS', 'fflags', true],
  ['LDFLAGS', 'ldflags', false],
  ['ASFLAGS', 'asflags', false],
]

/** Keys that decide alone: with all of them, the seed's make.conf need not be read. */
export const FLAG_KEYS = ['cflags', 'cxxflags', 'ldflags'] as const satisfies readonly SpecKey[]

/**
 * Reads the flags. Catalyst takes them from the spec in stages 1 and 2 only; here the spec's count in every stage, and
 * stages 3 and 4 fall back to those of their seed, as in catalyst.
 *
 * @param seed variables of the seed's make.conf; empty for stages 1 and 2
 */
export function readFlags(
  settings: Settings,
  subarch: Subarch,
  seed: Readonly<Record<string, string>>,
): SpecFlags {
  const value = (key: SpecKey): string | undefined => {
    const words = settings.many(key)
    if (words.length === 0) return undefined
    const text = words.join(' ')
    if (!isFlags(text))
      settings.wrong(key, `expected flags without quotes, "$", "\`" and "\\", found ${text}`)
    return text
  }
  const common = value('common_flags') ?? seed.COMMON_FLAGS ?? subarch.flags
  const flags: Record<string, string> = { COMMON_FLAGS: common }
  for (const [variable, key, usesCommon] of VARIABLES) {
    const found = value(key) ?? seed[variable] ?? (usesCommon ? common : undefined)
    if (found !== undefined) flags[variable] = found
  }
  const chost = settings.one('chost') ?? seed.CHOST ?? subarch.chost
  if (!isChost(chost)) settings.wrong('chost', `expected a tuple such as ${CHOST_EXAMPLE}, found ${chost}`)
  return { chost, flags }
}

/** Tells of flags in a spec whose stage has those of its seed: catalyst leaves them out of account there. */
export function noticeFlags(settings: Settings, target: StageName): void {
  if (TRAITS[target].catalystFlags === 'spec') return
  for (const key of ['common_flags', ...VARIABLES.map(([, each]) => each)] as const)
    if (settings.many(key).length > 0)
      settings.notice(key, `counts in ${target} too; in catalyst those of its seed do`)
}

/**
 * The variables of a make.conf, as far as they are plain assignments; `${NAME}` of a variable above is filled in. Values
 * that make.conf could not hold in double quotes are left out.
 */
export function parseMakeConf(text: string): Record<string, string> {
  const values: Record<string, string> = {}
  for (const line of text.split('\n')) {
    const [, name, double, single, bare] =
      /^\s*([A-Z][A-Z0-9_]*)=(?:"([^"]*)"|'([^']*)'|([^\s"'#]*))\s*(?:#.*)?$/.exec(line) ?? []
    if (name === undefined) continue
    const value = (double ?? single ?? bare ?? '').replace(
      /\$\{(\w+)\}/g,
      (_, other: string) => values[other] ?? '',
    )
    if (isFlags(value)) values[name] = value
  }
  return values
}
