// What of a call is kept with its version, for the runs that go on with it (recall.ts).

import { withoutLogins } from '../../events/secrets.js'
import type { KeptRequest, ToKeep } from '../../request/kept-request.js'
import type { OptionName } from '../arguments/options/table.js'
import type { GivenOptions } from '../arguments/typed-options.js'
import type { Environment } from '../environment.js'
import type { Asked } from './asked.js'
import { isKept, lasting } from './said-words.js'
import { standingOf } from './standing.js'

/** What is to be kept of a call that begins now: all that was asked, by it and by those before it. Logins in addresses are not. */
export function toKeep(asked: Asked, environment: Environment, now: Date): ToKeep {
  const said = { ...ofEnvironment(asked, environment), ...asked.said }
  const standing = standingOf(asked, environment)
  const texts = Object.entries(lasting(said)).filter(
    ([name]) => isKept(name as OptionName) && !Object.hasOwn(standing, name),
  )
  const options = texts.map(([name, value]) => [name, typeof value !== 'object' ? value : value.map(bare)])
  const mirrors = environment.gentooMirrors.map(bare)
  return {
    format: 1,
    begun: isSame(asked) ? asked.kept.begun : now.toISOString(),
    ...(isSame(asked) && asked.kept.before !== undefined ? { before: asked.kept.before } : {}),
    isDone: false,
    stages: [...asked.stages],
    seedFor: asked.now.seed_tarball === undefined ? asked.kept?.seedFor : asked.stages[0],
    options: Object.fromEntries(options) as KeptRequest['options'],
    gentooMirrors: mirrors.length > 0 ? mirrors : (asked.kept?.gentooMirrors ?? []),
    ...(Object.keys(standing).length === 0 ? {} : { standing }),
    withheld: withheldOf(texts, asked),
  }
}

/** An address without its login. */
const bare = (text: string): string => withoutLogins(text).replaceAll('***@', '')

const withheldOf = (
  texts: readonly [string, readonly string[] | boolean | string][],
  { kept, now }: Asked,
): string[] =>
  texts
    .filter(([name, value]) => {
      const before = kept?.withheld.includes(name) === true && now[name as OptionName] === undefined
      return before || (typeof value === 'object' && value.some((text) => withoutLogins(text) !== text))
    })
    .map(([name]) => name)

/** Whether the call goes on with a run that has not come to its end. */
const isSame = (asked: Asked): asked is Asked & { kept: KeptRequest } =>
  asked.kept?.isDone === false && asked.now.rebuild === undefined

/** What the environment says in place of options: a later call may come from another one. */
function ofEnvironment({ said }: Asked, { numJobs, uploadRoot }: Environment): GivenOptions {
  // The files of a spec come before the environment.
  const jobs = said.file === undefined ? numJobs : undefined
  const root = said.upload === true && said.upload_path === undefined ? uploadRoot : undefined
  return {
    ...(jobs === undefined ? {} : { jobs: [String(jobs)] }),
    ...(root === undefined ? {} : { upload_root: [root] }),
  }
}
