// Options that were given, as words of a command line that means the same in any folder.

import path from 'node:path'
import { withoutLogins } from '../../events/secrets.js'
import { digestOfSeed } from '../../sdk/paths.js'
import { absoluteImage, isImage } from '../../seed/oci-layout.js'
import { hasValue, OPTION_NAMES, OPTIONS, type OptionName } from '../arguments/options/table.js'
import { type GivenOptions, ON } from '../arguments/typed-options.js'
import { toPath } from '../arguments/values.js'
import type { VerbName } from '../arguments/verbs.js'
import { isShipped } from './definitions.js'

/** `said` with paths that do not depend on the folder that the command was called in. */
export const lasting = (said: GivenOptions): GivenOptions =>
  Object.fromEntries(
    Object.entries(said).map(([name, value]) => [
      name,
      typeof value !== 'object' ? value : value.map((text) => lastingText(name as OptionName, text)),
    ]),
  )

function lastingText(name: OptionName, text: string): string {
  const option = OPTIONS[name]
  if (!hasValue(option) || option.parse !== toPath) return text
  if (isImage(text)) return absoluteImage(text)
  if (digestOfSeed(text) !== undefined) return text
  return name === 'sdk' && isShipped(text) ? text : path.resolve(text)
}

/** Whether later calls have something of an option: else it is no part of what a run is asked for. */
export const isKept = (name: OptionName): boolean => typeof OPTIONS[name].kept === 'string'

/** The options among `said` that `verb` takes, as words; logins in addresses are left out. */
export function saidWords(said: GivenOptions, verb: VerbName): string[] {
  const lasts = lasting(said)
  const names = OPTION_NAMES.filter((name) => OPTIONS[name].verbs.includes(verb) && isKept(name))
  return names.flatMap((name) => {
    const value = lasts[name]
    if (value === undefined) return []
    if (typeof value === 'string' && value !== ON) return [`--${name}=${value}`]
    if (typeof value !== 'object') return [`--${value === false ? 'no_' : ''}${name}`]
    return value.flatMap((text) => [`--${name}`, withoutLogins(text)])
  })
}
