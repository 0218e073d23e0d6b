// config show: what options are when a command line does not give them, and where each is from. Looks, and touches nothing.

import { withoutLogins } from '../../../events/secrets.js'
import type { ShownOption } from '../../answers/act.js'
import { OPTIONS, type OptionName } from '../../arguments/options/table.js'
import type { GivenOptions } from '../../arguments/typed-options.js'
import type { Caller } from '../../caller.js'
import { ownWorld, saidByEnvironment } from '../../config/apply.js'
import { CONFIGURABLE, type Configuration, readConfiguration } from '../../config/read.js'
import type { Environment } from '../../environment.js'
import type { Invocation } from '../../invocation.js'
import { columns, writeJson, writeLines } from '../../write.js'

/** Of one of the options of this program. */
type Shown = ShownOption & { readonly name: OptionName }

/** @returns 0. @throws SdkError SDK_USAGE for a file that is wrong */
export async function config(
  call: Extract<Invocation, { kind: 'config' }>,
  { environment }: Caller,
): Promise<number> {
  const found = await readConfiguration(ownWorld(environment))
  const options = CONFIGURABLE.map((name) => shown(name, { found, said: call.said, environment }))
  const { places: files } = found
  if (call.options.json) writeJson('config', { format: 1, files, options })
  else writeLines(configLines(found, options))
  return 0
}

interface Sources {
  readonly found: Configuration
  readonly said: GivenOptions
  readonly environment: Environment
}

function shown(name: OptionName, { found, said, environment }: Sources): Shown {
  const variable = saidByEnvironment(environment)[name]
  const origin = found.origins[name]
  if (said[name] !== undefined) return { name, value: bare(said[name]), origin: { kind: 'command line' } }
  if (variable !== undefined) {
    const value = name === 'jobs' ? String(environment.numJobs) : (environment.uploadRoot ?? '')
    return { name, value: bare([value]), origin: { kind: 'environment', variable } }
  }
  return origin === undefined
    ? { name, value: null, origin: { kind: 'default' } }
    : { name, value: bare(found.said[name]), origin }
}

/** Logins in addresses are nobody's business. */
const bare = (value: GivenOptions[OptionName]): Shown['value'] =>
  typeof value === 'object' ? value.map(withoutLogins) : (value ?? null)

function configLines({ places }: Configuration, options: readonly Shown[]): string[] {
  return [
    ...columns(options.map(({ name, value, origin }) => [name, valueText(name, value), originText(origin)])),
    '',
    ...columns(places.map(({ kind, file, exists }) => [kind, file, exists ? '' : 'not there'])),
  ]
}

function valueText(name: OptionName, value: Shown['value']): string {
  if (value === null) return OPTIONS[name].default ?? 'none'
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  return typeof value === 'string' ? value : (value ?? []).join(' ')
}

function originText(origin: Shown['origin']): string {
  if ('file' in origin) return `${origin.file}:${origin.line}`
  return 'variable' in origin ? `environment (${origin.variable})` : origin.kind
}
