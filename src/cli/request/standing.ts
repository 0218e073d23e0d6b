// What variables of the environment say in place of options, from one run of a version to the next: sudo drops them, and so does
// another shell. Unlike an option, a variable counts again wherever it is set: keys lie elsewhere in each job of an engine.

import { OPTIONS, type OptionName } from '../arguments/options/table.js'
import type { GivenOptions } from '../arguments/typed-options.js'
import type { VerbName } from '../arguments/verbs.js'
import type { Environment } from '../environment.js'
import type { Asked } from './asked.js'
import { lasting } from './said-words.js'

type Standing = Readonly<Partial<Record<OptionName, string>>>

/** What variables say now, but for those that are kept as the options that they stand for. */
function saidNow({ ccache, sharedStore: { store, mode, keys, sign } }: Environment): Standing {
  const all = { store, store_mode: mode, store_keys: keys, store_sign: sign, ccache }
  return Object.fromEntries(Object.entries(all).filter(([, text]) => text !== undefined)) as Standing
}

/** What is kept of variables beside the options of `asked`. The files of a spec come before them. */
export function standingOf({ said, now, kept }: Asked, environment: Environment): Record<string, string> {
  if (said.file !== undefined) return {}
  const isOption = (name: string): boolean =>
    now[name as OptionName] !== undefined || kept?.options[name] !== undefined
  const current = saidNow(environment)
  const all = Object.entries({ ...kept?.standing, ...current }).filter(([name]) => !isOption(name))
  const texts = lasting(Object.fromEntries(all.map(([name, text]) => [name, [text]])))
  return Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, String(value)]))
}

/** As options, what variables said to the runs before that neither they nor the options of those runs say now. */
export function stoodBefore(
  kind: VerbName,
  standing: Readonly<Record<string, string>> = {},
  environment: Environment,
): GivenOptions {
  const current = saidNow(environment)
  const entries = Object.entries(standing).filter(([name]) => {
    const option = OPTIONS[name as OptionName]
    return option?.verbs.includes(kind) && !Object.hasOwn(current, name)
  })
  return Object.fromEntries(entries.map(([name, text]) => [name, [text]]))
}
